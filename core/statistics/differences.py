"""How far two rates of different cases lie apart, and whether one of them got worse.

METHODS 6 and 7: the hybrid score interval of Newcombe (1998), Statistics in Medicine 17:873-890,
method 10. It stays inside -1 to 1 and is right where all pass or all fail.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import ndtri

from core.statistics.counts import check_counts, check_error, check_share
from core.statistics.interval import Interval


class Change(StrEnum):
    """What an interval of (new rate - old rate) shows.

    ``WORSE``: below 0 throughout, also where the fall is smaller than the margin. ``NO_WORSE``: by
    less than the margin, if at all.
    """

    WORSE = "worse"
    NO_WORSE = "no worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Difference:
    """``value`` is the new rate minus the old one (shares); None where one side has no case."""

    value: float | None
    interval: Interval


def wilson_bounds(passes: float, n: float, error: float) -> Interval:
    """The score interval of one rate (Wilson 1927), for error bars and differences, never for a verdict.

    Each side is wrong with about ``error``; n = 0 leaves everything possible.
    """
    check_counts(passes, n)
    check_error(error)
    if n == 0:
        return Interval(0.0, 1.0)
    z, rate = float(ndtri(1 - error)), passes / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low = 0.0 if passes == 0 else max(0.0, middle - reach)
    high = 1.0 if passes == n else min(1.0, middle + reach)
    return Interval(low, high)


def difference(new_passes: float, new_n: float, old_passes: float, old_n: float, error: float) -> Difference:
    """The new rate minus the old one, with its interval; each side is wrong with about ``error``.

    Counts may be effective ones (fractions). Without a case on one side anything is possible:
    (-1, 1). Raises ``ValueError`` on numbers that are no counts.
    """
    new, old = wilson_bounds(new_passes, new_n, error), wilson_bounds(old_passes, old_n, error)
    if new_n == 0 or old_n == 0:
        return Difference(None, Interval(-1.0, 1.0))
    new_rate, old_rate = new_passes / new_n, old_passes / old_n
    value = new_rate - old_rate
    low = value - math.hypot(new_rate - new.low, old.high - old_rate)
    high = value + math.hypot(new.high - new_rate, old_rate - old.low)
    return Difference(value, Interval(max(low, -1.0), min(high, 1.0)))


def judge_change(interval: Interval, margin: float) -> Change:
    """The answer that an interval of (new - old) carries, against a ``margin`` agreed beforehand."""
    check_share(margin, "margin")
    if interval.high < 0:
        return Change.WORSE
    return Change.NO_WORSE if interval.low > -margin else Change.UNDECIDED
