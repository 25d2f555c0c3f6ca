"""Which GPU, and how many of it: the cheapest that holds what is asked and keeps its targets (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan import overheads
from modal_serve_gen.plan.gpus import gpu_facts, parse_gpu, runs_on, splits, usd_per_hour
from modal_serve_gen.plan.ledger import Memory, Setup, memory
from modal_serve_gen.plan.speed import Bounds, bounds
from modal_serve_gen.plan.workload import Workload

COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Try:
    """One GPU and count at one length and concurrency."""

    model: Model
    asked: Workload
    setup: Setup
    memory: Memory
    usd: float
    native: bool  # in the GPU's own arithmetic
    refusal: str | None  # why these weights do not run there at all
    note: str | None

    @property
    def holds(self) -> bool:
        """Whether the model runs here and the pool is large enough, whatever the targets say."""
        return self.refusal is None and self.memory.low >= self.memory.needed

    @property
    def fits(self) -> bool:
        return self.holds and not self.missed

    @cached_property
    def bounds(self) -> Bounds:
        """At the share of a full request that plans count with, and as many requests as are meant to run."""
        context = max(1, ceil(self.setup.max_model_len * facts.overheads().sizing.fill))
        return bounds(self.model, self.setup, context, self.requests)

    @property
    def requests(self) -> int:
        """Requests that run at once: as many as are let in, and as the cache holds."""
        held = self.memory.max_concurrency / facts.overheads().sizing.fill
        return max(1, min(self.setup.max_num_seqs, int(held)))

    @property
    def likely(self) -> tuple[float, float]:
        """Milliseconds for each output token with all requests at once, and output tokens a second: what engines reach
        at least of the bounds."""
        reached = facts.overheads().speed.reached
        return self.bounds.time_per_output_token_all_s / reached * 1000, self.bounds.output_tokens_per_s * reached

    @cached_property
    def missed(self) -> dict[str, float]:
        """The targets that are out of reach here, by the part of the bounds that engines reach: sentence -> how many
        times it is missed."""
        asked, (pace, rate) = self.asked, self.likely
        found = {}
        if asked.budget is not None and self.usd > asked.budget:
            found[f"${self.usd:.2f} per hour is above the budget of ${asked.budget:.2f}"] = self.usd / asked.budget
        if (most := asked.time_per_output_token) is not None and pace > most:
            told = f"{pace:.1f} ms per output token is likely with {self.requests} at once, {most:g} is asked"
            found[told] = pace / most
        if (least := asked.tokens_per_s) is not None and rate < least:
            found[f"{rate:,.0f} output tokens/s are likely, {least:,.0f} are asked"] = least / rate
        return found

    def brief(self) -> dict[str, Any]:
        speed, window = self.bounds, self.asked.scaledown_window
        return {
            "gpu": self.setup.gpu,
            "gpus": self.setup.gpus,
            "usd_per_hour": self.usd,
            "native": self.native,
            "max_model_len": self.setup.max_model_len,
            "max_num_seqs": self.setup.max_num_seqs,
            "kv_gib_low": round(self.memory.low, 2),
            "max_concurrency": round(self.memory.max_concurrency, 2),
            "requests": speed.requests,
            "time_per_output_token_ms": round(1000 * speed.time_per_output_token_one_s, 2),
            "time_per_output_token_ms_all_requests": round(1000 * speed.time_per_output_token_all_s, 2),
            "output_tokens_per_s": round(speed.output_tokens_per_s),
            "usd_per_million_output_tokens": round(speed.usd_per_million(self.usd)[1], 3),
            "usd_per_idle_window": round(self.usd * window / 3600, 4),
        }


def price(one: Try) -> tuple:
    """What is chosen sorts first: native arithmetic, then the price, then fewer GPUs. A bound on speed chooses nothing:
    by it alone eight GPUs are eight times as fast; targets do, which plans hold to the part that engines reach.
    Several cards without NVLink have to be cheaper by far: every token waits for what they tell each other."""
    apart = one.setup.gpus > 1 and not gpu_facts(one.setup.gpu).nvlink
    factor = facts.overheads().sizing.without_nvlink if apart else 1
    return (not one.native, one.usd * factor, one.setup.gpus)


def worth(one: Try) -> tuple:
    """What is told first of alternatives: by the goal's figure, else the price."""
    if one.asked.goal == "latency":
        return (one.bounds.time_per_output_token_one_s, one.usd)
    return (one.bounds.usd_per_million(one.usd)[1] if one.asked.goal == "throughput" else one.usd, one.setup.gpus)


def choose(model: Model, asked: Workload) -> Try:
    """The cheapest try that fits; else the one that misses its targets by least; else, of those that run at all, the
    one with most room. Nothing is lowered for a target: a shorter request would be another question."""
    places = _places(model, asked)
    if asked.fixed:
        return _fixed(model, asked, *places[0])
    tries: list[Try] = []
    for length, many in _steps(asked, *wanted(model, asked)):
        tries = [one(model, asked, name, count, length, many) for name, count in places]
        if holding := [each for each in tries if each.holds]:
            return min(holding, key=lambda each: (sum(each.missed.values()), price(each)))
    return max(tries, key=lambda each: (each.refusal is None, each.memory.low - each.memory.needed))


def wanted(model: Model, asked: Workload) -> tuple[int, int]:
    """(max_model_len, max_num_seqs) as asked for, or by default."""
    length = asked.max_model_len or min(asked.default_max_model_len, model.max_context)
    return length, asked.concurrency or asked.default_concurrency


def _fixed(model: Model, asked: Workload, name: str, count: int) -> Try:
    """A set-up as it is: what is not given is that engine version's own default."""
    tokens, many = overheads.defaults(asked.engine, asked.engine_version, name, server=asked.server)
    many = asked.concurrency or min(many, asked.max_num_batched_tokens or tokens)
    return one(model, asked, name, count, asked.max_model_len or model.max_context, many)


def _steps(asked: Workload, length: int, many: int) -> Iterator[tuple[int, int]]:
    """The asked length and concurrency first; then what was not asked for, halved: concurrency, then length."""
    least = facts.overheads().sizing.shrink_context_to
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
    groups = asked.pipeline_parallel_size * asked.data_parallel_size
    found = []
    for name in names:
        known = gpu_facts(name)
        limit = min(asked.max_gpus, known.max_count if known.max_count_documented else 1)
        counts = [count for count in COUNTS if count <= limit and count % groups == 0]
        found += [(name, count) for count in counts if not splits(model, count // groups)]
    return found or [(names[0], groups)]


def one(model: Model, asked: Workload, name: str, count: int, length: int, many: int) -> Try:
    """The model on so many of that GPU, with this length and concurrency."""
    dtype = asked.kv_cache_dtype or "auto"
    tokens = asked.max_num_batched_tokens
    if tokens is None:  # SGLang's apps take vLLM's batch
        version = asked.engine_version if asked.engine == "vllm" else None
        tokens = overheads.defaults("vllm", version, name, server=asked.server or not asked.fixed)[0]
    asleep = facts.overheads().sleep.utilization
    setup = Setup(
        engine=asked.engine,
        gpu=name,
        gpus=count,
        max_model_len=length,
        max_num_seqs=many,
        batched_tokens=max(many, tokens),
        cache_bytes=facts.quantization().cache_bytes[dtype],
        utilization=asked.gpu_memory_utilization or (asleep if asked.sleep else None),
        extra_weight_bytes=asked.extra_weight_bytes,
        draft_layers=asked.draft_layers,
        draft_tokens=asked.draft_tokens,
        sleep=asked.sleep,
        version=asked.engine_version,
        pp=asked.pipeline_parallel_size,
        dp=asked.data_parallel_size,
        expert_parallel=asked.enable_expert_parallel,
    )
    refusal, native, note = runs_on(model, name, dtype)
    refusal = refusal or splits(model, setup.tp) or _cannot_start(model, setup)
    usd = usd_per_hour(name, count, asked.region)
    return Try(model, asked, setup, memory(model, setup, 0.0 if asked.fixed else None), usd, native, refusal, note)


def _cannot_start(model: Model, setup: Setup) -> str | None:
    """Why the engine refuses this before it loads anything; None: it does not."""
    gone = facts.quantization().removed.get(setup.engine, {}).get(model.quantization or "")
    version = setup.version or facts.pins()[setup.engine].version
    if gone and overheads.parse_version(version) >= overheads.parse_version(gone):
        return f"{setup.engine} {version} no longer loads {model.quantization} weights"
    usable, taken = gpu_facts(setup.gpu).usable_gib, facts.overheads().start.taken
    if setup.utilization and usable * setup.utilization > usable - taken:
        return (
            f"a share of {setup.utilization:g} is {usable * setup.utilization:.1f} GiB, and only about "
            f"{usable - taken:.1f} GiB are free when the engine starts"
        )
    return None


def alternatives(model: Model, asked: Workload, chosen: Try) -> list[Try]:
    """For every other Modal GPU the smallest count that fits what was asked, by the goal or price. What the chosen one
    had to lower is not lowered here."""
    everywhere = replace(asked, gpu=None, gpu_candidates=())
    setup, found = chosen.setup, {}
    size = (setup.max_model_len, setup.max_num_seqs) if asked.fixed else wanted(model, asked)
    here = facts.gpu_aliases().get(setup.gpu, setup.gpu)
    for name, count in _places(model, everywhere):
        if name in found or (name == here and (chosen.fits or count == setup.gpus)):
            continue
        each = one(model, asked, name, count, *size)
        if each.fits:
            found[name] = each
    return sorted(found.values(), key=worth)


def smaller(model: Model, asked: Workload, chosen: Try) -> str:
    """What would fit on the same GPU, found by halving: fewer requests, a shorter context, an FP8 cache."""
    setup, least = chosen.setup, facts.overheads().sizing.least_context
    found = []

    def fits(length: int, many: int, asked: Workload = asked) -> bool:
        return one(model, asked, setup.gpu, setup.gpus, length, many).fits

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
        found.append("an FP8 KV cache (the engine flag --kv-cache-dtype fp8)")
    return f" It would with {' or '.join(found)}." if found else ""
