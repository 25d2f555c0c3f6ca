"""Findings as people read them: identical ones of a file are one entry, with all its lines."""

from collections.abc import Iterable
from dataclasses import dataclass

from modal_serve_gen.checks import Finding


@dataclass(frozen=True)
class Group:
    """Findings of one file with the same rule, fix and message, apart from the name of the function."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def text(self) -> str:
        """What is wrong, what to do, and the rule."""
        return f"{self.first.message}; {self.first.fix} ({self.first.rule})"

    @property
    def places(self) -> str:
        """`line 12`, or `9 functions: lines 12, 40, ...`.

        Findings without a function are counted as places.
        """
        lines = list(dict.fromkeys(finding.line for finding in self.findings))
        numbers = ", ".join(map(str, lines))
        if len(self.findings) == 1:
            return f"line {numbers}"
        names = {finding.subject for finding in self.findings}
        noun, count = ("functions", len(names)) if len(names) > 1 else ("places", len(self.findings))
        return f"{count} {noun}: line{'s' if len(lines) > 1 else ''} {numbers}"

    @property
    def sentence(self) -> str:
        """The entry on one line."""
        return f"{self.first.severity}, {self.places}: {self.text}"


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """The findings of one file in groups, each where its first one was."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        message = finding.message
        if finding.subject:
            message = message.replace(finding.subject, "\0", 1)
        key = (finding.severity, finding.rule, message, finding.fix)
        groups.setdefault(key, []).append(finding)
    return [Group(tuple(group)) for group in groups.values()]
