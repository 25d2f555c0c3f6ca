"""Choose the cheapest GPU and count that hold the workload and meet its targets (pure)."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan.candidates import Candidate, candidate, default_limits, requested_size
from modal_serve_gen.plan.gpus import gpu_facts, parse_gpu
from modal_serve_gen.plan.splitting import split_refusal
from modal_serve_gen.plan.workload import Workload

COUNTS = (1, 2, 4, 8)


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
    tried = gpu_counts(model, workload)
    if workload.fixed:
        return _fixed(model, workload, *tried[0])
    if workload.boot_log:
        return _by_log(model, workload, *tried[0])
    candidates: list[Candidate] = []
    for max_model_len, max_num_seqs in _steps(workload, *requested_size(model, workload)):
        candidates = [candidate(model, workload, *gpus, max_model_len, max_num_seqs) for gpus in tried]
        if holding := [x for x in candidates if x.holds]:
            return min(holding, key=lambda x: (sum(target.factor for target in x.missed), selection_key(x)))
    return max(candidates, key=lambda x: (x.refusal is None, x.memory.low - x.memory.needed))


def _fixed(model: Model, workload: Workload, gpu: str, count: int) -> Candidate:
    """A setup as it is: limits that are not given are the defaults of its engine version."""
    tokens, sequences = default_limits(workload.engine, workload.engine_version, gpu, server=workload.server)
    max_num_seqs = workload.concurrency or min(sequences, workload.max_num_batched_tokens or tokens)
    return candidate(model, workload, gpu, count, workload.max_model_len or model.max_context, max_num_seqs)


def _by_log(model: Model, workload: Workload, gpu: str, count: int) -> Candidate:
    """The GPUs of a startup log, with what its pool holds of the limits that are not given: the requests first, then
    the length."""
    length, requests = requested_size(model, workload)

    def planned(max_model_len: int, max_num_seqs: int) -> Candidate:
        return candidate(model, workload, gpu, count, max_model_len, max_num_seqs)

    fitting = planned(length, requests)
    if not fitting.holds and workload.concurrency is None:
        requests = max(1, largest(lambda number: planned(length, number).holds, requests))
        fitting = planned(length, requests)
    if not fitting.holds and workload.max_model_len is None:
        step = facts.overheads().sizing.least_context
        steps = largest(lambda number: planned(number * step, requests).holds, length // step)
        return planned(max(1, steps) * step, requests)
    return fitting


def largest(holds: Callable[[int], bool], most: int) -> int:
    """The largest number up to `most` that holds, if all smaller ones do; 0 if none does."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if holds(middle) else (least, middle - 1)
    return least


def _steps(workload: Workload, max_model_len: int, max_num_seqs: int) -> Iterator[tuple[int, int]]:
    """The requested size first; then what the workload does not set is halved: the concurrency, then the length."""
    least = facts.overheads().sizing.shrink_context_to
    yield max_model_len, max_num_seqs
    while workload.concurrency is None and max_num_seqs > 1:
        max_num_seqs //= 2
        yield max_model_len, max_num_seqs
    while workload.max_model_len is None and max_model_len > least:
        max_model_len = max(least, max_model_len // 2)
        yield max_model_len, max_num_seqs


def gpu_counts(model: Model, workload: Workload) -> list[tuple[str, int]]:
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
        pairs += [(name, count) for count in counts if not split_refusal(model, workload.ranks(name, count))]
    return pairs or [(names[0], groups)]


def alternatives(chosen: Candidate, workload: Workload | None = None) -> list[Candidate]:
    """For every other GPU on Modal the smallest count that fits the requested size, ordered by `ranking_key`.

    `workload` replaces that of `chosen`.
    """
    model, setup = chosen.model, chosen.setup
    workload = replace(workload or chosen.workload, gpu=None, gpu_candidates=(), boot_log=None)
    size = (setup.max_model_len, setup.max_num_seqs) if workload.fixed else requested_size(model, workload)
    chosen_gpu = facts.gpu_aliases().get(setup.gpu, setup.gpu)
    fitting: dict[str, Candidate] = {}
    for gpu, count in gpu_counts(model, workload):
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
        options.append("--kv-cache-dtype fp8")
    return options
