"""Split shell text, as in an image's RUN steps, into simple commands."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

OPERATORS = ("&&", "||", ";", "|", "&", "\n")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
WRAPPERS = {"sudo", "env", "time", "exec", "command", "nice", "then", "do", "else", "{", "("}
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


@dataclass(frozen=True)
class Command:
    """One simple command: its text, and its words without assignments and wrappers such as `sudo`."""

    text: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        return self.words[0].rpartition("/")[2] if self.words else ""


def run_steps(lines: Iterable[str]) -> Iterator[str]:
    """The shell text of each RUN step of a Dockerfile's lines, continuation lines and here-documents joined."""
    pending, ends, body = "", "", list[str]()
    for line in lines:
        if ends:
            body.append(line)
            if line.strip() == ends:
                yield _shell("\n".join([pending, *body]))
                pending, ends, body = "", "", []
            continue
        text = line.strip()
        if not pending and not re.match(r"RUN\s", text, re.IGNORECASE):
            continue
        if pending and text.startswith("#"):
            continue
        if text.endswith("\\"):
            pending += f"{text[:-1].rstrip()} "
            continue
        pending += text
        if (heredoc := HEREDOC.search(pending)) and "\n" not in pending:
            ends = heredoc[2]
            continue
        yield _shell(pending)
        pending = ""


def _shell(step: str) -> str:
    """The text after RUN and its flags; a list of arguments is joined, a plain here-document is its body."""
    text = re.sub(r"^RUN\s+(?:--\w+(?:=\S+)?\s+)*", "", step, flags=re.IGNORECASE)
    if text.startswith("["):
        try:
            return shlex.join(json.loads(text))
        except (ValueError, TypeError):
            return text
    if re.match(HEREDOC, text):
        return text.partition("\n")[2].rpartition("\n")[0]
    return text


def commands(text: str) -> list[Command]:
    """The simple commands of shell text; what cannot be split is one command without words."""
    return [Command(part, _words(part)) for part in _parts(text)]


def _words(text: str) -> tuple[str, ...]:
    try:
        words = shlex.split(re.sub(r"\$\([^()]*\)", "SUBSTITUTED", text))
    except ValueError:
        return ()
    while words and (ASSIGNMENT.match(words[0]) or words[0] in WRAPPERS):
        words.pop(0)
    if words[:2] == ["uv", "run"]:
        words = [word for word in words[2:] if not word.startswith("-")] if words[2:] else words
    return tuple(words)


def _parts(text: str) -> Iterator[str]:
    """`text` cut at operators that are neither quoted nor in parentheses; a here-document stays in one piece."""
    if (heredoc := HEREDOC.search(text)) and "\n" in text[heredoc.end() :]:
        yield text.strip()
        return
    quote, depth, start, position = "", 0, 0, 0
    while position < len(text):
        character = text[position]
        if character == "\\" and quote != "'":
            position += 2
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif depth <= 0 and (size := _operator(text, position)):
            if part := text[start:position].strip():
                yield part
            position += size
            start = position
            continue
        position += 1
    if part := text[start:].strip():
        yield part


def _operator(text: str, position: int) -> int:
    """Length of the operator there; 0 if there is none, as in `2>&1`."""
    operator = next((operator for operator in OPERATORS if text.startswith(operator, position)), "")
    return 0 if operator == "&" and text[position - 1 : position] in (">", "<") else len(operator)
