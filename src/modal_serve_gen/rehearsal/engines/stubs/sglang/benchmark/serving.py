"""`python -m sglang.benchmark.serving` of a rehearsed container: flags are read as the pinned one reads them.

The stub asks over real HTTP with as many streams at once as it is told, and appends the result under the keys of the
real one. Its figures are those of this machine. Like the real one it ends with 0 also when requests failed.
"""

import concurrent.futures
import json
import os
import random
import statistics
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from sglang import SETTINGS, flags, models
from sglang.answers import WORD
from sglang.notes import note

HERE = Path(__file__).parent.parent
BACKENDS = {"sglang-oai-chat": "chat/completions", "vllm-chat": "chat/completions", "lmdeploy-chat": "chat/completions",
            "sglang-oai": "completions", "vllm": "completions", "lmdeploy": "completions"}  # fmt: skip
DATASETS = ("random-ids", "random")
LATENCIES = ("e2e_latency", "ttft", "tpot", "itl")
LIMIT_S = 3600


@dataclass
class Answer:
    """One request: the tokens that it had, seconds to the first, between the others, and in all."""

    prompt_tokens: int
    tokens: int = 0
    first_s: float = 0.0
    between_s: list[float] = field(default_factory=list)
    whole_s: float = 0.0
    error: str = ""


def main(argv: list[str]) -> int:
    """`python -m sglang.benchmark.serving ARGV`; the exit code. With the real engine its own benchmark takes over."""
    table = flags.load(HERE / "api_bench.json")
    options = flags.parse(argv, table)
    wrong = [problem.message for problem in flags.check(argv, table) if problem.kind == "error"]
    wrong += [f"unrecognized arguments: {word}" for word in options.positionals]
    if wrong:
        print(f"usage: serving.py [options]\nserving.py: error: {' '.join(wrong)}", file=sys.stderr)
        return 2
    count = len(options.options)
    note("checked", f"the {count} flags of sglang.benchmark.serving, with their values, are known to {table.version}")
    if SETTINGS["mode"] == "real":
        from sglang import handover

        handover.bench(argv, Path(SETTINGS["engine_python"]))

    def value(name: str):
        values = options.values(f"--{name}")
        return values[-1] if values else table.options[f"--{name}"].default

    def on(name: str) -> bool:
        return any(given.flag == f"--{name}" for given in options.options)

    try:
        return _run(value, on)
    except (OSError, ValueError, models.Missing) as fault:
        print(f"{type(fault).__name__}: {fault}" if not isinstance(fault, models.Missing) else fault, file=sys.stderr)
        return 1


def _run(value, on) -> int:
    backend, dataset = value("backend"), value("dataset-name")
    if backend not in BACKENDS or dataset not in DATASETS:
        raise ValueError(
            f"the rehearsal's stub of the benchmark has the backends {', '.join(BACKENDS)} and the datasets "
            f"{', '.join(DATASETS)}, not {backend} with {dataset}"
        )
    if dataset == "random" and not value("dataset-path"):
        note("left_out", "the texts of ShareGPT, which --dataset-name random downloads: made-up ones stand in")
    url = (value("base-url") or f"http://{value('host')}:{value('port') or 30000}").rstrip("/")
    if not _ready(f"{url}/v1/models", float(value("ready-check-timeout-sec"))):
        print(f"Server at {url}/v1/models is not ready. Exiting.")
        return 1
    model = value("model")
    if model is None:
        with urllib.request.urlopen(_request(f"{url}/v1/models"), timeout=30) as answer:
            model = json.load(answer)["data"][0]["id"]
    models.resolve(value("tokenizer") or model, None, None)  # of which the real one makes its prompts
    chosen = random.Random(int(value("seed")))
    ratio, count = float(value("random-range-ratio")), int(value("num-prompts"))
    lengths = [
        [_drawn(chosen, int(value(f"random-{kind}-len")), ratio) for _ in range(count)] for kind in ("input", "output")
    ]
    served = value("served-model-name") or model
    extra = json.loads(value("extra-request-body") or "{}") | {"ignore_eos": not on("disable-ignore-eos")}

    def ask(read: int, write: int) -> Answer:
        body = {"model": served, "max_tokens": write, "temperature": float(value("temperature")), "stream": True,
                "stream_options": {"include_usage": True}} | extra  # fmt: skip
        return _ask(f"{url}/v1/{BACKENDS[backend]}", body, "".join(chosen.choices("abcdefgh ", k=read * WORD)), read)

    for _ in range(int(value("warmup-requests"))):
        if error := ask(lengths[0][0], min(lengths[1][0], 32)).error:
            raise ValueError(f"Warmup failed - Please make sure benchmark arguments are correctly specified: {error}")
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(int(value("max-concurrency") or min(count, 256))) as pool:
        answers = list(pool.map(ask, *lengths))
    result = _result(value, answers, time.monotonic() - began)
    print(json.dumps(result, indent=2))
    for error in {each.error for each in answers if each.error}:
        print(f"a request failed: {error}", file=sys.stderr)
    file = value("output-file") or f"{backend}_{time.strftime('%m%d')}_{count}_{dataset}.jsonl"
    with Path(file).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(result) + "\n")
    return 0


def _drawn(chosen: random.Random, full: int, ratio: float) -> int:
    """A length between the ratio's share and the whole: with the default ratio of 0 it is anything from 1 on."""
    return chosen.randint(max(int(full * ratio), 1), full) if full > 0 else 0


def _request(url: str, body: dict | None = None) -> urllib.request.Request:
    key = os.environ.get("OPENAI_API_KEY")
    given = f"Bearer {key}" if key else os.environ.get("API_KEY")
    headers = {"Content-Type": "application/json"} | ({"Authorization": given} if given else {})
    return urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)


def _ready(url: str, limit_s: float) -> bool:
    """Whether the server lets this benchmark in, within so many seconds; 0 is not to ask."""
    until = time.monotonic() + limit_s
    while limit_s > 0:
        try:
            with urllib.request.urlopen(_request(url), timeout=5):
                return True
        except (OSError, ValueError):
            if time.monotonic() >= until:
                return False
            time.sleep(min(1, limit_s))
    return True


def _ask(url: str, body: dict, text: str, read: int) -> Answer:
    chat = url.endswith("chat/completions")
    body = body | ({"messages": [{"role": "user", "content": text}]} if chat else {"prompt": text})
    answer, began, last = Answer(read), time.monotonic(), 0.0
    try:
        with urllib.request.urlopen(_request(url, body), timeout=LIMIT_S) as response:
            for line in response:
                if not line.startswith(b"data: {"):
                    continue
                event, now = json.loads(line[6:]), time.monotonic()
                answer.tokens = (event.get("usage") or {}).get("completion_tokens") or answer.tokens
                if any(_piece(choice) for choice in event.get("choices") or []):
                    if last:
                        answer.between_s.append(now - last)
                    else:
                        answer.first_s = now - began
                    last = now
    except urllib.error.HTTPError as fault:
        answer.error = f"{fault.code} {fault.read(500).decode('utf-8', 'replace')}"
    except (OSError, ValueError) as fault:
        answer.error = f"{type(fault).__name__}: {fault}"
    answer.whole_s = time.monotonic() - began
    answer.error = answer.error or ("" if last else "an answer without a token")
    return answer


def _piece(choice: dict) -> str:
    """The text of one event, be it said or thought (`reasoning` is vLLM's name for it)."""
    delta = choice.get("delta") or {}
    return choice.get("text") or delta.get("content") or delta.get("reasoning_content") or delta.get("reasoning") or ""


def _result(value, answers: list[Answer], seconds: float) -> dict:
    good = [each for each in answers if not each.error]
    read, written = sum(each.prompt_tokens for each in good), sum(each.tokens for each in good)
    found = {
        "e2e_latency": [each.whole_s for each in good],
        "ttft": [each.first_s for each in good],
        "tpot": [(each.whole_s - each.first_s) / (each.tokens - 1) for each in good if each.tokens > 1],
        "itl": [gap for each in good for gap in each.between_s],
    }
    result = {
        "tag": value("tag"), "backend": value("backend"), "dataset_name": value("dataset-name"),
        "request_rate": value("request-rate") or "inf", "server_info": None,
        "max_concurrency": int(value("max-concurrency")) if value("max-concurrency") else None,
        **{name: int(value(name.replace("_", "-"))) for name in ("random_input_len", "random_output_len")},
        "random_range_ratio": float(value("random-range-ratio")),
        "duration": seconds, "completed": len(good), "total_input_tokens": read, "total_output_tokens": written,
        "request_throughput": len(good) / seconds, "input_throughput": read / seconds,
        "output_throughput": written / seconds, "total_throughput": (read + written) / seconds,
        "concurrency": sum(found["e2e_latency"]) / seconds, "accept_length": None,
    }  # fmt: skip
    for name in LATENCIES:
        in_ms = sorted(1000 * each for each in found[name]) or [0.0]
        result |= {f"mean_{name}_ms": statistics.fmean(in_ms), f"median_{name}_ms": statistics.median(in_ms),
                   f"std_{name}_ms": statistics.pstdev(in_ms)}  # fmt: skip
        result |= {f"p{part}_{name}_ms": in_ms[min(len(in_ms) - 1, part * len(in_ms) // 100)] for part in (90, 95, 99)}
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
