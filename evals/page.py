"""Render report.html: one file without scripts or external resources, for screens and for paper."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import jinja2

from evals import cases
from evals.benchmark import Benchmark, Comparison, Failure
from evals.comparing import regressions
from evals.grading import WITH, WITHOUT
from evals.stats import Rate
from evals.store import Store
from evals.transcript import Event

SHOWN_EVENT, SHOWN_EVENTS = 2_500, 60  # characters of one event, events of one transcript
SHOWN_FILE = 12_000  # characters of one file
BUDGET = 6_000_000  # characters of all transcripts; beyond it the page only names their folders


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
        matrices=(
            ("Skill that fired, in queries", "should fire", document.skills_matrix),
            ("Primary reference that was read, in queries", "workflow of the query", document.routing_matrix),
            ("Workflow of the app, in cases", "workflow of the case", document.workflow_matrix),
        ),
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


def _figures(document: Benchmark) -> Iterator[tuple[str, Rate, str]]:
    """The main figures: name, rate, explanation."""
    trigger = document.trigger["all"]
    if document.queries:
        yield "trigger recall", trigger.recall, "of the queries that should trigger, did"
        yield "trigger precision", trigger.precision, "of the queries that triggered, should have"
        yield "trigger specificity", trigger.specificity, "of the queries that should not trigger, did not"
    for name, text in ((WITH, "delivered with the skill"), (WITHOUT, "delivered without it")):
        if name in document.evals:
            yield text, document.evals[name].delivered, "runs whose app passes every check"
    if WITH in document.evals:
        passed = document.evals[WITH].passed
        yield "delivered and routed correctly", passed, "delivered, with the right skill and pages"
    if document.workflow_matrix.labels:
        yield "correct workflow", document.workflow_matrix.right, "as identified from the app itself"


def _triggers(document: Benchmark) -> list[tuple[str, list[tuple[str, Rate]]]]:
    """Rates in groups: by split, kind and topic."""
    groups = (
        ("by split", document.trigger, ("recall", "precision", "specificity")),
        ("by kind", document.trigger_by_kind, ("recall", "specificity")),
        ("by topic", document.trigger_by_topic, ("recall", "specificity")),
    )
    rows = []
    for title, group, names in groups if document.queries else ():
        rates = [(f"{key}: {name}", getattr(group[key], name)) for key in group for name in names]
        rows.append((title, [(text, rate) for text, rate in rates if rate.of]))
    return rows


def _cases(document: Benchmark) -> list[tuple[str, float | None, float | None]]:
    """Each case, and the share of its runs that delivered with and without the skill."""
    delivered: dict[tuple[int, str], dict[str, list[bool]]] = {}
    for run in document.runs:
        by_configuration = delivered.setdefault((run.eval_id, run.eval_name), {})
        by_configuration.setdefault(run.configuration, []).append(run.delivered)
    shares = {
        case: {configuration: sum(runs) / len(runs) for configuration, runs in by_configuration.items()}
        for case, by_configuration in delivered.items()
    }
    return [(case[1], share.get(WITH), share.get(WITHOUT)) for case, share in sorted(shares.items())]


def _checks(document: Benchmark) -> list[tuple[str, Rate | None, Rate | None]]:
    """Each check with its rates with and without the skill; the lowest rate with the skill first."""
    with_skill, without = (document.evals[name].checks if name in document.evals else {} for name in (WITH, WITHOUT))
    rows = [(name, with_skill.get(name), without.get(name)) for name in {**with_skill, **without}]
    return sorted(rows, key=lambda row: (row[1].value if row[1] and row[1].value is not None else 2, row[0]))


def _texts(document: Benchmark) -> dict[str, str]:
    """The expectation of each check, if it is the same in all cases."""
    texts: dict[str, set[str]] = {}
    for run in document.runs:
        for prefix, verdicts in (("", run.expectations), ("routing: ", run.routing)):
            for verdict in verdicts:
                texts.setdefault(f"{prefix}{verdict.name}", set()).add(verdict.text)
    return {name: own.pop() if len(own) == 1 else "depends on the case" for name, own in texts.items()}


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


def _plots(document: Benchmark) -> Iterator[tuple[str, str, float, dict[str, list[float]]]]:
    """Tokens and seconds of all runs: title, unit, largest value, and the values of each configuration."""
    for key, title, unit in (("tokens", "tokens per run", ""), ("time_seconds", "seconds per run", "s")):
        values: dict[str, list[float]] = {}
        for run in sorted(document.runs, key=lambda run: run.configuration != WITH):
            values.setdefault(run.configuration, []).append(run.result[key])
        largest = max(itertools.chain.from_iterable(values.values()), default=0)
        if largest:
            yield title, unit, largest, values


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
