"""From the options of `new` to the text of an app: specification, model, plan, rendering, check."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from modal_serve_gen import checks, facts, flags, render
from modal_serve_gen import plan as planner
from modal_serve_gen.commands import demand, engine_args, flag_needs
from modal_serve_gen.commands.boot_logs import Start
from modal_serve_gen.errors import BadInput, DoesNotFit, InternalError, quoted
from modal_serve_gen.models import Model, adapters, hub, speculation
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.plan import Note, Plan
from modal_serve_gen.plan.gpus import parse_gpu, routing_region
from modal_serve_gen.plan.host import cache_flags
from modal_serve_gen.plan.workload import workload_for
from modal_serve_gen.render import ModelFacts, Pins, PlanFacts, Resolved
from modal_serve_gen.spec import request, serve_spec, workflows
from modal_serve_gen.spec.request import Request
from modal_serve_gen.spec.serve_spec import ServeSpec
from modal_serve_gen.spec.workflows import Workflow


def resolve(
    options: Mapping[str, Any],
    *,
    generator: str,
    offline: bool,
    say: Callable[[str], None],
    start: Start | None = None,
) -> tuple[Resolved, Plan]:
    """The values that an app is rendered from, and its plan.

    `options` maps option names (with underscores) to values. Raises ServeError if any stage refuses them.
    """
    workflow = _workflow(options)
    spec = serve_spec.make({name: value for name, value in options.items() if name != "workflow"}, workflow)
    pins = facts.pins()[workflow.engine]
    table = flags.load(facts.flag_table_path(workflow.engine, pins.version))
    engine_args.check(spec, workflow, table)
    adapters.check_rank(spec.max_lora_rank, spec.lora, table)
    wanted = request.from_options(vars(spec) | engine_args.planned(spec, table))
    if wanted.has_load or wanted.prompts is not None:  # a number that the user did not give is no limit
        wanted = replace(wanted, max_containers=options.get("max_containers"))
    _check_gpus(wanted, workflow)
    model = hub.resolve(
        spec.model, spec.revision, engine=workflow.engine, engine_version=pins.version, offline=offline, say=say
    )
    loras = adapters.resolve(
        spec.lora, model, spec.served_model_name, table, stated_rank=spec.max_lora_rank, offline=offline, say=say
    )
    max_rank = adapters.max_rank(loras, table, spec.max_lora_rank)
    draft = _speculation(spec, workflow, model, table, offline, say)
    workload = workload_for(wanted, workflow, draft, adapters.gpu_bytes(loras, model, max_rank))
    if start:
        workload = start.workload(model, workload, app=True)
    plan = planner.plan(model, workload, copies=hub.copies(model.id, workflow.engine))
    late = demand.late_notes(model, wanted, workflow, plan)
    plan = _fitting(plan, workflow)
    engine_args.require_gpu(spec, workflow, plan.gpu)
    spec = demand.with_containers(spec, options, plan, workflow)
    resolved = Resolved(
        generator=generator,
        options={name: list(value) if isinstance(value, tuple) else value for name, value in options.items() if value},
        spec=spec,
        model=_model_facts(model, workflow.engine),
        plan=_plan_facts(plan, spec.region),
        pins=Pins(
            version=pins.version,
            cuda=pins.cuda,
            base_image=pins.base_image,
            python=pins.python,
            packages=pins.direct,
        ),
        adapters=loras,
        max_lora_rank=max_rank,
        speculation=draft.model_copy(update={"note": ""}),  # the note is for the terminal, not for the file
        cache_flags=_cache_flags(spec, plan),
        also={name: (f"{name}=={facts.pins()[name].version}", *facts.pins()[name].packages) for name in workflow.also},
    )
    resolved, needs = flag_needs.complete(resolved, model, plan)
    notes = (*((Note(kind="speculation", text=draft.note),) if draft.note else ()), *needs)
    return _with_host_cache(resolved), plan.model_copy(update={"notes": plan.notes + late + notes})


def _workflow(options: Mapping[str, Any]) -> Workflow:
    """The workflow of the options, or the default. Raises BadInput."""
    name = options.get("workflow") or workflows.default(batch=options.get("prompts") is not None)
    if not isinstance(name, str):
        raise BadInput(f"workflow {quoted(name)} is not a name.", f"Choose one of: {', '.join(workflows.names())}.")
    return workflows.load(name)


def write(resolved: Resolved, *, stored: bool = False) -> str:
    """The checked text of an app. Raises BadInput for an --engine-arg that repeats a flag, and for a `stored` record
    that describes an app with findings."""
    text = render.render(resolved)
    engine_args.check_repeats(text, resolved)
    if findings := checks.check(text):
        lines = "; ".join(f"line {finding.line}: {finding.message}" for finding in findings)
        if stored:
            raise BadInput(
                f"The app that the provenance block describes fails the checks ({lines}).",
                "Restore the file from version control, or generate the app again with options.",
            )
        raise InternalError(
            f"The generated app fails modal-serve-gen's own checks ({lines}).",
            "Nothing was written. Please report this, with the command that you ran.",
        )
    return text


def _with_host_cache(resolved: Resolved) -> Resolved:
    """The app with the memory of --kv-offload; where there are other flags, its own are counted already."""
    gib = max(resolved.host_memory_gib, resolved.spec.kv_offload or 0)
    return resolved.model_copy(update={"host_memory_gib": gib})


def _cache_flags(spec: ServeSpec, plan: Plan) -> tuple[str, ...]:
    return cache_flags(
        plan.engine, spec.kv_cache_dtype, spec.kv_offload, gpus=plan.gpus, replicas=plan.data_parallel_size
    )


def _model_facts(model: Model, engine: str) -> ModelFacts:
    return ModelFacts(
        id=model.id,
        revision=model.revision,
        gated=model.gated,
        weight_bytes=model.weight_bytes,
        quantization=model.quantization,
        multimodal=model.multimodal,
        tool_parser=model.tool_call_parser.get(engine),
        reasoning_parser=model.reasoning_parser.get(engine),
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


def _speculation(
    spec: ServeSpec,
    workflow: Workflow,
    model: Model,
    table: flags.Table,
    offline: bool,
    say: Callable[[str], None],
) -> Speculation:
    if spec.draft:
        return speculation.of_draft(spec.draft, model, table, offline=offline, say=say)
    return speculation.of_model(model, workflow.engine) if workflow.speculate else Speculation()


def _check_gpus(wanted: Request, workflow: Workflow) -> None:
    least = wanted.pipeline_parallel_size * wanted.data_parallel_size
    if wanted.gpu and (refusal := workflow.too_many(count := parse_gpu(wanted.gpu)[1])):
        raise BadInput(f"--gpu {quoted(wanted.gpu)} requests {count} GPUs, but {refusal[0]}", refusal[1])
    if refusal := workflow.too_many(least):
        raise BadInput(f"The parallel sizes in --engine-arg require {least} GPUs, but {refusal[0]}", refusal[1])


def _fitting(plan: Plan, workflow: Workflow) -> Plan:
    """`plan` if it fits; otherwise DoesNotFit, which names the workflow's GPU limit if that is the cause."""
    try:
        return planner.require_fit(plan)
    except DoesNotFit as refusal:
        if plan.alternatives or not (limit := workflow.too_many(workflow.max_gpus + 1)) or not workflow.max_gpus_why:
            raise
        raise DoesNotFit(f"{refusal.problem} {limit[0]}", limit[1], details=refusal.details) from None
