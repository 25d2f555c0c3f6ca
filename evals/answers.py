"""Right and wrong answers to the cases: answers.toml, and the files that `new` writes for it."""

import shlex
import tomllib
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError

from evals import artifact, cases
from modal_serve_gen.commands import new_app
from modal_serve_gen.errors import BadInput, quoted

ANSWERS = cases.HERE / "answers.toml"


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


def load() -> Answers:
    """The right and wrong answers. Raises BadInput where the file is broken."""
    try:
        return Answers.model_validate(tomllib.loads(ANSWERS.read_text("utf-8")))
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(f"{quoted(str(ANSWERS))} is no TOML: {fault}.", "Mend that line.") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"{quoted(str(ANSWERS))}: {where}: {first['msg']}.", "Its comments say what there is.") from None


@lru_cache
def written(options: str) -> str:
    """What `modal-serve-gen new` writes with these options."""
    words = shlex.split(options)
    given: dict[str, Any] = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        key = name.removeprefix("--").replace("-", "_")
        given[key] = int(value) if value.isdecimal() else value
    with artifact.PARSING:
        return new_app.make(given, source=None, generator="evals", offline=True, say=lambda line: None).text
