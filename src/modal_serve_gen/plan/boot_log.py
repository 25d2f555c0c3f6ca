"""What an engine logged at its start: its setup, memory and times (pure)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.plan.boot_log_lines import SETTING, SGLANG, SGLANG_SETTINGS, VLLM, VLLM_SETTINGS, Settings

MOST_LINE = 20_000  # characters of a line that are read: settings are printed in one
MOST_VALUE = 400  # characters of one setting
COLOR = re.compile(r"\x1b\[[0-9;]*m")
CACHED = re.compile(r"models--([\w.-]+?)--([\w.-]+)/snapshots/([0-9a-f]{40})")  # a folder of the Hub's cache


@dataclass(frozen=True)
class BootLog:
    """One start. None: not logged. Memory is GiB of one GPU, times are seconds."""

    engine: str
    version: str | None
    model: str | None  # as the engine was told: an id, or a path
    revision: str | None  # from a path in the Hub's cache
    pool_gib: float
    tokens: int
    max_concurrency: float | None  # requests of `max_model_len`
    weights_gib: float | None
    total_gib: float | None  # of the GPU, as the driver reports it
    free_gib: float | None  # of it before SGLang loads the weights
    left_gib: float | None  # of it unused after the start
    load_s: float | None  # reading the weights
    compile_s: float | None
    capture_s: float | None
    init_s: float | None  # from the loaded weights on: profiling, compilation, capture
    ready: bool  # the server was ready in the end
    max_model_len: int | None
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    utilization: float | None
    kv_cache_dtype: str | None
    tp: int = 1
    pp: int = 1
    dp: int = 1

    @property
    def gpus(self) -> int:
        return self.tp * self.pp * self.dp


@dataclass
class _Seen:
    """Lines of one start, collected so far."""

    engine: str = ""
    values: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, name: str, value: Any) -> None:
        self.values.setdefault(name, []).append(value)

    def first(self, name: str) -> Any:
        return next(iter(self.values.get(name, ())), None)

    def last(self, name: str) -> Any:
        return next(reversed(self.values.get(name, [])), None)

    def largest(self, name: str) -> Any:
        return max(self.values.get(name, ()), default=None)

    def smallest(self, name: str) -> Any:
        return min(self.values.get(name, ()), default=None)

    @property
    def complete(self) -> bool:
        return bool(self.smallest("tokens"))


RANK = re.compile(r"\b(?:TP|PP|DP)(\d{1,4})\b")
SERVERS = ("non-default args: ", "server version", "server_args=")  # a new start of a server begins with it


def read(lines: Iterable[str], name: str = "--from-boot-log") -> BootLog:
    """The last complete start in a log. Raises BadInput if it has none, or is of another engine."""
    complete: _Seen | None = None
    last = _Seen()
    for line in lines:
        text = COLOR.sub("", line[:MOST_LINE])
        if any(words in text for words in SERVERS) and last.values.keys() & {"weights", "tokens", "pool"}:
            complete, last = (last if last.complete else complete), _Seen()
        _collect(last, text)
    found = last if last.complete else complete
    if found is None:
        raise _incomplete(last, name)
    if found.last("device") == "cpu":
        raise BadInput(
            f"{quoted(name)} is a log of a CPU, as of a rehearsal.",
            "Pass the log of a start on the GPU that is planned.",
        )
    return _vllm(found) if found.engine == "vllm" else _sglang(found)


def _collect(seen: _Seen, text: str) -> None:
    """Add what one line says."""
    for engine, patterns in (("vllm", VLLM), ("sglang", SGLANG)):
        for pattern in patterns:
            if pattern.words in text and (match := pattern.regex.search(text)):
                if engine == "sglang" and not _first_rank(text):
                    continue
                seen.engine = seen.engine or engine
                for (group, convert), value in zip(pattern.groups, match.groups(), strict=True):
                    seen.add(group, convert(value))
    for words, settings, engine in (
        ("LLM engine (v", VLLM_SETTINGS, "vllm"),
        ("non-default args: ", VLLM_SETTINGS, "vllm"),
        ("server_args=", SGLANG_SETTINGS, "sglang"),
    ):
        if words in text:
            seen.engine = seen.engine or engine
            for setting, value in _settings(text.partition(words)[2], settings):
                seen.add(setting, value)


def _first_rank(text: str) -> bool:
    """Ranks of SGLang log the same; one is enough."""
    return all(rank == "0" for rank in RANK.findall(text[:60]))


def _settings(text: str, known: Settings) -> Iterator[tuple[str, Any]]:
    for key, raw in SETTING.findall(text):
        if key not in known or raw == "None" or len(raw) > MOST_VALUE:
            continue
        name, convert = known[key]
        try:
            yield name, convert(raw)
        except ValueError:
            continue


def _incomplete(seen: _Seen, name: str) -> BadInput:
    if not seen.values:
        return BadInput(
            f"{quoted(name)} has no line of a start of vLLM or SGLang.",
            "Pass the engine's own log, from its first line until the server is ready.",
        )
    pool = seen.smallest("pool")
    if seen.engine == "vllm" and pool is not None:
        return BadInput(
            f"The start in {quoted(name)} failed: {pool:g} GiB were left for the KV cache.",
            "Pass the log of a start that succeeded; plan the setup with --gpu and --engine-version instead.",
        )
    return BadInput(
        f"{quoted(name)} ends before the engine allocated its KV cache.",
        "Pass the complete log of a start that succeeded, at the engine's default log level.",
    )


def _identity(path: str | None) -> tuple[str | None, str | None]:
    """The model's id or path, and its commit where the path is in the Hub's cache."""
    if path and (match := CACHED.search(path)):
        return f"{match[1]}/{match[2]}", match[3]
    return path, None


def _vllm(seen: _Seen) -> BootLog:
    model, revision = _identity(seen.last("model"))
    pool = seen.smallest("pool") or seen.smallest("in_use") or 0.0
    return BootLog(
        engine="vllm",
        version=seen.last("version"),
        model=model,
        revision=revision,
        pool_gib=pool,
        tokens=seen.smallest("tokens"),
        max_concurrency=seen.smallest("concurrency"),
        weights_gib=seen.largest("weights"),
        total_gib=seen.first("total"),
        free_gib=None,
        left_gib=None,
        load_s=seen.largest("load_s"),
        compile_s=seen.largest("compile_s"),
        capture_s=seen.largest("capture_s"),
        init_s=seen.largest("init_s"),
        ready="ready" in seen.values,
        max_model_len=seen.last("length") or seen.last("asked_length"),
        max_num_seqs=seen.last("sequences"),
        max_num_batched_tokens=seen.last("batched"),
        utilization=seen.last("utilization"),
        kv_cache_dtype=_dtype(seen),
        tp=seen.last("tp") or 1,
        pp=seen.last("pp") or 1,
        dp=seen.last("dp") or 1,
    )


def _sglang(seen: _Seen) -> BootLog:
    """Target and draft load weights and allocate a pool each; the first line is that of the target."""
    model, revision = _identity(seen.first("model"))
    pool = sum(seen.values.get("key", ())) + sum(seen.values.get("value", ())) + sum(seen.values.get("state", ()))
    length = seen.last("length") or seen.last("asked_length")
    tokens = seen.last("tokens")
    return BootLog(
        engine="sglang",
        version=None,
        model=model,
        revision=revision,
        pool_gib=round(pool, 2),
        tokens=tokens,
        max_concurrency=tokens / length if length else None,
        weights_gib=seen.first("weights"),
        total_gib=None,
        free_gib=seen.first("free"),
        left_gib=seen.last("left"),
        load_s=seen.first("load_s"),
        compile_s=None,
        capture_s=sum(seen.values["capture_s"]) if "capture_s" in seen.values else None,
        init_s=None,
        ready="ready" in seen.values,
        max_model_len=length,
        max_num_seqs=seen.last("sequences"),
        max_num_batched_tokens=seen.last("batched"),
        utilization=seen.last("utilization"),
        kv_cache_dtype=_dtype(seen),
        tp=seen.last("tp") or 1,
        pp=seen.last("pp") or 1,
    )


def _dtype(seen: _Seen) -> str | None:
    dtype = seen.last("kv_cache_dtype")
    return None if dtype == "auto" else dtype
