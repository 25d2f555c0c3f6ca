"""Validate the cases without a language model: right answers must pass, wrong ones must fail for their reason, and
every workflow and boundary must be covered."""

import concurrent.futures
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from evals import answers, cases, choosing, covering, demands, grading, workspace
from evals.artifact import PREFIX
from evals.transcript import FINISHED, Transcript
from modal_serve_gen.errors import ServeError

QUIET_S = 2  # between two progress lines


@dataclass(frozen=True)
class Validation:
    """One validation, and its faults."""

    what: str
    faults: tuple[str, ...]


def validate(rehearse: bool, only: list[str], say: Callable[[str], None]) -> list[Validation]:
    """Validate everything, or only the cases that match `only`; with `rehearse` right answers are rehearsed too."""
    every, queries, known = [demands.validate(case) for case in cases.evals()], cases.triggers(), answers.load()
    say(f"{len(every)} cases, {len(queries)} queries, {len(known.bad)} wrong answers")
    chosen = {case.name: case for case in every if not only or choosing.matches(case, only)}
    validations: list[tuple[str, Callable[[], Iterator[str]]]] = []
    if not only:
        validations.append(("coverage of the cases", partial(covering.case_gaps, every, known)))
        validations.append(("coverage of the queries", partial(covering.query_gaps, queries)))
        validations.append(("grading of the queries", partial(_queries, queries)))
    for name, case in chosen.items():
        validations.append((f"right answer to {name}", partial(_right, case, known.good.get(name), rehearse)))
    for wrong in known.bad:
        if wrong.case in chosen or not only:
            check = partial(_wrong, chosen.get(wrong.case), wrong, known.good)
            validations.append((f"wrong answer {wrong.name}", check))
    done, last = [], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # the slow parts run in other processes
        futures = [(what, pool.submit(_faults, check)) for what, check in validations]
        for what, future in futures:
            done.append(Validation(what, future.result()))
            if time.monotonic() - last > QUIET_S:
                last = time.monotonic()
                say(f"{len(done)} of {len(validations)} validated")
    return done


def _faults(check: Callable[[], Iterator[str]]) -> tuple[str, ...]:
    try:
        return tuple(check())
    except ServeError as refusal:
        return (refusal.problem,)


def _right(case: cases.Case, options: str | None, rehearse: bool) -> Iterator[str]:
    """The verdicts that fail for the right answer."""
    files = {"serve.py": answers.app_text(options)} if options else {}
    grade = grade_files(case, files, rehearse=rehearse)
    yield from (f"{verdict.name}: {verdict.evidence}" for verdict in grade.failed)


def _wrong(case: cases.Case | None, wrong: answers.WrongAnswer, good: dict[str, str]) -> Iterator[str]:
    """What differs from the expected failure of a wrong answer."""
    if case is None:
        yield f"there is no case {wrong.case}"
        return
    files = _files(wrong, good.get(case.name))
    if isinstance(files, str):
        yield files
        return
    failed = grade_files(case, files, skills=wrong.skills, read=wrong.read).failed
    names = sorted({verdict.name for verdict in failed})
    if not failed:
        yield "it passes"
    elif names != sorted(wrong.fails):
        yield f"it fails {', '.join(names)}, not {', '.join(sorted(wrong.fails))}: {failed[0].evidence}"
    elif not any(wrong.because in verdict.evidence for verdict in failed):
        yield f"no evidence contains {wrong.because!r}: {'; '.join(verdict.evidence for verdict in failed)}"


def _files(wrong: answers.WrongAnswer, good: str | None) -> dict[str, str] | str:
    """The files of a wrong answer, by name; or why they cannot be made."""
    files = {}
    if wrong.file is not None:
        if wrong.file:
            text = (cases.FOLDER / wrong.file).read_text("utf-8")
            files[Path(wrong.file).name] = f"{text}\n# changed\n"
    elif options := wrong.new or good:
        text = answers.app_text(options)
        for old, new in wrong.edits:
            if old not in text:
                return f"the right answer does not contain {old!r}"
            text = text.replace(old, new)
        files["serve.py"] = text
    return files | {name: answers.app_text(options) for name, options in wrong.more.items()}


def _queries(queries: list[cases.Query]) -> Iterator[str]:
    """Queries that are not graded by whether the skill fired."""
    for query in queries:
        for fires in (True, False):
            grade = grade_files(query, {}, skills=[cases.SKILL] if fires else [], read=[])
            if grade.passed != (fires == query.should_trigger):
                yield f"{query.name}: graded {grade.passed} if the skill {'fires' if fires else 'does not fire'}"


def grade_files(
    task: cases.Task,
    files: dict[str, str],
    *,
    skills: list[str] | None = None,
    read: list[str] | None = None,
    rehearse: bool = False,
) -> grading.Grade:
    """The grade of an agent that wrote `files`; by default it used the right skill and read the required pages."""
    if skills is None:
        skills = [task.expect_skill] if task.expect_skill else []
    if read is None:
        read = list(task.references.required) if isinstance(task, cases.Case) else []
    transcript = Transcript(turns=1)
    for name in skills:
        transcript.add("skill", name)
    for page in read:
        transcript.add("read", f".agents/skills/{cases.SKILL}/{page}")
    transcript.add("text", "", "Done.")
    transcript.end(FINISHED)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        before = {path.name: path.read_text("utf-8") for path in task.paths}
        for name, text in (before | files).items():
            Path(folder, name).write_text(text, "utf-8")
        project = grading.Project(Path(folder), before, _skill_files())
        return grading.grade(task, transcript, project, rehearse=rehearse)


@lru_cache
def _skill_files() -> dict[str, list[str]]:
    skills = workspace.skills(grading.WITH)
    return {name: sorted(str(page.relative_to(path)) for page in path.rglob("*.md")) for name, path in skills.items()}
