"""How many containers a load needs, and on which GPU they cost least (pure): an estimate by the queueing model."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan import queueing
from modal_serve_gen.plan.candidates import Candidate, MissedTarget, candidate, requested_size
from modal_serve_gen.plan.choice import choose, gpu_counts, selection_key
from modal_serve_gen.plan.demands import requests_length
from modal_serve_gen.plan.gpus import HOURS_A_MONTH
from modal_serve_gen.plan.queueing import Estimate, Load, Service
from modal_serve_gen.plan.records import LoadOption, PlanLoad
from modal_serve_gen.plan.speed import decoding_step, prompt_s
from modal_serve_gen.plan.workload import Workload

SLOTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)  # tried where --concurrency is not given
MOST_WAITING = 0.05  # share of the requests that may wait for a slot, without --ttft-p95
MOST_BUSY = 0.9  # share of the capacity that a load may take
OPTIONS = 5  # other GPUs in the answer


@dataclass(frozen=True)
class Sized:
    """A GPU and count, how many requests run in each of its containers, and how many containers the load needs."""

    candidate: Candidate  # its missed targets include those of the load
    slots: int
    estimate: Estimate | None  # None: no number of containers keeps up

    @property
    def usd_per_hour(self) -> float:
        return self.candidate.usd_per_hour * (self.estimate.containers if self.estimate else 1)


def sized_for_load(model: Model, workload: Workload) -> list[Sized]:
    """Every GPU and count that holds the model, the best first; empty if none does.

    The best meets all targets and is the cheapest with all its containers, by the rules that hold for one.
    """
    workload = with_room(model, workload)
    found = []
    for gpu, number in gpu_counts(model, workload):
        sized = []
        for one in by_slots(model, workload, gpu, number):
            sized.append(_sized(one))
            if sized[-1].estimate and sized[-1].estimate.containers == 1:
                break
        if sized:
            found.append(min(sized, key=lambda each: (_distance(each), each.usd_per_hour, each.slots)))
    return sorted(found, key=lambda each: (_distance(each), *_price_key(each)))


def by_slots(model: Model, workload: Workload, gpu: str, number: int) -> Iterator[Candidate]:
    """`number` of a GPU with the requested slots, or with more and more, as long as they hold the model."""
    for slots in (workload.concurrency,) if workload.concurrency else SLOTS:
        asked = replace(workload, concurrency=slots)
        one = candidate(model, asked, gpu, number, requested_size(model, workload)[0], slots)
        if not one.holds:
            return
        yield one


def others_that_fit(candidates: Sequence[Candidate]) -> list[int]:
    """The places of the best candidate of each GPU but the first one's that meets all targets, in order."""
    found: dict[str, int] = {candidates[0].setup.gpu: 0}
    for place, each in enumerate(candidates):
        if each.fits:
            found.setdefault(each.setup.gpu, place)
    return list(found.values())[1:]


def with_room(model: Model, workload: Workload) -> Workload:
    """`workload` with a default length that holds a typical request."""
    length = requests_length(workload)
    if length <= workload.default_max_model_len or workload.max_model_len is not None:
        return workload
    return replace(workload, default_max_model_len=min(model.max_context, math.ceil(length / 256) * 256))


def held_slots(one: Candidate) -> int:
    """Typical requests that run at once: max_num_seqs, or fewer where the cache holds fewer."""
    held = int(one.memory.max_concurrency * one.setup.max_model_len / requests_length(one.workload))
    return max(1, min(one.setup.max_num_seqs, held))


def unsized(model: Model, workload: Workload) -> Candidate:
    """What comes closest where no GPU holds the model at that length."""
    least = workload.concurrency or SLOTS[0]
    return choose(model, replace(workload, concurrency=least, max_model_len=requested_size(model, workload)[0]))


def _distance(sized: Sized) -> float:
    return sum(target.factor for target in sized.candidate.missed)


def _price_key(sized: Sized) -> tuple[bool, float, int]:
    containers = sized.estimate.containers if sized.estimate else 1
    foreign, usd, gpus = selection_key(sized.candidate)
    return foreign, usd * containers, gpus


def _sized(one: Candidate) -> Sized:
    speed, workload = facts.overheads().speed, one.workload
    slots = held_slots(one)
    service = _service(one, slots, speed.reached, speed.prefill_reached)
    found = queueing.containers_for(service, _load(service, workload), _accepts(workload))
    missed = tuple(_missed(workload, service, found))
    return Sized(replace(one, demand_missed=missed), slots, found)


def _service(one: Candidate, slots: int, reached: float, prefill_reached: float) -> Service:
    """One container at that share of the bounds; requests are on average half through their answer."""
    workload, setup = one.workload, one.setup
    prompt, output = workload.prompt_tokens or 1, workload.output_tokens or 1
    step = decoding_step(one.model, setup, prompt + output / 2)
    return Service(
        prompt_tokens=prompt,
        output_tokens=output,
        slots=slots,
        tokens_per_step=setup.batched_tokens,
        prefill_token_s=prompt_s(one.model, setup, prompt) / prompt / prefill_reached,
        step_s=lambda running: step(running) / reached,
    )


def _load(service: Service, workload: Workload) -> Callable[[int], Load]:
    """The load on a number of containers: without a rate, users send the next request after each answer."""

    def load(containers: int) -> Load:
        if workload.requests_per_s is not None:
            return Load(workload.requests_per_s, workload.users)
        return queueing.without_pauses(service, workload.users or 1, containers)

    return load


def _accepts(workload: Workload) -> Callable[[Estimate], bool]:
    """The target is met, with some containers' work to spare: the model knows no bursts and perfect balance.

    Users without pauses are never more than they are.
    """
    target, steady = workload.ttft_p95, workload.requests_per_s is None

    def accept(estimate: Estimate) -> bool:
        if not steady and estimate.busy > MOST_BUSY:
            return False
        return estimate.waiting <= MOST_WAITING if target is None else estimate.ttft_p95_s <= target

    return accept


def _missed(workload: Workload, service: Service, found: Estimate | None) -> list[MissedTarget]:
    target, users, rate = workload.ttft_p95, workload.users, workload.requests_per_s
    if found is None:
        alone = service.prefill_s(1) + service.step_s(1)
        if target is not None and alone > target:
            text = (
                f"the first token after a prompt of {service.prompt_tokens:,} tokens takes an estimated "
                f"{alone:.2g} s in an idle container (target {target:g})"
            )
            return [MissedTarget(text, alone / target)]
        return [MissedTarget(f"the load needs more than {queueing.MOST_CONTAINERS:,} containers", 1e3)]
    missed = []
    if users is not None and rate is not None and users < rate * found.request_s:
        most = users / found.request_s
        text = f"{users:,} users send at most {most:.2g} requests/s, as an answer takes {found.request_s:.2g} s "
        missed.append(MissedTarget(f"{text}(target {rate:g})", rate / most))
    if (limit := workload.max_containers) is not None and found.containers > limit:
        text = f"the load needs {found.containers:,} containers (--max-containers {limit})"
        missed.append(MissedTarget(text, found.containers / limit))
    return missed


def load_record(sized: Sized, others: list[Sized]) -> PlanLoad | None:
    """The load in the plan; None if no number of containers keeps up with it."""
    found, workload = sized.estimate, sized.candidate.workload
    if found is None:
        return None
    rate = workload.requests_per_s
    if rate is None:
        rate = (workload.users or 1) / found.request_s
    prompt, output = workload.prompt_tokens or 1, workload.output_tokens or 1
    speed = facts.overheads().speed
    fast = _service(sized.candidate, sized.slots, speed.reached_high, speed.prefill_reached_high)
    if_fast = queueing.containers_for(fast, _load(fast, workload), _accepts(workload))
    return PlanLoad(
        requests_per_s=round(rate, 3),
        users=workload.users,
        prompt_tokens=prompt,
        output_tokens=output,
        ttft_p95_target_s=workload.ttft_p95,
        containers=found.containers,
        containers_if_fast=if_fast.containers if if_fast else None,
        slots=sized.slots,
        running=round(found.running, 1),
        waiting=round(found.waiting, 4),
        ttft_p95_s=round(found.ttft_p95_s, 3),
        time_per_output_token_ms=round(1000 * found.token_s, 2),
        request_s=round(found.request_s, 2),
        usd_per_hour=round(sized.usd_per_hour, 2),
        usd_per_month=round(sized.usd_per_hour * HOURS_A_MONTH),
        usd_per_million_output_tokens=round(sized.usd_per_hour / (rate * output * 3600) * 1e6, 3),
        options=tuple(_option(other, other.estimate) for other in others[:OPTIONS] if other.estimate),
        sources=(
            "M/M/c queue for slots with state-dependent service, M/D/1 queue for prompts, Poisson arrivals",
            f"decoding at {speed.reached:.0%} and prefill at {speed.prefill_reached:.0%} of the bounds of this plan: "
            f"{speed.source}",
        ),
    )


def _option(sized: Sized, found: Estimate) -> LoadOption:
    setup = sized.candidate.setup
    return LoadOption(
        gpu=setup.gpu,
        gpus=setup.gpus,
        containers=found.containers,
        slots=sized.slots,
        usd_per_hour=round(sized.usd_per_hour, 2),
        ttft_p95_s=round(found.ttft_p95_s, 3),
    )
