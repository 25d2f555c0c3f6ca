"""report.html: one file that opens from disk, without scripts and without a network, on a phone and on paper."""

from functools import cache
from typing import Any

import jinja2

from evals import cases
from evals.comparing import regressions
from evals.grading import WITH, WITHOUT
from evals.store import Store

SHOWN_EVENT, SHOWN_EVENTS = 2_500, 60  # characters of one event, events of one transcript
SHOWN_FILE = 12_000  # characters of one file
BUDGET = 6_000_000  # characters of all transcripts together; beyond it the page says where they lie


def render(held: dict[str, Any], store: Store, comparison: dict[str, Any] | None = None) -> str:
    """The page of a benchmark, with the transcripts of what failed."""
    shown = list(_failures(held, store))
    return _template().render(
        held=held,
        settings=held["settings"],
        figures=_figures(held),
        triggers=_triggers(held),
        cases=_cases(held),
        checks=_checks(held),
        texts=_texts(held),
        spreads=_spreads(held),
        matrices=_matrices(held),
        failures=_grouped(failure for failure in shown if failure["told"]),
        mute=_grouped(failure for failure in shown if not failure["told"]),
        comparison=comparison,
        worse=regressions(comparison) if comparison else [],
    )


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(cases.HERE)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.0%}"
    environment.filters["amount"] = _amount
    return environment.get_template("report.html.j2")


def _amount(value: float | None, unit: str = "") -> str:
    if value is None:
        return "not known"
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{unit}{text}" if unit == "$" else f"{text} {unit}".strip()


def _figures(held: dict[str, Any]) -> list[dict[str, Any]]:
    """The main figures: each a rate, or an amount."""
    found = []
    trigger = held["trigger"]["all"]
    if held["queries"]:
        found.append(
            {"name": "trigger recall", "rate": trigger["recall"], "about": "of the queries that should trigger, did"}
        )
        found.append(
            {"name": "trigger precision", "rate": trigger["precision"], "about": "of those that did, should have"}
        )
        about = "of the queries that should not trigger, did not"
        found.append({"name": "trigger specificity", "rate": trigger["specificity"], "about": about})
    for name, text in ((WITH, "delivered with the skill"), (WITHOUT, "delivered without it")):
        if name in held["evals"]:
            found.append(
                {"name": text, "rate": held["evals"][name]["delivered"], "about": "runs whose app passes every check"}
            )
    if WITH in held["evals"]:
        about = "delivered, by the right skill and pages"
        found.append({"name": "delivered and routed right", "rate": held["evals"][WITH]["passed"], "about": about})
    if held["workflow_matrix"]["labels"]:
        found.append(
            {"name": "right workflow", "rate": held["workflow_matrix"]["right"], "about": "told from the file itself"}
        )
    return found


def _triggers(held: dict[str, Any]) -> list[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Rows of rates, in groups: by split, by kind, by topic. A topic has the rate of what is right there."""
    if not held["queries"]:
        return []
    return [
        (title, [(f"{name}: {rate}", of[rate]) for name, of in held[key].items() for rate in rates if of[rate]["of"]])
        for title, key, rates in (
            ("by split", "trigger", ("recall", "precision", "specificity")),
            ("by kind", "trigger_by_kind", ("recall", "specificity")),
            ("by topic", "trigger_by_topic", ("recall", "specificity")),
        )
    ]


def _cases(held: dict[str, Any]) -> list[dict[str, Any]]:
    """Each case with the share of its runs that delivered, with and without the skill."""
    shares: dict[int, dict[str, Any]] = {}
    for run in held["runs"]:
        row = shares.setdefault(run["eval_id"], {"name": run["eval_name"], WITH: [], WITHOUT: [], "passed": []})
        row[run["configuration"]].append(all(each["passed"] for each in run["expectations"]))
        if run["configuration"] == WITH:
            row["passed"].append(run["passed"])
    return [
        {
            key: value if key == "name" else (sum(value) / len(value) if value else None)
            for key, value in shares[number].items()
        }
        for number in sorted(shares)
    ]


def _checks(held: dict[str, Any]) -> list[tuple[str, dict | None, dict | None]]:
    """Each check with its rate with and without the skill, the worst with it first."""
    one, other = (held["evals"].get(name, {}).get("checks", {}) for name in (WITH, WITHOUT))
    rows = [(name, one.get(name), other.get(name)) for name in {**one, **other}]
    return sorted(rows, key=lambda row: (row[1]["value"] if row[1] else 2, row[0]))


def _texts(held: dict[str, Any]) -> dict[str, str]:
    """What each check expects, where it says the same of every case."""
    found: dict[str, set[str]] = {}
    for run in held["runs"]:
        for kind, prefix in (("expectations", ""), ("routing", "routing: ")):
            for each in run[kind]:
                found.setdefault(f"{prefix}{each['name']}", set()).add(each["text"])
    return {name: next(iter(texts)) if len(texts) == 1 else "of each case, its own" for name, texts in found.items()}


def _grouped(failures) -> list[dict[str, Any]]:
    """Failures by task and reason: how many runs of a task failed for it, and the first of them whole."""
    found: dict[tuple, dict[str, Any]] = {}
    for failure in failures:
        key = failure["place"].partition("/")[0], *failure["why"]
        found.setdefault(key, failure | {"many": 0})["many"] += 1
    return list(found.values())


def _spreads(held: dict[str, Any]) -> list[dict[str, Any]]:
    """What runs took: each as a dot between nought and the largest of both configurations."""
    found = []
    for key, text, unit in (("tokens", "tokens of a run", ""), ("time_seconds", "seconds of a run", "s")):
        every = [(run["configuration"], run["result"][key]) for run in held["runs"]]
        most = max((value for _, value in every), default=0)
        if not most:
            continue
        rows = []
        for name in (WITH, WITHOUT):
            own = [value for configuration, value in every if configuration == name]
            if own:
                mean = sum(own) / len(own)
                rows.append(
                    {
                        "name": name.replace("_", " "),
                        "mean": mean,
                        "at": mean / most,
                        "dots": [round(value / most, 4) for value in own],
                    }
                )
        found.append({"text": text, "unit": unit, "most": most, "rows": rows})
    return found


def _matrices(held: dict[str, Any]) -> list[dict[str, Any]]:
    names = (
        ("skills_matrix", "Skill that fired, of queries", "should fire"),
        ("routing_matrix", "Primary reference that was read, of queries", "workflow of the query"),
        ("workflow_matrix", "Workflow of the file, of cases", "workflow of the case"),
    )
    found = []
    for key, title, side in names:
        matrix = held[key]
        if matrix["labels"]:
            rows = [
                {
                    "label": label,
                    "cells": [
                        {"many": many, "share": many / max(1, sum(row)), "right": at == place}
                        for at, many in enumerate(row)
                    ],
                }
                for place, (label, row) in enumerate(zip(matrix["labels"], matrix["rows"], strict=True))
                if sum(row)
            ]
            found.append(
                {"title": title, "side": side, "labels": matrix["labels"], "rows": rows, "right": matrix["right"]}
            )
    return found


def _failures(held: dict[str, Any], store: Store):
    """Each failure with its transcript and files, as long as the page may hold more."""
    left = BUDGET
    for failure in held["failures"]:
        shown: dict[str, Any] = dict(failure, events=[], files={}, more="")
        folder = store.folder / failure["place"]
        if left <= 0:
            shown["more"] = f"The transcript lies in {folder.relative_to(store.folder)}."
            yield shown
            continue
        transcript = store.transcript(failure["place"])
        for event in transcript.events[:SHOWN_EVENTS]:
            detail = _cut(event.detail, SHOWN_EVENT)
            shown["events"].append(
                {"kind": event.kind, "what": _cut(event.what, SHOWN_EVENT), "detail": detail, "failed": event.failed}
            )
        if len(transcript.events) > SHOWN_EVENTS:
            shown["more"] = f"{len(transcript.events) - SHOWN_EVENTS} more events lie in {failure['place']}."
        shown["files"] = {name: _cut(text, SHOWN_FILE) for name, text in store.outputs(failure["place"]).items()}
        left -= sum(len(event["what"]) + len(event["detail"]) for event in shown["events"]) + sum(
            map(len, shown["files"].values())
        )
        yield shown


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n… ({len(text):,} characters)"
