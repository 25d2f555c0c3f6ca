"""Rates of runs with intervals: triggering, confusion matrices, what the skill adds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from evals import cases, stats
from evals.benchmark import Configuration, Gain, Matrix, Triggering
from evals.grading import NO_SKILL, NOTHING, OTHER, WITH, WITHOUT
from evals.records import Result
from evals.stats import Rate
from evals.transcript import TIME


class Row(Protocol):
    """A run of a task."""

    @property
    def id(self) -> str:
        """The task."""


def rate(rows: Sequence[Row], hits: int) -> Rate:
    """The rate of `hits` in runs; its interval counts each task once."""
    return stats.rate(hits, len(rows), len({row.id for row in rows}))


def triggering(results: Iterable[Result]) -> Triggering:
    """Confusion counts, precision and recall of the skill under test."""
    results = list(results)
    conclusive = [result for result in results if result.conclusive]
    ours = [result for result in conclusive if result.expect_skill == cases.SKILL]
    others = [result for result in conclusive if result.expect_skill != cases.SKILL]
    fired = [result for result in conclusive if result.triggered]
    hits, false = sum(result.triggered for result in ours), sum(result.triggered for result in others)
    return Triggering(
        tp=hits,
        fn=len(ours) - hits,
        fp=false,
        tn=len(others) - false,
        errors=sum(not result.conclusive and result.outcome != TIME for result in results),
        timeouts=sum(result.outcome == TIME for result in results),
        recall=rate(ours, hits),
        precision=rate(fired, hits),
        specificity=rate(others, len(others) - false),
    )


def skills(results: Iterable[Result]) -> Matrix:
    """The skill that fired, by the skill that should."""
    rows = [result for result in results if result.conclusive]
    return _matrix(rows, [(result.expect_skill or NO_SKILL, result.predicted_skill) for result in rows], NO_SKILL)


def workflows(results: Iterable[Result]) -> Matrix:
    """The workflow of the app or page, by that of the task, for tasks that have one."""
    rows = [result for result in results if result.conclusive and result.expect_workflow]
    return _matrix(rows, [(result.expect_workflow or NOTHING, result.workflow) for result in rows], NOTHING)


def _matrix(rows: list[Result], pairs: list[tuple[str, str]], nothing: str) -> Matrix:
    counts = Counter(pairs)
    labels = sorted({label for pair in pairs for label in pair}, key=lambda label: (label in (nothing, OTHER), label))
    return Matrix(
        labels=labels,
        rows=[[counts[expected, observed] for observed in labels] for expected in labels],
        right=rate(rows, sum(expected == observed for expected, observed in pairs)),
    )


def gain(evals: dict[str, Configuration]) -> Gain | None:
    """What the skill adds to the delivery rate; None if the cases were not run without it."""
    rates = [evals[name].delivered for name in (WITH, WITHOUT) if name in evals and evals[name].told]
    if len(rates) < 2:
        return None
    value, low, high = stats.change(*rates)
    return Gain(value=value, low=low, high=high)
