"""What a GPU holds of a workload that is too large for it, and where a smaller copy of the model runs (pure)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan.candidates import Candidate, candidate, requested_size
from modal_serve_gen.plan.choice import choose, gpu_counts, largest
from modal_serve_gen.plan.generations import support
from modal_serve_gen.plan.gpus import gpu_facts, usd_per_hour
from modal_serve_gen.plan.records import Offer, Sibling
from modal_serve_gen.plan.workload import Workload

GIB = 2**30
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
    steps = largest(lambda number: holds(min(length, number * step), requests), math.ceil(length / step))
    return Offer(
        gpu=gpu,
        gpus=count,
        usd_per_hour=usd_per_hour(gpu, count, workload.region),
        max_num_seqs=largest(lambda number: holds(length, number), requests),
        max_model_len=min(length, steps * step),
    )


def siblings(chosen: Candidate, copies: Sequence[Model]) -> tuple[Sibling, ...]:
    """Where each smaller copy of the model runs at the requested size; what fits first, then by price.

    On a requested GPU if it fits there. A copy is left out if the GPU computes in another format and the model itself
    fits.
    """
    planned = [(copy, _planned(copy, chosen)) for copy in copies if copy.weight_bytes < chosen.model.weight_bytes]
    found = [
        Sibling(
            model=copy.id,
            revision=copy.revision or None,
            quantization=copy.quantization,
            weight_gib=round(copy.weight_bytes / GIB, 1),
            gpu=other.setup.gpu,
            gpus=other.setup.gpus,
            usd_per_hour=other.usd_per_hour,
            fits=other.fits,
            smaller=tuple(_smaller(copy, chosen, other)),
        )
        for copy, other in planned
        if other.fits and (other.support.native or not chosen.fits)
    ]
    return tuple(sorted(found, key=lambda sibling: sibling.usd_per_hour))


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
