"""Checks of Modal apps: each rule is a short function that yields the violations in an app's source.

The public functions of the modules in `rules/` are the rules, under their own names; no list has to be edited to add
one. A rule's docstring is its documentation: one sentence of what it requires, and a paragraph of why; its decorator
says how severe its violations are.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from modal_serve_gen.checks import engine_releases
from modal_serve_gen.checks import rules as rules_package
from modal_serve_gen.checks.app_source import AppSource, TooLarge
from modal_serve_gen.checks.modal_objects import Violation
from modal_serve_gen.checks.sdk_import import ImportResult, already_reported, import_app
from modal_serve_gen.checks.severity import Severity, of_rule

Rule = Callable[[AppSource], Iterable[Violation]]
ALLOW = re.compile(r"#\s*serve:\s*allow\[([\w, -]+)\]")
OTHER_FINDINGS = {  # from no rule
    "syntax": "The file is valid Python, and short enough to be checked.",
    "import": "The file imports with the Modal SDK installed here, without an error or a deprecation warning.",
}
MAX_CHARACTERS = 400_000  # of a file, which bounds time and memory; no app is that long


@dataclass(frozen=True)
class Finding:
    """A violation of a rule, with what to do about it."""

    line: int
    rule: str
    message: str
    fix: str
    severity: Severity
    subject: str = ""  # the function or class in the message


@cache
def rules() -> dict[str, Rule]:
    """Rule name -> function, in alphabetical order."""
    functions: dict[str, Rule] = {}
    for item in pkgutil.iter_modules(rules_package.__path__):
        module = importlib.import_module(f"{rules_package.__name__}.{item.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                functions[name.replace("_", "-")] = function
    return dict(sorted(functions.items()))


@cache
def severities() -> dict[str, Severity]:
    """Rule name -> severity of its findings, unless a finding has its own. Findings from no rule come last."""
    return {name: of_rule(rule) for name, rule in rules().items()} | dict.fromkeys(OTHER_FINDINGS, Severity.ERROR)


def documentation() -> dict[str, str]:
    """Rule name -> documentation, whose first line is a summary. Findings from no rule come last."""
    return {name: inspect.getdoc(rule) or "" for name, rule in rules().items()} | OTHER_FINDINGS


def check(text: str, path: Path | None = None) -> list[Finding]:
    """All findings in an app's source, by severity and line. A text that is not Python yields one finding.

    With `path`, the app at that path is also imported, in a separate process.
    """
    return examine(text, path)[0]


def examine(
    text: str, path: Path | None = None, importer: Callable[[Path], ImportResult] = import_app
) -> tuple[list[Finding], str]:
    """The findings of `check`, and what could not be checked here, or imported if a path is given ('' if nothing)."""
    if len(text) > MAX_CHARACTERS:
        return [syntax_error(1, f"the file has {len(text):,} characters, more than any app", "split the file")], ""
    try:
        source = AppSource(text)
        imported = importer(path) if path else ImportResult()
        source.update_constants(imported.names)
        names = {obj.name for obj in source.modal_objects}
        findings = [_finding(name, violation, names) for name, rule in rules().items() for violation in rule(source)]
    except TooLarge as error:
        return [syntax_error(1, str(error), "split the file")], ""
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = f"this is not valid Python: {getattr(error, 'msg', error)}"
        return [syntax_error(getattr(error, "lineno", None) or 1, message, "fix the syntax")], ""
    lines = {finding.line for finding in findings}
    findings += [
        _finding("import", violation)
        for violation in imported.violations
        if not already_reported(source.tree, violation.line, lines)
    ]
    text_lines = text.split("\n")
    visible = {finding for finding in findings if not _is_allowed(text_lines, finding)}
    notes = [*engine_releases.notes(source), *filter(None, [imported.note])]
    return sorted(visible, key=_order), "; ".join(notes)


def syntax_error(line: int, message: str, fix: str) -> Finding:
    """The finding in a file that cannot be parsed."""
    return Finding(line, "syntax", message, fix, Severity.ERROR)


def _finding(rule: str, violation: Violation, names: Set[str] = frozenset()) -> Finding:
    """A violation as a finding; `names` are those of the app's functions and classes."""
    level = violation.severity or severities()[rule]
    subject = next((word for word in violation.message.split() if word.partition(".")[0] in names), "")
    return Finding(violation.line, rule, violation.message, violation.fix, level, subject)


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return finding.severity.rank, finding.line, finding.rule, finding.message


def _is_allowed(lines: list[str], finding: Finding) -> bool:
    """True if a comment on the finding's line allows it."""
    match = ALLOW.search(lines[finding.line - 1]) if finding.line <= len(lines) else None
    return match is not None and finding.rule in re.split(r"[,\s]+", match[1])
