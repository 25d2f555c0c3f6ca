"""Many runs: which, in what order, how many at once, when to stop; each is kept the moment that it ends."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

from evals import cases, grading, runners, workspace
from evals.judge import judge
from evals.runners import Ask, Limits, Options
from evals.store import Run, Store, result_document
from evals.transcript import ERROR, TIME, TURNS, Transcript

ALIKE = 8  # errors in a row after which nothing new is begun: the endpoint is down, the key is wrong
PATIENCE_S = 3  # for what is under way when everything is to end


@dataclass(frozen=True)
class Settings:
    """How to ask; `usd` bounds the whole evaluation, `limits` each run. `trigger_turns`: of a query."""

    agent: Options
    limits: Limits
    trigger_turns: int
    jobs: int
    usd: float | None = None
    rehearse: bool = True
    judge: Options | None = None


@dataclass
class Tally:
    """What has happened so far, as far as progress and limits need it. `stopped`: why nothing new is begun."""

    total: int
    kept: int = 0  # runs that an earlier call had done
    done: int = 0
    failed: int = 0  # with the skill
    mute: int = 0  # runs that told nothing
    usd: float = 0.0
    alike: int = 0
    fired: set[str] = field(default_factory=set)  # sets whose control fired
    stopped: str = ""
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> int:
        return self.total - self.kept - self.done


def planned(tasks: Iterable[cases.Task], configurations: Iterable[str], times: int) -> list[Run]:
    """Every run, the controls first; a query is asked only with the skill.

    Queries come in the order of their ids, which is none: whatever stops an evaluation, both sorts were asked.
    """
    ordered = sorted(tasks, key=lambda task: (not task.control, task.id if task.query else ""))
    found = []
    for number in range(1, times + 1):
        for task in ordered:
            for configuration in configurations:
                if task.case or configuration == grading.WITH:
                    found.append(Run(task, configuration, number))
    return sorted(found, key=lambda run: not _controls(run))


def run(plan: list[Run], store: Store, settings: Settings, say: Callable[[Run, dict, Tally], None]) -> Tally:
    """Do what of `plan` is not done yet. A control of each set must fire before anything else is asked.

    On KeyboardInterrupt what is under way is dropped; everything that had ended is kept.
    """
    tally = Tally(len(plan))
    for each in store.results():
        tally.usd += usd(each)
        tally.fired |= _fired(each)
    for each in plan:
        if _controls(each) and cases.set_of(each.task.id) not in tally.fired and store.outcome(each) in (ERROR, TIME):
            store.forget(each)  # it told nothing, and nothing can be asked without it
    waiting = [each for each in plan if not store.done(each)]
    tally.kept = len(plan) - len(waiting)
    if _spent(tally, settings):
        return tally
    lock, cancelled = threading.Lock(), threading.Event()
    controls = [each for each in waiting if _controls(each)]
    for group in sorted({cases.set_of(each.task.id) for each in controls} - tally.fired):
        for each in controls:
            if cases.set_of(each.task.id) == group and group not in tally.fired and not tally.stopped:
                _in_threads([each], 1, store, settings, tally, lock, cancelled, say)
    sets = {cases.set_of(each.task.id) for each in plan if _controls(each)}
    if sets - tally.fired and not tally.stopped:
        asked = [each for each in map(store.outcome, filter(_controls, plan)) if each]
        mute = all(each in (ERROR, TIME) for each in asked)
        tally.stopped = f"the control {'could not be asked' if mute else 'did not fire'}"
    if not tally.stopped:
        rest = [each for each in waiting if not store.done(each)]
        _in_threads(rest, settings.jobs, store, settings, tally, lock, cancelled, say)
    return tally


def usd(result: dict) -> float:
    """What a run cost, its judge included, as far as that is known."""
    return (result["usage"]["usd"] or 0) + (result.get("judge", {}).get("usage", {}).get("usd") or 0)


def _controls(run: Run) -> bool:
    return run.task.control and run.configuration == grading.WITH


def _fired(result: dict) -> set[str]:
    """The set whose control this is, if it fired."""
    hit = result["control"] and "grade" in result and cases.SKILL in result["grade"]["fired"]
    return {cases.set_of(result["id"])} if hit else set()


def _in_threads(
    runs: list[Run], jobs: int, store: Store, settings: Settings, tally: Tally, lock: threading.Lock,
    cancelled: threading.Event, say: Callable[[Run, dict, Tally], None],
) -> None:  # fmt: skip
    waiting: queue.SimpleQueue[Run] = queue.SimpleQueue()
    for each in runs:
        waiting.put(each)
    faults: list[BaseException] = []

    def work() -> None:
        while not cancelled.is_set() and not tally.stopped:
            try:
                each = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                result = _one(each, store, settings, cancelled)
                if cancelled.is_set():
                    return
                with lock:
                    _count(result, tally, settings)
                    say(each, result, tally)
            except BaseException as fault:  # the others end what they are at, then it is raised
                faults.append(fault)
                cancelled.set()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(jobs, len(runs)))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
    except KeyboardInterrupt:
        cancelled.set()
        until = time.monotonic() + PATIENCE_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        raise
    if faults:
        raise faults[0]


def _count(result: dict, tally: Tally, settings: Settings) -> None:
    tally.done += 1
    tally.usd += usd(result)
    told = "grade" in result
    tally.failed += told and not result["grade"]["passed"] and result["configuration"] == grading.WITH
    tally.mute += not told
    tally.alike = tally.alike + 1 if result["outcome"] == ERROR else 0
    tally.fired |= _fired(result)
    if tally.alike >= ALIKE and tally.left:
        tally.stopped = f"{ALIKE} errors in a row, the last: {result['reason']}"
    else:
        _spent(tally, settings)


def _spent(tally: Tally, settings: Settings) -> bool:
    """Whether the money is, and then nothing more is begun."""
    if settings.usd is None or tally.usd < settings.usd or not tally.left:
        return False
    tally.stopped = f"${tally.usd:.2f} of ${settings.usd:.2f} are spent; raise --max-usd"
    return True


def _one(run: Run, store: Store, settings: Settings, cancelled: threading.Event) -> dict:
    """Ask, grade and keep one run; what is kept of it. A cancelled run leaves nothing."""
    part = store.part(run)
    where = runners.load(settings.agent.runner).SKILLS
    limits = settings.limits
    if run.task.query:
        limits = Limits(limits.seconds, settings.trigger_turns, limits.usd)
    transcript, grade, began = Transcript(), None, time.monotonic()
    with workspace.opened(run.task, run.configuration, where) as space:
        with (part / "stream.jsonl").open("w", encoding="utf-8", errors="replace") as stream:

            def keep(record: str) -> None:
                stream.write(store.clean(record) + "\n")

            ask = Ask(run.task.prompt, space, limits, _enough(run, space), keep, cancelled.is_set)
            try:
                runners.run(ask, settings.agent, transcript)
            except OSError as fault:
                transcript.end(ERROR, f"{type(fault).__name__}: {fault}")
        transcript.seconds = time.monotonic() - began
        if transcript.told:
            grade = grading.grade(
                run.task, transcript, space.project, space.before,
                configuration=run.configuration, skills=space.skills, rehearse=settings.rehearse,
            )  # fmt: skip
            if run.task.case and transcript.outcome == TURNS:
                grade.delivered.append(grading.Verdict("ends", "it ends by itself", False, transcript.reason))
        if cancelled.is_set():
            return {}
        written = store.written(space)
        judged = _judge(run, settings, transcript, grade, written)
        result = result_document(run, transcript, grade) | ({"judge": judged} if judged else {})
        store.finish(run, result, transcript, written)
    return result


def _judge(
    run: Run, settings: Settings, transcript: Transcript, grade: grading.Grade | None, written: dict[str, str]
) -> dict | None:
    """Let a language model judge what nothing else can; what it used. Verdicts are only added."""
    if settings.judge is None or grade is None or not grade.not_judged:
        return None
    verdicts, grade.not_judged, used = judge(run.task.case, transcript, written, settings.judge)
    grade.delivered += verdicts
    return {"model": settings.judge.model, "usage": asdict(used)}


def _enough(run: Run, space: workspace.Space) -> Callable[[Transcript], bool]:
    """A query has told what it can when the skill under test has fired and one of its primary pages was read."""
    if run.task.case:
        return lambda transcript: False

    def enough(transcript: Transcript) -> bool:
        if cases.SKILL not in transcript.fired(space.skills):
            return False
        read = transcript.read(cases.SKILL, space.skills.get(cases.SKILL, []))
        return not run.task.workflow or any(page in cases.primaries() for page in read)

    return enough
