"""Cases and queries: evals.json and trigger-evals.json, validated as they are read.

Both formats are supersets of the common ones: a reader that knows only `id`, `prompt`, `expected_output`, `files` and
`expectations` of a case, or `query` and `should_trigger` of a query, can read the files.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.spec import workflows

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
EVALS, TRIGGERS = FOLDER / "evals.json", FOLDER / "trigger-evals.json"
SKILL = "modal-llm-serving"
SIBLINGS = ("modal-finetuning", "modal-batch-processing", "modal-sandbox")
Kind = Literal["explicit", "implicit", "contextual", "near-miss"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def primaries() -> dict[str, str]:
    """Each primary reference of the skill, with its workflow."""
    return {f"references/{workflows.load(name).reference}": name for name in workflows.names()}


def task_set(task_id: str) -> str:
    """The set that a task belongs to: eval or trigger."""
    return task_id.partition("-")[0]


class Strict(BaseModel):
    """An immutable record that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class References(Strict):
    """Pages of the skill that the agent must read, and whether it must read exactly one primary reference."""

    required: tuple[str, ...] = ()
    exactly_one_primary: bool = False


class Artifact(Strict):
    """The file that the agent must write. `checks`: name of a check in `demands`, and the value it requires."""

    glob: str = "*.py"
    checks: dict[str, Any] = {}


class Case(Strict):
    """A task that is graded by its outcome.

    A case without an artifact belongs to another skill (`expect_skill`; None: to no skill), and the agent must not
    write an app that serves a language model. `may_fire`: the prompt names the skill, which must decline.
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
    def _consistent(self) -> "Case":
        if (self.workflow is None) != (self.artifact is None):
            raise ValueError("a workflow and an artifact belong together")
        if self.workflow and self.workflow not in workflows.names():
            raise ValueError(f"there is no workflow {self.workflow!r}; choose from {', '.join(workflows.names())}")
        if self.workflow and self.expect_skill != SKILL:
            raise ValueError(f"a case with a workflow must expect the skill {SKILL!r}, not {self.expect_skill!r}")
        if self.control and self.expect_skill != SKILL:
            raise ValueError("a control must expect the skill under test")
        return self

    @property
    def task_id(self) -> str:
        """Its id in results, such as eval-3."""
        return f"eval-{self.id}"

    @property
    def paths(self) -> list[Path]:
        """The files that are copied into the project before the agent starts."""
        return [ROOT / name for name in self.files]


class Query(Strict):
    """A request of which only the first turns count, and the skill that it should activate."""

    query: str = Field(min_length=10)
    should_trigger: bool
    expect_skill: str | None
    workflow: str | None = None
    topic: str
    kind: Kind
    split: Literal["tune", "held-out"]
    control: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "Query":
        if self.should_trigger != (self.expect_skill == SKILL):
            raise ValueError(f"should_trigger must be true exactly if expect_skill is {SKILL}")
        if self.workflow and (not self.should_trigger or self.workflow not in workflows.names()):
            raise ValueError(f"{self.workflow!r} is not a workflow, or the query should not trigger")
        return self

    @property
    def task_id(self) -> str:
        """Its id in results: a hash of its text, so that it does not depend on the order of the queries."""
        return f"trigger-{hashlib.sha256(self.query.encode()).hexdigest()[:10]}"

    @property
    def name(self) -> str:
        """Its text on one line, abbreviated."""
        text = " ".join(self.query.split())
        return text if len(text) < 70 else f"{text[:69]}…"

    @property
    def prompt(self) -> str:
        """What the agent is asked."""
        return self.query

    @property
    def paths(self) -> list[Path]:
        """A query has no files."""
        return []


Task = Case | Query
T = TypeVar("T", Case, Query)


def evals(path: Path = EVALS) -> list[Case]:
    """The cases of an evals.json. Raises BadInput if it is not one."""
    document = _json(path)
    rows = document.get("evals") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise BadInput(f'{quoted(path)} has no list "evals".', "Name a file such as evals/evals.json.")
    if document.get("skill_name") != SKILL:
        name = quoted(document.get("skill_name"))
        raise BadInput(f"{quoted(path)} tests the skill {name}.", f"Name a file for the skill {SKILL}.")
    return _unique(path, _validated(path, list[Case], rows))


def triggers(path: Path = TRIGGERS) -> list[Query]:
    """The queries of a trigger-evals.json. Raises BadInput if it is not one."""
    return _unique(path, _validated(path, list[Query], _json(path)))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{quoted(path)} cannot be read: {error}.", "Name a JSON file.") from None


def _validated(path: Path, kind: type[list[T]], rows: Any) -> list[T]:
    try:
        return TypeAdapter(kind).validate_python(rows)
    except ValidationError as error:
        first = error.errors()[0]
        index, *keys = first["loc"] or ("the document",)
        row = rows[index] if isinstance(rows, list) and isinstance(index, int) else {}
        name = (row.get("name") or row.get("query") if isinstance(row, dict) else None) or f"entry {index}"
        where = ".".join(map(str, [quoted(name, 60), *keys]))
        message = first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{quoted(path)}: {where}: {message}.", "evals/cases.py describes the keys.") from None


def _unique(path: Path, tasks: list[T]) -> list[T]:
    for key in ("task_id", "name"):
        seen: set[str] = set()
        for task in tasks:
            if (value := getattr(task, key)) in seen:
                text = f"{quoted(path)}: the {key.removeprefix('task_')} {quoted(value)} occurs twice."
                raise BadInput(text, "Make it unique.")
            seen.add(value)
    return tasks
