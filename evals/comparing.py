"""Two evaluations beside each other: what is better, what is worse, and whether that may be chance."""

import json
from pathlib import Path
from typing import Any

from evals import stats
from evals.grading import WITH
from evals.results import benchmark
from evals.store import Store
from modal_serve_gen.errors import BadInput, shown

MORE_TOKENS = 0.2  # the share by which a run may need more before that is a regression
RATES = (
    ("delivered", "cases delivered"), ("passed", "cases delivered and routed right"), ("recall", "trigger recall"),
    ("precision", "trigger precision"), ("workflow", "right workflow in the file"),
)  # fmt: skip


def load(path: Path) -> dict[str, Any]:
    """A benchmark: of an evaluation's folder, or a file. Raises BadInput where it is none."""
    if path.is_dir():
        return benchmark(Store(path, str))
    try:
        found = json.loads(path.read_text("utf-8"))
        found["evals"], found["trigger"]["all"], found["workflow_matrix"]["right"], found["queries"], found["runs"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput(
            f"{shown(str(path))} is no evaluation.", "Name its folder, or a benchmark.json of ours."
        ) from None
    return found


def compare(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`new` against `old`: rates with the interval of their difference, what flipped, tokens and dollars."""
    before, after = _rates(old), _rates(new)
    rows = []
    for name, text in RATES:
        one, other = before[name], after[name]
        if one["of"] and other["of"]:
            low, high = stats.difference(other["hits"], other["of"], one["hits"], one["of"])
            rows.append({
                "name": name, "text": text, "before": one, "after": other, "low": round(low, 4), "high": round(high, 4),
                "difference": round(other["hits"] / other["of"] - one["hits"] / one["of"], 4),
            })  # fmt: skip
    was, now = _shares(old), _shares(new)
    flips = [
        {"id": key, "name": now[key][0], "before": was[key][1], "after": now[key][1]}
        for key in now
        if key in was and (was[key][1] > 0.5) != (now[key][1] > 0.5)
    ]
    tokens = [_tokens(each) for each in (old, new)]
    return {
        "before": _what(old),
        "after": _what(new),
        "rates": rows,
        "flips": sorted(flips, key=lambda each: (each["after"] > each["before"], each["id"])),
        "only_before": sorted(set(was) - set(now)),
        "only_after": sorted(set(now) - set(was)),
        "tokens": {
            "before": tokens[0],
            "after": tokens[1],
            "change": round(tokens[1] / tokens[0] - 1, 4) if tokens[0] else None,
        },
    }


def regressions(comparison: dict[str, Any]) -> list[str]:
    """What is worse beyond chance, and whether it needs a fifth more tokens."""
    found = [f"{row['text']}: {row['difference']:+.0%}" for row in comparison["rates"] if row["high"] < 0]
    change = comparison["tokens"]["change"]
    if change is not None and change > MORE_TOKENS:
        found.append(f"tokens of a run: {change:+.0%}")
    return found


def lines(comparison: dict[str, Any]) -> list[str]:
    """For the terminal."""
    found = [f"against {comparison['before']}:"]
    for row in comparison["rates"]:
        chance = "" if row["high"] < 0 or row["low"] > 0 else ", may be chance"
        found.append(
            f"  {row['text']}: {row['before']['value']:.0%} -> {row['after']['value']:.0%} "
            f"({row['difference']:+.0%}; 95 %: {row['low']:+.0%} to {row['high']:+.0%}{chance})"
        )
    change = comparison["tokens"]["change"]
    if change is not None:
        found.append(f"  tokens of a run with the skill: {change:+.0%}")
    for flip in comparison["flips"]:
        found.append(f"  {'now right' if flip['after'] > flip['before'] else 'now wrong'}: {flip['name']}")
    if worse := regressions(comparison):
        found.append(f"  Worse: {'; '.join(worse)}.")
    return found


def _rates(held: dict[str, Any]) -> dict[str, dict[str, Any]]:
    nothing = stats.rate(0, 0)
    own = held["evals"].get(WITH, {})
    return {
        "delivered": own.get("delivered", nothing),
        "passed": own.get("passed", nothing),
        "recall": held["trigger"]["all"]["recall"],
        "precision": held["trigger"]["all"]["precision"],
        "workflow": held["workflow_matrix"]["right"],
    }


def _shares(held: dict[str, Any]) -> dict[str, tuple[str, float]]:
    """Each case and query with the skill -> its name and the share of its runs that are good."""
    good: dict[str, list[bool]] = {}
    names: dict[str, str] = {}
    for run in held["runs"]:
        if run["configuration"] == WITH:
            key = f"eval-{run['eval_id']}"
            names[key] = run["eval_name"]
            good.setdefault(key, []).append(run["passed"])
    for query in held["queries"]:
        if query["triggered"] is not None:
            names[query["id"]] = query["query"]
            good.setdefault(query["id"], []).append(query["triggered"] == query["should_trigger"])
    return {key: (names[key], sum(held) / len(held)) for key, held in good.items()}


def _tokens(held: dict[str, Any]) -> float:
    return held["evals"].get(WITH, {}).get("tokens", {}).get("mean", 0.0)


def _what(held: dict[str, Any]) -> str:
    about = held["metadata"]
    return f"{about['executor_model']}, {about['timestamp']}"
