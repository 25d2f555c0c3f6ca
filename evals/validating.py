"""Do the cases measure what they should? Without any model: right answers must be graded good, wrong ones bad for the
right reason, and every workflow and boundary must be asked for."""

import concurrent.futures
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evals import answers, cases, choosing, covering, demands, grading, workspace
from evals.artifact import PREFIX
from evals.transcript import FINISHED, Transcript
from modal_serve_gen.errors import ServeError

QUIET_S = 2  # without progress


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at, and what is wrong with it."""

    what: str
    faults: tuple[str, ...]


def validate(rehearse: bool, only: list[str], say: Callable[[str], None]) -> list[Checked]:
    """Look at everything, or at `only` some cases (patterns); with `rehearse` right answers are rehearsed as well."""
    tasks, queries, known = [demands.checked(task) for task in cases.evals()], cases.triggers(), answers.load()
    say(f"{len(tasks)} cases, {len(queries)} queries, {len(known.bad)} wrong answers")
    chosen = {task.name: task for task in tasks if not only or choosing.named(task, only)}
    wanted: list[tuple[str, Callable[[], Iterator[str]]]] = []
    if not only:
        wanted.append(("coverage of the cases", lambda: covering.cases_lack(tasks, known)))
        wanted.append(("coverage of the queries", lambda: covering.queries_lack(queries)))
        wanted.append(("grading of the queries", lambda: _queries(queries)))
    for name, task in chosen.items():
        wanted.append((f"right answer to {name}", lambda task=task: _right(task, known.good.get(task.name), rehearse)))
    for bad in known.bad:
        if bad.case in chosen or not only:
            wanted.append((f"wrong answer {bad.name}", lambda bad=bad: _wrong(chosen.get(bad.case), bad, known.good)))
    found, last = [], time.monotonic()
    # Threads: what takes long happens in other processes.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = [(what, pool.submit(_faults, ask)) for what, ask in wanted]
        for what, each in waiting:
            found.append(Checked(what, each.result()))
            if time.monotonic() - last > QUIET_S:
                last = time.monotonic()
                say(f"{len(found)} of {len(wanted)} looked at")
    return found


def _faults(ask: Callable[[], Iterator[str]]) -> tuple[str, ...]:
    """What is wrong, as far as it could be looked at."""
    try:
        return tuple(ask())
    except ServeError as refusal:
        return (refusal.problem,)


def _right(task: cases.Task, options: str | None, rehearse: bool) -> Iterator[str]:
    """What the grader finds wrong with the right answer."""
    files = {"serve.py": answers.written(options)} if options else {}
    grade = graded(task, files, rehearse=rehearse)
    yield from (f"{each.name}: {each.evidence}" for each in grade.failed)


def _wrong(task: cases.Task | None, bad: answers.Bad, good: dict[str, str]) -> Iterator[str]:
    """Whether a wrong answer fails as it should, and nowhere else."""
    if task is None:
        yield f"there is no case {bad.case}"
        return
    if bad.file is not None:
        text = (cases.HERE / bad.file).read_text("utf-8") + "\n# looked at\n" if bad.file else ""
        files = {Path(bad.file).name: text} if text else {}
    else:
        options = bad.new or good.get(task.name)
        text = answers.written(options) if options else ""
        for old, new in bad.edits:
            if old not in text:
                yield f"the right answer does not hold {old!r}"
                return
            text = text.replace(old, new)
        files = {"serve.py": text} if text else {}
    files |= {name: answers.written(options) for name, options in bad.more.items()}
    grade = graded(task, files, skills=bad.skills, read=bad.read)
    failed = grade.failed
    names = sorted({each.name for each in failed})
    if not failed:
        yield "it passes"
    elif names != sorted(bad.fails):
        yield f"it fails {', '.join(names)}, not {', '.join(sorted(bad.fails))}: {failed[0].evidence}"
    elif not any(bad.because in each.evidence for each in failed):
        yield f"nothing says {bad.because!r}: {'; '.join(each.evidence for each in failed)}"


def _queries(queries: list[cases.Task]) -> Iterator[str]:
    """Whether a query is graded by what fired, both ways."""
    for task in queries:
        for fires in (True, False):
            fired = [cases.SKILL] if fires else []
            grade = graded(task, {}, skills=fired, read=[])
            if grade.passed != (fires == task.query.should_trigger):
                yield f"{task.name}: graded {grade.passed} when the skill {'fires' if fires else 'does not fire'}"


def graded(
    task: cases.Task,
    files: dict[str, str],
    *,
    skills: list[str] | None = None,
    read: list[str] | None = None,
    rehearse: bool = False,
) -> grading.Grade:
    """The grade of an agent that wrote `files`, and, unless told otherwise, used the right skill and read its pages."""
    if skills is None:
        skills = [task.expect_skill] if task.expect_skill else []
    if read is None:
        read = list(task.case.references.required) if task.case else []
    transcript = Transcript(turns=1)
    for name in skills:
        transcript.add("skill", name)
    for page in read:
        transcript.add("read", f".agents/skills/{cases.SKILL}/{page}")
    transcript.add("text", "", "Done.")
    transcript.end(FINISHED)
    folders = {
        name: sorted(str(page.relative_to(path)) for page in path.rglob("*.md")) for name, path in _skills().items()
    }
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        before = {path.name: path.read_text("utf-8") for path in task.files}
        for name, text in (before | files).items():
            Path(folder, name).write_text(text, "utf-8")
        return grading.grade(
            task, transcript, Path(folder), before, configuration=grading.WITH, skills=folders, rehearse=rehearse
        )


@lru_cache
def _skills() -> dict[str, Path]:
    return workspace.skills(grading.WITH)
