"""Render report.html: one file without scripts or external resources, for screens and for paper."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import jinja2

from evals import cases
from evals.benchmark import Benchmark, Comparison, Failure, Matrix
from evals.comparing import regressions
from evals.grading import WITH, WITHOUT
from evals.stats import Rate
from evals.store import Store
from evals.transcript import Event

SHOWN_EVENT, SHOWN_EVENTS = 2_500, 60  # characters of one event, events of one transcript
SHOWN_FILE = 12_000  # characters of one file
BUDGET = 6_000_000  # characters of all transcripts; beyond it the page only names their folders


@dataclass(frozen=True)
class Figure:
    """A main figure."""

    name: str
    rate: Rate
    about: str


@dataclass
class CaseRow:
    """A case: whether each of its runs delivered, with and without the skill."""

    name: str
    shares: dict[str, list[bool]] = field(default_factory=lambda: {WITH: [], WITHOUT: []})

    def share(self, configuration: str) -> float | None:
        """The share of runs that delivered; None without runs."""
        outcomes = self.shares[configuration]
        return sum(outcomes) / len(outcomes) if outcomes else None


@dataclass(frozen=True)
class Cell:
    """A cell of a confusion matrix: count, share of its row, whether it is on the diagonal."""

    count: int
    share: float
    right: bool


@dataclass(frozen=True)
class MatrixTable:
    """A confusion matrix with its titles."""

    title: str
    side: str
    labels: list[str]
    rows: list[tuple[str, list[Cell]]]
    right: Rate


@dataclass(frozen=True)
class DotRow:
    """The runs of one configuration as dots: their positions and their mean, as shares of the largest value."""

    name: str
    mean: float
    at: float
    dots: list[float]


@dataclass(frozen=True)
class DotPlot:
    """Tokens or seconds of all runs."""

    text: str
    unit: str
    largest: float
    rows: list[DotRow]


@dataclass
class Detail:
    """A failed or inconclusive run with its transcript and files. `count`: runs of the task with the same reasons."""

    failure: Failure
    count: int = 1
    events: list[Event] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    more: str = ""


def render(document: Benchmark, store: Store, comparison: Comparison | None = None) -> str:
    """The page of an evaluation, with the transcripts of failed runs."""
    details = list(_details(document, store))
    return _template().render(
        document=document,
        settings=document.settings,
        figures=list(_figures(document)),
        triggers=_triggers(document),
        cases=_cases(document),
        checks=_checks(document),
        texts=_texts(document),
        plots=list(_plots(document)),
        matrices=list(_matrices(document)),
        failed=_grouped(detail for detail in details if detail.failure.told),
        inconclusive=_grouped(detail for detail in details if not detail.failure.told),
        comparison=comparison,
        worse=regressions(comparison) if comparison else [],
    )


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(cases.FOLDER)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.0%}"
    environment.filters["amount"] = _amount
    return environment.get_template("report.html.j2")


def _amount(value: float | None, unit: str = "") -> str:
    if value is None:
        return "unknown"
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{unit}{text}" if unit == "$" else f"{text} {unit}".strip()


def _figures(document: Benchmark) -> Iterator[Figure]:
    """The main figures."""
    trigger = document.trigger["all"]
    if document.queries:
        yield Figure("trigger recall", trigger.recall, "of the queries that should trigger, did")
        yield Figure("trigger precision", trigger.precision, "of the queries that triggered, should have")
        yield Figure("trigger specificity", trigger.specificity, "of the queries that should not trigger, did not")
    for name, text in ((WITH, "delivered with the skill"), (WITHOUT, "delivered without it")):
        if name in document.evals:
            yield Figure(text, document.evals[name].delivered, "runs whose app passes every check")
    if WITH in document.evals:
        about = "delivered, with the right skill and pages"
        yield Figure("delivered and routed correctly", document.evals[WITH].passed, about)
    if document.workflow_matrix.labels:
        yield Figure("correct workflow", document.workflow_matrix.right, "as identified from the app itself")


def _triggers(document: Benchmark) -> list[tuple[str, list[tuple[str, Rate]]]]:
    """Rates in groups: by split, kind and topic."""
    groups = (
        ("by split", document.trigger, ("recall", "precision", "specificity")),
        ("by kind", document.trigger_by_kind, ("recall", "specificity")),
        ("by topic", document.trigger_by_topic, ("recall", "specificity")),
    )
    found = []
    for title, group, names in groups if document.queries else ():
        rates = [(f"{key}: {name}", getattr(group[key], name)) for key in group for name in names]
        found.append((title, [(text, rate) for text, rate in rates if rate.of]))
    return found


def _cases(document: Benchmark) -> list[CaseRow]:
    rows: dict[int, CaseRow] = {}
    for run in document.runs:
        row = rows.setdefault(run.eval_id, CaseRow(run.eval_name))
        row.shares[run.configuration].append(run.delivered)
    return [rows[number] for number in sorted(rows)]


def _checks(document: Benchmark) -> list[tuple[str, Rate | None, Rate | None]]:
    """Each check with its rates with and without the skill; the lowest rate with the skill first."""
    with_skill, without = (document.evals[name].checks if name in document.evals else {} for name in (WITH, WITHOUT))
    rows = [(name, with_skill.get(name), without.get(name)) for name in {**with_skill, **without}]
    return sorted(rows, key=lambda row: (row[1].value if row[1] and row[1].value is not None else 2, row[0]))


def _texts(document: Benchmark) -> dict[str, str]:
    """The expectation of each check, if it is the same in all cases."""
    found: dict[str, set[str]] = {}
    for run in document.runs:
        for prefix, verdicts in (("", run.expectations), ("routing: ", run.routing)):
            for verdict in verdicts:
                found.setdefault(f"{prefix}{verdict.name}", set()).add(verdict.text)
    return {name: next(iter(texts)) if len(texts) == 1 else "depends on the case" for name, texts in found.items()}


def _grouped(details: Iterable[Detail]) -> list[Detail]:
    """The first detail of each task and reason, with their number."""
    groups: dict[tuple[str, ...], Detail] = {}
    for detail in details:
        key = (detail.failure.place.partition("/")[0], *detail.failure.why)
        if key in groups:
            groups[key].count += 1
        else:
            groups[key] = detail
    return list(groups.values())


def _plots(document: Benchmark) -> Iterator[DotPlot]:
    for key, text, unit in (("tokens", "tokens per run", ""), ("time_seconds", "seconds per run", "s")):
        values = [(run.configuration, run.result[key]) for run in document.runs]
        largest = max((value for _, value in values), default=0)
        rows = []
        for name in (WITH, WITHOUT):
            own = [value for configuration, value in values if configuration == name]
            if own and largest:
                mean, dots = sum(own) / len(own), [round(value / largest, 4) for value in own]
                rows.append(DotRow(name.replace("_", " "), mean, mean / largest, dots))
        if rows:
            yield DotPlot(text, unit, largest, rows)


def _matrices(document: Benchmark) -> Iterator[MatrixTable]:
    for matrix, title, side in (
        (document.skills_matrix, "Skill that fired, in queries", "should fire"),
        (document.routing_matrix, "Primary reference that was read, in queries", "workflow of the query"),
        (document.workflow_matrix, "Workflow of the app, in cases", "workflow of the case"),
    ):
        if matrix.labels:
            yield MatrixTable(title, side, matrix.labels, _cells(matrix), matrix.right)


def _cells(matrix: Matrix) -> list[tuple[str, list[Cell]]]:
    return [
        (label, [Cell(count, count / max(1, sum(row)), column == index) for column, count in enumerate(row)])
        for index, (label, row) in enumerate(zip(matrix.labels, matrix.rows, strict=True))
        if sum(row)
    ]


def _details(document: Benchmark, store: Store) -> Iterator[Detail]:
    """The failures with their transcripts and files, until the page's budget is used."""
    left = BUDGET
    for failure in document.failures:
        detail = Detail(failure)
        if left <= 0:
            detail.more = f"The transcript is in {failure.place}."
            yield detail
            continue
        events = store.transcript(failure.place).events
        detail.events = [
            Event(event.kind, _cut(event.what, SHOWN_EVENT), _cut(event.detail, SHOWN_EVENT), event.failed)
            for event in events[:SHOWN_EVENTS]
        ]
        if len(events) > SHOWN_EVENTS:
            detail.more = f"{len(events) - SHOWN_EVENTS} more events are in {failure.place}."
        detail.files = {name: _cut(text, SHOWN_FILE) for name, text in store.outputs(failure.place).items()}
        left -= sum(len(event.what) + len(event.detail) for event in detail.events)
        left -= sum(map(len, detail.files.values()))
        yield detail


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}\n… ({len(text):,} characters)"
