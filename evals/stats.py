"""Statistics of the reports. Rates are fractions between 0 and 1."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959964  # 97.5 % quantile of the normal distribution, for 95 % intervals


@dataclass(frozen=True)
class Rate:
    """`hits` of `of` runs, with a 95 % interval over `items` independent tasks; `value` is None without runs."""

    value: float | None
    hits: int
    of: int
    items: int
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """Mean, sample standard deviation, minimum and maximum, as in skill-creator's benchmark.json."""

    mean: float = 0.0
    stddev: float = 0.0
    min: float = 0.0
    max: float = 0.0


def wilson(hits: float, of: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a rate (JASA 22, 1927, 209-212), good for small and extreme counts.

    Without observations it is 0 to 1.
    """
    if not of:
        return 0.0, 1.0
    rate, spread = hits / of, Z * Z / of
    middle = (rate + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(rate * (1 - rate) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(hits: float, of: int, other_hits: float, other_of: int) -> tuple[float, float]:
    """The 95 % interval of the first rate minus the second, by Newcombe's hybrid score method
    (Statistics in Medicine 17, 1998, 873-890, method 10)."""
    if not of or not other_of:
        return -1.0, 1.0
    rate, other = hits / of, other_hits / other_of
    (low, high), (other_low, other_high) = wilson(hits, of), wilson(other_hits, other_of)
    below = math.hypot(rate - low, other_high - other)
    above = math.hypot(high - rate, other - other_low)
    return max(-1.0, rate - other - below), min(1.0, rate - other + above)


def change(after: Rate, before: Rate) -> tuple[float, float, float]:
    """The difference of two rates that have runs, and its 95 % interval; each task counts once."""
    share, old_share = after.hits / after.of, before.hits / before.of
    low, high = difference(share * after.items, after.items, old_share * before.items, before.items)
    return round(share - old_share, 4), round(low, 4), round(high, 4)


def rate(hits: int, of: int, items: int | None = None) -> Rate:
    """A rate with its interval.

    Runs of one task are not independent trials, so the interval counts each of the `items` tasks once.
    """
    items = of if items is None else items
    low, high = wilson(hits / of * items if of else 0, items)
    return Rate(round(hits / of, 4) if of else None, hits, of, items, round(low, 4), round(high, 4))


def spread(values: Sequence[float]) -> Spread:
    """Summary of a sample; zeros if it is empty."""
    if not values:
        return Spread()
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return Spread(*(round(value, 4) for value in (statistics.fmean(values), deviation, min(values), max(values))))
