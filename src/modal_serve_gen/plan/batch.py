"""What a file of prompts costs, on which GPU and with how many containers (pure): starts and work, as a range."""

import math
from dataclasses import dataclass, replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan.candidates import Candidate, MissedTarget
from modal_serve_gen.plan.choice import gpu_counts, largest, selection_key
from modal_serve_gen.plan.load import by_slots, held_slots, with_room
from modal_serve_gen.plan.queueing import MOST_CONTAINERS
from modal_serve_gen.plan.records import BatchOption, PlanBatch
from modal_serve_gen.plan.speed import decoding_step, prompt_s
from modal_serve_gen.plan.start import start_of
from modal_serve_gen.plan.workload import Workload

CALL = 4  # prompts of one call, in slots: a container works on whole calls (SHARD in the generated app)
OPTIONS = 5  # other GPUs in the answer


@dataclass(frozen=True)
class Cost:
    """Hours and USD of a batch, at best and at worst."""

    containers: int
    hours: tuple[float, float]
    usd: tuple[float, float]
    start_share: float  # of the USD at worst: containers that start or wait for the end


@dataclass(frozen=True)
class SizedBatch:
    """A GPU and count for a batch, and its cost."""

    candidate: Candidate  # its missed targets include --by
    slots: int
    cost: Cost


def sized_for_batch(model: Model, workload: Workload) -> list[SizedBatch]:
    """Every GPU and count that holds the model, the cheapest batch first, after those that are done in time."""
    workload = with_room(model, replace(workload, gpu_candidates=()))
    found = []
    for gpu, number in gpu_counts(model, workload):
        sized = []
        for one in by_slots(model, workload, gpu, number):
            sized.append(_sized(one))
            if one.setup.max_num_seqs >= (workload.prompts or 1):
                break
        if sized:
            found.append(min(sized, key=_key))
    return sorted(found, key=_key)


def _key(sized: SizedBatch) -> tuple[float, bool, float, int]:
    foreign, usd, gpus = selection_key(sized.candidate)
    slower = usd / sized.candidate.usd_per_hour  # several GPUs without NVLink
    return sum(target.factor for target in sized.candidate.missed), foreign, sized.cost.usd[1] * slower, gpus


def _sized(one: Candidate) -> SizedBatch:
    slots, prompts, by = held_slots(one), one.workload.prompts or 1, one.workload.by
    most = min(MOST_CONTAINERS, one.workload.max_containers or MOST_CONTAINERS, math.ceil(prompts / (CALL * slots)))
    if by is None:
        return SizedBatch(one, slots, _cost(one, slots, 1))
    # More containers are never later, and the last number is taken as it is.
    late = largest(lambda number: _cost(one, slots, number).hours[1] > by, most - 1)
    cost = _cost(one, slots, late + 1)
    if cost.hours[1] <= by:
        return SizedBatch(one, slots, cost)
    containers = f"{cost.containers:,} container{'' if cost.containers == 1 else 's'}"
    text = f"the batch takes up to {cost.hours[1]:.2g} hours with {containers} (--by {by:g})"
    return SizedBatch(replace(one, demand_missed=(MissedTarget(text, cost.hours[1] / by),)), slots, cost)


def _cost(one: Candidate, slots: int, containers: int) -> Cost:
    speed, start, window = facts.overheads().speed, start_of(one), one.workload.scaledown_window
    share = math.ceil((one.workload.prompts or 1) / containers)
    best = _work_s(one, slots, share, speed.reached_high, speed.prefill_reached_high)
    worst = _work_s(one, slots, share, speed.reached, speed.prefill_reached)
    seconds = (start.low_s + best, start.high_s + worst)
    price = containers * one.usd_per_hour / 3600
    return Cost(
        containers=containers,
        hours=(seconds[0] / 3600, seconds[1] / 3600),
        usd=((seconds[0] + window) * price, (seconds[1] + window) * price),
        start_share=(start.high_s + window) / (seconds[1] + window),
    )


def _work_s(one: Candidate, slots: int, prompts: int, reached: float, prefill_reached: float) -> float:
    """Seconds for that many prompts in one container: all prefill, and decoding with all slots taken."""
    prompt, output = one.workload.prompt_tokens or 1, one.workload.output_tokens or 1
    running = min(slots, prompts)
    step = decoding_step(one.model, one.setup, prompt + output / 2)(running) / reached
    prefill = prompt_s(one.model, one.setup, prompt) / prefill_reached
    return prompts * prefill + prompts / running * output * step


def batch_record(sized: SizedBatch, others: list[SizedBatch]) -> PlanBatch:
    """The batch in the plan."""
    workload, cost, speed = sized.candidate.workload, sized.cost, facts.overheads().speed
    return PlanBatch(
        prompts=workload.prompts or 0,
        prompt_tokens=workload.prompt_tokens or 0,
        output_tokens=workload.output_tokens or 0,
        by_hours=workload.by,
        containers=cost.containers,
        slots=sized.slots,
        hours_low=round(cost.hours[0], 4),
        hours_high=round(cost.hours[1], 4),
        usd_low=round(cost.usd[0], 4),
        usd_high=round(cost.usd[1], 4),
        start_share=round(cost.start_share, 3),
        options=tuple(_option(other) for other in others[:OPTIONS]),
        sources=(
            f"decoding at {speed.reached:.0%} to {speed.reached_high:.0%}, prefill at {speed.prefill_reached:.0%} to "
            f"{speed.prefill_reached_high:.0%} of the bounds of this plan: {speed.source}",
            "starts as in `start`, and one idle window for each container",
        ),
    )


def _option(sized: SizedBatch) -> BatchOption:
    return BatchOption(
        gpu=sized.candidate.setup.gpu,
        gpus=sized.candidate.setup.gpus,
        containers=sized.cost.containers,
        hours_high=round(sized.cost.hours[1], 4),
        usd_high=round(sized.cost.usd[1], 4),
    )
