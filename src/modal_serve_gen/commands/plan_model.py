"""`plan` without its terminal: from options to plans, and what they look like for people and for tools."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.commands import goals
from modal_serve_gen.commands.goals import Advice, TooManyGpus
from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.models import Model, hub, local, speculation
from modal_serve_gen.plan import Plan, Workload, plan
from modal_serve_gen.plan.gpus import parse_gpu
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.workflows import Workflow


@dataclass(frozen=True)
class Asked:
    """The options of `plan`; None: not given."""

    target: str
    workflow: str | None = None
    goal: str | None = None
    gpu: str | None = None
    max_model_len: int | None = None
    concurrency: int | None = None
    gpu_memory_utilization: float | None = None
    kv_cache_dtype: str | None = None
    max_num_batched_tokens: int | None = None
    engine_version: str | None = None
    region: str | None = None
    budget: float | None = None
    time_per_output_token: float | None = None
    tokens_per_s: float | None = None
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    enable_expert_parallel: bool = False
    compare: tuple[str, ...] = ()
    revision: str | None = None
    offline: bool = False

    @property
    def fixed(self) -> bool:
        """Whether this describes a set-up as it is, whose other limits are the engine's own defaults."""
        return self.gpu is not None and (self.engine_version or self.gpu_memory_utilization) is not None

    @property
    def free(self) -> bool:
        """Whether nothing was asked of engine, flags or GPU."""
        given = (self.gpu, self.engine_version, self.gpu_memory_utilization, self.kv_cache_dtype, self.workflow)
        return not any(given) and self.max_num_batched_tokens is None


@dataclass(frozen=True)
class Answer:
    """One plan, the advice where a goal was given, and the plans it is compared with."""

    workflow: str
    plan: Plan
    advice: Advice | None
    compared: tuple[Plan, ...]
    parameters: float | None  # of the model, None where they are not known
    command: str | None  # that writes the app of this plan; None where none does

    def document(self) -> dict[str, Any]:
        """What `--json` prints: the plan's keys, and `advice` and `compared` where asked for."""
        found = {"workflow": self.workflow, **self.plan.model_dump(mode="json")}
        if self.command:
            found["command"] = self.command
        if self.advice:
            found["advice"] = self.advice.document()
        if self.compared:
            found["compared"] = [one.model_dump(mode="json") for one in self.compared]
        return found


def answer(asked: Asked, say: Callable[[str], None]) -> Answer:
    """The plan of what was asked. Raises the ServeError of what refuses; a plan that does not fit is an answer, too."""
    if asked.goal and asked.workflow:
        raise BadInput("--goal chooses the workflow, and --workflow names it.", "Give one of them.")
    models: dict[tuple[str, str], Model] = {}

    def model_of(target: str, workflow: Workflow) -> Model:
        key = (target, workflow.engine)
        if key not in models:
            models[key] = _model(target, asked, workflow, say)
        return models[key]

    def one(workflow: Workflow, target: str = asked.target, gpu: str | None = asked.gpu) -> Plan:
        count = parse_gpu(gpu)[1] if gpu else 1
        if (too_many := workflow.too_many(count)) and not asked.fixed:
            raise TooManyGpus(f"--gpu {quoted(gpu)} asks for {count} GPUs, and {too_many[0]}", too_many[1])
        model = model_of(target, workflow)
        return plan(model, _workload(replace(asked, gpu=gpu), workflow, model))

    advice = None
    if asked.goal:
        workflow, found, why = goals.choose(asked.goal, one)
        advice = Advice(asked.goal, workflow.name, why, goals.instead(workflow, found, free=asked.free))
    else:
        workflow = workflows.load(asked.workflow or workflows.names()[0])
        found = one(workflow)
    compared = tuple(_compared(other, asked, workflow, one) for other in dict.fromkeys(asked.compare))
    sizes = model_of(asked.target, workflow).sizes
    served = [each for each in sizes.weights if each.part != "draft"] if sizes else []
    command = _command(asked, workflow, found)
    return Answer(workflow.name, found, advice, compared, sum(each.elements for each in served) or None, command)


def _command(asked: Asked, workflow: Workflow, found: Plan) -> str | None:
    """`new` with the same limits. A folder cannot be pinned, and other parallelism is not written."""
    ours = (asked.pipeline_parallel_size, asked.data_parallel_size, asked.enable_expert_parallel) == (1, 1, False)
    if not found.fits or asked.fixed or not ours or not found.revision or asked.max_num_batched_tokens:
        return None
    gpu = found.gpu if found.gpus == 1 else f"{found.gpu}:{found.gpus}"
    words = ["modal-serve-gen", "new", "--workflow", workflow.name, "--model", found.model, "--gpu", gpu]
    words += ["--max-model-len", str(found.max_model_len), "--concurrency", str(found.max_num_seqs)]
    words += ["--region", asked.region] if asked.region else []
    words += [f"--engine-arg=--kv-cache-dtype={asked.kv_cache_dtype}"] if asked.kv_cache_dtype else []
    words += ["--revision", found.revision] if asked.revision else []
    return shlex.join(words)


def _compared(other: str, asked: Asked, workflow: Workflow, one: Callable[..., Plan]) -> Plan:
    """MODEL, GPU or MODEL@GPU. BadInput for what is none of them."""
    target, _, gpu = other.rpartition("@")
    if "/" in gpu or local.is_local(other):
        return one(workflow, target=other)
    parse_gpu(gpu)
    return one(workflow, target=target or asked.target, gpu=gpu)


def _model(target: str, asked: Asked, workflow: Workflow, say: Callable[[str], None]) -> Model:
    if local.is_local(target) and (target not in facts.models() or (Path(target) / "config.json").is_file()):
        if asked.revision:
            raise BadInput(f"--revision belongs to a model on the Hub, not to {quoted(target)}.", "Leave it out.")
        return hub.servable(local.read(target), workflow.engine, None)
    revision = asked.revision if target == asked.target else None
    return hub.resolve(target, revision, engine=workflow.engine, offline=asked.offline, pin=False, say=say)


def _workload(asked: Asked, workflow: Workflow, model: Model) -> Workload:
    speculates = workflow.speculate and not asked.fixed
    guess = speculation.of_model(model, workflow.engine) if speculates else speculation.Speculation()
    return Workload(
        extra_weight_bytes=guess.extra_weight_bytes,
        draft_layers=guess.draft_layers,
        draft_tokens=guess.draft_tokens,
        engine=workflow.engine,
        engine_version=asked.engine_version,
        gpu=asked.gpu,
        gpu_candidates=workflow.gpus,
        max_gpus=workflow.max_gpus,
        max_model_len=asked.max_model_len,
        default_max_model_len=workflow.max_model_len,
        concurrency=asked.concurrency,
        default_concurrency=workflow.concurrency,
        gpu_memory_utilization=asked.gpu_memory_utilization,
        kv_cache_dtype=asked.kv_cache_dtype,
        max_num_batched_tokens=asked.max_num_batched_tokens,
        region=asked.region,
        min_containers=workflow.min_containers,
        scaledown_window=workflow.scaledown_window,
        goal=asked.goal if asked.goal in ("latency", "throughput") else None,
        budget=asked.budget,
        time_per_output_token=asked.time_per_output_token,
        tokens_per_s=asked.tokens_per_s,
        fixed=asked.fixed,
        server=bool(workflow.endpoints),
        pp=asked.pipeline_parallel_size,
        dp=asked.data_parallel_size,
        expert_parallel=asked.enable_expert_parallel,
        sleep=workflow.sleep and not asked.fixed,
    )
