"""`python -m sglang.benchmark.serving` of a rehearsed container: the pinned engine's flags and its result's keys.

The figures are this machine's. Like the real benchmark it ends with 0 even if requests failed.
"""

import json
import os
import random
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from engine_stub import bench, command, flags, models
from engine_stub.notes import note
from sglang import SETTINGS, __version__

HERE = Path(__file__).parent.parent
BACKENDS = {f"{name}{suffix}": path for name in ("sglang-oai", "vllm", "lmdeploy")
            for suffix, path in (("-chat", "chat/completions"), ("", "completions"))}  # fmt: skip
DATASETS = ("random-ids", "random")
LATENCIES = {"e2e_latency": "e2el", "ttft": "ttft", "tpot": "tpot", "itl": "itl"}


def main(argv: list[str]) -> int:
    """`python -m sglang.benchmark.serving ARGV`; the exit code. In mode "real" the engine's own takes over."""
    table = flags.load(HERE / "api_bench.json")
    usage, same = "serving.py [options]", table.version == __version__
    options = command.parse(argv, table, usage=usage, version=__version__, positionals=False, checked=same)
    if SETTINGS["mode"] == "real":
        from sglang import handover

        handover.bench(argv, Path(SETTINGS["engine_python"]))
    try:
        return _run(bench.defaulted(options, table), not command.switched_on(options, "--disable-ignore-eos"))
    except models.StartError as error:
        print(error, file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return 1


def _run(value: Any, ignore_eos: bool) -> int:
    backend, dataset = value("backend"), value("dataset-name")
    if backend not in BACKENDS or dataset not in DATASETS:
        raise ValueError(
            f"the rehearsal's stub of the benchmark has the backends {', '.join(BACKENDS)} and the datasets "
            f"{', '.join(DATASETS)}, not {backend} with {dataset}"
        )
    if dataset == "random" and not value("dataset-path"):
        note(
            "left_out", "the texts of ShareGPT, which --dataset-name random downloads: generated texts are sent instead"
        )
    url, headers = (value("base-url") or f"http://{value('host')}:{value('port') or 30000}").rstrip("/"), _headers()
    if not _ready(f"{url}/v1/models", headers, float(value("ready-check-timeout-sec"))):
        print(f"Server at {url}/v1/models is not ready. Exiting.")
        return 1
    model = value("model")
    if model is None:
        with _open(f"{url}/v1/models", headers, 30) as response:
            model = json.load(response)["data"][0]["id"]
    models.resolve(value("tokenizer") or model, None, None)  # the real benchmark makes its prompts with it
    seed, ratio = random.Random(int(value("seed"))), float(value("random-range-ratio"))
    count = int(value("num-prompts"))
    inputs, outputs = (
        [_length(seed, int(value(f"random-{kind}-len")), ratio) for _ in range(count)] for kind in ("input", "output")
    )
    body = {"model": value("served-model-name") or model, "temperature": float(value("temperature")), "stream": True,
            "stream_options": {"include_usage": True}, "ignore_eos": ignore_eos}  # fmt: skip
    extra = json.loads(value("extra-request-body") or "{}") | {"ignore_eos": ignore_eos}

    def send(read: int, write: int) -> bench.Sample:
        fields = body | {"max_tokens": write} | extra
        return bench.request(f"{url}/v1/{BACKENDS[backend]}", headers, fields, bench.prompt(read, seed), read)

    for _ in range(int(value("warmup-requests"))):
        if error := send(inputs[0], min(outputs[0], 32)).error:
            raise ValueError(f"Warmup failed - Please make sure benchmark arguments are correctly specified: {error}")
    lengths = zip(inputs, outputs, strict=True)
    result = bench.run(send, lengths, int(value("max-concurrency") or min(count, 256)))
    document = _document(value, result)
    print(json.dumps(document, indent=2))
    for error in {sample.error for sample in result.samples if sample.error}:
        print(f"a request failed: {error}", file=sys.stderr)
    file = value("output-file") or f"{backend}_{time.strftime('%m%d')}_{count}_{dataset}.jsonl"
    with Path(file).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(document) + "\n")
    return 0


def _length(seed: random.Random, full: int, ratio: float) -> int:
    """A random length between `ratio` times `full` (at least 1) and `full`."""
    return seed.randint(max(int(full * ratio), 1), full) if full > 0 else 0


def _headers() -> dict[str, str]:
    key = os.environ.get("OPENAI_API_KEY")
    authorization = f"Bearer {key}" if key else os.environ.get("API_KEY")
    return {"Authorization": authorization} if authorization else {}


def _open(url: str, headers: dict[str, str], timeout_s: float) -> Any:
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout_s)


def _ready(url: str, headers: dict[str, str], limit_s: float) -> bool:
    """True once the server accepts the key, within the limit; 0 skips the check."""
    until = time.monotonic() + limit_s
    while limit_s > 0:
        try:
            with _open(url, headers, 5):
                return True
        except (OSError, ValueError):
            if time.monotonic() >= until:
                return False
            time.sleep(min(1, limit_s))
    return True


def _document(value: Any, result: bench.Result) -> dict[str, Any]:
    samples, seconds, values = result.succeeded, result.seconds, result.values_ms()
    read, written = sum(sample.prompt_tokens for sample in samples), sum(sample.tokens for sample in samples)
    document = {
        "tag": value("tag"), "backend": value("backend"), "dataset_name": value("dataset-name"),
        "request_rate": value("request-rate") or "inf", "server_info": None,
        "max_concurrency": int(value("max-concurrency")) if value("max-concurrency") else None,
        **{name: int(value(name.replace("_", "-"))) for name in ("random_input_len", "random_output_len")},
        "random_range_ratio": float(value("random-range-ratio")),
        "duration": seconds, "completed": len(samples), "total_input_tokens": read, "total_output_tokens": written,
        "request_throughput": len(samples) / seconds, "input_throughput": read / seconds,
        "output_throughput": written / seconds, "total_throughput": (read + written) / seconds,
        "concurrency": sum(values["e2el"]) / 1000 / seconds, "accept_length": None,
    }  # fmt: skip
    for name, latency in LATENCIES.items():
        document |= bench.summary(name, values[latency], (90, 95, 99))
    return document


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
