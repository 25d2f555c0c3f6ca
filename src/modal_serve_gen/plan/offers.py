"""What a GPU holds of a workload that is too large for it, and where a smaller copy of the model runs (pure)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan.candidates import Candidate, candidate, requested_size
from modal_serve_gen.plan.choice import choose, gpu_counts, largest, selection_key
from modal_serve_gen.plan.generations import support
from modal_serve_gen.plan.gpus import gpu_facts, usd_per_hour
from modal_serve_gen.plan.load import sized_for_load
from modal_serve_gen.plan.overheads import GIB
from modal_serve_gen.plan.records import Budget, Offer, Sibling
from modal_serve_gen.plan.workload import Workload

MOST_SMALLER = 3  # cheaper GPUs that are listed for a sibling


def offer(model: Model, workload: Workload, gpu: str, count: int) -> Offer | None:
    """How many requests of the requested length these GPUs hold, and how long all of them can be.

    None if they do not hold a single short request.
    """
    length, requests = requested_size(model, workload)
    step = facts.overheads().sizing.least_context

    def holds(max_model_len: int, max_num_seqs: int) -> bool:
        return candidate(model, workload, gpu, count, max_model_len, max_num_seqs).holds

    if not holds(step, 1):
        return None
    most = math.ceil(length / step)
    steps = largest(lambda number: holds(min(length, number * step), requests), most)
    together = largest(lambda number: holds(length, number), requests)
    alone = most if together else largest(lambda number: holds(min(length, number * step), 1), most)
    return Offer(
        gpu=gpu,
        gpus=count,
        usd_per_hour=usd_per_hour(gpu, count, workload.region),
        max_num_seqs=together,
        max_model_len=min(length, steps * step),
        longest=min(length, alone * step),
    )


def budget(chosen: Candidate) -> Budget | None:
    """The GPUs within the budget that hold most of the requested size, and the next step up; None without a budget."""
    workload, usd = chosen.workload, chosen.workload.budget
    if usd is None or workload.fixed or workload.has_load:
        return None
    length, requests = chosen.requested
    unlimited = replace(_workload(chosen), gpu=None, budget=None)
    pairs = gpu_counts(chosen.model, unlimited)
    all_of_it = [candidate(chosen.model, unlimited, *pair, length, requests) for pair in pairs]
    holding = sorted((x for x in all_of_it if x.holds), key=selection_key)
    within = next((x for x in holding if x.usd_per_hour <= usd), None)
    buys: Offer | None
    if chosen.fits and chosen.size == chosen.requested:
        buys = _complete(chosen)
    elif within:
        buys = _complete(within)
    else:
        affordable = [pair for pair in pairs if usd_per_hour(*pair, workload.region) <= usd]
        found = [offer(chosen.model, unlimited, *pair) for pair in affordable]
        buys = max((each for each in found if each), key=_value, default=None)
    beyond = next((x for x in holding if x.usd_per_hour > usd), None)
    return Budget(usd_per_hour=usd, buys=buys, next=_complete(beyond) if beyond else None)


def _value(offer: Offer) -> tuple[int, int, int, float]:
    """Sorts offers by what they hold, then by price."""
    return offer.max_num_seqs, offer.longest, offer.max_model_len, -offer.usd_per_hour


def _complete(candidate: Candidate) -> Offer:
    """An offer that holds all of the size."""
    setup = candidate.setup
    return Offer(
        gpu=setup.gpu,
        gpus=setup.gpus,
        usd_per_hour=candidate.usd_per_hour,
        max_num_seqs=setup.max_num_seqs,
        max_model_len=setup.max_model_len,
        longest=setup.max_model_len,
    )


def siblings(chosen: Candidate, copies: Sequence[Model]) -> tuple[Sibling, ...]:
    """Where each smaller copy of the model runs at the requested size, the cheapest first.

    On a requested GPU if it fits there. A copy is left out if it fits nowhere, or if the GPU computes in another format
    and the model itself fits.
    """
    planned = [(copy, _planned(copy, chosen)) for copy in _smaller_than(chosen.model, copies)]
    found = [
        _sibling(copy, other, other.usd_per_hour, tuple(_smaller(copy, chosen, other)))
        for copy, other in planned
        if other.fits and (other.support.native or not chosen.fits)
    ]
    return tuple(sorted(found, key=lambda sibling: sibling.usd_per_hour))


def siblings_for_load(model: Model, workload: Workload, copies: Sequence[Model]) -> tuple[Sibling, ...]:
    """Where the load costs least with each smaller copy of the model, the cheapest first."""
    found = []
    for copy in _smaller_than(model, copies):
        best = next(iter(sized_for_load(copy, workload)), None)
        if best and best.estimate and best.candidate.fits and best.candidate.support.native:
            one = _sibling(copy, best.candidate, best.usd_per_hour, ())
            found.append(one.model_copy(update={"containers": best.estimate.containers}))
    return tuple(sorted(found, key=lambda sibling: sibling.usd_per_hour))


def _smaller_than(model: Model, copies: Sequence[Model]) -> list[Model]:
    return [copy for copy in copies if copy.weight_bytes < model.weight_bytes]


def _sibling(copy: Model, on: Candidate, usd: float, smaller: tuple[Offer, ...]) -> Sibling:
    return Sibling(
        model=copy.id,
        revision=copy.revision or None,
        quantization=copy.quantization,
        weight_gib=round(copy.weight_bytes / GIB, 1),
        gpu=on.setup.gpu,
        gpus=on.setup.gpus,
        usd_per_hour=round(usd, 2),
        smaller=smaller,
    )


def _workload(chosen: Candidate) -> Workload:
    """The requested size, so that no limit is lowered."""
    length, requests = chosen.requested
    return replace(chosen.workload, max_model_len=length, concurrency=requests, boot_log=None)


def _planned(copy: Model, chosen: Candidate) -> Candidate:
    workload = _workload(chosen)
    planned = choose(copy, workload)
    if planned.fits or workload.gpu is None or workload.fixed:
        return planned
    return choose(copy, replace(workload, gpu=None))


def _smaller(copy: Model, chosen: Candidate, planned: Candidate) -> Iterator[Offer]:
    """Cheaper GPUs that hold a good part of the workload without being slow, cheapest first."""
    workload = replace(_workload(chosen), gpu=None)
    length, requests = chosen.requested
    share = facts.overheads().sizing.fill
    if chosen.workload.gpu or chosen.workload.fixed:
        return
    least = min(chosen.usd_per_hour, planned.usd_per_hour)
    cheaper = [pair for pair in gpu_counts(copy, workload) if usd_per_hour(*pair, workload.region) < least]
    found: set[str] = set()
    for gpu, count in sorted(cheaper, key=lambda pair: usd_per_hour(*pair)):
        runs = support(copy, gpu, workload.engine, workload.engine_version, workload.kv_cache_dtype or "auto")
        if gpu in found or not runs.native or (count > 1 and not gpu_facts(gpu).nvlink):
            continue
        if not candidate(copy, workload, gpu, count, length, math.ceil(requests * share)).holds:
            continue
        if held := offer(copy, workload, gpu, count):
            found.add(gpu)
            yield held
        if len(found) == MOST_SMALLER:
            return
