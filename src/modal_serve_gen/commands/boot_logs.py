"""Plans by a startup log: which model, workflow and GPU it is of."""

from collections.abc import Iterable
from dataclasses import dataclass

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.models import Model, valid_id
from modal_serve_gen.plan import boot_log, measured
from modal_serve_gen.plan.boot_log import BootLog
from modal_serve_gen.plan.workload import Workload
from modal_serve_gen.spec import workflows


@dataclass(frozen=True)
class Start:
    """A log, and the name of its file for messages."""

    name: str
    log: BootLog

    def workflow(self) -> str:
        """The first workflow that runs the engine of the log."""
        return next(name for name in workflows.names() if workflows.load(name).engine == self.log.engine)

    def workload(self, model: Model, workload: Workload, *, app: bool = False) -> Workload:
        """`workload` as in the log. Raises BadInput for the log of another model, engine or GPU."""
        measured.check(self.log, model.id, workload.engine, self.name)
        gpu = measured.gpu_of(self.log, workload.gpu, self.name)
        return measured.workload_for(self.log, workload, gpu, self.name, app=app)


def read(name: str, lines: Iterable[str]) -> Start:
    """The last complete start in a log. Raises BadInput."""
    return Start(name, boot_log.read(lines, name))


def target(given: str | None, start: Start | None) -> str:
    """The model to plan: as given, or as the log names it. Raises BadInput."""
    if given is not None:
        return given
    if start is None:
        raise BadInput(
            "plan needs a model.", "Use it as: modal-serve-gen plan OWNER/NAME, or pass --from-boot-log FILE."
        )
    named = start.log.model or ""
    if "/" not in named or not valid_id(named):
        raise BadInput(
            f"{quoted(start.name)} does not name the model by its id on the Hub.",
            "Pass the id as well: plan OWNER/NAME.",
        )
    return named
