"""Checks of an app: a rule is a short function over its picture that yields findings.

The public functions of the modules in `rules/` are the rules, under their own names; adding one touches no list. A
rule's docstring is its documentation.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from modal_serve_gen.checks import importing
from modal_serve_gen.checks import rules as room
from modal_serve_gen.checks.picture import Picture, TooLarge

ALLOW = re.compile(r"#\s*serve:\s*allow\[([\w, -]+)\]")
OTHERS = {  # findings that no rule makes
    "syntax": "The file is Python, and no longer than an app can be.",
    "import": "The file imports with the Modal SDK that is installed here, without an error and without a warning.",
}
LARGEST = 400_000  # characters of a file: no app is as long, and time and memory stay bounded


@dataclass(frozen=True)
class Finding:
    """One fault: on its line, with the wrong and the right spelling or value."""

    line: int
    rule: str
    message: str
    mend: str


@cache
def rules() -> dict[str, Callable]:
    """Rule name -> its function, in alphabetical order."""
    found = {}
    for item in pkgutil.iter_modules(room.__path__):
        module = importlib.import_module(f"{room.__name__}.{item.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[name.replace("_", "-")] = function
    return dict(sorted(found.items()))


def documentation() -> dict[str, str]:
    """Rule name -> what it is about, its first paragraph one line; those that no rule makes at the end."""
    return {name: inspect.getdoc(rule) or "" for name, rule in rules().items()} | OTHERS


def check(text: str, path: Path | None = None) -> list[Finding]:
    """All findings in an app's source, in the order of its lines. A text that is no Python is one finding.

    With `path` the app there is imported as well, in a process of its own.
    """
    return examine(text, path)[0]


def examine(
    text: str, path: Path | None = None, imported: Callable[[Path], importing.Imported] = importing.imported
) -> tuple[list[Finding], str]:
    """What `check` finds, and why the app could not be imported here ('' where it could, or was not to be).

    `imported` does the importing: somebody who wants to see more of it than the findings can stand between.
    """
    if len(text) > LARGEST:
        return [_unread(1, f"the file holds {len(text):,} characters, which no app does")], ""
    try:
        picture = Picture(text)
        seen = imported(path) if path else importing.Imported()
        picture.learn(seen.names)
        found = [each for name, rule in rules().items() for each in _findings(name, rule, picture)]
    except TooLarge as fault:
        return [_unread(1, str(fault))], ""
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        return [_unread(getattr(fault, "lineno", None) or 1, f"this is not Python: {getattr(fault, 'msg', fault)}")], ""
    lines = {each.line for each in found}
    for line, message, mend in seen.faults:
        if not importing.said_already(picture.tree, line, lines):
            found.append(Finding(line, "import", message, mend))
    return _visible(text, found), seen.note


def _unread(line: int, message: str) -> Finding:
    return Finding(line, "syntax", message, "mend the syntax")


def _visible(text: str, found: list[Finding]) -> list[Finding]:
    """Findings in the order of their lines, without those that the text allows and without repetitions."""
    lines = text.split("\n")
    return sorted(
        {each for each in found if not _allowed(lines, each)}, key=lambda each: (each.line, each.rule, each.message)
    )


def _findings(name: str, rule: Callable, picture: Picture) -> Iterator[Finding]:
    for line, message, mend in rule(picture):
        yield Finding(line, name, message, mend)


def _allowed(lines: list[str], finding: Finding) -> bool:
    match = ALLOW.search(lines[finding.line - 1]) if finding.line <= len(lines) else None
    return bool(match) and finding.rule in re.split(r"[,\s]+", match[1])
