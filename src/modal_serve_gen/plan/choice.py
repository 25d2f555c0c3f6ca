"""Choose the cheapest GPU and count that hold the workload and meet its targets (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan import overheads
from modal_serve_gen.plan.gpus import Support, gpu_facts, parse_gpu, split_refusal, support, usd_per_hour
from modal_serve_gen.plan.ledger import Memory, Setup, memory
from modal_serve_gen.plan.records import Alternative
from modal_serve_gen.plan.speed import Bounds, bounds
from modal_serve_gen.plan.workload import Workload

COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class MissedTarget:
    """A target that is out of reach, and the factor by which it is missed."""

    text: str
    factor: float


@dataclass(frozen=True)
class Candidate:
    """One GPU and count for the model, at one length and concurrency."""

    model: Model
    workload: Workload
    setup: Setup
    memory: Memory
    usd_per_hour: float
    support: Support
    refusal: str | None  # why the model does not run there at all

    @property
    def holds(self) -> bool:
        """True if the model runs and the pool is large enough, whatever the targets."""
        return self.refusal is None and self.memory.low >= self.memory.needed

    @property
    def fits(self) -> bool:
        return self.holds and not self.missed

    @cached_property
    def bounds(self) -> Bounds:
        """Bounds for `requests` requests of the usual share of the full length."""
        context = max(1, ceil(self.setup.max_model_len * facts.overheads().sizing.fill))
        return bounds(self.model, self.setup, context, self.requests)

    @property
    def requests(self) -> int:
        """Requests that run at once: max_num_seqs, or fewer where the cache holds fewer."""
        held = self.memory.max_concurrency / facts.overheads().sizing.fill
        return max(1, min(self.setup.max_num_seqs, int(held)))

    @property
    def estimated_ms_per_token(self) -> float:
        """Milliseconds per output token at full concurrency, by the share of the bounds that engines reach."""
        return self.bounds.time_per_output_token_all_s / facts.overheads().speed.reached * 1000

    @property
    def estimated_tokens_per_s(self) -> float:
        """Output tokens per second of all requests, by the share of the bounds that engines reach."""
        return self.bounds.output_tokens_per_s * facts.overheads().speed.reached

    @cached_property
    def missed(self) -> tuple[MissedTarget, ...]:
        """The targets that are out of reach here."""
        workload, usd = self.workload, self.usd_per_hour
        missed = []
        if workload.budget is not None and usd > workload.budget:
            text = f"${usd:.2f} per hour exceeds the budget of ${workload.budget:.2f}"
            missed.append(MissedTarget(text, usd / workload.budget))
        pace, rate = self.estimated_ms_per_token, self.estimated_tokens_per_s
        if (target := workload.time_per_output_token) is not None and pace > target:
            text = (
                f"the estimated time per output token at {self.requests} concurrent requests is {pace:.1f} ms "
                f"(target {target:g})"
            )
            missed.append(MissedTarget(text, pace / target))
        if (target := workload.tokens_per_s) is not None and rate < target:
            text = f"the estimated throughput is {rate:,.0f} output tokens/s (target {target:,.0f})"
            missed.append(MissedTarget(text, target / rate))
        return tuple(missed)

    def alternative(self) -> Alternative:
        speed, usd = self.bounds, self.usd_per_hour
        return Alternative(
            gpu=self.setup.gpu,
            gpus=self.setup.gpus,
            usd_per_hour=usd,
            native=self.support.native,
            max_model_len=self.setup.max_model_len,
            max_num_seqs=self.setup.max_num_seqs,
            kv_gib_low=round(self.memory.low, 2),
            max_concurrency=round(self.memory.max_concurrency, 2),
            requests=speed.requests,
            time_per_output_token_ms=round(1000 * speed.time_per_output_token_one_s, 2),
            time_per_output_token_ms_all_requests=round(1000 * speed.time_per_output_token_all_s, 2),
            output_tokens_per_s=round(speed.output_tokens_per_s),
            usd_per_million_output_tokens=round(speed.usd_per_million(usd)[1], 3),
            usd_per_idle_window=round(usd * self.workload.scaledown_window / 3600, 4),
        )


def selection_key(candidate: Candidate) -> tuple[bool, float, int]:
    """Sorts first what is chosen: native arithmetic, then the lower price, then fewer GPUs.

    Bounds on speed do not count: by them alone, eight GPUs are eight times as fast. Targets do, and are held to the
    share of the bounds that engines reach. Several GPUs without NVLink must be far cheaper, as every token waits for
    their communication.
    """
    setup = candidate.setup
    without_nvlink = setup.gpus > 1 and not gpu_facts(setup.gpu).nvlink
    factor = facts.overheads().sizing.without_nvlink if without_nvlink else 1
    return (not candidate.support.native, candidate.usd_per_hour * factor, setup.gpus)


def ranking_key(candidate: Candidate) -> tuple[float, float]:
    """Sorts alternatives by the figure of the goal, without a goal by price."""
    usd = candidate.usd_per_hour
    if candidate.workload.goal == "latency":
        return (candidate.bounds.time_per_output_token_one_s, usd)
    if candidate.workload.goal == "throughput":
        return (candidate.bounds.usd_per_million(usd)[1], candidate.setup.gpus)
    return (usd, candidate.setup.gpus)


def choose(model: Model, workload: Workload) -> Candidate:
    """The cheapest candidate that fits; else the one that comes closest to its targets; else, of those that run at
    all, the one with the most memory to spare. No limit is lowered for a target, as shorter requests are another
    workload."""
    gpu_counts = _gpu_counts(model, workload)
    if workload.fixed:
        return _fixed(model, workload, *gpu_counts[0])
    candidates: list[Candidate] = []
    for max_model_len, max_num_seqs in _steps(workload, *requested_size(model, workload)):
        candidates = [candidate(model, workload, *gpus, max_model_len, max_num_seqs) for gpus in gpu_counts]
        if holding := [x for x in candidates if x.holds]:
            return min(holding, key=lambda x: (sum(target.factor for target in x.missed), selection_key(x)))
    return max(candidates, key=lambda x: (x.refusal is None, x.memory.low - x.memory.needed))


def requested_size(model: Model, workload: Workload) -> tuple[int, int]:
    """(max_model_len, max_num_seqs) of the workload, or its defaults."""
    max_model_len = workload.max_model_len or min(workload.default_max_model_len, model.max_context)
    return max_model_len, workload.concurrency or workload.default_concurrency


def _fixed(model: Model, workload: Workload, gpu: str, count: int) -> Candidate:
    """A setup as it is: limits that are not given are the defaults of its engine version."""
    tokens, sequences = overheads.defaults(workload.engine, workload.engine_version, gpu, server=workload.server)
    max_num_seqs = workload.concurrency or min(sequences, workload.max_num_batched_tokens or tokens)
    return candidate(model, workload, gpu, count, workload.max_model_len or model.max_context, max_num_seqs)


def _steps(workload: Workload, max_model_len: int, max_num_seqs: int) -> Iterator[tuple[int, int]]:
    """The requested size first; then what the workload leaves open is halved: the concurrency, then the length."""
    least = facts.overheads().sizing.shrink_context_to
    yield max_model_len, max_num_seqs
    while workload.concurrency is None and max_num_seqs > 1:
        max_num_seqs //= 2
        yield max_model_len, max_num_seqs
    while workload.max_model_len is None and max_model_len > least:
        max_model_len = max(least, max_model_len // 2)
        yield max_model_len, max_num_seqs


def _gpu_counts(model: Model, workload: Workload) -> list[tuple[str, int]]:
    """GPUs and counts to try: the requested one, or each candidate in every count that is chosen by default."""
    if workload.gpu is not None:
        return [parse_gpu(workload.gpu)]
    names = [parse_gpu(name)[0] for name in workload.gpu_candidates] or list(facts.gpus())
    groups = workload.pipeline_parallel_size * workload.data_parallel_size
    pairs = []
    for name in names:
        gpu = gpu_facts(name)
        limit = min(workload.max_gpus, gpu.max_count if gpu.max_count_documented else 1)
        counts = [count for count in COUNTS if count <= limit and count % groups == 0]
        pairs += [(name, count) for count in counts if not split_refusal(model, count // groups)]
    return pairs or [(names[0], groups)]


def candidate(
    model: Model, workload: Workload, gpu: str, count: int, max_model_len: int, max_num_seqs: int
) -> Candidate:
    """The model on `count` of that GPU, with these limits."""
    cache_dtype = workload.kv_cache_dtype or "auto"
    tokens = workload.max_num_batched_tokens
    if tokens is None:  # apps for SGLang use vLLM's default as well
        version = workload.engine_version if workload.engine == "vllm" else None
        tokens = overheads.defaults("vllm", version, gpu, server=workload.server or not workload.fixed)[0]
    utilization = workload.gpu_memory_utilization
    if utilization is None and workload.sleep:
        utilization = facts.overheads().sleep.utilization
    setup = Setup(
        engine=workload.engine,
        gpu=gpu,
        gpus=count,
        max_model_len=max_model_len,
        max_num_seqs=max_num_seqs,
        batched_tokens=max(max_num_seqs, tokens),
        cache_bytes=facts.quantization().cache_bytes[cache_dtype],
        utilization=utilization,
        extra_weight_bytes=workload.extra_weight_bytes,
        draft_layers=workload.draft_layers,
        draft_tokens=workload.draft_tokens,
        sleep=workload.sleep,
        version=workload.engine_version,
        pp=workload.pipeline_parallel_size,
        dp=workload.data_parallel_size,
        expert_parallel=workload.enable_expert_parallel,
    )
    supported = support(model, gpu, cache_dtype)
    refusal = supported.refusal or split_refusal(model, setup.tp) or _start_refusal(model, setup)
    usd = usd_per_hour(gpu, count, workload.region)
    reserved = memory(model, setup, 0.0 if workload.fixed else None)
    return Candidate(model, workload, setup, reserved, usd, supported, refusal)


def _start_refusal(model: Model, setup: Setup) -> str | None:
    """Why the engine exits before it loads anything; None if it does not."""
    removed = facts.quantization().removed.get(setup.engine, {}).get(model.quantization or "")
    version = setup.version or facts.pins()[setup.engine].version
    if removed and overheads.parse_version(version) >= overheads.parse_version(removed):
        return f"{setup.engine} {version} no longer loads {model.quantization} weights"
    usable, taken = gpu_facts(setup.gpu).usable_gib, facts.overheads().start.taken
    if setup.utilization and usable * setup.utilization > usable - taken:
        return (
            f"a memory utilization of {setup.utilization:g} requires {usable * setup.utilization:.1f} GiB, but only "
            f"about {usable - taken:.1f} GiB are free when the engine starts"
        )
    return None


def alternatives(chosen: Candidate, workload: Workload | None = None) -> list[Candidate]:
    """For every other GPU on Modal the smallest count that fits the requested size, ordered by `ranking_key`.

    `workload` replaces that of `chosen`.
    """
    model, setup, workload = chosen.model, chosen.setup, workload or chosen.workload
    size = (setup.max_model_len, setup.max_num_seqs) if workload.fixed else requested_size(model, workload)
    chosen_gpu = facts.gpu_aliases().get(setup.gpu, setup.gpu)
    fitting: dict[str, Candidate] = {}
    for gpu, count in _gpu_counts(model, replace(workload, gpu=None, gpu_candidates=())):
        if gpu in fitting or (gpu == chosen_gpu and (chosen.fits or count == setup.gpus)):
            continue
        other = candidate(model, workload, gpu, count, *size)
        if other.fits:
            fitting[gpu] = other
    return sorted(fitting.values(), key=ranking_key)


def smaller_options(chosen: Candidate) -> list[str]:
    """Changes that would fit on the same GPU, found by halving: fewer requests, a shorter context, an FP8 cache."""
    workload, setup = chosen.workload, chosen.setup
    length, sequences = setup.max_model_len, setup.max_num_seqs

    def fits(max_model_len: int, max_num_seqs: int, workload: Workload = workload) -> bool:
        return candidate(chosen.model, workload, setup.gpu, setup.gpus, max_model_len, max_num_seqs).fits

    options = []
    fewer = sequences
    while fewer > 1 and not fits(length, fewer):
        fewer //= 2
    if fewer < sequences and fits(length, fewer):
        options.append(f"--concurrency {fewer}")
    shorter = length
    while shorter // 2 >= facts.overheads().sizing.least_context and not fits(shorter, sequences):
        shorter //= 2
    if shorter < length and fits(shorter, sequences):
        options.append(f"--max-model-len {shorter}")
    if setup.cache_bytes > 1 and fits(length, sequences, replace(workload, kv_cache_dtype="fp8")):
        options.append("an FP8 KV cache (the engine flag --kv-cache-dtype fp8)")
    return options
