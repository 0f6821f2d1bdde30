"""Is a rate falling from week to week? A cheap test that says "look", never "stop" (METHODS 5).

Three levels are kept apart: INVESTIGATE is cheap and sometimes wrong (a stable rate gets the word in about
6 of 100 weeks); CONFIRMED asks for daily counts, a chance by luck below 1 % and a fall that matters;
STOP belongs to an alarm that tripped or a gate that failed, and is never computed from a trend.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from core.statistics.counts import check_finite, check_groups, check_share
from core.statistics.slope import Slope

WEEKS = 4
"""So many weeks are looked at; so many in a row must fall."""

INVESTIGATE_CHANCE = 0.05
CONFIRMED_CHANCE = 0.01


class Level(StrEnum):
    """How loudly a trend speaks; from quiet to loud."""

    QUIET = "quiet"
    INVESTIGATE = "investigate"
    CONFIRMED = "confirmed drift"
    STOP = "stop"


def falls_every_time(rates: Sequence[float]) -> bool:
    """Whether each of the rates is below the one before; two are needed to fall at all."""
    check_finite(rates, "rates")
    return len(rates) >= 2 and all(after < before for before, after in pairwise(rates))


def chance_of_a_falling_run(length: int) -> float:
    """How often ``length`` rates without a trend stand in strictly falling order: 1 of length! orders.

    Whatever their n: 4.2 % for four weeks, 16.7 % for three. Equal rates only make it rarer.
    """
    if length < 1:
        raise ValueError(f"a run has at least 1 rate, not {length}")
    return 1 / math.factorial(length)


def drift_level(
    passes: Sequence[float],
    n: Sequence[float],
    weeks: Sequence[float],
    daily: Slope | None,
    margin: float,
    *,
    stopped: bool = False,
) -> Level:
    """The level of a rate over its last weeks, oldest first; ``weeks`` are places on the calendar.

    Only the last ``WEEKS`` count, and weeks without a case do not. ``daily`` is the slope over the days of
    the same weeks (None: only weekly totals are known, so nothing is ever confirmed); ``margin`` is the
    fall (share) agreed to matter. ``stopped``: an alarm tripped or a gate failed. Split the data where
    a release changed, and compare like for like first where the mix did.
    """
    check_groups(passes, n)
    check_share(margin, "margin")
    if stopped:
        return Level.STOP
    if daily is not None and daily.fall_by_luck < CONFIRMED_CHANCE and daily.first - daily.last >= margin > 0:
        return Level.CONFIRMED
    last = slice(-WEEKS, None)
    by_luck = chance_of_such_a_fall(passes[last], n[last], weeks[last])
    seen = [passed / size for passed, size in zip(passes[last], n[last], strict=True) if size > 0]
    in_a_row = len(seen) == WEEKS and falls_every_time(seen)
    steep = by_luck is not None and by_luck < INVESTIGATE_CHANCE
    return Level.INVESTIGATE if in_a_row or steep else Level.QUIET


def chance_of_such_a_fall(
    passes: Sequence[float], n: Sequence[float], weeks: Sequence[float]
) -> float | None:
    """How often luck alone gives a fall at least this steep: the one-sided Cochran-Armitage p.

    ``weeks`` are the positions on the calendar; weeks without a case do not count. ``None`` where
    there is no trend to see: under two weeks, or all passing, or all failing.
    """
    z = trend_z(passes, n, weeks)
    return None if z is None else float(ndtr(z))


def trend_z(passes: Sequence[float], n: Sequence[float], weeks: Sequence[float]) -> float | None:
    """The Cochran-Armitage z of the trend, negative where the rate falls (Armitage 1955, Biometrics 11:375).

    z = sum(w (passes - n rate)) / sqrt(rate (1 - rate) (sum(n w^2) - sum(n w)^2 / sum(n)))
    """
    check_groups(passes, n)
    check_finite(weeks, "weeks")
    passed, sizes, place = (np.asarray(one, dtype=np.float64) for one in (passes, n, weeks))
    kept = sizes > 0
    passed, sizes, place = passed[kept], sizes[kept], place[kept]
    total = float(sizes.sum())
    if len(sizes) < 2 or passed.sum() in (0, total):
        return None
    rate = float(passed.sum()) / total
    slope = float(np.sum(place * (passed - sizes * rate)))
    spread = float(np.sum(sizes * place**2) - np.sum(sizes * place) ** 2 / total)
    variance = rate * (1 - rate) * spread
    return None if variance <= 0 else slope / math.sqrt(variance)
