"""Do days swing more than luck would make them? (METHODS 5, "Noisy days")

The Pearson chi2 of the days against one common rate, divided by its degrees of freedom, says how many times
more they vary. Which days stand out of such a swing is seen with the limits of Laney's (2002) p' chart,
Quality Engineering 14:531, which widen with it. Both diagnose; neither gates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from core.statistics.counts import check_groups, check_whole

FEWEST_A_DAY = 10
"""With fewer cases on the middle day, days cannot be judged: look at weeks."""

FEWEST_EXPECTED = 5.0
"""With fewer failures (or passes) expected on some day, chi2 is replaced by shuffling the cases."""

_MOVING_RANGE = 1.128
"""The mean distance of two neighbours, in standard deviations (d2 for n = 2)."""

_SHUFFLES = 9999

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DailySwing:
    """Days against one common rate.

    ``times_luck`` is how many times more the days vary (in variance) than luck makes them; it is below 1
    where they vary less. ``by_luck`` is the chance of at least such a swing without any cause. ``usable`` is
    False with under two days or under ``FEWEST_A_DAY`` cases on the middle day: then show weeks.
    """

    days: int
    times_luck: float | None
    by_luck: float | None
    usable: bool


def daily_swing(passes: Sequence[int], n: Sequence[int], *, seed: int = 0) -> DailySwing:
    """How the daily rates swing; days without a case do not count, and their order does not matter.

    All passing or all failing is no swing: None. ``seed`` makes the shuffling of sparse days
    reproducible. Power with 14 days and a correlation of 0.05 within them: 25 % at 10 cases a day, 53 % at
    20, 92 % at 50, so a quiet answer proves little.
    """
    passed, sizes = _days(passes, n)
    usable = len(sizes) >= 2 and float(np.median(sizes)) >= FEWEST_A_DAY
    if len(sizes) < 2 or passed.sum() in (0, sizes.sum()):
        return DailySwing(len(sizes), None, None, usable)
    chi2 = chi2_of_one_rate(passes, n)
    freedom = len(sizes) - 1
    rate = float(passed.sum() / sizes.sum())
    if float(sizes.min()) * min(rate, 1 - rate) < FEWEST_EXPECTED:
        by_luck = _by_shuffling(passed, sizes, chi2, seed)
    else:
        by_luck = float(chdtrc(freedom, chi2))
    return DailySwing(len(sizes), chi2 / freedom, by_luck, usable)


def chi2_of_one_rate(passes: Sequence[int], n: Sequence[int]) -> float:
    """The Pearson chi2 of several groups against their common rate; 0 where all pass or all fail."""
    passed, sizes = _days(passes, n)
    total = float(sizes.sum())
    if total == 0 or passed.sum() in (0, total):
        return 0.0
    return _chi2(passed, sizes, float(passed.sum()) / total)


def days_that_stand_out(passes: Sequence[int], n: Sequence[int]) -> tuple[int, ...]:
    """The places (from 0) of days outside Laney's limits: rate +- 3 s, s widened by the usual swing.

    The days come in the order of the calendar. Nothing where days are not usable (see ``daily_swing``). A day
    like the others is called so once in a few hundred.
    """
    check_groups(passes, n)
    passed, sizes = np.asarray(passes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    kept = np.flatnonzero(sizes > 0)
    passed, sizes = passed[kept], sizes[kept]
    if len(sizes) < 3 or float(np.median(sizes)) < FEWEST_A_DAY or passed.sum() in (0, sizes.sum()):
        return ()
    rate = float(passed.sum() / sizes.sum())
    z = (passed / sizes - rate) / np.sqrt(rate * (1 - rate) / sizes)
    swing = max(float(np.abs(np.diff(z)).mean()) / _MOVING_RANGE, 1.0)
    return tuple(int(place) for place in kept[np.abs(z) > 3 * swing])


def _days(passes: Sequence[int], n: Sequence[int]) -> tuple[Floats, Floats]:
    check_groups(passes, n)
    check_whole(passes, "passes")
    check_whole(n, "n")
    passed, sizes = np.asarray(passes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    return passed[sizes > 0], sizes[sizes > 0]


def _chi2(passed: Floats, sizes: Floats, rate: float) -> float:
    return float(np.sum((passed - sizes * rate) ** 2 / (sizes * rate * (1 - rate))))


def _by_shuffling(passed: Floats, sizes: Floats, chi2: float, seed: int) -> float:
    """The share of random deals of the same failures to the same days that swing at least as much."""
    luck, rate = np.random.default_rng(seed), float(passed.sum() / sizes.sum())
    deals = luck.multivariate_hypergeometric(
        sizes.astype(np.int64), math.floor(float(passed.sum())), size=_SHUFFLES, method="marginals"
    )
    swings = np.sum((deals - sizes * rate) ** 2 / (sizes * rate * (1 - rate)), axis=1)
    # The dust of floating point must not decide a deal that swings just as much.
    return float((1 + np.sum(swings >= chi2 * (1 - 1e-9))) / (_SHUFFLES + 1))
