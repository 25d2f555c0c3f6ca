"""ServeSpec -> Resolved -> text: the stages in their order, each handing a value to the next."""

from collections.abc import Callable
from typing import Any

from modal_serve_gen import checks, facts, flags, hub, render, spec, workflows
from modal_serve_gen import plan as planner
from modal_serve_gen.checks import engine_flags, picture
from modal_serve_gen.errors import BadInput, OurBug
from modal_serve_gen.gpus import routing_region
from modal_serve_gen.plan import Plan
from modal_serve_gen.render import ModelFacts, Pins, PlanFacts, Resolved
from modal_serve_gen.spec import ServeSpec
from modal_serve_gen.workflows import Workflow


def resolve(
    asked: dict[str, Any], *, generator: str, offline: bool, say: Callable[[str], None]
) -> tuple[Resolved, Plan]:
    """Everything that the app of `asked` is made from, and its plan.

    `asked` maps option names (underscores) to values. Raises the ServeError of the stage that refuses.
    """
    workflow = workflows.load(asked.get("workflow") or workflows.names()[0])
    wanted = spec.make({key: value for key, value in asked.items() if key != "workflow"}, workflow)
    pins = facts.pins()[workflow.engine]
    _check_engine_args(wanted, workflow, pins["version"])
    model = hub.resolve(
        wanted.model,
        wanted.revision,
        engine=workflow.engine,
        engine_version=pins["version"],
        offline=offline,
        say=say,
    )
    plan = planner.require_fit(planner.plan(model, _workload(wanted, workflow, pins["version"])))
    resolved = Resolved(
        generator=generator,
        asked={key: list(value) if isinstance(value, tuple) else value for key, value in asked.items() if value},
        spec=wanted,
        model=ModelFacts(
            id=model.id,
            revision=model.revision,
            gated=model.gated,
            weight_bytes=model.weight_bytes,
            quantization=model.quantization,
            multimodal=model.multimodal,
            tool_parser=model.tool_call_parser.get(workflow.engine),
            reasoning_parser=model.reasoning_parser.get(workflow.engine),
        ),
        plan=_plan_facts(plan, wanted.region),
        pins=Pins(
            version=pins["version"],
            cuda=pins["cuda"],
            base_image=pins["base_image"],
            python=pins["python"],
            packages=tuple(pins["direct"]),
        ),
        also={name: tuple(facts.pins().get(name, {}).get("packages", ())) for name in workflow.also},
    )
    return resolved, plan


def write(resolved: Resolved) -> str:
    """The app's text, checked. Raises BadInput for an --engine-arg that repeats a flag, OurBug for any finding."""
    text = render.render(resolved)
    _check_repeats(text, resolved)
    if found := checks.check(text):
        lines = "; ".join(f"line {each.line}: {each.message}" for each in found)
        raise OurBug(
            f"The rendered app does not pass our own checks ({lines}).",
            "Nothing was written. Please report this with the command that you typed.",
        )
    return text


def _workload(wanted: ServeSpec, workflow: Workflow, version: str) -> planner.Workload:
    return planner.Workload(
        engine=workflow.engine,
        engine_version=version,
        gpu=wanted.gpu,
        gpu_candidates=workflow.gpus,
        max_gpus=workflow.max_gpus,
        max_model_len=wanted.max_model_len,
        default_max_model_len=workflow.max_model_len,
        concurrency=wanted.concurrency,
        default_concurrency=workflow.concurrency,
        region=wanted.region,
        min_containers=wanted.min_containers,
        max_containers=wanted.max_containers,
    )


def _plan_facts(plan: Plan, region: str | None) -> PlanFacts:
    ledger = {row.item: row.gib for row in plan.ledger}
    here = facts.gpus()[facts.gpu_aliases().get(plan.gpu, plan.gpu)]
    return PlanFacts(
        **{name: getattr(plan, name) for name in PlanFacts.model_fields if hasattr(plan, name)},
        gpu_gib=round(here["usable_gib"], 1),
        compute_capability=here["compute_capability"],
        routing_region=routing_region(region),
        weights_gib=round(ledger["weights"], 1),
        kv_gib=round(plan.kv_cache.gib_low, 1),
        kv_tokens=plan.kv_cache.tokens,
    )


def _check_engine_args(wanted: ServeSpec, workflow: Workflow, version: str) -> None:
    """Each --engine-arg against the pinned engine's own table, by exact name and choice."""
    table = flags.load(engine_flags.table_path(workflow.engine, version))
    for problem in flags.check(wanted.engine_arg, table, whole=False):
        if problem.kind == "error":
            raise BadInput(problem.message, "Write each as --engine-arg=--flag=value; the engine's own names count.")
    for given in flags.parse(wanted.engine_arg, table).options:
        if given.flag in ("--api-key", "--admin-api-key"):
            raise BadInput(f"{given.flag} would put a key into the file.", "Use --auth; keys live in Modal Secrets.")


def _check_repeats(text: str, resolved: Resolved) -> None:
    """Refuse an --engine-arg for a flag that the template sets itself."""
    command = next(iter(picture.read(text).commands), None)
    if command is None or not resolved.spec.engine_arg:
        return
    table = flags.load(engine_flags.table_path(command.engine, resolved.pins.version))
    seen: set[str] = set()
    for given in flags.parse(command.words, table).options:
        if given.flag in seen and not (given.option and given.option.repeat):
            raise BadInput(
                f"--engine-arg sets {given.flag}, which the app sets already.",
                f"Use the option of modal-serve-gen new for it, or edit {given.flag} in the written file.",
            )
        seen.add(given.flag)
