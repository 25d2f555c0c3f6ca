"""`python -m sglang.benchmark.serving` asks a chat endpoint: few flags, the keys of the real result."""

import argparse
import concurrent.futures
import json
import os
import statistics
import sys
import time
import urllib.request
from pathlib import Path

from sglang.command import note

# What the app's command line may hold; the real benchmark has more (sglang 0.5.23, benchmark/serving.py).
FLAGS = {
    "--backend": str, "--base-url": str, "--model": str, "--tokenizer": str, "--dataset-name": str,
    "--num-prompts": int,
    "--random-input-len": int, "--random-output-len": int, "--max-concurrency": int, "--output-file": str,
    "--ready-check-timeout-sec": int, "--seed": int, "--request-rate": float,
}  # fmt: skip


def one(url: str, model: str, tokens: int) -> tuple[float, float, int]:
    """Seconds to the first piece, seconds in all, pieces."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "word " * 64}],
        "max_tokens": tokens,
        "stream": True,
    }
    body["stream"] = True
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("OPENAI_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    began, first, pieces = time.monotonic(), 0.0, 0
    request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        for line in response:
            if line.startswith(b"data: {"):
                first, pieces = first or time.monotonic() - began, pieces + 1
    return first, time.monotonic() - began, pieces


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("sglang.benchmark.serving", allow_abbrev=False)
    for flag, kind in FLAGS.items():
        parser.add_argument(flag, type=kind)
    given = parser.parse_args(argv)
    note(
        "checked",
        f"the {sum(word.startswith('--') for word in argv)} flags of sglang.benchmark.serving are known to it",
    )
    began, done = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(given.max_concurrency or 1) as pool:
        for future in [
            pool.submit(one, given.base_url, given.model, given.random_output_len or 16)
            for _ in range(given.num_prompts)
        ]:
            try:
                done.append(future.result())
            except OSError as fault:
                print(f"a request failed: {fault}", file=sys.stderr)
    if not done:
        print("Error running benchmark: all requests failed", file=sys.stderr)
        return 0  # as the real one does
    seconds = time.monotonic() - began
    gaps = [(total - first) / max(pieces - 1, 1) for first, total, pieces in done]
    result = {
        "backend": given.backend,
        "max_concurrency": given.max_concurrency,
        "duration": seconds,
        "completed": len(done),
        "median_ttft_ms": 1000 * statistics.median(first for first, _, _ in done),
        "median_tpot_ms": 1000 * statistics.median(gaps),
        "median_itl_ms": 1000 * statistics.median(gaps),
        "output_throughput": sum(pieces for _, _, pieces in done) / seconds,
    }
    print(json.dumps(result, indent=2))
    with Path(given.output_file or "bench.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
