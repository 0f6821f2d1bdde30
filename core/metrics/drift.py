"""How loudly the last weeks of a rate speak: quiet, investigate, confirmed drift, stop (METHODS 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.metrics.catalogue import Better, Shape, metric
from core.metrics.daily import DayCount
from core.metrics.measurement import Measurement, WeekPoint
from core.statistics.alarms import PointsRule
from core.statistics.drift import (
    INVESTIGATE_CHANCE,
    WEEKS,
    Level,
    chance_of_a_falling_run,
    chance_of_such_a_fall,
    drift_level,
    falls_every_time,
)
from core.statistics.slope import Slope, daily_slope

FEWEST_WEEKS = 3
"""With fewer weeks there is no trend to speak of, however far they lie apart."""

FEWEST_A_WEEK = 10
"""Weeks that are worth fewer independent cases say nothing about a trend."""

FALL_THAT_MATTERS = 0.05
"""The fall (share) that confirmed drift needs, where the bar does not leave less room."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Tripped:
    """An early warning's points counter that reached its limit.

    ``bar`` is the warning's; the points reached the limit with a case of ``at``, and the rise began with
    one of ``began``; ``cases`` were counted until now.
    """

    bar: float
    rule: PointsRule
    at: datetime
    began: datetime
    cases: int


@dataclass(frozen=True)
class Stop:
    """Why a rate has to stop: its row of the checklist is NO-GO (of a draft or not), or warnings tripped."""

    misses_bar: bool = False
    of_draft: bool = False
    tripped: tuple[Tripped, ...] = ()

    def __bool__(self) -> bool:
        return self.misses_bar or bool(self.tripped)


NO_STOP = Stop()


@dataclass(frozen=True)
class Drift:
    """What the last weeks of a rate show.

    ``compared`` are the weeks that count: of the last four, of the same releases as the newest, each worth
    ``FEWEST_A_WEEK`` cases. ``split`` says that older weeks are left out because a release changed.
    ``chance`` is how often luck alone falls so steeply (None: no trend to see), ``in_a_row`` that
    each of four weeks is worse than the one before. ``slope`` is that of the days, of the good side;
    ``margin`` is the fall that matters. All falls are falls of the good side: a rate that should be low
    gets worse by rising.
    """

    metric: str
    level: Level
    compared: tuple[WeekPoint, ...]
    split: bool
    chance: float | None
    in_a_row: bool
    slope: Slope | None
    margin: float
    stop: Stop = NO_STOP

    @property
    def weeks(self) -> int:
        return len(self.compared)

    @property
    def is_judged(self) -> bool:
        """Whether there are weeks enough to speak of a trend."""
        return self.weeks >= FEWEST_WEEKS

    @property
    def findings(self) -> tuple[Measurement, ...]:
        return tuple(point.finding for point in self.compared if isinstance(point.finding, Measurement))

    @property
    def first(self) -> Measurement:
        return self.findings[0]

    @property
    def last(self) -> Measurement:
        return self.findings[-1]

    @property
    def by_run_alone(self) -> bool:
        """Whether only the order of the weeks speaks: the fall itself is within luck."""
        return self.in_a_row and not (self.chance is not None and self.chance < INVESTIGATE_CHANCE)

    @property
    def luck(self) -> float | None:
        """How often luck alone gives what speaks here; None where nothing speaks."""
        if self.level is Level.CONFIRMED and self.slope is not None:
            return self.slope.fall_by_luck
        return chance_of_a_falling_run(WEEKS) if self.by_run_alone else self.chance


def drift_of(
    weeks: Sequence[WeekPoint],
    days: Sequence[DayCount] = (),
    *,
    bar: float | None = None,
    stop: Stop = NO_STOP,
) -> Drift | None:
    """The level of a rate by its ``weeks``, oldest first; None for amounts, and without any week.

    ``days`` are the counts of the same rows by day; without them nothing is ever confirmed.
    """
    asked = metric(weeks[-1].finding.metric) if weeks else None
    if asked is None or asked.shape is not Shape.RATE:
        return None
    compared, split = _comparable(weeks[-WEEKS:])
    found = [point.finding for point in compared if isinstance(point.finding, Measurement)]
    sizes = [one.effective_n for one in found]
    passes = [_good(one, asked.better) * one.effective_n for one in found]
    places = [(point.week - compared[0].week) / _WEEK for point in compared]
    margin = fall_that_matters(bar, asked.better)
    judged = len(compared) >= FEWEST_WEEKS
    slope = _slope(days, compared, asked.better) if judged else None
    level = (
        drift_level(passes, sizes, places, slope, margin, stopped=bool(stop))
        if judged or stop
        else Level.QUIET
    )
    rates = [_good(one, asked.better) for one in found]
    return Drift(
        metric=asked.id,
        level=level,
        compared=compared,
        split=split,
        chance=chance_of_such_a_fall(passes, sizes, places) if judged else None,
        in_a_row=len(rates) == WEEKS and falls_every_time(rates),
        slope=slope,
        margin=margin,
        stop=stop,
    )


def investigate(weeks: Sequence[WeekPoint]) -> Drift | None:
    """The drift of a rate over its last weeks by the weeks alone, or None where nothing asks for a look."""
    found = drift_of(weeks)
    return None if found is None or found.level is Level.QUIET else found


def fall_that_matters(bar: float | None, better: Better) -> float:
    """The fall (share) that is agreed to matter: 5 points, or half of what the bar lets fail, if less.

    Under a bar of 2 % hallucinations a rise by 5 points would come far too late.
    """
    if bar is None:
        return FALL_THAT_MATTERS
    room = 1 - bar if better is Better.HIGHER else bar
    return min(FALL_THAT_MATTERS, room / 2)


def days_of_the_release(weeks: Sequence[WeekPoint], days: Sequence[DayCount]) -> tuple[DayCount, ...]:
    """The days of the last four weeks, since the releases of the newest week came in."""
    lately = weeks[-WEEKS:]
    if not lately:
        return ()
    first = lately[_since(lately)].week
    return tuple(one for one in days if first <= one.day < lately[-1].week + _WEEK)


def _comparable(lately: Sequence[WeekPoint]) -> tuple[tuple[WeekPoint, ...], bool]:
    """The weeks that are large enough since the newest one's releases came in, and whether that cut any."""
    start = _since(lately)
    return tuple(point for point in lately[start:] if _is_large(point)), start > 0


def _since(lately: Sequence[WeekPoint]) -> int:
    """The place of the first week after the last change of releases; a gap is no change.

    The newest week counts from its first case on, since what ran before it is no longer live; it may be
    too young to name every one of releases that run side by side. Older weeks count where they are large.
    """
    named = [
        (place, set(point.finding.tally.bundles))
        for place, point in enumerate(lately)
        if isinstance(point.finding, Measurement) and (_is_large(point) or point is lately[-1])
    ]
    if not named:
        return 0
    newest = named[-1][1]
    if len(named) > 1 and not _is_large(lately[named[-1][0]]) and newest <= named[-2][1]:
        newest = named[-2][1]
    since = named[-1][0]
    for place, releases in reversed(named[:-1]):
        if releases != newest:
            return since
        since = place
    return 0


def _is_large(point: WeekPoint) -> bool:
    return isinstance(point.finding, Measurement) and point.finding.effective_n >= FEWEST_A_WEEK


def _slope(days: Sequence[DayCount], compared: Sequence[WeekPoint], better: Better) -> Slope | None:
    """The slope of the good side over the days of the weeks that are compared."""
    spans = [point.week for point in compared]
    kept = [one for one in days if any(monday <= one.day < monday + _WEEK for monday in spans)]
    if not kept:
        return None
    good = [one.passes if better is Better.HIGHER else one.n - one.passes for one in kept]
    return daily_slope(good, [one.n for one in kept], [_place(one.day, kept[0].day) for one in kept])


def _place(day: date, first: date) -> float:
    return float((day - first).days)


def _good(found: Measurement, better: Better) -> float:
    rate = min(max(found.effective_passes / found.effective_n, 0.0), 1.0)
    return rate if better is Better.HIGHER else 1 - rate
