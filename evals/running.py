"""Run the plan of an evaluation: the order, parallel runs, and when to stop. Each run is saved as soon as it ends."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from evals import cases, grading, judge, records, runners, workspace
from evals.artifact import Verdict
from evals.records import Judgment, Result, Run, Settings
from evals.runners.agent import Attempt
from evals.store import Store
from evals.transcript import ERROR, TIME, TURNS, Transcript

ERRORS_IN_A_ROW = 8  # after these nothing more is started: the endpoint is down, or the key is wrong
GRACE_S = 3  # for runs in progress when the evaluation is interrupted


@dataclass
class Tally:
    """Counts for progress and limits. `stopped`: why no more runs are started."""

    total: int
    kept: int = 0  # runs completed by an earlier call
    done: int = 0
    failed: int = 0  # with the skill
    inconclusive: int = 0
    usd: float = 0.0
    errors_in_a_row: int = 0
    fired: set[str] = field(default_factory=set)  # sets whose control fired
    stopped: str = ""
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> int:
        """Runs that are not done."""
        return self.total - self.kept - self.done

    def add(self, result: Result, settings: Settings) -> None:
        """Count a completed run, and decide whether to stop."""
        self.done += 1
        self.usd += result.total_usd
        self.failed += result.conclusive and not result.passed and result.configuration == grading.WITH
        self.inconclusive += not result.conclusive
        self.errors_in_a_row = self.errors_in_a_row + 1 if result.outcome == ERROR else 0
        self.note_control(result)
        if self.errors_in_a_row >= ERRORS_IN_A_ROW and self.left:
            self.stopped = f"{ERRORS_IN_A_ROW} errors in a row, the last: {result.reason}"
        else:
            self.check_budget(settings)

    def note_control(self, result: Result) -> None:
        """Remember that the control of a set fired."""
        if result.control and result.triggered:
            self.fired.add(cases.task_set(result.id))

    def check_budget(self, settings: Settings) -> None:
        """Stop if the budget is spent."""
        if settings.max_usd is not None and self.usd >= settings.max_usd and self.left:
            self.stopped = f"${self.usd:.2f} of ${settings.max_usd:.2f} are spent; raise --max-usd"


Report = Callable[[Run, Result, Tally], None]


def planned(tasks: Iterable[cases.Task], configurations: Iterable[str], times: int) -> list[Run]:
    """All runs, controls first. Queries are run only with the skill.

    Cases keep their order; queries are ordered by their hashed ids, so that a partial evaluation is a fair sample.
    """
    ordered = sorted(tasks, key=lambda task: (not task.control, task.task_id if isinstance(task, cases.Query) else ""))
    runs = [
        Run(task, configuration, number)
        for number in range(1, times + 1)
        for task in ordered
        for configuration in configurations
        if isinstance(task, cases.Case) or configuration == grading.WITH
    ]
    return sorted(runs, key=lambda run: not _is_control(run))


def run(plan: list[Run], store: Store, settings: Settings, report: Report) -> Tally:
    """Do the runs of `plan` that are not done. The control of each set must fire before anything else is run.

    On KeyboardInterrupt runs in progress are dropped; completed ones are kept.
    """
    tally = Tally(len(plan))
    for result in store.results():
        tally.usd += result.total_usd
        tally.note_control(result)
    for run in plan:
        inconclusive = _is_control(run) and store.outcome(run) in (ERROR, TIME)
        if inconclusive and cases.task_set(run.task.task_id) not in tally.fired:
            store.forget(run)  # nothing can be run without a control, so it is repeated
    waiting = [run for run in plan if not store.done(run)]
    tally.kept = len(plan) - len(waiting)
    tally.check_budget(settings)
    if tally.stopped:
        return tally
    pool = Pool(store, settings, tally, report)
    _run_controls(plan, waiting, pool)
    if not tally.stopped:
        pool.run([run for run in waiting if not store.done(run)], settings.jobs)
    return tally


def _run_controls(plan: list[Run], waiting: list[Run], pool: "Pool") -> None:
    """Run the controls of each set until one fires; stop the evaluation if none does."""
    tally, store = pool.tally, pool.store
    controls = [run for run in waiting if _is_control(run)]
    for group in sorted({cases.task_set(run.task.task_id) for run in controls} - tally.fired):
        for run in controls:
            if cases.task_set(run.task.task_id) == group and group not in tally.fired and not tally.stopped:
                pool.run([run], 1)
    sets = {cases.task_set(run.task.task_id) for run in plan if _is_control(run)}
    if sets - tally.fired and not tally.stopped:
        outcomes = [outcome for outcome in map(store.outcome, filter(_is_control, plan)) if outcome]
        failed = all(outcome in (ERROR, TIME) for outcome in outcomes)
        tally.stopped = f"the control {'could not be run' if failed else 'did not fire'}"


def _is_control(run: Run) -> bool:
    return run.task.control and run.configuration == grading.WITH


class Pool:
    """Does runs in threads, one evaluation at a time."""

    def __init__(self, store: Store, settings: Settings, tally: Tally, report: Report):
        self.store, self.settings, self.tally, self.report = store, settings, tally, report
        self.lock, self.canceled = threading.Lock(), threading.Event()

    def run(self, runs: list[Run], jobs: int) -> None:
        """Do `runs`, `jobs` at a time, until they are done or the tally says to stop."""
        waiting: queue.SimpleQueue[Run] = queue.SimpleQueue()
        for run in runs:
            waiting.put(run)
        errors: list[BaseException] = []
        threads = [
            threading.Thread(target=self._work, args=[waiting, errors], daemon=True)
            for _ in range(min(jobs, len(runs)))
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        except KeyboardInterrupt:
            self.canceled.set()
            until = time.monotonic() + GRACE_S
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
            raise
        if errors:
            raise errors[0]

    def _work(self, waiting: "queue.SimpleQueue[Run]", errors: list[BaseException]) -> None:
        while not self.canceled.is_set() and not self.tally.stopped:
            try:
                run = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                result = _run_one(run, self.store, self.settings, self.canceled)
                if result is None:
                    return
                with self.lock:
                    self.tally.add(result, self.settings)
                    self.report(run, result, self.tally)
            except BaseException as error:  # raised by `run` once the other threads have stopped
                errors.append(error)
                self.canceled.set()


def _run_one(run: Run, store: Store, settings: Settings, canceled: threading.Event) -> Result | None:
    """Run, grade and save one task. None if it was canceled; then nothing is saved."""
    part, transcript = store.part(run), Transcript()
    with workspace.opened(run.task, run.configuration, runners.skills_folder(settings.agent.runner)) as space:
        began = time.monotonic()
        with (part / "stream.jsonl").open("w", encoding="utf-8", errors="replace") as stream:
            attempt = Attempt(
                prompt=run.task.prompt,
                options=settings.agent,
                space=space,
                transcript=transcript,
                seconds=settings.limits.timeout,
                turns=settings.limits.turns(run.task),
                usd=settings.limits.max_usd_per_run,
                enough=_enough(run.task, space),
                record=lambda line: print(store.clean(line), file=stream),
                canceled=canceled.is_set,
            )
            try:
                runners.run(attempt)
            except OSError as error:
                transcript.end(ERROR, f"{type(error).__name__}: {error}")
        transcript.seconds = time.monotonic() - began
        grade = _grade(run, transcript, space, settings.rehearse) if transcript.conclusive else None
        if canceled.is_set():
            return None
        written = store.written(space)
        judgment = _judge(run, settings, transcript, grade, written)
        result = records.result(run, transcript, grade, judgment)
        store.finish(run, result, transcript, written)
    return result


def _grade(run: Run, transcript: Transcript, space: workspace.Space, rehearse: bool) -> grading.Grade:
    project = grading.Project(space.project, space.before, space.skills)
    with_skill = run.configuration == grading.WITH
    grade = grading.grade(run.task, transcript, project, with_skill=with_skill, rehearse=rehearse)
    if isinstance(run.task, cases.Case) and transcript.outcome == TURNS:
        grade.delivered.append(Verdict("ends", "the agent finishes by itself", False, transcript.reason))
    return grade


def _judge(
    run: Run, settings: Settings, transcript: Transcript, grade: grading.Grade | None, written: dict[str, str]
) -> Judgment | None:
    """Have a language model judge the expectations in free text. Verdicts are only added."""
    if settings.judge is None or grade is None or not grade.not_judged or not isinstance(run.task, cases.Case):
        return None
    verdicts, grade.not_judged, used = judge.judge(run.task, transcript, written, settings.judge)
    grade.delivered += verdicts
    return Judgment(model=settings.judge.model, usage=used)


def _enough(task: cases.Task, space: workspace.Space) -> Callable[[Transcript], bool]:
    """When to stop a query: the skill under test has fired, and a primary reference was read if one is expected."""

    def enough(transcript: Transcript) -> bool:
        if isinstance(task, cases.Case) or cases.SKILL not in transcript.fired(space.skills):
            return False
        read = transcript.read(cases.SKILL, space.skills.get(cases.SKILL, []))
        return not task.workflow or any(page in cases.primaries() for page in read)

    return enough
