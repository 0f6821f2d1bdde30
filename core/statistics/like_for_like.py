"""Is a new group served worse, or does it only bring harder work? (METHODS 6)

Both groups are compared kind by kind (strata that were fixed before anybody was served). The difference is
that of Mantel and Haenszel with the variance of Sato (1989), Biometrics 45:1323; beside it stands
Kitagawa's (1955) split of the plain change into rate and mix. Nobody was assigned by chance, so this
compares "the same kinds of tasks" and never proves a cause.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from core.statistics.counts import check_counts, check_error, check_groups
from core.statistics.differences import Change, Difference, difference, judge_change
from core.statistics.interval import Interval

MOST_LEFT_OUT = 0.2
"""With a larger share of cases in kinds that only one group has, nothing is concluded."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """One kind of cases in both groups; counts may be effective ones (fractions)."""

    new_passes: float
    new_n: float
    old_passes: float
    old_n: float


@dataclass(frozen=True)
class LikeForLike:
    """The new group against the old one; all differences are new minus old, in shares.

    ``raw`` takes everything as it came. ``same_kinds`` is the like-for-like difference; ``rate`` and
    ``mix`` add up to the raw change among the kinds that both have; all three are None where no kind
    is in both. ``left_out`` is the larger of the two groups' shares in kinds that the other lacks.
    """

    raw: Difference
    same_kinds: Difference
    rate: float | None
    mix: float | None
    left_out: float
    change: Change


def compare_like_for_like(strata: Sequence[Stratum], margin: float, error: float) -> LikeForLike:
    """Whether the rate fell on like-for-like cases, by an interval wrong with about ``error`` each way.

    The order of the strata changes nothing. UNDECIDED also where more than ``MOST_LEFT_OUT`` of the cases
    cannot be compared. By simulation the two-sided 90 % interval covers 88 to 91 %: use it to
    diagnose, not to pass.
    """
    check_error(error)
    table = _table(strata)
    new_n, old_n = float(table[1].sum()), float(table[3].sum())
    raw = difference(float(table[0].sum()), new_n, float(table[2].sum()), old_n, error)
    both = table[:, (table[1] > 0) & (table[3] > 0)]
    left_out = max(
        1 - float(kept) / whole if whole else 1.0
        for kept, whole in ((both[1].sum(), new_n), (both[3].sum(), old_n))
    )
    left_out = max(left_out, 0.0)
    if both.shape[1] == 0:
        nothing = Difference(None, Interval(-1.0, 1.0))
        return LikeForLike(raw, nothing, None, None, left_out, Change.UNDECIDED)
    same_kinds = _mantel_haenszel(both, error)
    rate, mix = _kitagawa(both)
    change = judge_change(same_kinds.interval, margin)
    return LikeForLike(
        raw, same_kinds, rate, mix, left_out, change if left_out <= MOST_LEFT_OUT else Change.UNDECIDED
    )


def compare_by_user(
    users: Sequence[Sequence[Stratum]], error: float, *, seed: int, resamples: int = 1999
) -> Interval | None:
    """The like-for-like interval where some users are in both groups: whole users are drawn again.

    ``users`` holds each user's own strata, the same kinds in the same order. The percentile bootstrap
    of users, reproducible by ``seed``; ``None`` with fewer than 20 users, or where a draw of them may
    leave no kind in both groups.
    """
    check_error(error)
    if len(users) < 20:
        return None
    tables = np.stack([_table(strata) for strata in users])
    luck = np.random.default_rng(seed)
    weights = luck.multinomial(len(users), np.full(len(users), 1 / len(users)), size=resamples)
    new_passes, new_n, old_passes, old_n = np.moveaxis(
        np.tensordot(weights.astype(np.float64), tables, axes=1), 1, 0
    )
    total = np.maximum(new_n + old_n, 1e-300)
    weight = (new_n * old_n / total).sum(axis=1)
    if (weight == 0).any():
        return None
    found = ((new_passes * old_n - old_passes * new_n) / total).sum(axis=1) / weight
    low, high = np.quantile(found, [error, 1 - error])
    return Interval(float(low), float(high))


def _table(strata: Sequence[Stratum]) -> Floats:
    """Four rows (new passes, new n, old passes, old n), a column a stratum; refuses what is no count."""
    for one in strata:
        check_counts(one.new_passes, one.new_n)
        check_counts(one.old_passes, one.old_n)
    rows = [(one.new_passes, one.new_n, one.old_passes, one.old_n) for one in strata]
    check_groups([row[0] for row in rows], [row[1] for row in rows])
    return np.asarray(rows, dtype=np.float64).reshape(-1, 4).T


def _mantel_haenszel(table: Floats, error: float) -> Difference:
    """sum((x1 n0 - x0 n1)/N) / sum(n1 n0/N); where nothing varies, Newcombe's interval of the sums."""
    x1, n1, x0, n0 = table
    total = n1 + n0
    weight = float(np.sum(n1 * n0 / total))
    value = float(np.sum((x1 * n0 - x0 * n1) / total)) / weight
    first = np.sum((n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / total**2)
    second = np.sum((x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * total))
    variance = float(value * first + second) / weight**2
    if variance <= 0:
        pooled = difference(float(x1.sum()), float(n1.sum()), float(x0.sum()), float(n0.sum()), error)
        return Difference(value, pooled.interval)
    reach = float(ndtri(1 - error)) * math.sqrt(variance)
    return Difference(value, Interval(max(value - reach, -1.0), min(value + reach, 1.0)))


def _kitagawa(table: Floats) -> tuple[float, float]:
    """The plain change as (rate, mix): rates at the mean mix, and the mix at the mean rates."""
    x1, n1, x0, n0 = table
    new_rate, old_rate, new_share, old_share = x1 / n1, x0 / n0, n1 / n1.sum(), n0 / n0.sum()
    rate = np.sum((new_rate - old_rate) * (new_share + old_share) / 2)
    mix = np.sum((new_share - old_share) * (new_rate + old_rate) / 2)
    return float(rate), float(mix)
