"""Which GPU, and how many of it: the cheapest that holds what is asked (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.gpus import gpu_facts, parse_gpu, runs_on, splits, usd_per_hour
from modal_serve_gen.ledger import Memory, Setup, batched_tokens, memory
from modal_serve_gen.model import Model
from modal_serve_gen.workload import Workload

COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Try:
    """One GPU and count at one length and concurrency."""

    setup: Setup
    memory: Memory
    usd: float
    native: bool  # in the GPU's own arithmetic
    refusal: str | None  # why these weights do not run there at all
    note: str | None

    @property
    def fits(self) -> bool:
        return self.refusal is None and self.memory.low >= self.memory.needed

    def brief(self) -> dict[str, Any]:
        return {
            "gpu": self.setup.gpu,
            "gpus": self.setup.gpus,
            "usd_per_hour": self.usd,
            "kv_gib_low": round(self.memory.low, 2),
            "max_concurrency": round(self.memory.max_concurrency, 2),
        }


def choose(model: Model, asked: Workload) -> Try:
    """The cheapest try that fits, native arithmetic first; else, of those that run at all, the one with most room."""
    places = _places(model, asked)
    length = asked.max_model_len or min(asked.default_max_model_len, model.max_context)
    many = asked.concurrency or asked.default_concurrency
    tries: list[Try] = []
    for length_now, many_now in _steps(asked, length, many):
        tries = sorted(
            (_try(model, asked, name, count, length_now, many_now) for name, count in places),
            key=lambda one: (not one.native, one.usd, one.setup.gpus),
        )
        if found := next((one for one in tries if one.fits), None):
            return found
    return max(tries, key=lambda one: (one.refusal is None, one.memory.low - one.memory.needed))


def _steps(asked: Workload, length: int, many: int) -> Iterator[tuple[int, int]]:
    """The asked length and concurrency first; then what was not asked for, halved: concurrency, then length."""
    least = facts.overheads()["sizing"]["shrink_context_to"]
    yield length, many
    while asked.concurrency is None and many > 1:
        many //= 2
        yield length, many
    while asked.max_model_len is None and length > least:
        length = max(least, length // 2)
        yield length, many


def _places(model: Model, asked: Workload) -> list[tuple[str, int]]:
    """Where to look: the GPU that was asked for, else each candidate in every count that may be chosen unasked."""
    if asked.gpu is not None:
        return [parse_gpu(asked.gpu)]
    names = [parse_gpu(name)[0] for name in asked.gpu_candidates] or list(facts.gpus())
    found = []
    for name in names:
        known = gpu_facts(name)
        limit = min(asked.max_gpus, known["max_count"] if known.get("max_count_documented", True) else 1)
        found += [(name, count) for count in COUNTS if count <= limit and not splits(model, count)]
    return found or [(names[0], 1)]


def _try(model: Model, asked: Workload, name: str, count: int, length: int, many: int) -> Try:
    dtype = asked.kv_cache_dtype or "auto"
    setup = Setup(
        engine=asked.engine,
        gpu=name,
        gpus=count,
        max_model_len=length,
        max_num_seqs=many,
        batched_tokens=max(many, asked.max_num_batched_tokens or batched_tokens(name)),
        cache_bytes=facts.quantization()["cache_bytes"][dtype],
        utilization=asked.gpu_memory_utilization,
        extra_weight_bytes=asked.extra_weight_bytes,
        draft_layers=asked.draft_layers,
        draft_tokens=asked.draft_tokens,
    )
    refusal, native, note = runs_on(model, name, dtype)
    refusal = refusal or splits(model, count)
    usd = usd_per_hour(name, count, asked.region)
    return Try(setup, memory(model, setup), usd, native, refusal, note)


def alternatives(model: Model, asked: Workload, chosen: Try) -> list[Try]:
    """For every other Modal GPU the smallest count that fits the same length and concurrency, by price."""
    everywhere = replace(asked, gpu=None, gpu_candidates=())
    setup, found = chosen.setup, {}
    here = facts.gpu_aliases().get(setup.gpu, setup.gpu)
    for name, count in _places(model, everywhere):
        if name in found or (name == here and (chosen.fits or count == setup.gpus)):
            continue
        one = _try(model, asked, name, count, setup.max_model_len, setup.max_num_seqs)
        if one.fits and one.native:
            found[name] = one
    return sorted(found.values(), key=lambda one: one.usd)


def smaller(model: Model, asked: Workload, chosen: Try) -> str:
    """What would fit on the same GPU, found by halving: fewer requests, a shorter context, an FP8 cache."""
    setup, least = chosen.setup, facts.overheads()["sizing"]["least_context"]
    found = []

    def fits(length: int, many: int, asked: Workload = asked) -> bool:
        return _try(model, asked, setup.gpu, setup.gpus, length, many).fits

    many = setup.max_num_seqs
    while many > 1 and not fits(setup.max_model_len, many):
        many //= 2
    if many < setup.max_num_seqs and fits(setup.max_model_len, many):
        found.append(f"--concurrency {many}")
    length = setup.max_model_len
    while length // 2 >= least and not fits(length, setup.max_num_seqs):
        length //= 2
    if length < setup.max_model_len and fits(length, setup.max_num_seqs):
        found.append(f"--max-model-len {length}")
    if setup.cache_bytes > 1 and fits(setup.max_model_len, setup.max_num_seqs, replace(asked, kv_cache_dtype="fp8")):
        found.append("--kv-cache-dtype fp8")
    return f" It would with {' or '.join(found)}." if found else ""
