"""The few statistics of the reports; rates are between 0 and 1."""

import math
import statistics
from collections.abc import Sequence

Z = 1.959964  # of the normal distribution, for 95 %


def wilson(hits: float, of: int) -> tuple[float, float]:
    """The 95 % interval of a rate, by Wilson's score (JASA 22, 1927, 209-212): good for few and for extreme counts.

    Nothing is known of nought of nought: 0 to 1.
    """
    if not of:
        return 0.0, 1.0
    rate, spread = hits / of, Z * Z / of
    middle = (rate + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(rate * (1 - rate) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(hits: float, of: int, other_hits: float, other_of: int) -> tuple[float, float]:
    """The 95 % interval of a difference of two rates, first less second, by Newcombe's hybrid score
    (Statistics in Medicine 17, 1998, 873-890, method 10)."""
    if not of or not other_of:
        return -1.0, 1.0
    rate, other = hits / of, other_hits / other_of
    (low, high), (other_low, other_high) = wilson(hits, of), wilson(other_hits, other_of)
    below = math.hypot(rate - low, other_high - other)
    above = math.hypot(high - rate, other - other_low)
    return max(-1.0, rate - other - below), min(1.0, rate - other + above)


def rate(hits: int, of: int, items: int | None = None) -> dict:
    """A rate as it stands in results: with its counts and interval; None of nothing.

    Runs of one task are no independent trials: the interval counts each of `items` tasks once, with its runs' share.
    """
    items = of if items is None else items
    low, high = wilson(hits / of * items if of else 0, items)
    return {
        "value": round(hits / of, 4) if of else None,
        "hits": hits,
        "of": of,
        "items": items,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation (of a sample), least and largest, as skill-creator's benchmark.json has them."""
    if not values:
        return {"mean": 0.0, "stddev": 0.0, "min": 0.0, "max": 0.0}
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    found = {"mean": statistics.fmean(values), "stddev": deviation, "min": min(values), "max": max(values)}
    return {name: round(value, 4) for name, value in found.items()}
