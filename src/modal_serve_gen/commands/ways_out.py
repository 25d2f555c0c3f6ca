"""How a model is ready sooner, or at once, and what each way costs a month: side by side."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from modal_serve_gen import facts
from modal_serve_gen.commands.layout import dollars
from modal_serve_gen.errors import ServeError
from modal_serve_gen.models import Model, hub
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.plan import HOURS_A_MONTH, Plan, plan
from modal_serve_gen.plan.start import SKIPPED_IF_EAGER, total
from modal_serve_gen.plan.workload import workload_for
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.request import Request
from modal_serve_gen.spec.workflows import Workflow


@dataclass(frozen=True)
class WayOut:
    """One way, with its estimates: seconds until an answer, USD a month while nobody asks, USD for each start."""

    way: str
    options: str  # of `new`; '' where the app stays the same
    low_s: float
    high_s: float
    usd_per_month: float
    usd_per_start: float
    remark: str = ""
    in_time: Literal["yes", "perhaps", "no"] = "yes"


def needed(request: Request, planned: Plan) -> bool:
    """True if --ready-within may be missed: no container is kept warm, and the slowest start takes longer."""
    target = request.ready_within
    return target is not None and not request.min_containers and planned.start.high_s > target


def ways(model: Model, request: Request, workflow: Workflow, planned: Plan) -> tuple[WayOut, ...]:
    """Every way to be ready sooner than the plan, the one that costs least while idle first."""
    found = [
        *_warm(request, workflow, planned),
        *_eager(request, planned),
        *_smaller_copies(model, request, workflow, planned),
        *_snapshot(model, request, workflow),
    ]
    target = request.ready_within or math.inf
    judged = [replace(way, in_time=_in_time(way, target)) for way in found]
    return tuple(sorted(judged, key=lambda way: (way.usd_per_month, way.high_s)))


def _in_time(way: WayOut, target: float) -> Literal["yes", "perhaps", "no"]:
    if way.low_s > target:
        return "no"
    return "yes" if way.high_s <= target else "perhaps"


def sentence(found: tuple[WayOut, ...]) -> str:
    """All ways that may be in time in one sentence, for an error."""
    return f"Ways out: {'; '.join(_short(way) for way in found if way.in_time != 'no')}."


def _short(way: WayOut) -> str:
    return f"{way.way}{f' ({way.options})' if way.options else ''}: {ready(way)}, {price(way)}"


def ready(way: WayOut) -> str:
    return f"{way.low_s:.0f} to {way.high_s:.0f} s" if way.high_s else "at once"


def price(way: WayOut) -> str:
    """A warm container costs by the month, any other by the start."""
    return f"{dollars(way.usd_per_month)} a month" if way.usd_per_month else f"{dollars(way.usd_per_start)} a start"


def _warm(request: Request, workflow: Workflow, planned: Plan) -> Iterator[WayOut]:
    """A container that is always there, or in working hours."""
    option = "--min-containers 1"
    if "min_containers" not in workflow.options:
        option = f"--workflow {workflow.having('min_containers').partition(',')[0]} {option}"
    hours = facts.startup_phases().working_hours.month
    usd = planned.usd_per_hour
    yield WayOut("a warm container", option, 0, 0, round(usd * HOURS_A_MONTH), 0)
    yield WayOut(
        f"{hours} warm hours a month",
        "",
        0,
        0,
        round(usd * hours),
        0,
        "working hours: set min_containers with `modal ... autoscaler update` when they begin and end",
    )


def _eager(request: Request, planned: Plan) -> Iterator[WayOut]:
    if planned.engine == "vllm" and not planned.start.snapshot and not request.enforce_eager:
        low, high = total([phase for phase in planned.start.phases if phase.phase not in SKIPPED_IF_EAGER])
        remark = "no compilation and no CUDA graphs, so that each token takes longer"
        yield _started("eager mode", "--engine-arg=--enforce-eager", low, high, planned, remark)


def _smaller_copies(model: Model, request: Request, workflow: Workflow, planned: Plan) -> Iterator[WayOut]:
    """The quantized copies that fit one GPU and start sooner."""
    single = replace(request, gpu=None, ready_within=None)
    for copy in hub.copies(model.id, workflow.engine):
        if copy.weight_bytes >= model.weight_bytes:
            continue
        workload = replace(workload_for(single, workflow, Speculation()), max_gpus=1)
        other = plan(copy, workload, others=False)
        if other.fits and other.start.high_s < planned.start.high_s:
            start = other.start
            yield _started(
                f"{(copy.quantization or 'quantized').upper()} weights on {other.gpu}",
                f"--model {copy.id}",
                start.low_s,
                start.high_s,
                other,
            )


def _snapshot(model: Model, request: Request, workflow: Workflow) -> Iterator[WayOut]:
    """A memory snapshot, where one GPU holds the model."""
    if workflow.sleep:
        return
    for name in workflows.names():
        other = workflows.load(name)
        if not other.sleep:
            continue
        wanted = replace(
            request, gpu=None, ready_within=None, min_containers=0, scaledown_window=other.scaledown_window
        )
        try:
            planned = plan(
                hub.servable(model, other.engine, None), workload_for(wanted, other, Speculation()), others=False
            )
        except ServeError:
            continue
        if planned.fits:
            start, way = planned.start, "a memory snapshot"
            yield _started(
                way, f"--workflow {name}", start.low_s, start.high_s, planned, "an alpha feature, after a few starts"
            )


def _started(way: str, options: str, low: float, high: float, planned: Plan, remark: str = "") -> WayOut:
    """A way that starts when somebody asks: each start costs its own time and an idle window."""
    usd = planned.usd_per_hour / 3600 * (high + planned.bounds.idle_window_s)
    return WayOut(way, options, round(low), round(high), 0, round(usd, 3), remark)
