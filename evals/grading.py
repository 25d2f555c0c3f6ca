"""Grade a run: which skill fired, which pages were read, what was written. No language model is involved.

`delivered` grades the files, so it applies with and without the skill. `routing` applies only with the skill. A run
passes if every verdict of both passes.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evals import artifact, cases, demands
from evals.artifact import Verdict
from evals.transcript import Transcript

WITH, WITHOUT = "with_skill", "without_skill"
NO_SKILL, OTHER, NOTHING = "none", "other", "nothing"  # labels of confusion matrices


@dataclass
class Grade:
    """The grade of one run.

    `fired`: skills in order of activation. `read`: pages of the skill under test. `workflow`: of the app, or, for a
    query, of the primary reference that was read. `not_judged`: expectations that no language model has judged.
    """

    fired: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    workflow: str = NOTHING
    delivered: list[Verdict] = field(default_factory=list)
    routing: list[Verdict] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[Verdict]:
        return [verdict for verdict in [*self.delivered, *self.routing] if not verdict.passed]

    @property
    def was_delivered(self) -> bool:
        """True if every verdict on the files passed."""
        return all(verdict.passed for verdict in self.delivered)

    @property
    def passed(self) -> bool:
        return not self.failed

    def document(self) -> dict[str, Any]:
        """The grade as a JSON object."""
        return asdict(self) | {"passed": self.passed}


@dataclass(frozen=True)
class Project:
    """The project folder after a run. `before`: its files before it. `skills`: files of each installed skill."""

    folder: Path
    before: dict[str, str]
    skills: dict[str, list[str]]


def grade(
    task: cases.Task, transcript: Transcript, project: Project, *, with_skill: bool = True, rehearse: bool
) -> Grade:
    """Grade a conclusive run (`transcript.conclusive`)."""
    result = Grade(fired=transcript.fired(project.skills))
    result.read = transcript.read(cases.SKILL, project.skills.get(cases.SKILL, []))
    if isinstance(task, cases.Query):
        _grade_query(result, task)
    else:
        _grade_case(result, task, project, with_skill, rehearse)
    return result


def _grade_query(result: Grade, query: cases.Query) -> None:
    fired = cases.SKILL in result.fired
    if query.should_trigger:
        result.routing.append(_skill(f"{cases.SKILL} fires", fired, result.fired))
    else:
        result.routing.append(_skill(f"{cases.SKILL} does not fire", not fired, result.fired))
    primaries = [page for page in result.read if page in cases.primaries()]
    result.workflow = cases.primaries()[primaries[0]] if primaries else NOTHING


def _grade_case(result: Grade, case: cases.Case, project: Project, with_skill: bool, rehearse: bool) -> None:
    user_text = "\n".join([case.prompt, *project.before.values()])
    apps = artifact.find(project.folder, case.artifact.glob if case.artifact else "*.py", project.before, user_text)
    if case.artifact:
        result.delivered += _written(case, case.artifact, apps, result, rehearse)
    else:
        serving = [f"{app.path.name} is {app.workflow}" for app in apps if app.workflow]
        text = "no app that serves a language model is written"
        result.delivered.append(Verdict("nothing-served", text, not serving, ", ".join(serving) or "none"))
        result.workflow = next((app.workflow for app in apps if app.workflow), NOTHING)
    if with_skill:
        result.routing += _routing(case, result)
    result.not_judged = list(case.expectations)


def _written(
    case: cases.Case, required: cases.Artifact, apps: list[artifact.App], result: Grade, rehearse: bool
) -> list[Verdict]:
    names = ", ".join(app.path.name for app in apps)
    written = Verdict("written", "exactly one Modal app is written", len(apps) == 1, names or "none")
    if len(apps) != 1:
        result.workflow = OTHER if apps else NOTHING
        return [written]
    app = apps[0]
    result.workflow = app.workflow or OTHER
    right = Verdict("workflow", f"the app is {case.workflow}", app.workflow == case.workflow, _form(app))
    verdicts = [written, right, *demands.judge(app, required.checks)]
    if case.rehearse and rehearse:
        broken = [verdict for verdict in verdicts if verdict.name in ("syntax", "imports") and not verdict.passed]
        if broken:
            skipped = f"not rehearsed: {broken[0].evidence}"
            verdicts.append(Verdict("rehearse", "the app passes a rehearsal", False, skipped))
        else:
            verdicts.append(artifact.rehearse(app))
    return verdicts


def _form(app: artifact.App) -> str:
    if app.workflow:
        return f"the file is {app.workflow}"
    if app.form:
        return f"{app.form.engine}, {app.form.mode}: not a known workflow"
    return "no engine, or several patterns in one file"


def _routing(case: cases.Case, result: Grade) -> list[Verdict]:
    verdicts = []
    if case.expect_skill:
        verdicts.append(_skill(f"{case.expect_skill} fires", case.expect_skill in result.fired, result.fired))
    if case.expect_skill != cases.SKILL and not case.may_fire:
        verdicts.append(_skill(f"{cases.SKILL} does not fire", cases.SKILL not in result.fired, result.fired))
    for page in case.references.required:
        evidence = f"read: {', '.join(result.read) or 'no page of the skill'}"
        verdicts.append(Verdict("read", f"{page} is read", page in result.read, evidence))
    if case.references.exactly_one_primary:
        primaries = [page for page in result.read if page in cases.primaries()]
        text = "exactly one primary reference is read"
        verdicts.append(Verdict("one-primary", text, len(primaries) == 1, ", ".join(primaries) or "none"))
    return verdicts


def _skill(text: str, passed: bool, fired: list[str]) -> Verdict:
    return Verdict("skill", text, passed, f"fired: {', '.join(fired)}" if fired else "no skill fired")
