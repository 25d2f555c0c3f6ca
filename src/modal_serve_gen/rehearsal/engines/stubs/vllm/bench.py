"""`vllm bench serve` of a rehearsed container: the pinned engine's flags and the keys of its result.

The figures are this machine's. Like the real benchmark it ends with 0 even if every request failed.
"""

import datetime
import json
import math
import os
import random
import sys
from pathlib import Path
from typing import Any

from engine_stub import bench, command, flags, models
from engine_stub.notes import note
from vllm import SETTINGS, __version__

HERE = Path(__file__).parent
BACKENDS = {"openai-chat": "chat/completions", "openai": "completions", "vllm": "completions"}
SAMPLING = ("top-p", "top-k", "min-p", "temperature", "frequency-penalty", "presence-penalty", "repetition-penalty")
TITLES = {"ttft": "Time to first token", "tpot": "Time per output token", "itl": "Inter-token latency",
          "e2el": "End-to-end latency"}  # fmt: skip
DETAILS = ("input_lens", "output_lens", "start_times", "ttfts", "itls", "generated_texts", "errors")


def main(argv: list[str]) -> int:
    """`vllm bench serve ARGV`; the exit code."""
    table = flags.load(HERE / "api_bench.json")
    usage, same = "vllm bench serve [options]", table.version == __version__
    options = command.parse(argv, table, usage=usage, version=__version__, positionals=False, checked=same)
    if SETTINGS["mode"] == "real":
        from vllm import handover

        handover.bench(options, flags.load(HERE / "cpu_api_bench.json"), Path(SETTINGS["engine_python"]))
    try:
        return _run(options, table)
    except models.StartError as error:
        print(error, file=sys.stderr)
    except (ValueError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return 1


def _run(options: flags.Parsed, table: flags.Table) -> int:
    value = bench.defaulted(options, table)
    tokenizer = _check(options, value)
    backend, count = value("backend"), int(value("num-prompts"))
    url = (value("base-url") or f"http://{value('host')}:{value('port')}") + value("endpoint")
    concurrency = int(value("max-concurrency")) if value("max-concurrency") else None
    if concurrency is not None and concurrency < 1:
        raise ValueError("--max-concurrency must be greater than 0")
    rate, seed = float(value("request-rate") or math.inf), random.Random(int(value("seed")))
    read = int(value("input-len") or value("random-input-len"))
    body, headers = _body(value), _headers(options)

    def send(text: str) -> bench.Sample:
        return bench.request(url, headers, body, text, read)

    prompts = [(bench.prompt(read, seed),) for _ in range(count)]
    for warmup in prompts[:1] * int(value("num-warmups")):
        send(*warmup)
    result = bench.run(send, prompts, min(concurrency or count, 512), rate)
    document = {
        "date": datetime.datetime.now().strftime("%Y%m%d-%H%M%S"), "endpoint_type": backend, "backend": backend,
        "label": value("label"), "model_id": value("model"), "tokenizer_id": tokenizer, "num_prompts": count,
        **dict(pair.split("=", 1) for pair in options.values("--metadata")),
        "request_rate": rate if rate < math.inf else "inf", "burstiness": float(value("burstiness")),
        "max_concurrency": concurrency, **_figures(result),
    }  # fmt: skip
    percentiles = [float(percent) for percent in value("metric-percentiles").split(",")]
    values = result.values_ms()
    for name in (value("percentile-metrics") or "ttft,tpot,itl").split(","):
        document |= bench.summary(name, values.get(name, [0.0]), percentiles)
    print(_report(document))
    if command.switched_on(options, "--save-result") or command.switched_on(options, "--append-result"):
        _save(document, options, value, rate)
    return 0


def _check(options: flags.Parsed, value: Any) -> str | None:
    """The tokenizer. Raises ValueError for options that the stub's benchmark does not support, or models.StartError."""
    backend, endpoint = value("backend"), value("endpoint")
    if backend not in BACKENDS:
        raise ValueError(f"the rehearsal's stub of the benchmark has the backends {', '.join(BACKENDS)}, not {backend}")
    if not endpoint.endswith(BACKENDS[backend]):
        raise ValueError(f"{backend} requires an endpoint that ends with {BACKENDS[backend]}, not {endpoint}")
    if value("dataset-name") != "random":
        note("left_out", f"the data set {value('dataset-name')}: the stub benchmark sends random prompts")
    if value("model") is None:
        raise ValueError("the rehearsal's stub of the benchmark requires --model")
    if command.switched_on(options, "--skip-tokenizer-init"):
        return None
    tokenizer = value("tokenizer") or value("model")
    models.resolve(tokenizer, None, None)
    return tokenizer


def _body(value: Any) -> dict[str, Any]:
    body = {"model": value("served-model-name") or value("model"), "stream": True, "ignore_eos": True}
    body |= {"stream_options": {"include_usage": True}}
    limit = "max_completion_tokens" if value("backend") == "openai-chat" else "max_tokens"
    body |= {limit: int(value("output-len") or value("random-output-len"))}
    body |= {name.replace("-", "_"): float(value(name)) for name in SAMPLING if value(name) is not None}
    return body | json.loads(value("extra-body") or "{}")


def _headers(options: flags.Parsed) -> dict[str, str]:
    key = os.environ.get("OPENAI_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return headers | dict(pair.split("=", 1) for pair in options.values("--header"))


def _figures(result: bench.Result) -> dict[str, Any]:
    samples, seconds, completed = result.samples, result.seconds, len(result.succeeded)
    lengths = [sample.usage.get("prompt_tokens", sample.prompt_tokens) for sample in samples]
    read = sum(length for length, sample in zip(lengths, samples, strict=True) if not sample.error)
    written = sum(sample.tokens for sample in result.succeeded)
    return {
        "duration": seconds, "completed": completed, "failed": len(samples) - completed, "total_input_tokens": read,
        "total_output_tokens": written, "request_throughput": completed / seconds, "request_goodput": None,
        "output_throughput": written / seconds, "total_token_throughput": (read + written) / seconds,
        "input_lens": lengths, "output_lens": [sample.tokens for sample in samples],
        "ttfts": [sample.first_s for sample in samples], "itls": [sample.between_s for sample in samples],
        "latencies": [sample.total_s for sample in samples], "start_times": [sample.began for sample in samples],
        "queue_times": [0.0 for _ in samples], "generated_texts": [sample.text for sample in samples],
        "errors": [sample.error for sample in samples], "max_output_tokens_per_s": written / seconds,
        "max_concurrent_requests": result.peak_concurrency, "rtfx": 0.0,
    }  # fmt: skip


def _report(document: dict[str, Any]) -> str:
    lines = ["=== Serving benchmark of the rehearsal's stub ==="]
    for name in ("completed", "failed", "duration", "request_throughput", "output_throughput"):
        lines.append(f"{name:<24}{document[name]:.2f}".rstrip("0").rstrip("."))
    for name, title in TITLES.items():
        if f"median_{name}_ms" in document:
            lines.append(f"{title + ', median':<40}{document[f'median_{name}_ms']:.2f} ms")
    if error := next((error for error in document["errors"] if error), ""):
        lines.append(f"a request that failed: {error[:300]}")
    return "\n".join(lines)


def _save(document: dict[str, Any], options: flags.Parsed, value: Any, rate: float) -> None:
    if not command.switched_on(options, "--save-detailed"):
        document = {name: figure for name, figure in document.items() if name not in DETAILS}
    name = value("result-filename") or f"{value('label') or value('backend')}-{rate}qps-{document['date']}.json"
    folder = Path(value("result-dir") or ".")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open(
        "a" if command.switched_on(options, "--append-result") else "w", encoding="utf-8"
    ) as file:
        file.write(("\n" if file.tell() else "") + json.dumps(document))
