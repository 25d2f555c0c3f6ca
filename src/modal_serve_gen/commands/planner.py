"""Plans for the options of one command: of the model, and of what it is compared with."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from modal_serve_gen import facts
from modal_serve_gen.commands import goals
from modal_serve_gen.commands.boot_logs import Start
from modal_serve_gen.commands.comparison import Compared, Comparison
from modal_serve_gen.commands.goals import TooManyGpus
from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.models import Model, hub, local, speculation
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.plan import Offer, Plan, Workload, plan
from modal_serve_gen.plan.gpus import gpu_option, parse_gpu
from modal_serve_gen.plan.offers import offer
from modal_serve_gen.plan.workload import workload_for
from modal_serve_gen.spec.request import Request
from modal_serve_gen.spec.workflows import Workflow

Size = tuple[int, int]  # max_model_len and max_num_seqs


@dataclass(frozen=True)
class Planner:
    """Plans `target` and others for `request`; each model is read once."""

    target: str
    request: Request
    revision: str | None
    start: Start | None
    offline: bool
    say: Callable[[str], None]
    models: dict[tuple[str, str], Model] = field(default_factory=dict)

    def model(self, name: str, engine: str) -> Model:
        """The model of an id, a folder or a config.json. Raises ServeError."""
        if (name, engine) not in self.models:
            self.models[name, engine] = self._read(name, engine)
        return self.models[name, engine]

    def _read(self, name: str, engine: str) -> Model:
        if local.is_local(name) and (name not in facts.models() or (Path(name) / "config.json").is_file()):
            if self.revision:
                raise BadInput(
                    f"--revision applies to models on the Hub, but {quoted(name)} is local.", "Leave it out."
                )
            return hub.servable(local.read(name), engine, None)
        commit = self.revision if name == self.target else None
        return hub.resolve(name, commit, engine=engine, offline=self.offline, pin=False, say=self.say)

    def plan(
        self, workflow: Workflow, target: str | None = None, gpu: str | None = None, size: Size | None = None
    ) -> Plan:
        """The plan of a model, a GPU and a size; None: as requested."""
        model, workload = self._workload(workflow, target, gpu, size)
        return plan(model, workload, copies=hub.copies(model.id, workflow.engine))

    def _workload(
        self, workflow: Workflow, target: str | None, gpu: str | None, size: Size | None
    ) -> tuple[Model, Workload]:
        request, same = self.request, target is None and gpu is None
        wanted = replace(
            request,
            gpu=gpu or request.gpu,
            min_containers=workflow.min_containers,
            scaledown_window=workflow.scaledown_window,
        )
        if request.goal:
            goals.require_kind(workflow, request)
        count = parse_gpu(wanted.gpu)[1] if wanted.gpu else 1
        if not request.is_fixed and (refusal := workflow.too_many(count)):
            raise TooManyGpus(f"--gpu {quoted(wanted.gpu)} requests {count} GPUs, but {refusal[0]}", refusal[1])
        _require_option(request, workflow)
        model = self.model(target or self.target, workflow.engine)
        if size:
            wanted = replace(wanted, max_model_len=min(size[0], model.max_context), concurrency=size[1])
        speculates = workflow.speculate and not wanted.is_fixed
        draft = speculation.of_model(model, workflow.engine) if speculates else Speculation()
        workload = workload_for(wanted, workflow, draft)
        if self.start and same:
            workload = self.start.workload(model, workload)
        return model, workload

    def comparison(self, workflow: Workflow, planned: Plan, others: tuple[str, ...]) -> Comparison:
        """`planned` and the values of --compare (MODEL, GPU or MODEL@GPU) at the size that was requested.

        A load or a batch keeps its own figures instead, and so has other numbers of requests at once.
        """
        size = (planned.requested.max_model_len, planned.requested.max_num_seqs)
        held = None if planned.load or planned.batch else size
        rows = [self._first(workflow, planned, size)]
        for other in others:
            model, _, gpu = other.rpartition("@")
            if "/" in gpu or local.is_local(other):
                rows.append(self._row(workflow, held, size[0], target=other))
                continue
            parse_gpu(gpu)
            rows.append(self._row(workflow, held, size[0], target=model or None, gpu=gpu))
        return Comparison(*size, tuple(rows))

    def _first(self, workflow: Workflow, planned: Plan, size: Size) -> Compared:
        """The plan itself, at the requested size even where that does not fit."""
        if planned.load or planned.batch or not planned.lowered:
            return Compared(planned, size[0])
        gpu = None if self.start else gpu_option(planned.gpu, planned.gpus)
        return self._row(workflow, size, size[0], gpu=gpu)

    def _row(
        self, workflow: Workflow, size: Size | None, length: int, *, target: str | None = None, gpu: str | None = None
    ) -> Compared:
        planned = self.plan(workflow, target, gpu, size)
        row = Compared(planned, length)
        return row if row.holds else replace(row, instead=self._instead(workflow, planned, target, gpu, size))

    def _instead(
        self, workflow: Workflow, planned: Plan, target: str | None, gpu: str | None, size: Size | None
    ) -> Offer | None:
        """What these GPUs hold of the size."""
        model, workload = self._workload(workflow, target, gpu, size)
        return offer(model, workload, planned.gpu, planned.gpus)


def _require_option(request: Request, workflow: Workflow) -> None:
    if request.kv_offload is not None and "kv_offload" not in workflow.options:
        raise BadInput(
            f"The workflow {workflow.name} has no option --kv-offload.",
            f"Leave it out, or use a workflow that has it: {workflow.having('kv_offload')}.",
        )
