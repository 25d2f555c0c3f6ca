"""ServeSpec -> Resolved -> text: the stages in their order, each handing a value to the next."""

from collections.abc import Callable
from typing import Any

from modal_serve_gen import checks, facts, flags, render
from modal_serve_gen import plan as planner
from modal_serve_gen.commands import engine_args
from modal_serve_gen.errors import BadInput, DoesNotFit, InternalError, quoted
from modal_serve_gen.models import Model, adapters, hub, speculation
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.plan import Plan
from modal_serve_gen.plan.gpus import parse_gpu, routing_region
from modal_serve_gen.render import ModelFacts, Pins, PlanFacts, Resolved
from modal_serve_gen.spec import serve_spec, workflows
from modal_serve_gen.spec.serve_spec import ServeSpec
from modal_serve_gen.spec.workflows import Workflow


def resolve(
    asked: dict[str, Any], *, generator: str, offline: bool, say: Callable[[str], None]
) -> tuple[Resolved, Plan]:
    """Everything that the app of `asked` is made from, and its plan.

    `asked` maps option names (underscores) to values. Raises the ServeError of the stage that refuses.
    """
    workflow = workflows.load(asked.get("workflow") or workflows.names()[0])
    wanted = serve_spec.make({key: value for key, value in asked.items() if key != "workflow"}, workflow)
    pins = facts.pins()[workflow.engine]
    engine_args.check(wanted, workflow, pins.version)
    _check_gpus(wanted, workflow)
    model = hub.resolve(
        wanted.model,
        wanted.revision,
        engine=workflow.engine,
        engine_version=pins.version,
        offline=offline,
        say=say,
    )
    table = flags.load(facts.flag_table_path(workflow.engine, pins.version))
    loras = adapters.resolve(wanted.lora, model, wanted.served_model_name, table, offline=offline, say=say)
    guess = _speculation(wanted, workflow, model, table, offline, say)
    workload = _workload(wanted, workflow, pins.version, adapters.gpu_bytes(loras, model, table), guess)
    plan = _fitting(planner.plan(model, workload), workflow)
    engine_args.require_gpu(wanted, plan.gpu)
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
            version=pins.version,
            cuda=pins.cuda,
            base_image=pins.base_image,
            python=pins.python,
            packages=pins.direct,
        ),
        adapters=loras,
        max_lora_rank=adapters.room(loras, table) if loras else None,
        speculation=guess.model_copy(update={"note": ""}),  # for the terminal, not for the file
        also={name: (f"{name}=={facts.pins()[name].version}", *facts.pins()[name].packages) for name in workflow.also},
    )
    return resolved, plan.model_copy(update={"notes": (*plan.notes, *([guess.note] if guess.note else []))})


def write(resolved: Resolved) -> str:
    """The checked text of an app. Raises BadInput for an --engine-arg that repeats a flag."""
    text = render.render(resolved)
    engine_args.check_repeats(text, resolved)
    if found := checks.check(text):
        lines = "; ".join(f"line {each.line}: {each.message}" for each in found)
        raise InternalError(
            f"The rendered app does not pass our own checks ({lines}).",
            "Nothing was written. Please report this with the command that you typed.",
        )
    return text


def _workload(
    wanted: ServeSpec, workflow: Workflow, version: str, adapter_bytes: int, guess: Speculation
) -> planner.Workload:
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
        kv_cache_dtype=engine_args.value(wanted, "--kv-cache-dtype"),
        extra_weight_bytes=adapter_bytes + guess.extra_weight_bytes,
        draft_layers=guess.draft_layers,
        draft_tokens=guess.draft_tokens,
        region=wanted.region,
        min_containers=wanted.min_containers,
        max_containers=wanted.max_containers,
        scaledown_window=wanted.scaledown_window,
        sleep=workflow.sleep,
    )


def _plan_facts(plan: Plan, region: str | None) -> PlanFacts:
    ledger = {row.item: row.gib for row in plan.ledger}
    here = facts.gpus()[facts.gpu_aliases().get(plan.gpu, plan.gpu)]
    return PlanFacts(
        **{name: getattr(plan, name) for name in PlanFacts.model_fields if hasattr(plan, name)},
        gpu_gib=round(here.usable_gib, 1),
        compute_capability=here.compute_capability,
        routing_region=routing_region(region),
        weights_gib=round(ledger["weights"], 1),
        kv_gib=round(plan.kv_cache.gib_low, 1),
        kv_tokens=plan.kv_cache.tokens,
        state_slots=plan.kv_cache.state_slots,
    )


def _speculation(wanted: ServeSpec, workflow: Workflow, model: Model, table, offline: bool, say) -> Speculation:
    if wanted.draft:
        return speculation.of_draft(wanted.draft, model, table, offline=offline, say=say)
    return speculation.of_model(model, workflow.engine) if workflow.speculate else Speculation()


def _check_gpus(wanted: ServeSpec, workflow: Workflow) -> None:
    count = parse_gpu(wanted.gpu)[1] if wanted.gpu else 1
    if too_many := workflow.too_many(count):
        raise BadInput(f"--gpu {quoted(wanted.gpu)} asks for {count} GPUs, and {too_many[0]}", too_many[1])


def _fitting(plan: Plan, workflow: Workflow) -> Plan:
    """`plan` when it fits; DoesNotFit, with what the workflow says where it is the reason for so few GPUs."""
    try:
        return planner.require_fit(plan)
    except DoesNotFit as refusal:
        refusal.problem = refusal.problem.replace("--kv-cache-dtype fp8", "--engine-arg=--kv-cache-dtype=fp8")
        if not workflow.max_gpus_why or plan.alternatives:
            raise
        why, _, instead = workflow.max_gpus_why.partition("; ")
        raise DoesNotFit(
            f"{refusal.problem} {workflow.name} takes {workflow.max_gpus} GPU: {why}.",
            f"{_sentence(instead)}.",
            details=refusal.details,
        ) from None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
