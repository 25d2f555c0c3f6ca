"""Right and wrong answers to the cases: answers.toml, and the apps that `modal-serve-gen new` writes for it."""

import shlex
import tomllib
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError

from evals import artifact, cases
from modal_serve_gen.commands import new_app
from modal_serve_gen.errors import BadInput, quoted

ANSWERS = cases.FOLDER / "answers.toml"


class WrongAnswer(cases.Strict):
    """A wrong answer; the comments of answers.toml describe the keys."""

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
    """The content of answers.toml: options of `new` for each case, and wrong answers."""

    good: dict[str, str]
    bad: tuple[WrongAnswer, ...]


def load() -> Answers:
    """Read answers.toml. Raises BadInput if it is malformed."""
    try:
        return Answers.model_validate(tomllib.loads(ANSWERS.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{quoted(ANSWERS)} is not valid TOML: {error}.", "Correct that line.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"{quoted(ANSWERS)}: {where}: {first['msg']}.", "See the comments in the file.") from None


@lru_cache
def app_text(command_line: str) -> str:
    """The app that `modal-serve-gen new` writes with these options."""
    words = shlex.split(command_line)
    options: dict[str, Any] = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        options[name.removeprefix("--").replace("-", "_")] = int(value) if value.isdecimal() else value
    with artifact.PARSING:
        return new_app.make(options, source=None, generator="evals", offline=True, say=lambda line: None).text
