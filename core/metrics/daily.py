"""What the days of a rate say: whether they swing more than luck, and which of them stand out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from core.statistics.noisy_days import FEWEST_A_DAY, DailySwing, daily_swing, days_that_stand_out

BEYOND_LUCK = 0.05
"""Days that swing so much by luck this seldom are called noisy (METHODS section 5)."""


@dataclass(frozen=True)
class DayCount:
    """``passes`` of ``n`` counted rows of one day; of a graded metric the passes are sums of shares."""

    day: date
    passes: float
    n: int


@dataclass(frozen=True)
class Swing:
    """How the days from ``first`` to ``last`` swing, and those that lie outside of what is usual for them.

    ``daily`` is None for a metric that is a mean of shares: its days cannot be compared with the luck of
    passes and failures.
    """

    first: date
    last: date
    daily: DailySwing | None
    stand_out: tuple[date, ...]

    @property
    def beyond_luck(self) -> bool:
        """Whether the days swing more than luck makes them; days that are too small never do."""
        found = self.daily
        return (
            found is not None and found.usable and found.by_luck is not None and found.by_luck < BEYOND_LUCK
        )


def swing_of(days: Sequence[DayCount]) -> Swing | None:
    """The swing of ``days``, in the order of the calendar; None without a day that counts anything."""
    counted = [one for one in days if one.n > 0]
    if not counted:
        return None
    first, last = counted[0].day, counted[-1].day
    if any(one.passes != round(one.passes) for one in counted):
        return Swing(first, last, None, ())
    passes, n = tuple(round(one.passes) for one in counted), tuple(one.n for one in counted)
    places = days_that_stand_out(passes, n)
    return Swing(first, last, _daily_swing(passes, n), tuple(counted[place].day for place in places))


@lru_cache(maxsize=256)
def _daily_swing(passes: tuple[int, ...], n: tuple[int, ...]) -> DailySwing:
    """Remembered, because sparse days are shuffled some thousand times and a page asks again at each turn."""
    return daily_swing(passes, n)


def swing_words(swing: Swing) -> str:
    """One sentence for people: "Days swing 2.3 times more than luck makes them." """
    found = swing.daily
    if found is None:
        return "It is a mean of shares, so its days are not held against luck: look at weeks."
    if not found.usable:
        return f"Fewer than {FEWEST_A_DAY} cases on the middle day: judge weeks, not days."
    if found.times_luck is None or found.by_luck is None:
        return f"All {found.days} days are alike: there is no swing to see."
    if not swing.beyond_luck:
        return (
            f"The {found.days} days swing no more than luck makes them. With few cases a day that proves "
            "little: at 20 a day about half of such swings are seen."
        )
    return (
        f"Days swing {found.times_luck:.1f} times more (in variance) than luck makes them; luck alone does "
        f"so {how_often(found.by_luck)}. Look for what differs between days."
    )


def how_often(chance: float) -> str:
    """``about 1 time in 75`` for a chance of 0.0134, no finer than such a number bears."""
    if chance < 1e-6:
        return "less than 1 time in 1,000,000"
    times = 1 / chance
    if times < 10:
        return f"about 1 time in {times:.1f}".removesuffix(".0")
    coarse = 1 if times < 150 else 10 if times < 1_000 else 100
    return f"about 1 time in {round(times / coarse) * coarse:,}"
