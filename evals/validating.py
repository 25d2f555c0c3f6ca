"""Do the cases measure what they should? Without any model: right answers must be graded good, wrong ones bad for the
right reason, and every workflow and boundary must be asked for."""

import concurrent.futures
import difflib
import re
import shlex
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from evals import artifact, cases, choosing, demands, grading, workspace
from evals.transcript import FINISHED, Transcript
from modal_serve_gen import newapp, workflows
from modal_serve_gen.errors import BadInput, ServeError, shown

ANSWERS = cases.HERE / "answers.toml"
PER_WORKFLOW, REPAIRS, HAND_OFFS, QUERIES, WRONG = 6, 1, 8, 120, 15
OF_A_KIND = 20  # queries of each kind at least
TOPICS = (
    "serving", "repair", "sizing", "training", "batch-jobs", "sandboxes", "modal-general", "managed-endpoints",
    "hosted-apis", "embeddings", "diffusion", "speech", "other-platforms", "other",
)  # fmt: skip
HELD_OUT = (0.3, 0.5)  # share of the queries that no wording of the skill is chosen by
ALIKE = 0.8  # of two queries in different splits: a paraphrase
QUIET_S = 2  # without progress
NAMES_SKILL = re.compile(re.escape(cases.SKILL))


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at, and what is wrong with it."""

    what: str
    faults: tuple[str, ...]


class Bad(cases.Strict):
    """A wrong answer; answers.toml says what each key is."""

    name: str
    case: str
    fails: tuple[str, ...]
    because: str
    new: str | None = None
    edits: tuple[tuple[str, str], ...] = ()
    file: str | None = None
    more: dict[str, str] = Field(default_factory=dict)
    skills: list[str] | None = None
    read: list[str] | None = None


class Answers(cases.Strict):
    """answers.toml."""

    good: dict[str, str]
    bad: tuple[Bad, ...]


def answers() -> Answers:
    """The right and wrong answers. Raises BadInput where the file is broken."""
    try:
        return Answers.model_validate(tomllib.loads(ANSWERS.read_text("utf-8")))
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(f"{shown(str(ANSWERS))} is no TOML: {fault}.", "Mend that line.") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"{shown(str(ANSWERS))}: {where}: {first['msg']}.", "Its comments say what there is.") from None


def validate(rehearse: bool, only: list[str], say: Callable[[str], None]) -> list[Checked]:
    """Look at everything, or at `only` some cases (patterns); with `rehearse` right answers are rehearsed as well."""
    tasks, queries, known = [demands.checked(task) for task in cases.evals()], cases.triggers(), answers()
    say(f"{len(tasks)} cases, {len(queries)} queries, {len(known.bad)} wrong answers")
    chosen = {task.name: task for task in tasks if not only or choosing.named(task, only)}
    wanted: list[tuple[str, Callable[[], Iterator[str]]]] = []
    if not only:
        wanted.append(("coverage of the cases", lambda: coverage(tasks, known)))
        wanted.append(("coverage of the queries", lambda: query_coverage(queries)))
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


def coverage(tasks: list[cases.Task], known: Answers) -> Iterator[str]:
    """What the cases lack."""
    for name in workflows.names():
        own = [task.case for task in tasks if task.workflow == name]
        if len(own) < PER_WORKFLOW:
            yield f"{name} has {len(own)} cases, fewer than {PER_WORKFLOW}"
        if sum("repair" in case.tags for case in own) < REPAIRS:
            yield f"no case repairs a file of {name}"
        if not any(case.rehearse for case in own):
            yield f"no app of {name} is rehearsed"
        if len({artifact.form_of(each) for each in workflows.names()}) != len(workflows.names()):
            yield f"the file of {name} cannot be told from another's"
    away = [task.case for task in tasks if task.case.workflow is None]
    if len(away) < HAND_OFFS:
        yield f"{len(away)} hand-offs, fewer than {HAND_OFFS}"
    for sibling in cases.SIBLINGS:
        if not any(case.expect_skill == sibling for case in away):
            yield f"nothing is handed over to {sibling}"
    if not any(task.control for task in tasks):
        yield "no case is the control"
    for task in tasks:
        yield from (f"{task.name}: {each}" for each in _case(task.case))
        if (task.name in known.good) != (task.case.artifact is not None):
            yield f"{task.name}: an answer and an artifact belong together"
    if len(known.bad) < WRONG:
        yield f"{len(known.bad)} wrong answers, fewer than {WRONG}"
    installed = set(workspace.skills(grading.WITH))
    for task in tasks:
        if task.expect_skill and task.expect_skill not in installed:
            yield f"{task.name} expects {task.expect_skill}, which is not installed"


def _case(case: cases.Case) -> Iterator[str]:
    for file in case.files:
        if not (cases.HERE.parent / file).is_file():
            yield f"{file} is not there"
        if Path(file).name not in case.prompt:
            yield f"the prompt does not name {Path(file).name}"
    for page in case.references.required:
        if not (workspace.PACK / cases.SKILL / page).is_file():
            yield f"the skill has no {page}"
    primaries = [page for page in case.references.required if page in cases.primaries()]
    if case.workflow and [cases.primaries()[page] for page in primaries] != [case.workflow]:
        yield f"its primary reference is not the one of {case.workflow}"
    for name in case.artifact.checks if case.artifact else ():
        if name not in demands.ASKED:
            yield f"there is no check {name}"
    if "explicit" not in case.tags and NAMES_SKILL.search(case.prompt):
        yield "the prompt names the skill"


def query_coverage(queries: list[cases.Task]) -> Iterator[str]:
    """What the queries lack."""
    every = [task.query for task in queries]
    if len(every) < QUERIES:
        yield f"{len(every)} queries, fewer than {QUERIES}"
    if sum(query.control for query in every) != 1:
        yield "not exactly one query is the control"
    kinds, topics = Counter(query.kind for query in every), Counter(query.topic for query in every)
    yield from (
        f"{kinds[kind]} queries are {kind}, fewer than {OF_A_KIND}" for kind in cases.KINDS if kinds[kind] < OF_A_KIND
    )
    yield from (f"no query is about {topic}" for topic in TOPICS if not topics[topic])
    yield from (f"the topic {topic} is none" for topic in topics if topic not in TOPICS)
    for name, key in [
        *((name, "workflow") for name in workflows.names()),
        *((name, "expect_skill") for name in cases.SIBLINGS),
    ]:
        splits = {query.split for query in every if getattr(query, key) == name}
        if splits != {"tune", "held-out"}:
            yield f"{name} is not in both splits"
    share = sum(query.split == "held-out" for query in every) / len(every)
    if not HELD_OUT[0] <= share <= HELD_OUT[1]:
        yield f"{share:.0%} of the queries are held out"
    yes = sum(query.should_trigger for query in every) / len(every)
    if not 0.35 <= yes <= 0.65:
        yield f"{yes:.0%} of the queries should trigger: too far from half"
    known = set(workspace.skills(grading.WITH))
    for query in every:
        if query.expect_skill and query.expect_skill not in known:
            yield f"{query.query[:60]!r} expects {query.expect_skill}, which is not installed"
        if NAMES_SKILL.search(query.query) and query.kind != "explicit":
            yield f"{query.query[:60]!r} names the skill and is not explicit"
    yield from _paraphrases(every)


def _paraphrases(every: list[cases.Query]) -> Iterator[str]:
    tuned = [query.query for query in every if query.split == "tune"]
    for query in (each.query for each in every if each.split == "held-out"):
        matcher = difflib.SequenceMatcher(b=query, autojunk=False)
        for other in tuned:
            matcher.set_seq1(other)
            if matcher.real_quick_ratio() > ALIKE and matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE:
                yield f"{query[:50]!r} is held out, and {other[:50]!r} is not"


def _right(task: cases.Task, options: str | None, rehearse: bool) -> Iterator[str]:
    """What the grader finds wrong with the right answer."""
    files = {"serve.py": written(options)} if options else {}
    grade = graded(task, files, rehearse=rehearse)
    for each in [*grade.delivered, *grade.routing]:
        if not each.passed:
            yield f"{each.name}: {each.evidence}"
    if not grade.passed and not any(not each.passed for each in [*grade.delivered, *grade.routing]):
        yield "it does not pass, and nothing says why"


def _wrong(task: cases.Task | None, bad: Bad, good: dict[str, str]) -> Iterator[str]:
    """Whether a wrong answer fails as it should, and nowhere else."""
    if task is None:
        yield f"there is no case {bad.case}"
        return
    if bad.file is not None:
        text = (cases.HERE / bad.file).read_text("utf-8") + "\n# looked at\n" if bad.file else ""
        files = {Path(bad.file).name: text} if text else {}
    else:
        options = bad.new or good.get(task.name)
        text = written(options) if options else ""
        for old, new in bad.edits:
            if old not in text:
                yield f"the right answer does not hold {old!r}"
                return
            text = text.replace(old, new)
        files = {"serve.py": text} if text else {}
    files |= {name: written(options) for name, options in bad.more.items()}
    grade = graded(task, files, skills=bad.skills, read=bad.read)
    failed = [each for each in [*grade.delivered, *grade.routing] if not each.passed]
    names = sorted({each.name for each in failed})
    if grade.passed or not failed:
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
    with tempfile.TemporaryDirectory(prefix="modal-serve-evals-") as folder:
        before = {path.name: path.read_text("utf-8") for path in task.files}
        for name, text in (before | files).items():
            Path(folder, name).write_text(text, "utf-8")
        return grading.grade(
            task, transcript, Path(folder), before, configuration=grading.WITH, skills=folders, rehearse=rehearse
        )


@lru_cache
def _skills() -> dict[str, Path]:
    return workspace.skills(grading.WITH)


@lru_cache
def written(options: str) -> str:
    """What `modal-serve-gen new` writes with these options."""
    words = shlex.split(options)
    given: dict[str, Any] = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        key = name.removeprefix("--").replace("-", "_")
        given[key] = int(value) if value.isdecimal() else value
    with artifact.PARSING:
        return newapp.make(given, source=None, generator="evals", offline=True, say=lambda line: None).text
