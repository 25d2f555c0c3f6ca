"""Coverage of the cases and queries: every workflow, sibling skill and boundary is tested, and no split leaks."""

import difflib
from collections import Counter
from collections.abc import Iterator

from evals import artifact, cases, grading, workspace
from evals.answers import Answers
from modal_serve_gen.spec import workflows

# Minimum numbers: cases and repairs for each workflow, hand-offs, queries, wrong answers, queries of each kind.
PER_WORKFLOW, REPAIRS, HAND_OFFS, QUERIES, WRONG, OF_A_KIND = 6, 1, 8, 120, 15, 20
TOPICS = {
    *("serving", "repair", "sizing", "training", "batch-jobs", "sandboxes", "modal-general", "managed-endpoints"),
    *("hosted-apis", "embeddings", "diffusion", "speech", "other-platforms", "other"),
}
HELD_OUT = (0.3, 0.5)  # share of the queries that are not used to tune the skill's description
TRIGGERING = (0.35, 0.65)  # share of the queries that should trigger
ALIKE = 0.8  # similarity of two queries that counts as a paraphrase


def case_gaps(tasks: list[cases.Case], answers: Answers) -> Iterator[str]:
    """What the cases do not cover."""
    for name in workflows.names():
        yield from _workflow_gaps(name, [case for case in tasks if case.workflow == name])
    away = [case for case in tasks if case.workflow is None]
    if len(away) < HAND_OFFS:
        yield f"{len(away)} cases belong to no workflow, fewer than {HAND_OFFS}"
    for sibling in cases.SIBLINGS:
        if not any(case.expect_skill == sibling for case in away):
            yield f"no case belongs to {sibling}"
    if not any(case.control for case in tasks):
        yield "no case is the control"
    for case in tasks:
        yield from (f"{case.name}: {gap}" for gap in _case_faults(case))
        if (case.name in answers.good) != (case.artifact is not None):
            yield f"{case.name}: an answer and an artifact belong together"
    if len(answers.bad) < WRONG:
        yield f"{len(answers.bad)} wrong answers, fewer than {WRONG}"
    installed = set(workspace.skills(grading.WITH))
    for case in tasks:
        if case.expect_skill and case.expect_skill not in installed:
            yield f"{case.name} expects {case.expect_skill}, which is not installed"


def _workflow_gaps(name: str, own: list[cases.Case]) -> Iterator[str]:
    if len(own) < PER_WORKFLOW:
        yield f"{name} has {len(own)} cases, fewer than {PER_WORKFLOW}"
    if sum("repair" in case.tags for case in own) < REPAIRS:
        yield f"no case repairs a file of {name}"
    if not any(case.rehearse for case in own):
        yield f"no app of {name} is rehearsed"
    if len({artifact.form_of(workflow) for workflow in workflows.names()}) != len(workflows.names()):
        yield f"the app of {name} cannot be distinguished from another workflow's"


def _case_faults(case: cases.Case) -> Iterator[str]:
    for path in case.paths:
        if path.name not in case.prompt:
            yield f"the prompt does not name {path.name}"
    for page in case.references.required:
        if not (workspace.PACK / cases.SKILL / page).is_file():
            yield f"the skill has no {page}"
    primaries = [page for page in case.references.required if page in cases.primaries()]
    if case.workflow and [cases.primaries()[page] for page in primaries] != [case.workflow]:
        yield f"its primary reference is not that of {case.workflow}"
    if "explicit" not in case.tags and cases.SKILL in case.prompt:
        yield "the prompt names the skill"


def query_gaps(queries: list[cases.Query]) -> Iterator[str]:
    """What the queries do not cover."""
    if len(queries) < QUERIES:
        yield f"{len(queries)} queries, fewer than {QUERIES}"
    if sum(query.control for query in queries) != 1:
        yield "not exactly one query is the control"
    kinds, topics = Counter(query.kind for query in queries), Counter(query.topic for query in queries)
    for kind in cases.KINDS:
        if kinds[kind] < OF_A_KIND:
            yield f"{kinds[kind]} queries are {kind}, fewer than {OF_A_KIND}"
    yield from (f"no query is about {topic}" for topic in TOPICS if not topics[topic])
    yield from (f"the topic {topic} is unknown" for topic in topics if topic not in TOPICS)
    yield from _split_gaps(queries)
    installed = set(workspace.skills(grading.WITH))
    for query in queries:
        if query.expect_skill and query.expect_skill not in installed:
            yield f"{query.query[:60]!r} expects {query.expect_skill}, which is not installed"
        if cases.SKILL in query.query and query.kind != "explicit":
            yield f"{query.query[:60]!r} names the skill and is not explicit"
    yield from _paraphrases(queries)


def _split_gaps(queries: list[cases.Query]) -> Iterator[str]:
    labels = [(query.split, label) for query in queries for label in (query.workflow, query.expect_skill)]
    for name in [*workflows.names(), *cases.SIBLINGS]:
        if {split for split, label in labels if label == name} != {"tune", "held-out"}:
            yield f"{name} is not in both splits"
    share = sum(query.split == "held-out" for query in queries) / len(queries)
    if not HELD_OUT[0] <= share <= HELD_OUT[1]:
        yield f"{share:.0%} of the queries are held out"
    share = sum(query.should_trigger for query in queries) / len(queries)
    if not TRIGGERING[0] <= share <= TRIGGERING[1]:
        yield f"{share:.0%} of the queries should trigger, which is too far from half"


def _paraphrases(queries: list[cases.Query]) -> Iterator[str]:
    tuned = [query.query for query in queries if query.split == "tune"]
    for query in (query.query for query in queries if query.split == "held-out"):
        matcher = difflib.SequenceMatcher(b=query, autojunk=False)
        for other in tuned:
            matcher.set_seq1(other)
            if matcher.real_quick_ratio() > ALIKE and matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE:
                yield f"{query[:50]!r} is held out, but {other[:50]!r} is not"
