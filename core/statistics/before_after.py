"""The same cases before and after a change: did anything get worse? (METHODS 7)

"No significant difference" proves nothing on 50 cases, so the question is non-inferiority: is the
fall shown to be smaller than a margin that was agreed beforehand? Cases that are not the same on
both sides are compared by ``differences`` or ``like_for_like`` with the same margin; that takes two
to five times as many.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from core.statistics.counts import check_error, check_groups, check_share, check_whole
from core.statistics.differences import Change, judge_change
from core.statistics.exact import p_value_below
from core.statistics.interval import Interval
from core.statistics.search import turning_point


@dataclass(frozen=True)
class PairedChange:
    """``broke`` passed before and fail now, ``mended`` the other way round, of ``n`` cases in both runs.

    ``value`` is the change of the rate (new minus old). ``worse_by_luck`` is how often luck alone breaks
    at least so many of the cases that changed: the exact one-sided McNemar p.
    """

    broke: int
    mended: int
    n: int
    value: float | None
    interval: Interval
    worse_by_luck: float
    change: Change


def compare_pairs(broke: int, mended: int, n: int, margin: float, error: float) -> PairedChange:
    """Whether the same ``n`` cases do worse after a change than before.

    WORSE where Tango's upper bound is below 0 or the exact McNemar p is at most ``error``; NO_WORSE where
    the lower bound is above -``margin``. n = 0 is UNDECIDED. Time-outs are failures; cases
    that only one side has do not belong here.
    """
    _check_pairs(broke, mended, n)
    interval = tango_bounds(broke, mended, n, error)
    by_luck = mcnemar_worse(broke, mended)
    change = judge_change(interval, margin)
    if by_luck <= error:
        change = Change.WORSE
    return PairedChange(broke, mended, n, (mended - broke) / n if n else None, interval, by_luck, change)


def mcnemar_worse(broke: int, mended: int) -> float:
    """The chance of at least ``broke`` of the changed cases breaking, if each does so half of the time."""
    _check_pairs(broke, mended, broke + mended)
    return p_value_below(mended, broke + mended, 0.5)


def mcnemar_different(broke: int, mended: int) -> float:
    """The two-sided exact McNemar p; 1 where no case changed."""
    return min(1.0, 2 * mcnemar_worse(max(broke, mended), min(broke, mended)))


def tango_bounds(broke: int, mended: int, n: int, error: float) -> Interval:
    """The score interval of the change of a paired rate (Tango 1998, Statistics in Medicine 17:891).

    Each side is wrong with about ``error``. Each end is the change d at which

        (mended - broke - n d) / sqrt(n (2 q + d (1 - d)))     with q the likeliest share that broke

    is the normal quantile. Finite also where no case changed; (-1, 1) where there is no case.
    """
    _check_pairs(broke, mended, n)
    check_error(error)
    if n == 0:
        return Interval(-1.0, 1.0)
    z = float(ndtri(1 - error))
    value = (mended - broke) / n
    low = -1.0
    if value > -1:
        low = turning_point(lambda d: _score(broke, mended, n, d) <= z, -1.0, value)
    high = 1.0
    if value < 1:
        high = turning_point(lambda d: _score(broke, mended, n, d) < -z, value, 1.0)
    return Interval(low, high)


def _score(broke: int, mended: int, n: int, d: float) -> float:
    """How many standard errors the change seen lies above a true change of ``d``."""
    apart = mended - broke - n * d
    b = -mended - broke + (2 * n - mended + broke) * d
    c = -broke * d * (1 - d)
    share = (math.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    variance = n * (2 * share + d * (1 - d))
    if variance <= 0:
        return 0.0 if apart == 0 else math.copysign(math.inf, apart)
    return apart / math.sqrt(variance)


@dataclass(frozen=True)
class RepeatedChange:
    """The change of the mean score of ``cases`` that were each tried several times on both sides.

    ``flaky_before`` and ``flaky_after`` are the shares of cases with mixed results. ``interval`` is
    None under two cases; it has no width where every case changed alike.
    """

    cases: int
    value: float | None
    interval: Interval | None
    flaky_before: float | None
    flaky_after: float | None
    worse_by_luck: float | None
    change: Change


def compare_repeats(
    before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]], margin: float, error: float
) -> RepeatedChange:
    """Whether repeated cases do worse: ``before`` and ``after`` hold (passes, attempts) case by case.

    A one-sided paired t on the differences of the cases' means (Miller 2024, arXiv:2411.00640): cases
    count, not attempts. Where no mean differs from its partner's by a different amount, t has no spread
    to go by and the answer stays UNDECIDED.
    """
    check_error(error)
    check_share(margin, "margin")
    for side in (before, after):
        check_groups([passes for passes, _ in side], [tries for _, tries in side])
    if len(before) != len(after):
        raise ValueError(f"{len(before)} cases before, but {len(after)} after")
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if old[1] and new[1]]
    if not pairs:
        return RepeatedChange(0, None, None, None, None, None, Change.UNDECIDED)
    change = np.asarray([new[0] / new[1] - old[0] / old[1] for old, new in pairs])
    flaky = [sum(0 < side[0] < side[1] for side in sides) / len(pairs) for sides in zip(*pairs, strict=True)]
    cases, value = len(pairs), float(change.mean())
    if cases < 2 or float(np.ptp(change)) == 0:
        return RepeatedChange(cases, value, None, flaky[0], flaky[1], None, Change.UNDECIDED)
    spread = float(change.std(ddof=1)) / math.sqrt(cases)
    reach = float(stdtrit(cases - 1, 1 - error)) * spread
    interval = Interval(value - reach, value + reach)
    by_luck = float(stdtr(cases - 1, value / spread))
    return RepeatedChange(cases, value, interval, flaky[0], flaky[1], by_luck, judge_change(interval, margin))


def pairs_needed(discordant: float, margin: float, error: float, power: float) -> int:
    """The cases to plan for, to show "no worse" when nothing changed but a share ``discordant`` by luck.

    (z(1 - error) + z(power))^2 discordant / margin^2: 6.18 times at 5 % and 80 %.
    """
    check_share(discordant, "discordant")
    check_error(error)
    if not 0 < margin <= 1 or not 0.5 <= power < 1:
        raise ValueError(f"margin must lie in 0 to 1 and power in 0.5 to 1, not {margin} and {power}")
    z = float(ndtri(1 - error) + ndtri(power))
    return math.ceil(z * z * discordant / margin**2)


def _check_pairs(broke: int, mended: int, n: int) -> None:
    check_whole((broke, mended, n), "pairs")
    if broke + mended > n:
        raise ValueError(f"{broke} broken and {mended} mended of {n} cases cannot be")
