"""Findings in several files, and their formats: text, JSON and GitHub annotations."""

import itertools
import json
import shutil
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.checks import Finding
from modal_serve_gen.checks.grouping import Group, grouped
from modal_serve_gen.checks.severity import Severity
from modal_serve_gen.folders import shipped

GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
WIDEST, NARROW = 110, 60  # columns: of text, and from where on it is next to its line number
DOCUMENTATION = "references/checks.md"  # in the skill


@dataclass(frozen=True)
class Report:
    """`findings`: (file, finding). `notes`: what could not be checked, and why."""

    files: int
    findings: tuple[tuple[str, Finding], ...]
    notes: tuple[str, ...]

    def text(self, documentation: Path | None = None) -> str:
        """Per file, its findings in groups, and a summary that names the page that explains the rules."""
        files = _plural(self.files, "file")
        if not self.findings:
            return f"No findings in {files}."
        page = documentation or shipped("skills") / "modal-llm-serving" / DOCUMENTATION
        where = page if page.exists() else "modal-serve-gen list checks"
        lines: list[str] = []
        for file, rows in itertools.groupby(self.findings, key=lambda finding: finding[0]):
            lines += [file, *(line for group in grouped(row for _, row in rows) for line in _entry(group)), ""]
        counts = Counter(row.severity for _, row in self.findings)
        levels = ", ".join(_severity(level, counts[level]) for level in Severity if counts[level])
        number = _plural(len(self.findings), "finding")
        return "\n".join([*lines, f"{number} in {files}: {levels}. For the rules, see {where}"])

    def json(self) -> str:
        """One JSON document. `mend` is a deprecated alias of `fix`."""
        findings = [
            {
                "file": file,
                "line": row.line,
                "severity": row.severity,
                "rule": row.rule,
                "message": row.message,
                "fix": row.fix,
                "mend": row.fix,
                "link": f"{DOCUMENTATION}#{row.rule}",
            }
            for file, row in self.findings
        ]
        return json.dumps({"files": self.files, "findings": findings, "notes": list(self.notes)}, indent=2)

    def github(self) -> str:
        """GitHub workflow commands, which annotate a pull request."""
        return "\n".join(
            f"::{GITHUB_LEVELS[row.severity]} file={_escaped(file, parameter=True)},line={row.line},"
            f"title=modal-serve-gen {row.rule}::{_escaped(f'{row.message}; {row.fix}')}"
            for file, row in self.findings
        )


def _entry(group: Group) -> list[str]:
    """Lines of one group: severity and line in columns, then the text, wrapped to the terminal."""
    start = f"  {group.first.severity:<7}  {group.first.line:>4}  "
    texts = [group.text, *([group.places] if len(group.findings) > 1 else [])]
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    indent = " " * (len(start) if width >= NARROW else 4)
    return [
        line
        for number, text in enumerate(texts)
        for line in textwrap.wrap(
            text,
            width,
            initial_indent=indent if number else start,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _severity(level: Severity, count: int) -> str:
    return f"{count} {level}" if level == Severity.ADVICE else _plural(count, level)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _escaped(text: str, parameter: bool = False) -> str:
    """`text` with the characters escaped that workflow commands reserve."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if parameter else text
