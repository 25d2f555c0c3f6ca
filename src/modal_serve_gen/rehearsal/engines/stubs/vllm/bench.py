"""`vllm bench serve` of a rehearsed container: flags read as the pinned engine's benchmark reads them, then asked.

The stub asks over real HTTP with as many streams at once as it is told, and writes the result under the keys of the
real one. Its figures are those of this machine. Like the real one it ends with 0 also when every request failed.
"""

import concurrent.futures
import datetime
import json
import math
import os
import random
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from vllm import SETTINGS, command, flags, models
from vllm.texts import PIECE

HERE = Path(__file__).parent
ROUTES = {"openai-chat": "chat/completions", "openai": "completions", "vllm": "completions"}
SAMPLING = ("top-p", "top-k", "min-p", "temperature", "frequency-penalty", "presence-penalty", "repetition-penalty")
LATENCIES = {"ttft": "Time to first token", "tpot": "Time per token after the first", "itl": "Between two tokens",
             "e2el": "Whole answer"}  # fmt: skip
DETAILS = ("input_lens", "output_lens", "start_times", "ttfts", "itls", "generated_texts", "errors")
LETTERS = "abcdefghijklmnopqrstuvwxyz "
LIMIT_S = 3600


@dataclass
class Answer:
    """One request: its tokens, seconds to the first, between the others, and in all; why it failed, if it did."""

    prompt_tokens: int
    began: float = 0.0
    tokens: int = 0
    first_s: float = 0.0
    between_s: list[float] = field(default_factory=list)
    whole_s: float = 0.0
    text: str = ""
    error: str = ""
    good: bool = False


def main(argv: list[str]) -> int:
    """`vllm bench serve ARGV`; the exit code."""
    table = flags.load(HERE / "api_bench.json")
    options = flags.parse(argv, table)
    wrong = [problem.message for problem in flags.check(argv, table) if problem.kind == "error"]
    wrong += [f"unrecognized arguments: {word}" for word in options.positionals]
    if wrong:
        print(f"usage: vllm bench serve [options]\nvllm bench serve: error: {' '.join(wrong)}", file=sys.stderr)
        return 2
    count = len(options.options)
    command.note("checked", f"the {count} flags of vllm bench serve, with their values, are known to {table.version}")
    if SETTINGS["mode"] == "real":
        from vllm import handover

        handover.bench(options, flags.load(HERE / "cpu_api_bench.json"), Path(SETTINGS["engine_python"]))
    try:
        return _run(options, table)
    except (ValueError, OSError, models.Missing) as fault:
        print(f"{type(fault).__name__}: {fault}" if not isinstance(fault, models.Missing) else fault, file=sys.stderr)
        return 1


def _run(options: flags.Parsed, table: flags.Table) -> int:
    def value(name: str):
        values = options.values(f"--{name}")
        return values[-1] if values else table.options[f"--{name}"].default

    def on(name: str) -> bool:
        return any(given.flag == f"--{name}" for given in options.options)

    backend, endpoint = value("backend"), value("endpoint")
    if backend not in ROUTES:
        raise ValueError(f"the rehearsal's stub of the benchmark speaks {', '.join(ROUTES)}, not {backend}")
    if not endpoint.endswith(ROUTES[backend]):
        raise ValueError(f"{backend} wants an endpoint that ends with {ROUTES[backend]}, not {endpoint}")
    if value("dataset-name") != "random":
        command.note("left_out", f"the data set {value('dataset-name')}: the stub benchmark sends random prompts")
    base = value("base-url") or f"http://{value('host')}:{value('port')}"
    if value("model") is None:
        raise ValueError("the rehearsal's stub of the benchmark wants --model")
    tokenizer = None if on("skip-tokenizer-init") else value("tokenizer") or value("model")
    if tokenizer:
        models.resolve(tokenizer, None, None)
    concurrency = int(value("max-concurrency")) if value("max-concurrency") else None
    if concurrency is not None and concurrency < 1:
        raise ValueError("--max-concurrency must be greater than 0")
    count, rate = int(value("num-prompts")), float(value("request-rate") or math.inf)
    body = {"model": value("served-model-name") or value("model"), "stream": True, "ignore_eos": True}
    body |= {"stream_options": {"include_usage": True}}
    body |= {name.replace("-", "_"): float(value(name)) for name in SAMPLING if value(name) is not None}
    body |= json.loads(value("extra-body") or "{}")
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("OPENAI_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    headers |= dict(pair.split("=", 1) for pair in options.values("--header"))
    sizes = {"read": int(value("input-len") or value("random-input-len")),
             "write": int(value("output-len") or value("random-output-len"))}  # fmt: skip
    seeded = random.Random(int(value("seed")))

    def ask(text: str) -> Answer:
        return _ask(base + endpoint, backend, body, headers, text, sizes)

    prompts = ["".join(seeded.choices(LETTERS, k=PIECE * sizes["read"])) for _ in range(count)]
    for text in prompts[:1] * int(value("num-warmups")):
        ask(text)
    busy = _Peak()
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(min(concurrency or count, 512)) as pool:
        futures = []
        for at, text in enumerate(prompts):
            if rate < math.inf:
                time.sleep(max(0.0, began + at / rate - time.perf_counter()))
            futures.append(pool.submit(busy.around, ask, text))
        answers = [future.result() for future in futures]
    head = {
        "date": datetime.datetime.now().strftime("%Y%m%d-%H%M%S"), "endpoint_type": backend, "backend": backend,
        "label": value("label"), "model_id": value("model"), "tokenizer_id": tokenizer, "num_prompts": count,
        **dict(pair.split("=", 1) for pair in options.values("--metadata")),
        "request_rate": rate if rate < math.inf else "inf", "burstiness": float(value("burstiness")),
        "max_concurrency": concurrency,
    }  # fmt: skip
    wanted = (value("percentile-metrics") or "ttft,tpot,itl").split(",")
    percentiles = [float(one) for one in value("metric-percentiles").split(",")]
    result = head | _result(answers, time.perf_counter() - began, busy.most, wanted, percentiles)
    print(_shown(result))
    if not on("save-detailed"):
        result = {name: one for name, one in result.items() if name not in DETAILS}
    if on("save-result") or on("append-result"):
        name = value("result-filename") or f"{value('label') or backend}-{rate}qps-{head['date']}.json"
        folder = Path(value("result-dir") or ".")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("a" if on("append-result") else "w", encoding="utf-8") as file:
            file.write(("\n" if file.tell() else "") + json.dumps(result))
    return 0


class _Peak:
    """How many requests ran at once, at most."""

    def __init__(self):
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def around(self, ask, text: str) -> Answer:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return ask(text)
        finally:
            with self.lock:
                self.now -= 1


def _ask(url: str, backend: str, body: dict, headers: dict, text: str, sizes: dict) -> Answer:
    """Ask once, streamed; a redirection is followed, as Modal answers what takes long with one."""
    if backend == "openai-chat":
        more = {"messages": [{"role": "user", "content": text}], "max_completion_tokens": sizes["write"]}
    else:
        more = {"prompt": text, "max_tokens": sizes["write"]}
    answer = Answer(sizes["read"], began=time.perf_counter())
    last = answer.began
    try:
        request = urllib.request.Request(url, json.dumps(body | more).encode(), headers)
        with urllib.request.urlopen(request, timeout=LIMIT_S) as response:
            for line in response:
                piece = line.decode().strip().removeprefix("data: ")
                if not piece or piece == "[DONE]":
                    continue
                event = json.loads(piece)
                if usage := event.get("usage"):
                    answer.tokens, answer.prompt_tokens = usage["completion_tokens"], usage["prompt_tokens"]
                choice = (event.get("choices") or [{}])[0]
                said = choice.get("text") or "".join(
                    str((choice.get("delta") or {}).get(name) or "") for name in ("content", "reasoning", "tool_calls")
                )
                if said:
                    now = time.perf_counter()
                    if answer.good:
                        answer.between_s.append(now - last)
                    else:
                        answer.first_s = now - answer.began
                    answer.good, last = True, now
                    answer.text += said
        answer.whole_s = last - answer.began
        answer.error = "" if answer.good else "no token came"
    except (OSError, ValueError, KeyError) as fault:
        answer.error, answer.good = f"{type(fault).__name__}: {fault}", False
    return answer


def _result(answers: list[Answer], seconds: float, most: int, wanted: list[str], percentiles: list[float]) -> dict:
    good = [one for one in answers if one.good]
    read, written = sum(one.prompt_tokens for one in good), sum(one.tokens for one in good)
    result = {
        "duration": seconds, "completed": len(good), "failed": len(answers) - len(good), "total_input_tokens": read,
        "total_output_tokens": written, "request_throughput": len(good) / seconds, "request_goodput": None,
        "output_throughput": written / seconds, "total_token_throughput": (read + written) / seconds,
        "input_lens": [one.prompt_tokens for one in answers], "output_lens": [one.tokens for one in answers],
        "ttfts": [one.first_s for one in answers], "itls": [one.between_s for one in answers],
        "latencies": [one.whole_s for one in answers], "start_times": [one.began for one in answers],
        "queue_times": [0.0 for _ in answers], "generated_texts": [one.text for one in answers],
        "errors": [one.error for one in answers], "max_output_tokens_per_s": written / seconds,
        "max_concurrent_requests": most, "rtfx": 0.0,
    }  # fmt: skip
    seen = {
        "ttft": [one.first_s for one in good],
        "tpot": [(one.whole_s - one.first_s) / (one.tokens - 1) for one in good if one.tokens > 1],
        "itl": [gap for one in good for gap in one.between_s],
        "e2el": [one.whole_s for one in good],
    }
    for name in wanted:
        values = [1000 * value for value in sorted(seen.get(name, ()))] or [0.0]
        result |= {
            f"mean_{name}_ms": statistics.fmean(values), f"median_{name}_ms": statistics.median(values),
            f"std_{name}_ms": statistics.pstdev(values),
        }  # fmt: skip
        result |= {f"p{one:g}_{name}_ms": _percentile(values, one) for one in percentiles}
    return result


def _percentile(values: list[float], percent: float) -> float:
    """Linear between the two nearest of the sorted values."""
    place = (len(values) - 1) * percent / 100
    low = math.floor(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def _shown(result: dict) -> str:
    lines = ["=== Serving benchmark, asked by the rehearsal's stub ==="]
    for name in ("completed", "failed", "duration", "request_throughput", "output_throughput"):
        lines.append(f"{name:<24}{result[name]:.2f}".rstrip("0").rstrip("."))
    for name, title in LATENCIES.items():
        if f"median_{name}_ms" in result:
            lines.append(f"{title + ', median':<40}{result[f'median_{name}_ms']:.2f} ms")
    if failed := next((one for one in result["errors"] if one), ""):
        lines.append(f"one that failed: {failed[:300]}")
    return "\n".join(lines)
