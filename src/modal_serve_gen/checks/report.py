"""Findings in several files, and their formats: text, JSON and GitHub annotations."""

import json
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.checks import Finding
from modal_serve_gen.checks.severity import Severity
from modal_serve_gen.folders import shipped

GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
DOCUMENTATION = "references/checks.md"  # in the skill


@dataclass(frozen=True)
class Report:
    """`findings`: (file, finding). `notes`: what could not be checked, and why."""

    files: int
    findings: tuple[tuple[str, Finding], ...]
    notes: tuple[str, ...]

    def text(self, documentation: Path | None = None) -> str:
        """One line for each finding, and a summary that names the page that explains the rules."""
        files = _plural(self.files, "file")
        if not self.findings:
            return f"No findings in {files}."
        page = documentation or shipped("skills") / "modal-llm-serving" / DOCUMENTATION
        where = page if page.exists() else "modal-serve-gen list checks"
        lines = [
            f"{file}:{row.line}: {row.severity}: {row.rule}: {row.message}; {row.fix}" for file, row in self.findings
        ]
        summary = f"{_plural(len(lines), 'finding')} in {files}. For the rules, see {where}"
        return "\n".join([*lines, "", summary])

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


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _escaped(text: str, parameter: bool = False) -> str:
    """`text` with the characters escaped that workflow commands reserve."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if parameter else text
