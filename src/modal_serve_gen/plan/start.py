"""How long a container takes until its engine answers (pure): a range, phase by phase, from logs of others."""

from math import hypot

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan.candidates import Candidate, MissedTarget
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.records import PlanStart, StartPhase

SKIPPED_IF_EAGER = ("compilation", "CUDA graphs")  # phases that --enforce-eager leaves out


def start_of(chosen: Candidate) -> PlanStart:
    """The start of a container of this candidate; with a memory snapshot where its workflow takes one."""
    first, later = (_phases(chosen, first=first) for first in (True, False))
    if chosen.workload.sleep:
        later = [later[0], _restored(chosen.model)]
    (low, high), (first_low, first_high) = total(later), total(first)
    return PlanStart(
        low_s=low,
        high_s=high,
        first_low_s=first_low,
        first_high_s=first_high,
        snapshot=chosen.workload.sleep,
        phases=tuple(later),
    )


def missed_start(chosen: Candidate, start: PlanStart) -> tuple[MissedTarget, ...]:
    """--ready-within, where even the fastest start takes longer and no container is kept warm."""
    target = chosen.workload.ready_within
    if target is None or chosen.workload.min_containers or start.low_s <= target:
        return ()
    text = f"a start takes an estimated {start.low_s:.0f} to {start.high_s:.0f} s (target {target:g})"
    return (MissedTarget(text, start.low_s / target),)


def total(phases: list[StartPhase]) -> tuple[float, float]:
    """All phases at their fastest; and their middles, with the distances to the slowest as independent errors."""
    low = sum(phase.low_s for phase in phases)
    middle = sum((phase.low_s + phase.high_s) / 2 for phase in phases)
    spread = hypot(*((phase.high_s - phase.low_s) / 2 for phase in phases))
    return round(low, 1), round(middle + spread, 1)


def _phases(chosen: Candidate, *, first: bool) -> list[StartPhase]:
    known, model, setup = facts.startup_phases(), chosen.model, chosen.setup
    layers = sum(group.count for group in model.layers)
    size = (model.weight_bytes + chosen.workload.extra_weight_bytes) / 1e9
    phases = [
        _phase("container", known.container.seconds, known.container.source),
        _phase("engine", getattr(known.engine, setup.engine), known.engine.source),
        _read("weights", size, known.weights.gb_per_s, known.weights.source),
    ]
    if setup.engine == "vllm":
        spent = known.compile.first_per_layer if first else known.compile.per_layer
        phases.append(_phase("compilation", spent, known.compile.source, layers))
    phases += [
        _phase("CUDA graphs", known.capture.per_layer, known.capture.source, layers),
        _phase("profiling and warm-up", known.profile.seconds, known.profile.source),
    ]
    hopper = gpu_facts(setup.gpu).compute_capability >= known.kernels.from_capability
    if model.quantization == "fp8" and hopper:
        spent = known.kernels.first_seconds if first else known.kernels.seconds
        phases.append(_phase("FP8 kernels", spent, known.kernels.source))
    if chosen.workload.enforce_eager:
        return [phase for phase in phases if phase.phase not in SKIPPED_IF_EAGER]
    return phases


def _restored(model: Model) -> StartPhase:
    """A snapshot holds the weights, in host memory."""
    known = facts.startup_phases().snapshot
    reading = _read("snapshot", model.weight_bytes / 1e9, known.gb_per_s, known.source)
    low, high = reading.low_s + known.seconds.low, reading.high_s + known.seconds.high
    return reading.model_copy(update={"low_s": round(low, 1), "high_s": round(high, 1)})


def _phase(name: str, span: facts.Span, source: str, times: float = 1) -> StartPhase:
    return StartPhase(phase=name, low_s=round(span.low * times, 1), high_s=round(span.high * times, 1), source=source)


def _read(name: str, gigabytes: float, rate: facts.Span, source: str) -> StartPhase:
    return _phase(name, facts.Span(1 / rate.high, 1 / rate.low), source, gigabytes)
