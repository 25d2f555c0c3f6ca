"""One evaluation: from the options of the command to its settings and plan, and to its outcome."""

import dataclasses
import datetime
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals import cases, choosing, grading, records, reporting, runners, workspace
from evals.choosing import Selection
from evals.progress import Progress
from evals.records import Run, RunLimits, Settings
from evals.request import Request, agents
from evals.results import runs
from evals.runners.agent import Options
from evals.running import Tally, planned
from evals.running import run as run_all
from evals.store import Store
from evals.transcript import ERROR, MONEY, TIME, TURNS
from modal_serve_gen import errors
from modal_serve_gen.errors import BadInput, MachineError, nearest, quoted

RUNS = cases.FOLDER / "runs"
OUTCOMES = (ERROR, TIME, TURNS, MONEY)


@dataclass(frozen=True)
class Prepared:
    """An evaluation that is ready to run. `again`: outcomes whose runs are repeated."""

    store: Store
    settings: Settings
    plan: tuple[Run, ...]
    again: frozenset[str] = frozenset()
    resumed: bool = False

    def document(self) -> dict[str, Any]:
        """The output of --dry-run --json."""
        places = [str(run.place) for run in self.plan]
        return {**self.settings.document(), "folder": str(self.store.folder), "runs": places}

    def text(self) -> str:
        """The output of --dry-run."""
        settings = self.settings
        lines = []
        for kind, one, several in ((cases.Case, "case", "cases"), (cases.Query, "query", "queries")):
            own = [run for run in self.plan if isinstance(run.task, kind)]
            without = sum(run.configuration == grading.WITHOUT for run in own)
            extra = f", {without} of them without the skill" if without else ""
            count = len({run.task.task_id for run in own})
            if own:
                lines.append(f"{count} {one if count == 1 else several} with the control: {runs(len(own))}{extra}")
        agent, limits = settings.agent, settings.limits
        name = f"{agent.runner} {agent.model}".strip()
        address = records.without_password(agent.base_url) or "its default address"
        budget = "no cost limit" if settings.max_usd is None else f"no new runs after ${settings.max_usd:.2f}"
        return "\n".join(
            [
                *lines,
                f"agent: {name} at {address}, {settings.jobs} runs at a time",
                f"limits of a run: {limits.timeout:g} s, {limits.max_turns} turns ({limits.trigger_turns} for a query)",
                budget,
                f"folder: {self.store.folder}",
            ]
        )

    def run(self, say: Callable[[str], None]) -> "Outcome":
        """Do all runs that are not done, and write the reports."""
        if not self.resumed:
            self.store.begin(self.settings)
        with self.store.lock():
            for run in self.plan if self.again else ():
                if self.store.outcome(run) in self.again:
                    self.store.forget(run)
            left = sum(not self.store.done(run) for run in self.plan)
            say(f"{self.text()}\n" if left else f"All runs in {self.store.folder} are done.")
            try:
                tally = run_all(list(self.plan), self.store, self.settings, Progress(say))
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"Continue with: {_resume_command(self.store.folder)}") from None
            finally:
                workspace.clean_up()
            return Outcome(reporting.write(self.store.folder), tally)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a command: the reports, and the counts of the runs."""

    report: reporting.Report
    tally: Tally

    def document(self) -> dict[str, Any]:
        """The outcome as a JSON object."""
        return self.report.document() | {"stopped": self.tally.stopped, "left": self.tally.left}

    def text(self) -> str:
        """The summary for the terminal."""
        lines = [self.report.text()]
        if self.tally.stopped:
            lines += ["", f"Stopped with {runs(self.tally.left)} left: {self.tally.stopped}."]
        if self.tally.left or self.report.inconclusive:
            again = " --again error" if self.report.inconclusive else ""
            lines += [f"Continue with: {_resume_command(self.report.folder)}{again}"]
        return "\n".join(lines)

    def exit_code(self, fail_under: float) -> int:
        """5 if the evaluation is void, stopped, or has inconclusive runs; 1 if too few runs passed."""
        if self.report.benchmark.control.void or self.tally.stopped:
            return MachineError.exit_code
        conclusive, passed = self.report.counts
        if not conclusive or passed / conclusive < fail_under:
            return errors.FINDINGS
        return MachineError.exit_code if self.report.inconclusive else 0


def _resume_command(folder: Path) -> str:
    return f"python -m evals run --resume {shlex.quote(str(folder))}"


def prepare(request: Request) -> Prepared:
    """A new evaluation. Raises BadInput or MachineError before anything is run."""
    agent, judge = agents(request)
    version = runners.version(agent)
    if judge:
        runners.version(judge)
    configurations = (grading.WITH, grading.WITHOUT) if request.baseline else (grading.WITH,)
    plan = planned(choosing.tasks(request.selection), configurations, request.runs)
    began = datetime.datetime.now(datetime.UTC)
    settings = Settings(
        began=began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        agent=agent,
        judge=judge,
        limits=RunLimits(
            timeout=request.timeout,
            max_turns=request.max_turns,
            trigger_turns=request.trigger_turns,
            max_usd_per_run=request.max_usd_per_run,
        ),
        max_usd=request.max_usd,
        set=request.which,
        split=request.split,
        cases=tuple(request.case or ()),
        evals_file=_relative(request.evals_file),
        triggers_file=_relative(request.triggers_file),
        runs=request.runs,
        configurations=configurations,
        jobs=request.jobs,
        rehearse=request.rehearse,
        versions=records.versions() | {"agent": version},
        fingerprints=records.fingerprints(request.evals_file, request.triggers_file) | {"the agent": version},
        planned=len(plan),
    )
    folder = request.out or RUNS / began.strftime("%Y%m%d-%H%M%S")
    return Prepared(Store(folder, _redactor(agent, judge)), settings, tuple(plan))


def resume(folder: Path, request: Request) -> Prepared:
    """An evaluation that has begun; `request` may change the jobs and the budget. Raises BadInput if something that
    affects the results has changed since."""
    store = Store(folder, str)
    saved = store.settings()
    agent = saved.agent
    if request.base_url and records.without_password(request.base_url) == agent.base_url:
        agent = dataclasses.replace(agent, base_url=request.base_url)  # the password was not saved
    files = cases.ROOT / saved.evals_file, cases.ROOT / saved.triggers_file
    now = records.fingerprints(*files) | {"the agent": runners.version(agent)}
    changed = [name for name, value in saved.fingerprints.items() if now.get(name) != value]
    if changed:
        raise BadInput(
            f"Since {quoted(folder)} was begun, {' and '.join(changed)} changed.",
            "Begin a new evaluation, so that its runs can be compared with each other.",
        )
    for name in request.again or ():
        if name not in OUTCOMES:
            near = nearest(name, OUTCOMES)
            raise BadInput(f"--again {quoted(name)} is not an outcome.{near}", f"Choose from {', '.join(OUTCOMES)}.")
    max_usd = request.max_usd if request.max_usd is not None else saved.max_usd
    settings = saved.model_copy(update={"agent": agent, "jobs": request.jobs, "max_usd": max_usd})
    tasks = choosing.tasks(Selection(saved.set, saved.split, saved.cases, *files))
    plan = planned(tasks, saved.configurations, saved.runs)
    store = Store(folder, _redactor(agent, saved.judge))
    return Prepared(store, settings, tuple(plan), frozenset(request.again or ()), resumed=True)


def _redactor(*agents: Options | None) -> workspace.Redactor:
    return workspace.Redactor(*(agent.key_env for agent in agents if agent))


def _relative(path: Path) -> str:
    """A path in the checkout, relative to it; other paths stay absolute."""
    full = path.resolve()
    return str(full.relative_to(cases.ROOT)) if full.is_relative_to(cases.ROOT) else str(full)
