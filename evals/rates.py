"""Rates of runs, each with its interval: of triggering, of what is taken for what, of what the skill adds.

A row is one run as `results` has it; `told` says whether it tells anything.
"""

from collections import Counter
from typing import Any

from evals import cases, stats
from evals.grading import OTHER, WITH, WITHOUT
from evals.transcript import TIME


def trigger(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts, precision and recall of the skill under test; runs that tell nothing are counted apart."""
    told = [row for row in rows if row["told"]]
    ours = [row for row in told if row["expect_skill"] == cases.SKILL]
    others = [row for row in told if row["expect_skill"] != cases.SKILL]
    fired = [row for row in told if row["fired_ours"]]
    hits, false = sum(row["fired_ours"] for row in ours), sum(row["fired_ours"] for row in others)
    return {
        "tp": hits, "fn": len(ours) - hits, "fp": false, "tn": len(others) - false,
        "errors": sum(not row["told"] and row["outcome"] != TIME for row in rows),
        "timeouts": sum(row["outcome"] == TIME for row in rows),
        "recall": rate(ours, hits),
        "precision": rate(fired, hits),
        "specificity": rate(others, len(others) - false),
    }  # fmt: skip


def rate(rows: list[dict[str, Any]], hits: int) -> dict[str, Any]:
    """The rate of `hits` in runs; its interval counts each task once."""
    return stats.rate(hits, len(rows), len({row["id"] for row in rows}))


def matrix(rows: list[dict[str, Any]], key: str, nothing: str, observed) -> dict[str, Any]:
    """Expected (rows) against observed (columns), of runs that tell something."""
    told = [row for row in rows if row["told"]]
    counts = Counter((row[key] or nothing, observed(row)) for row in told)
    names = sorted({name for pair in counts for name in pair}, key=lambda name: (name in (nothing, OTHER), name))
    right = sum(many for (wanted, got), many in counts.items() if wanted == got)
    return {
        "labels": names,
        "rows": [[counts[wanted, got] for got in names] for wanted in names],
        "right": rate(told, right),
    }


def gain(rows: list[dict[str, Any]]) -> dict[str, float] | None:
    """What the skill adds to what is delivered, with its interval; None where it was not asked without it."""
    found = {}
    for name in (WITH, WITHOUT):
        told = [row for row in rows if row["configuration"] == name and row["told"]]
        if not told:
            return None
        share, items = sum(delivered(row) for row in told) / len(told), len({row["id"] for row in told})
        found[name] = share * items, items
    low, high = stats.difference(*found[WITH], *found[WITHOUT])
    one, other = (hits / of for hits, of in (found[WITH], found[WITHOUT]))
    return {"value": round(one - other, 4), "low": round(low, 4), "high": round(high, 4)}


def delivered(row: dict[str, Any]) -> bool:
    return all(each["passed"] for each in row["grade"]["delivered"])
