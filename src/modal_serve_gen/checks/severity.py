"""How much a finding matters, from an app that fails to advice."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

Marked = TypeVar("Marked", bound=Callable[..., Iterable[object]])
ATTRIBUTE = "severity"  # of a rule


class Severity(StrEnum):
    """Severities, the most severe first."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]

    @property
    def rank(self) -> int:
        """0 for the most severe; sorts findings."""
        return list(Severity).index(self)


MEANINGS = {
    Severity.ERROR: "the app fails: at import, at deployment, at start or when it is called",
    Severity.WARNING: "the app runs, but costs more than necessary, gives poor results, or is open to others",
    Severity.ADVICE: "the app runs today, and is easier to run, reproduce or debug with the change",
}


def severity(level: Severity) -> Callable[[Marked], Marked]:
    """Decorate a rule with the severity of its violations; a `Violation` may have another one."""

    def mark(rule: Marked) -> Marked:
        setattr(rule, ATTRIBUTE, level)
        return rule

    return mark


def of_rule(rule: Callable[..., object]) -> Severity:
    """The severity of a rule. Raises AttributeError for a rule without one."""
    level: Severity = getattr(rule, ATTRIBUTE)
    return level
