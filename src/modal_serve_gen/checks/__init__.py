"""Checks of an app: a rule is a short function over its picture that yields findings.

A rule's docstring is its documentation.

The modules of this package that define `find` are the rules, under their own names; adding a rule touches no list.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from modal_serve_gen.checks import picture as pictures

ALLOW = re.compile(r"#\s*serve:\s*allow\[([\w, -]+)\]")


@dataclass(frozen=True)
class Finding:
    """One fault: on its line, with the wrong and the right spelling or value."""

    line: int
    rule: str
    message: str
    mend: str


@cache
def rules() -> dict[str, object]:
    """Rule name -> its module, in alphabetical order."""
    found = {}
    for item in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{item.name}")
        if hasattr(module, "find"):
            found[item.name.replace("_", "-")] = module
    return found


def check(text: str) -> list[Finding]:
    """All findings in an app's source, in the order of its lines. A text that is no Python is one finding."""
    try:
        picture = pictures.read(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        line = getattr(fault, "lineno", None) or 1
        return [Finding(line, "syntax", f"this is not Python: {getattr(fault, 'msg', fault)}", "mend the syntax")]
    lines = text.split("\n")
    return sorted(
        (
            finding
            for name, module in rules().items()
            for finding in _findings(name, module, picture)
            if not _allowed(lines, finding)
        ),
        key=lambda finding: (finding.line, finding.rule),
    )


def _findings(name: str, module, picture: pictures.Picture) -> Iterator[Finding]:
    for line, message, mend in module.find(picture):
        yield Finding(line, name, message, mend)


def _allowed(lines: list[str], finding: Finding) -> bool:
    match = ALLOW.search(lines[finding.line - 1]) if finding.line <= len(lines) else None
    return bool(match) and finding.rule in re.split(r"[,\s]+", match[1])
