"""How fast a rate changes from day to day, where days swing more than luck: the quasi-binomial slope.

METHODS 5, level 2: a logistic line through daily counts, its standard error widened by the dispersion
seen (McCullagh & Nelder 1989, section 4.5), and t at days - 2. On clustered days a plain trend test is
false in 14 to 21 of 100 stable histories, this one in about 5.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, stdtr

from core.statistics.counts import check_finite, check_groups

FEWEST_DAYS = 5
"""With fewer days the dispersion cannot be estimated: four weekly points may well give 0.04."""

_STEPS = 50
_STEEPEST = 30.0
"""A logit beyond this is a rate of 0 or 1: the days are split cleanly and no line has a slope."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Slope:
    """``value`` is the change of the logit a day; ``dispersion`` the Pearson chi2 over ``days`` - 2, as seen.

    The standard error is that of luck times sqrt(dispersion), never below luck's. ``first`` and ``last``
    are the fitted rates of the first and the last day; ``fall_by_luck`` is the one-sided p.
    """

    value: float
    standard_error: float
    dispersion: float
    days: int
    first: float
    last: float
    fall_by_luck: float


def daily_slope(
    passes: Sequence[float], n: Sequence[float], days: Sequence[float], fewest: int = FEWEST_DAYS
) -> Slope | None:
    """The slope of the rate over ``days`` (places on the calendar); days without a case do not count.

    ``None`` where there is none to see: fewer than ``fewest`` days (never under 3), all passing, all
    failing, all on one day, or days that split cleanly into passing and failing ones.
    """
    check_groups(passes, n)
    check_finite(days, "days")
    passed, sizes, place = (np.asarray(one, dtype=np.float64) for one in (passes, n, days))
    kept = sizes > 0
    passed, sizes, place = passed[kept], sizes[kept], place[kept]
    if len(sizes) < max(fewest, 3) or passed.sum() in (0, sizes.sum()) or float(np.ptp(place)) == 0:
        return None
    middle = float(place.mean())
    fitted = _fit(passed, sizes, place - middle)
    if fitted is None:
        return None
    level, value, information = fitted
    rates = expit(level + value * (place - middle))
    variance = sizes * rates * (1 - rates)
    freedom = len(sizes) - 2
    dispersion = float(np.sum((passed - sizes * rates) ** 2 / variance)) / freedom
    error = math.sqrt(float(np.linalg.inv(information)[1, 1]) * max(1.0, dispersion))
    first, last = (float(expit(level + value * (end - middle))) for end in (place.min(), place.max()))
    by_luck = float(stdtr(freedom, value / error))
    return Slope(value, error, dispersion, len(sizes), first, last, by_luck)


def _fit(passes: Floats, n: Floats, place: Floats) -> tuple[float, float, Floats] | None:
    """Newton's steps to the likeliest (level, slope), with the information there; None if there is none."""
    design = np.stack([np.ones_like(place), place])
    found = np.array([float(logit(passes.sum() / n.sum())), 0.0])
    for _ in range(_STEPS):
        rates = expit(found @ design)
        information = (design * (n * rates * (1 - rates))) @ design.T
        if np.abs(found @ design).max() > _STEEPEST or np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, design @ (passes - n * rates))
        found = found + step
        if np.abs(step).max() < 1e-10:
            return float(found[0]), float(found[1]), information
    return None
