"""Records of an evaluation: its settings (run.json) and the result of a run (result.json)."""

import dataclasses
import hashlib
import importlib.metadata
import platform
import urllib.parse
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from evals import cases, workspace
from evals.grading import NO_SKILL, NOTHING, Grade
from evals.runners.agent import Options
from evals.transcript import ERROR, Transcript, Usage
from modal_serve_gen import facts

OPTIONAL = ("kind", "topic", "split", "grade", "judge", "place")  # keys that a result.json has only if they are set


class Record(BaseModel):
    """An immutable record; unknown keys in a file are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RunLimits(Record):
    """Limits of one run: seconds, turns of a case and of a query, dollars."""

    timeout: float
    max_turns: int
    trigger_turns: int
    max_usd_per_run: float | None = None

    def turns(self, task: cases.Task) -> int:
        """The limit of turns in a task."""
        return self.trigger_turns if isinstance(task, cases.Query) else self.max_turns


class Settings(Record):
    """The settings of an evaluation, fixed when it begins; only `jobs` and `max_usd` may change when it is resumed."""

    began: str
    agent: Options
    judge: Options | None = None
    limits: RunLimits
    max_usd: float | None = None
    set: Literal["evals", "trigger", "all"]
    split: Literal["tune", "held-out", "all"]
    cases: tuple[str, ...] = ()
    evals_file: str = ""
    triggers_file: str = ""
    runs: int
    configurations: tuple[str, ...]
    jobs: int
    rehearse: bool
    versions: dict[str, str]
    fingerprints: dict[str, str]
    planned: int = 0

    def document(self) -> dict[str, Any]:
        """The settings as a JSON object, without passwords in addresses."""
        document = self.model_dump(mode="json")
        for agent in (document["agent"], document["judge"]):
            if agent:
                agent["base_url"] = without_password(agent["base_url"])
        return document


@dataclasses.dataclass(frozen=True)
class Run:
    """One attempt at a task."""

    task: cases.Task
    configuration: str
    number: int

    @property
    def place(self) -> Path:
        """Its folder, relative to that of the evaluation."""
        return Path(self.task.task_id, self.configuration, f"run-{self.number}")


class Judgment(Record):
    """The language model that judged the expectations of a run, and what it used."""

    model: str
    usage: Usage


class Result(Record):
    """The result of one run, apart from its transcript and files. A query has a `kind`; `place` is its folder."""

    id: str
    name: str
    prompt: str
    configuration: str
    number: int
    expect_skill: str | None
    expect_workflow: str | None
    control: bool
    kind: str | None = None
    topic: str | None = None
    split: str | None = None
    outcome: str
    reason: str
    turns: int
    seconds: float
    usage: Usage
    model: str
    agent: str
    offered: list[str] | None
    malformed: int
    tool_calls: int
    tool_errors: int
    grade: Grade | None = None
    judge: Judgment | None = None
    place: str = ""

    def document(self) -> dict[str, Any]:
        """The result as a JSON object."""
        document = self.model_dump(mode="json")
        if self.grade:
            document["grade"] = self.grade.document()
        return {key: value for key, value in document.items() if key not in OPTIONAL or value}

    @property
    def is_query(self) -> bool:
        return self.kind is not None

    @property
    def conclusive(self) -> bool:
        """True if the run was graded; otherwise it counts neither as passed nor as failed."""
        return self.grade is not None

    @property
    def passed(self) -> bool:
        return self.grade is not None and self.grade.passed

    @property
    def delivered(self) -> bool:
        """True if the run was graded and every verdict on its files passed."""
        return self.grade is not None and self.grade.was_delivered

    @property
    def fired(self) -> list[str]:
        return self.grade.fired if self.grade else []

    @property
    def triggered(self) -> bool:
        """True if the skill under test fired."""
        return cases.SKILL in self.fired

    @property
    def predicted_skill(self) -> str:
        """The skill that counts in the confusion matrix: ours, else the expected one, else the first that fired."""
        if self.triggered:
            return cases.SKILL
        if self.expect_skill in self.fired:
            return self.expect_skill or NO_SKILL
        return next(iter(self.fired), NO_SKILL)

    @property
    def workflow(self) -> str:
        """The workflow of the app, or of the page that was read."""
        return self.grade.workflow if self.grade else NOTHING

    @property
    def tokens(self) -> int:
        return self.usage.input_tokens + self.usage.output_tokens

    @property
    def total_usd(self) -> float:
        """The known cost of the run and its judge."""
        return (self.usage.usd or 0) + ((self.judge.usage.usd or 0) if self.judge else 0)


def result(run: Run, transcript: Transcript, grade: Grade | None, judgment: Judgment | None) -> Result:
    """The result of a run."""
    task = run.task
    return Result(
        id=task.task_id,
        name=task.name,
        prompt=task.prompt,
        configuration=run.configuration,
        number=run.number,
        expect_skill=task.expect_skill,
        expect_workflow=task.workflow,
        control=task.control,
        kind=getattr(task, "kind", None),
        topic=getattr(task, "topic", None),
        split=getattr(task, "split", None),
        outcome=transcript.outcome or ERROR,
        reason=transcript.reason,
        turns=transcript.turns,
        seconds=round(transcript.seconds, 3),
        usage=dataclasses.replace(transcript.usage),
        model=transcript.model,
        agent=transcript.agent,
        offered=transcript.offered,
        malformed=transcript.malformed,
        tool_calls=sum(event.kind != "text" for event in transcript.events),
        tool_errors=sum(event.failed for event in transcript.events),
        grade=grade,
        judge=judgment,
    )


def versions() -> dict[str, str]:
    """All versions that a figure may depend on."""
    return {
        "modal-serve-gen": importlib.metadata.version("modal-serve-gen"),
        "modal": importlib.metadata.version("modal"),
        **{engine: pin.version for engine, pin in facts.pins().items() if pin.base_image},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def fingerprints(evals_file: Path, triggers_file: Path) -> dict[str, str]:
    """Hashes of everything that must not change during an evaluation."""
    return {
        "the skill": fingerprint(workspace.PACK),
        "the decoys": fingerprint(workspace.DECOYS),
        "the cases": fingerprint(evals_file, cases.FOLDER / "files"),
        "the queries": fingerprint(triggers_file),
        "the installed versions": hashlib.sha256(repr(sorted(versions().items())).encode()).hexdigest()[:16],
    }


def fingerprint(*paths: Path) -> str:
    """A hash of the content of files and folders."""
    total = hashlib.sha256()
    for root in paths:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def without_password(url: str) -> str:
    """An address without user name and password."""
    parts = urllib.parse.urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
