"""What agents are asked and what must come of it: evals.json and trigger-evals.json, read and checked at the rim.

Both formats are supersets of what is common: a reader that knows only `id`, `prompt`, `expected_output`, `files` and
`expectations`, or only `query` and `should_trigger`, reads them as they are.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.spec import workflows

HERE = Path(__file__).resolve().parent
EVALS, TRIGGERS = HERE / "evals.json", HERE / "trigger-evals.json"
SKILL = "modal-llm-serving"
SIBLINGS = ("modal-finetuning", "modal-batch-processing", "modal-sandbox")
PLAYBOOK = "references/performance-playbook.md"
KINDS = ("explicit", "implicit", "contextual", "near-miss")


def primaries() -> dict[str, str]:
    """Each primary reference of the skill -> its workflow."""
    return {f"references/{workflows.load(name).reference}": name for name in workflows.names()}


def set_of(task_id: str) -> str:
    """Which set a task is of, by its id: eval or trigger."""
    return task_id.partition("-")[0]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class References(Strict):
    """What the agent must read of the skill; of the primary references exactly one, if so."""

    required: tuple[str, ...] = ()
    exactly_one_primary: bool = False


class Artifact(Strict):
    """The file that must come of it; `checks`: name of a check in `artifact` -> what it must find."""

    glob: str = "*.py"
    checks: dict[str, Any] = {}


class Case(Strict):
    """A task with an outcome.

    Without an artifact it belongs elsewhere (`expect_skill`, None for no skill at all), and no app that serves a
    language model may be written. `may_fire`: the user names the skill, so that it fires and must hand over.
    """

    id: int
    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    prompt: str = Field(min_length=10)
    expected_output: str
    files: tuple[str, ...] = ()
    expectations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    expect_skill: str | None
    may_fire: bool = False
    workflow: str | None = None
    references: References = References()
    artifact: Artifact | None = None
    rehearse: bool = False
    control: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "Case":
        if (self.workflow is None) != (self.artifact is None):
            raise ValueError("a workflow and an artifact belong together")
        if self.workflow and self.workflow not in workflows.names():
            raise ValueError(f"there is no workflow {self.workflow!r}; there are {', '.join(workflows.names())}")
        if self.workflow and self.expect_skill != SKILL:
            raise ValueError(f"a case with a workflow expects the skill {SKILL!r}, not {self.expect_skill!r}")
        if self.control and self.expect_skill != SKILL:
            raise ValueError("a control names the skill under test")
        return self


class Query(Strict):
    """A wish, and the skill that it should activate."""

    query: str = Field(min_length=10)
    should_trigger: bool
    expect_skill: str | None
    workflow: str | None = None
    topic: str
    kind: Literal[KINDS]
    split: Literal["tune", "held-out"]
    control: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "Query":
        if self.should_trigger != (self.expect_skill == SKILL):
            raise ValueError(f"should_trigger says whether expect_skill is {SKILL}")
        if self.workflow and (not self.should_trigger or self.workflow not in workflows.names()):
            raise ValueError(f"{self.workflow!r} is no workflow of a query that triggers")
        return self


class Task(Strict):
    """One thing that an agent is asked: a case, or a query of which only the first turns count."""

    id: str
    name: str
    prompt: str
    case: Case | None = None
    query: Query | None = None

    @property
    def expect_skill(self) -> str | None:
        return (self.case or self.query).expect_skill

    @property
    def workflow(self) -> str | None:
        return (self.case or self.query).workflow

    @property
    def control(self) -> bool:
        return (self.case or self.query).control

    @property
    def files(self) -> list[Path]:
        """What lies in the project before the agent comes."""
        return [HERE.parent / name for name in self.case.files] if self.case else []


def evals(path: Path = EVALS) -> list[Task]:
    """The tasks of an evals.json. Raises BadInput where it is none."""
    held = _json(path)
    rows = held.get("evals") if isinstance(held, dict) else None
    if not isinstance(rows, list):
        raise BadInput(f'{quoted(path)} has no list "evals".', "Give a file such as evals/evals.json.")
    if held.get("skill_name") != SKILL:
        raise BadInput(
            f"{quoted(path)} is of the skill {quoted(held.get('skill_name'))}.", f"This harness is {SKILL}'s."
        )
    cases = _read(path, list[Case], rows)
    tasks = [Task(id=f"eval-{case.id}", name=case.name, prompt=case.prompt, case=case) for case in cases]
    return _unique(path, tasks)


def triggers(path: Path = TRIGGERS) -> list[Task]:
    """The tasks of a trigger-evals.json. Raises BadInput where it is none."""
    queries = _read(path, list[Query], _json(path))
    tasks = []
    for each in queries:
        # By the words themselves: a query keeps its id whatever stands before it.
        key = hashlib.sha256(each.query.encode()).hexdigest()[:10]
        words = " ".join(each.query.split())
        tasks.append(
            Task(
                id=f"trigger-{key}", name=words if len(words) < 70 else f"{words[:69]}…", prompt=each.query, query=each
            )
        )
    return _unique(path, tasks)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as fault:
        raise BadInput(f"{quoted(path)} cannot be read: {fault}.", "Give a JSON file.") from None


def _read(path: Path, kind: Any, rows: Any) -> list:
    try:
        return TypeAdapter(kind).validate_python(rows)
    except ValidationError as fault:
        first = fault.errors()[0]
        place, *rest = first["loc"] or ("the whole",)
        row = rows[place] if isinstance(rows, list) and isinstance(place, int) else {}
        name = row.get("name") or row.get("query") or f"entry {place}" if isinstance(row, dict) else f"entry {place}"
        where = ".".join(map(str, [quoted(name, 60), *rest]))
        said = first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{quoted(path)}: {where}: {said}.", "evals/cases.py says what an entry may hold.") from None


def _unique(path: Path, tasks: list[Task]) -> list[Task]:
    for key in ("id", "name"):
        seen: set[str] = set()
        for task in tasks:
            if (value := getattr(task, key)) in seen:
                raise BadInput(f"{quoted(path)}: the {key} {quoted(value)} stands there twice.", "Give each its own.")
            seen.add(value)
    return tasks
