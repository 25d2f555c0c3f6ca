"""What a run is worth: which skill fired, what was read, what was written. No language model is asked here.

`delivered` is what an agent with and without the skill can be held to: the app, or that none was written. `routing` is
what only an agent with the skill can do. A run is good when both are, whole.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evals import artifact, cases, demands
from evals.artifact import Verdict
from evals.transcript import Transcript

WITH, WITHOUT = "with_skill", "without_skill"
NO_SKILL, OTHER, NOTHING = "none", "other", "nothing"  # in confusion matrices


@dataclass
class Grade:
    """`fired`: skills, in their order; `read`: pages of the skill under test; `workflow`: of the file, or, of a query,
    of the page that was read; `not_judged`: expectations that only a language model could judge, when none did."""

    fired: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    workflow: str = NOTHING
    delivered: list[Verdict] = field(default_factory=list)
    routing: list[Verdict] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[Verdict]:
        """What is not as it should be."""
        return [each for each in [*self.delivered, *self.routing] if not each.passed]

    @property
    def passed(self) -> bool:
        """Whether every verdict is good: what was found to be wrong stays wrong, whoever judges the rest."""
        return not self.failed

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self) | {"passed": self.passed}


def failed(grade: dict[str, Any]) -> list[dict[str, Any]]:
    """What is not as it should be, of a grade as it is kept."""
    return [each for each in [*grade["delivered"], *grade["routing"]] if not each["passed"]]


def grade(
    task: cases.Task,
    transcript: Transcript,
    project: Path,
    before: dict[str, str],
    *,
    configuration: str,
    skills: dict[str, list[str]],
    rehearse: bool,
) -> Grade:
    """Grade a run that tells something (`transcript.told`).

    `skills`: each installed skill with the files in its folder. `before`: the project's files as the agent found them.
    """
    found = Grade(fired=transcript.fired(skills))
    found.read = transcript.read(cases.SKILL, skills.get(cases.SKILL, []))
    if task.query:
        _grade_query(found, task)
    else:
        _grade_case(found, task, project, before, configuration, rehearse)
    return found


def _grade_query(found: Grade, task: cases.Task) -> None:
    hit = cases.SKILL in found.fired
    if task.query.should_trigger:
        found.routing.append(_skill(f"{cases.SKILL} fires", hit, found.fired))
    else:
        found.routing.append(_skill(f"{cases.SKILL} stays out of it", not hit, found.fired))
    primaries = [page for page in found.read if page in cases.primaries()]
    found.workflow = cases.primaries()[primaries[0]] if primaries else NOTHING


def _grade_case(
    found: Grade, task: cases.Task, project: Path, before: dict[str, str], configuration: str, rehearse: bool
) -> None:
    case = task.case
    given = "\n".join([case.prompt, *before.values()])
    apps = artifact.found(project, case.artifact.glob if case.artifact else "*.py", before, given)
    if case.artifact:
        found.delivered += _written(case, apps, found, rehearse)
    else:
        serving = [f"{app.path.name} is {app.workflow}" for app in apps if app.workflow]
        shown = ", ".join(serving) or "none"
        found.delivered.append(
            Verdict("nothing-served", "no app that serves a language model is written", not serving, shown)
        )
        found.workflow = next((app.workflow for app in apps if app.workflow), NOTHING)
    if configuration == WITH:
        found.routing += _routing(case, found)
    found.not_judged = list(case.expectations)


def _written(case: cases.Case, apps: list[artifact.App], found: Grade, rehearse: bool) -> list[Verdict]:
    names = ", ".join(app.path.name for app in apps)
    one = Verdict("written", "one Modal app is written", len(apps) == 1, names or "none")
    if len(apps) != 1:
        found.workflow = NOTHING if not apps else OTHER
        return [one]
    app = apps[0]
    found.workflow = app.workflow or OTHER
    right = Verdict("workflow", f"it is {case.workflow}", app.workflow == case.workflow, _form(app))
    verdicts = [one, right, *demands.judge(app, case.artifact.checks)]
    if case.rehearse and rehearse:
        bad = next((each for each in verdicts if not each.passed and each.name in ("syntax", "imports")), None)
        missed = bad and Verdict("rehearse", "a rehearsal of it ends well", False, f"not tried: {bad.evidence}")
        verdicts.append(missed or artifact.rehearsed(app))
    return verdicts


def _form(app: artifact.App) -> str:
    if app.workflow:
        return f"the file is {app.workflow}"
    return f"{app.form[0]}, {app.form[1]}: no workflow" if app.form else "no engine, or several patterns in one file"


def _routing(case: cases.Case, found: Grade) -> list[Verdict]:
    verdicts = []
    if case.expect_skill:
        hit = case.expect_skill in found.fired
        verdicts.append(_skill(f"{case.expect_skill} fires", hit, found.fired))
    if case.expect_skill != cases.SKILL and not case.may_fire:
        verdicts.append(_skill(f"{cases.SKILL} stays out of it", cases.SKILL not in found.fired, found.fired))
    for page in case.references.required:
        shown = ", ".join(found.read) or "nothing of the skill"
        verdicts.append(Verdict("read", f"{page} is read", page in found.read, shown))
    if case.references.exactly_one_primary:
        read = [page for page in found.read if page in cases.primaries()]
        shown = ", ".join(read) or "none"
        verdicts.append(Verdict("one-primary", "exactly one primary reference is read", len(read) == 1, shown))
    return verdicts


def _skill(text: str, good: bool, fired: list[str]) -> Verdict:
    return Verdict("skill", text, good, f"fired: {', '.join(fired)}" if fired else "no skill fired")
