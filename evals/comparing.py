"""Compare two evaluations: what improved, what regressed, and whether it may be chance."""

from pathlib import Path

from pydantic import ValidationError

from evals import stats
from evals.benchmark import Benchmark, Comparison, Flip, RateChange, TokenChange
from evals.grading import WITH
from evals.rates import rate
from evals.records import Settings
from evals.results import benchmark
from evals.stats import Rate
from evals.store import Store
from modal_serve_gen.errors import BadInput, quoted

MORE_TOKENS = 0.2  # relative increase of the tokens of a run that counts as a regression
RATES = {
    "delivered": "cases delivered",
    "passed": "cases delivered and routed correctly",
    "recall": "trigger recall",
    "precision": "trigger precision",
    "workflow": "correct workflow of the app",
}


def load(path: Path) -> Benchmark:
    """The benchmark of an evaluation's folder or file. Raises BadInput if it is neither."""
    if path.is_dir():
        return benchmark(Store(path, str))
    try:
        return Benchmark.model_validate_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        raise BadInput(
            f"{quoted(path)} is not an evaluation.", "Name the folder of an evaluation, or its benchmark.json."
        ) from None


def compare(old: Benchmark, new: Benchmark) -> Comparison:
    """Compare by the tasks that both ran: rates with the interval of their difference, flips, tokens."""
    before, after = _shares(old), _shares(new)
    shared = set(before) & set(after)
    old_rates, new_rates = _rates(old, shared), _rates(new, shared)
    flips = [
        Flip(id=key, name=after[key][0], before=before[key][1], after=after[key][1])
        for key in shared
        if (before[key][1] > 0.5) != (after[key][1] > 0.5)
    ]
    tokens = _tokens(old, shared), _tokens(new, shared)
    return Comparison(
        before=_title(old),
        after=_title(new),
        shared=len(shared),
        rates=[
            _change(name, old_rates[name], new_rates[name])
            for name in RATES
            if old_rates[name].of and new_rates[name].of
        ],
        flips=sorted(flips, key=lambda flip: (flip.after > flip.before, flip.id)),
        only_before=sorted(set(before) - shared),
        only_after=sorted(set(after) - shared),
        differs=_differences(old.settings, new.settings),
        tokens=TokenChange(
            before=tokens[0], after=tokens[1], change=round(tokens[1] / tokens[0] - 1, 4) if tokens[0] else None
        ),
    )


def _change(name: str, before: Rate, after: Rate) -> RateChange:
    difference, low, high = stats.change(after, before)
    return RateChange(
        name=name, text=RATES[name], before=before, after=after, low=low, high=high, difference=difference
    )


def regressions(comparison: Comparison) -> list[str]:
    """Rates that fell by more than chance, and a large increase of tokens."""
    found = [f"{row.text}: {row.difference * 100:+.0f} points" for row in comparison.rates if row.high < 0]
    change = comparison.tokens.change
    if change is not None and change > MORE_TOKENS:
        found.append(f"tokens per run: {change:+.0%}")
    return found


def lines(comparison: Comparison) -> list[str]:
    """The comparison for the terminal."""
    found = [f"compared with {comparison.before}, by the {comparison.shared} cases and queries that both ran:"]
    if left := len(comparison.only_before) + len(comparison.only_after):
        found.append(f"  {left} that only one of them ran are left out")
    if comparison.differs:
        found.append(f"  these differ as well: {', '.join(comparison.differs)}")
    for row in comparison.rates:
        chance = "" if row.high < 0 or row.low > 0 else ", may be chance"
        interval = f"95 %: {row.low * 100:+.0f} to {row.high * 100:+.0f}{chance}"
        change = f"{row.before.value:.0%} -> {row.after.value:.0%} ({row.difference * 100:+.0f} points; {interval})"
        found.append(f"  {row.text}: {change}")
    if comparison.tokens.change is not None:
        found.append(f"  tokens per run with the skill: {comparison.tokens.change:+.0%}")
    for flip in comparison.flips:
        found.append(f"  {'now passes' if flip.after > flip.before else 'now fails'}: {flip.name}")
    if worse := regressions(comparison):
        found.append(f"  Regressions: {'; '.join(worse)}.")
    return found


def _rates(document: Benchmark, shared: set[str]) -> dict[str, Rate]:
    """The rates of RATES over the tasks in `shared`."""
    own = [run for run in document.runs if run.configuration == WITH and run.id in shared]
    routed = [run for run in own if run.expect_workflow]
    queries = [query for query in document.queries if query.triggered is not None and query.id in shared]
    ours = [query for query in queries if query.should_trigger]
    hits = sum(bool(query.triggered) for query in ours)
    return {
        "delivered": rate(own, sum(run.delivered for run in own)),
        "passed": rate(own, sum(run.passed for run in own)),
        "recall": rate(ours, hits),
        "precision": rate([query for query in queries if query.triggered], hits),
        "workflow": rate(routed, sum(run.workflow == run.expect_workflow for run in routed)),
    }


def _differences(old: Settings, new: Settings) -> list[str]:
    """Differences other than the skill, which may explain a change of the rates."""
    found = [name for name in ("runs", "rehearse", "limits") if getattr(old, name) != getattr(new, name)]
    found += [f"the {name}" for name in ("runner", "model") if getattr(old.agent, name) != getattr(new.agent, name)]
    hashes = new.fingerprints
    return found + [name for name in hashes if old.fingerprints.get(name) != hashes[name] and name != "the agent"]


def _shares(document: Benchmark) -> dict[str, tuple[str, float]]:
    """Each case and query with the skill: its name and the share of its runs that are good."""
    good: dict[str, list[bool]] = {}
    names: dict[str, str] = {}
    for run in document.runs:
        if run.configuration == WITH:
            names[run.id] = run.eval_name
            good.setdefault(run.id, []).append(run.passed)
    for query in document.queries:
        if query.triggered is not None:
            names[query.id] = query.query
            good.setdefault(query.id, []).append(query.triggered == query.should_trigger)
    return {key: (names[key], sum(outcomes) / len(outcomes)) for key, outcomes in good.items()}


def _tokens(document: Benchmark, shared: set[str]) -> float:
    """Mean tokens of a run of a shared case with the skill."""
    tokens = [run.result["tokens"] for run in document.runs if run.configuration == WITH and run.id in shared]
    return sum(tokens) / len(tokens) if tokens else 0.0


def _title(document: Benchmark) -> str:
    return f"{document.metadata.executor_model}, {document.metadata.timestamp}"
