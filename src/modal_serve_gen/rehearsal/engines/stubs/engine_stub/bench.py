"""Client of the stub benchmarks: concurrent streams over real HTTP, and their statistics."""

import concurrent.futures
import json
import math
import random
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from engine_stub import flags
from engine_stub.texts import BYTES_PER_TOKEN

LETTERS = "abcdefghijklmnopqrstuvwxyz "
LIMIT_S = 6 * 3600
TEXT_FIELDS = ("content", "reasoning", "reasoning_content", "tool_calls")


@dataclass
class Sample:
    """One request: tokens and times in seconds. `error` is empty if it succeeded."""

    prompt_tokens: int
    began: float
    usage: dict[str, Any] = field(default_factory=dict)
    first_s: float = 0.0
    between_s: list[float] = field(default_factory=list)
    total_s: float = 0.0
    text: str = ""
    error: str = ""

    @property
    def tokens(self) -> int:
        return self.usage.get("completion_tokens", 0)


@dataclass(frozen=True)
class Result:
    """All requests of a run, its duration, and its peak concurrency."""

    samples: list[Sample]
    seconds: float
    peak_concurrency: int

    @property
    def succeeded(self) -> list[Sample]:
        return [sample for sample in self.samples if not sample.error]

    def values_ms(self) -> dict[str, list[float]]:
        """Sorted times in milliseconds to and between tokens (ttft, tpot, itl) and to the end (e2el)."""
        samples = self.succeeded
        seconds = {
            "ttft": [sample.first_s for sample in samples],
            "tpot": [
                (sample.total_s - sample.first_s) / (sample.tokens - 1) for sample in samples if sample.tokens > 1
            ],
            "itl": [gap for sample in samples for gap in sample.between_s],
            "e2el": [sample.total_s for sample in samples],
        }
        return {name: sorted(1000 * value for value in values) or [0.0] for name, values in seconds.items()}


def defaulted(options: flags.Parsed, table: flags.Table) -> Callable[[str], Any]:
    """A function from an option's name to its last value or its default."""

    def value(name: str) -> Any:
        values = options.values(f"--{name}")
        return values[-1] if values else table.options[f"--{name}"].default

    return value


def prompt(tokens: int, source: random.Random) -> str:
    """A random text of `tokens` tokens, as the stub counts them."""
    return "".join(source.choices(LETTERS, k=BYTES_PER_TOKEN * tokens))


def request(url: str, headers: dict[str, str], body: dict[str, Any], text: str, tokens: int) -> Sample:
    """Send one prompt and read the stream. A redirection is followed: Modal answers long requests with one."""
    chat = url.endswith("chat/completions")
    body = body | ({"messages": [{"role": "user", "content": text}]} if chat else {"prompt": text})
    sample = Sample(tokens, began=time.perf_counter())
    last = 0.0
    try:
        message = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)
        with urllib.request.urlopen(message, timeout=LIMIT_S) as response:
            for line in response:
                if not line.startswith(b"data: {"):
                    continue
                event, now = json.loads(line[6:]), time.perf_counter()
                sample.usage = event.get("usage") or sample.usage
                if text := "".join(_text(choice) for choice in event.get("choices") or ()):
                    if last:
                        sample.between_s.append(now - last)
                    else:
                        sample.first_s = now - sample.began
                    sample.text += text
                    last = now
        sample.error = "" if last else "an answer without a token"
    except urllib.error.HTTPError as error:
        sample.error = f"HTTPError: {error.code} {error.read(500).decode('utf-8', 'replace')}"
    except (OSError, ValueError) as error:
        sample.error = f"{type(error).__name__}: {error}"
    sample.total_s = (last or time.perf_counter()) - sample.began
    return sample


def _text(choice: dict[str, Any]) -> str:
    delta = choice.get("delta") or {}
    return choice.get("text") or "".join(str(delta.get(name) or "") for name in TEXT_FIELDS)


def run(
    send: Callable[..., Sample], requests: Iterable[tuple[Any, ...]], concurrency: int, rate: float = math.inf
) -> Result:
    """Call `send` with each of `requests`: at most `concurrency` at once, `rate` per second."""
    lock, running, peak = threading.Lock(), 0, 0

    def counted(arguments: tuple[Any, ...]) -> Sample:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        try:
            return send(*arguments)
        finally:
            with lock:
                running -= 1

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
        futures = []
        for number, arguments in enumerate(requests):
            if rate < math.inf:
                time.sleep(max(0.0, began + number / rate - time.perf_counter()))
            futures.append(pool.submit(counted, arguments))
        samples = [future.result() for future in futures]
    return Result(samples, time.perf_counter() - began, peak)


def summary(name: str, values: list[float], percentiles: Iterable[float]) -> dict[str, float]:
    """Mean, median, deviation and percentiles of sorted milliseconds, under the keys that both engines use."""
    figures = {"mean": statistics.fmean(values), "median": statistics.median(values), "std": statistics.pstdev(values)}
    for percent in percentiles:
        place = (len(values) - 1) * percent / 100
        low = math.floor(place)
        figures[f"p{percent:g}"] = values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])
    return {f"{figure}_{name}_ms": value for figure, value in figures.items()}
