"""Two evaluations beside each other: what is better, what is worse, and whether that may be chance."""

import json
from pathlib import Path
from typing import Any

from evals import stats
from evals.grading import WITH
from evals.rates import rate
from evals.results import benchmark
from evals.store import Store
from modal_serve_gen.errors import BadInput, quoted

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
            f"{quoted(str(path))} is no evaluation.", "Name its folder, or a benchmark.json of ours."
        ) from None
    return found


def compare(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`new` against `old`, by what both asked: rates with the interval of their difference, what flipped, tokens."""
    was, now = _shares(old), _shares(new)
    shared = set(was) & set(now)
    before, after = _rates(old, shared), _rates(new, shared)
    rows = []
    for name, text in RATES:
        one, other = before[name], after[name]
        if one["of"] and other["of"]:
            share, was_share = other["hits"] / other["of"], one["hits"] / one["of"]
            low, high = stats.difference(share * other["items"], other["items"], was_share * one["items"], one["items"])
            rows.append({
                "name": name, "text": text, "before": one, "after": other, "low": round(low, 4), "high": round(high, 4),
                "difference": round(share - was_share, 4),
            })  # fmt: skip
    flips = [
        {"id": key, "name": now[key][0], "before": was[key][1], "after": now[key][1]}
        for key in shared
        if (was[key][1] > 0.5) != (now[key][1] > 0.5)
    ]
    tokens = [_tokens(each, shared) for each in (old, new)]
    return {
        "before": _what(old),
        "after": _what(new),
        "shared": len(shared),
        "rates": rows,
        "flips": sorted(flips, key=lambda each: (each["after"] > each["before"], each["id"])),
        "only_before": sorted(set(was) - shared),
        "only_after": sorted(set(now) - shared),
        "differs": _differs(old["settings"], new["settings"]),
        "tokens": {
            "before": tokens[0],
            "after": tokens[1],
            "change": round(tokens[1] / tokens[0] - 1, 4) if tokens[0] else None,
        },
    }


def regressions(comparison: dict[str, Any]) -> list[str]:
    """What is worse beyond chance, and whether it needs a fifth more tokens."""
    found = [f"{row['text']}: {row['difference'] * 100:+.0f} points" for row in comparison["rates"] if row["high"] < 0]
    change = comparison["tokens"]["change"]
    if change is not None and change > MORE_TOKENS:
        found.append(f"tokens of a run: {change:+.0%}")
    return found


def lines(comparison: dict[str, Any]) -> list[str]:
    """For the terminal."""
    found = [f"against {comparison['before']}, by the {comparison['shared']} cases and queries that both asked:"]
    if left := len(comparison["only_before"]) + len(comparison["only_after"]):
        found.append(f"  {left} that only one of them asked are left out")
    if comparison["differs"]:
        found.append(f"  besides, these differ: {', '.join(comparison['differs'])}")
    for row in comparison["rates"]:
        chance = "" if row["high"] < 0 or row["low"] > 0 else ", may be chance"
        found.append(
            f"  {row['text']}: {row['before']['value']:.0%} -> {row['after']['value']:.0%} "
            f"({row['difference'] * 100:+.0f} points; "
            f"95 %: {row['low'] * 100:+.0f} to {row['high'] * 100:+.0f}{chance})"
        )
    change = comparison["tokens"]["change"]
    if change is not None:
        found.append(f"  tokens of a run with the skill: {change:+.0%}")
    for flip in comparison["flips"]:
        found.append(f"  {'now right' if flip['after'] > flip['before'] else 'now wrong'}: {flip['name']}")
    if worse := regressions(comparison):
        found.append(f"  Worse: {'; '.join(worse)}.")
    return found


def _rates(held: dict[str, Any], shared: set[str]) -> dict[str, dict[str, Any]]:
    """The rates of RATES, of the tasks in `shared`."""
    own = [row | {"id": f"eval-{row['eval_id']}"} for row in held["runs"] if row["configuration"] == WITH]
    own = [row for row in own if row["id"] in shared]
    routed = [row for row in own if row["expect_workflow"]]
    asked = [row for row in held["queries"] if row["triggered"] is not None and row["id"] in shared]
    wanted, fired = [[row for row in asked if row[key]] for key in ("should_trigger", "triggered")]
    hits = sum(row["triggered"] for row in wanted)
    return {
        "delivered": rate(own, sum(all(each["passed"] for each in row["expectations"]) for row in own)),
        "passed": rate(own, sum(row["passed"] for row in own)),
        "recall": rate(wanted, hits),
        "precision": rate(fired, hits),
        "workflow": rate(routed, sum(row["workflow"] == row["expect_workflow"] for row in routed)),
    }


def _differs(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What else is not the same, so that the skill is not the only reason for a difference."""
    found = [name for name in ("runs", "rehearse", "limits") if old[name] != new[name]]
    found += [f"the {name}" for name in ("runner", "model") if old["agent"][name] != new["agent"][name]]
    prints = new["fingerprints"]
    return found + [name for name in prints if old["fingerprints"].get(name) != prints[name] and name != "the agent"]


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


def _tokens(held: dict[str, Any], shared: set[str]) -> float:
    """Tokens of a run of a shared case with the skill, on average."""
    own = [
        run["result"]["tokens"]
        for run in held["runs"]
        if run["configuration"] == WITH and f"eval-{run['eval_id']}" in shared
    ]
    return sum(own) / len(own) if own else 0.0


def _what(held: dict[str, Any]) -> str:
    about = held["metadata"]
    return f"{about['executor_model']}, {about['timestamp']}"
