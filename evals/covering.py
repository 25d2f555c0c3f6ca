"""What the cases and queries lack: every workflow, sibling and boundary is asked for, and no split leaks."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from evals import artifact, cases, demands, grading, workspace
from evals.answers import Answers
from modal_serve_gen.spec import workflows

PER_WORKFLOW, REPAIRS, HAND_OFFS, QUERIES, WRONG = 6, 1, 8, 120, 15
OF_A_KIND = 20  # queries of each kind at least
TOPICS = (
    "serving", "repair", "sizing", "training", "batch-jobs", "sandboxes", "modal-general", "managed-endpoints",
    "hosted-apis", "embeddings", "diffusion", "speech", "other-platforms", "other",
)  # fmt: skip
HELD_OUT = (0.3, 0.5)  # share of the queries that no wording of the skill is chosen by
ALIKE = 0.8  # of two queries in different splits: a paraphrase
NAMES_SKILL = re.compile(re.escape(cases.SKILL))


def cases_lack(tasks: list[cases.Task], known: Answers) -> Iterator[str]:
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


def queries_lack(queries: list[cases.Task]) -> Iterator[str]:
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
