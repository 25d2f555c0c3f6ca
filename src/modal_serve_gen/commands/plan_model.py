"""The `plan` command without its terminal: options in, plans out."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.commands import goals, ways_out
from modal_serve_gen.commands.boot_logs import Start
from modal_serve_gen.commands.comparison import Comparison
from modal_serve_gen.commands.goals import Advice
from modal_serve_gen.commands.planner import Planner
from modal_serve_gen.commands.ways_out import WayOut
from modal_serve_gen.errors import BadInput
from modal_serve_gen.models import Model
from modal_serve_gen.plan import Plan
from modal_serve_gen.plan.gpus import gpu_option
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.request import Request
from modal_serve_gen.spec.workflows import Workflow

# Targets that the `new` command takes as well.
TARGETS = (
    "budget",
    "time_per_output_token",
    "tokens_per_s",
    "users",
    "requests_per_s",
    "prompt_tokens",
    "output_tokens",
    "ttft_p95",
    "ready_within",
    "prompts",
    "by",
)


@dataclass(frozen=True)
class Answer:
    """A plan, advice if a goal was given, and the plans to compare it with."""

    workflow: str
    plan: Plan
    advice: Advice | None
    comparison: Comparison | None
    parameters: float | None  # of the model, if known
    command: str | None  # writes the app of this plan; None if no app has these settings
    ways_out: tuple[WayOut, ...] = ()  # where --ready-within may be missed

    def document(self) -> dict[str, Any]:
        """The document of `--json`: the plan's keys, with `command`, `advice` and `comparison` if present."""
        document = {"workflow": self.workflow, **self.plan.model_dump(mode="json")}
        if self.command:
            document["command"] = self.command
        if self.advice:
            document["advice"] = asdict(self.advice)
        if self.ways_out:
            document["ways_out"] = [asdict(way) for way in self.ways_out]
        if self.comparison:
            document["comparison"] = self.comparison.document()
            document["compared"] = [row.plan.model_dump(mode="json") for row in self.comparison.rows[1:]]
        return document


def answer(
    target: str,
    request: Request,
    *,
    workflow: str | None = None,
    compare: tuple[str, ...] = (),
    revision: str | None = None,
    start: Start | None = None,
    offline: bool = False,
    say: Callable[[str], None],
) -> Answer:
    """Plan `target` (a Hub id, a folder or a config.json), also if it does not fit. Raises ServeError for bad input."""
    if request.goal and workflow:
        raise BadInput("--goal and --workflow are mutually exclusive: a goal chooses the workflow.", "Use one of them.")

    planner = Planner(target, request, revision, start, offline, say)
    plan_for = planner.plan
    advice = None
    if request.goal:
        chosen, planned, why = goals.choose(request.goal, plan_for)
        free = workflow is None and _is_free(request)
        advice = Advice(request.goal, chosen.name, why, goals.instead(chosen, planned, free=free))
    else:
        chosen = workflows.load(workflow or _default(request, start))
        planned = plan_for(chosen)
    comparison = planner.comparison(chosen, planned, tuple(dict.fromkeys(compare))) if compare else None
    sizes = planner.model(target, chosen.engine).sizes
    parameters = sum(weight.matrix.elements for weight in sizes.weights if weight.part != "draft")
    command = _command(request, chosen, planned, pinned=revision is not None, start=start)
    ways = _ways_out(planner.model(target, chosen.engine), request, chosen, planned)
    return Answer(chosen.name, planned, advice, comparison, parameters or None, command, ways)


def _default(request: Request, start: Start | None) -> str:
    """The workflow where neither the user nor a goal names one."""
    return start.workflow() if start else workflows.default(batch=request.prompts is not None)


def _ways_out(model: Model, request: Request, workflow: Workflow, planned: Plan) -> tuple[WayOut, ...]:
    wanted = replace(request, min_containers=workflow.min_containers, scaledown_window=workflow.scaledown_window)
    return ways_out.ways(model, wanted, workflow, planned) if ways_out.needed(wanted, planned) else ()


def _is_free(request: Request) -> bool:
    """True if no option restricts the engine, its flags or the GPU."""
    return (
        request.gpu
        or request.engine_version
        or request.gpu_memory_utilization
        or request.kv_cache_dtype
        or request.kv_offload
        or request.max_num_batched_tokens
    ) is None


def _command(request: Request, workflow: Workflow, planned: Plan, *, pinned: bool, start: Start | None) -> str | None:
    """The `new` command with the same limits; None for a folder, and for settings that no generated app has."""
    if not planned.fits or not planned.revision or request.is_fixed or request.max_num_batched_tokens:
        return None
    if planned.data_parallel_size > 1 and facts.serving_engines()[workflow.engine].flags.shared:
        return None
    gpu = gpu_option(planned.gpu, planned.gpus)
    words = ["modal-serve-gen", "new", "--workflow", workflow.name, "--model", planned.model, "--gpu", gpu]
    words += ["--max-model-len", str(planned.max_model_len), "--concurrency", str(planned.max_num_seqs)]
    words += ["--region", request.region] if request.region else []
    words += ["--kv-cache-dtype", request.kv_cache_dtype] if request.kv_cache_dtype else []
    words += ["--kv-offload", str(request.kv_offload)] if request.kv_offload else []
    for target in TARGETS:
        if (value := getattr(request, target)) is not None:
            words += [f"--{target.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    words += [f"--engine-arg={flag}" for flag in _engine_flags(request, workflow, planned)]
    words += ["--revision", planned.revision] if pinned else []
    words += ["--from-boot-log", start.name] if start else []
    return shlex.join(words)


def _engine_flags(request: Request, workflow: Workflow, planned: Plan) -> Iterator[str]:
    """What is set by flags of the engine alone."""
    names = facts.serving_engines()[workflow.engine].flags
    for flag, size in (
        (names.pipeline[0], planned.pipeline_parallel_size),
        (names.data[0], planned.data_parallel_size),
    ):
        if size > 1:
            yield f"{flag}={size}"
    if request.enable_expert_parallel:
        yield f"{names.experts[0]}={planned.tensor_parallel_size}" if names.shared else names.experts[0]
