"""Drift: four weeks at 87, 85, 83 and 79 % are flagged at week four, with the n that makes it honest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from core.metrics.catalogue import Better
from core.metrics.daily import DayCount
from core.metrics.drift import (
    Drift,
    Stop,
    Tripped,
    days_of_the_release,
    drift_of,
    fall_that_matters,
    investigate,
)
from core.metrics.drift_wording import drift_sentence, level_word
from core.metrics.measurement import (
    Cluster,
    Measurement,
    NotMeasured,
    Slice,
    Source,
    Tally,
    WeekPoint,
    Why,
)
from core.statistics.alarms import PointsRule
from core.statistics.drift import Level, chance_of_such_a_fall
from core.units import Unit

MONDAY = date(2026, 1, 5)
FALLING = (0.87, 0.85, 0.83, 0.79)
NOTHING = NotMeasured("answer_correctness", Source.LABEL, Slice(), Why.NO_ROWS, "No labels yet.")


def week(rate: float, n: float, metric: str = "answer_correctness", bundle: str = "a") -> Measurement:
    tally = Tally((rate * n,), (round(n),), Cluster.USER, bundles=(bundle,))
    return Measurement(
        metric, Source.LABEL, Slice(), Unit.SHARE, rate, 0.0, 1.0, tally, n, rate * n, True, 0.05
    )  # fmt: skip


def points(*found: Measurement | NotMeasured) -> list[WeekPoint]:
    return [WeekPoint(MONDAY + timedelta(weeks=place), one) for place, one in enumerate(found)]


def drift(rates: Sequence[float], n: float, **about: str) -> Drift | None:
    return investigate(points(*(week(rate, n, **about) for rate in rates)))


@pytest.mark.parametrize(
    ("n", "third", "fourth"),
    [
        (100, 0.214, 0.059),
        (110, 0.203, 0.0502),
        (111, 0.202, 0.0495),
        (150, 0.166, 0.028),
        (200, 0.131, 0.013),
        (300, 0.085, 0.003),
    ],
)
def test_the_chance_of_the_four_weeks_by_luck(n: int, third: float, fourth: float) -> None:
    """METHODS section 5, as R's prop.trend.test gives it (one-sided)."""
    passes = [rate * n for rate in FALLING]
    of_three = chance_of_such_a_fall(passes[:3], [n] * 3, [0, 1, 2])
    of_four = chance_of_such_a_fall(passes, [n] * 4, [0, 1, 2, 3])
    assert (of_three, of_four) == (pytest.approx(third, abs=0.0006), pytest.approx(fourth, abs=0.0006))


def test_the_four_weeks_are_flagged_at_week_four_and_not_before() -> None:
    assert drift(FALLING[:3], 200) is None
    found = drift(FALLING, 200)
    assert found is not None
    assert (found.first.value, found.last.value, found.weeks, found.in_a_row) == (0.87, 0.79, 4, True)
    assert found.chance == pytest.approx(0.0134, abs=0.0002)  # about 1 time in 75


@pytest.mark.parametrize(
    ("rates", "n", "flagged"),
    [
        ((0.87, 0.86, 0.85, 0.84), 50, True),  # four in a row lower: luck does so 1 time in 24, at any n
        ((0.87, 0.86, 0.86, 0.84), 50, False),
        ((0.79, 0.83, 0.85, 0.87), 400, False),  # better is not worse
        ((0.90, 0.80, 0.70), 300, True),  # three weeks suffice where the fall is far beyond luck
        ((0.90, 0.70), 300, False),
        ((1.0, 1.0, 1.0, 1.0), 300, False),
        ((0.9, 0.8, 0.7, 0.6), 9, False),  # weeks too small to say anything
    ],
)
def test_what_asks_for_a_look(rates: tuple[float, ...], n: float, flagged: bool) -> None:
    assert (drift(rates, n) is not None) is flagged


def test_a_rate_that_should_be_low_gets_worse_by_rising() -> None:
    assert drift((0.02, 0.04, 0.06, 0.09), 200, metric="hallucination_rate") is not None
    assert drift((0.09, 0.06, 0.04, 0.02), 200, metric="hallucination_rate") is None


def test_only_the_last_four_weeks_count_and_a_gap_keeps_its_place() -> None:
    assert investigate(points(*(week(rate, 200) for rate in (*FALLING, 0.9, 0.9, 0.9, 0.9)))) is None
    gap = investigate(points(week(0.9, 300), NOTHING, week(0.8, 300), week(0.7, 300)))
    assert gap is not None
    assert not gap.in_a_row


def test_a_new_release_is_a_change_and_not_drift() -> None:
    old, new = (
        (week(rate, 200) for rate in FALLING[:2]),
        (week(rate, 200, bundle="b") for rate in FALLING[2:]),
    )
    assert investigate(points(*old, *new)) is None


def test_nothing_is_no_drift() -> None:
    assert investigate(()) is None
    assert investigate(points(NOTHING, NOTHING, NOTHING, NOTHING)) is None


def test_an_amount_is_not_tested_as_a_rate() -> None:
    found = replace(week(0.5, 300, metric="latency_p95"), unit=Unit.MILLISECONDS)
    assert investigate(points(found, found, found, found)) is None


@pytest.mark.parametrize(
    ("passes", "n", "weeks"),
    [
        ([], [], []),
        ([5], [10], [0]),
        ([10, 10], [10, 10], [0, 1]),
        ([0, 0], [10, 10], [0, 1]),
        ([5, 0], [10, 0], [0, 1]),
    ],
)  # fmt: skip
def test_no_trend_can_be_seen(passes: list[float], n: list[float], weeks: list[float]) -> None:
    assert chance_of_such_a_fall(passes, n, weeks) is None


def test_a_run_of_four_is_told_as_the_luck_that_it_takes() -> None:
    """At 20 a week the fall itself is nothing special, the order of the weeks is 1 of 24."""
    found = drift((0.88, 0.87, 0.86, 0.85), 20)
    assert found is not None and found.in_a_row and found.by_run_alone
    assert found.luck == pytest.approx(1 / 24)
    assert found.chance is not None and found.chance > 0.3


def test_a_stable_metric_is_flagged_about_one_week_in_fifteen() -> None:
    """METHODS section 5: 6.5 % of the weeks of a system that does not change."""
    luck = np.random.default_rng(5)
    flagged = sum(
        drift([luck.binomial(200, 0.9) / 200 for _ in range(4)], 200) is not None for _ in range(500)
    )
    assert 0.03 <= flagged / 500 <= 0.10


def four_weeks(n: float, weeks: int = 4) -> Drift:
    found = drift_of(points(*(week(rate, n) for rate in FALLING[:weeks])))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("n", "weeks", "level", "by_run_alone"),
    [
        (200, 3, Level.QUIET, False),
        (200, 4, Level.INVESTIGATE, False),
        (50, 3, Level.QUIET, False),
        (50, 4, Level.INVESTIGATE, True),
        (110, 4, Level.INVESTIGATE, True),  # p = .0502: the trend does not speak yet
        (111, 4, Level.INVESTIGATE, False),  # p = .0495: now it does
        (431, 3, Level.QUIET, False),
        (432, 3, Level.INVESTIGATE, False),  # the first size that flags week three
    ],
)
def test_the_seed_weeks_at_every_size(n: int, weeks: int, level: Level, by_run_alone: bool) -> None:
    found = four_weeks(n, weeks)
    assert (found.level, found.by_run_alone) == (level, by_run_alone)


def test_what_is_said_about_the_seed_weeks() -> None:
    assert level_word(four_weeks(200)) == "Investigate"
    assert drift_sentence(four_weeks(200)) == (
        "Four weeks in a row lower, 87 to 79 %. Luck does this about 1 time in 75. Investigate."
    )
    assert drift_sentence(four_weeks(50)) == (
        "Four weeks in a row lower, 87 to 79 %. Only the run rule speaks: luck puts four weeks in this order "
        "1 time in 24, however many cases they have. The fall itself is not beyond luck (about 1 time in "
        "7.5). Investigate."
    )
    assert (
        drift_sentence(four_weeks(200, 3))
        == "No trend beyond luck over three weeks, 87 to 83 % (n 200 a week)."
    )


def test_too_few_weeks_are_not_called_quiet() -> None:
    found = four_weeks(200, 2)
    assert (found.level, found.is_judged, level_word(found)) == (Level.QUIET, False, "Too early")
    assert drift_sentence(found) == (
        "A trend needs 3 weeks of the same release worth 10 independent cases each; there are only 2 so far."
    )


def test_a_rate_that_should_be_low_is_said_to_rise() -> None:
    found = drift((0.02, 0.04, 0.06, 0.09), 200, metric="hallucination_rate")
    assert found is not None
    assert drift_sentence(found).startswith("Four weeks in a row higher, 2 to 9 %.")


def released(*names: str) -> list[WeekPoint]:
    """Weeks that fall steeply, of the releases that are named: "ab" ran side by side."""
    found = [week(0.95 - 0.05 * place, 300) for place in range(len(names))]
    return points(
        *(
            replace(one, tally=replace(one.tally, bundles=tuple(name)))
            for one, name in zip(found, names, strict=True)
        )
    )


@pytest.mark.parametrize(
    ("names", "compared", "split"),
    [
        (("a", "a", "a", "a"), 4, False),
        (("a", "b", "b", "b"), 3, True),
        (("a", "a", "ab", "b"), 1, True),
        (("ab", "ab", "ab", "ab"), 4, False),
        (("a", "b", "a", "a"), 2, True),  # a release that came back is compared since it did
        (("b", "a", "a", "a", "a"), 4, False),  # only the last four weeks are looked at
    ],
)
def test_weeks_are_compared_since_the_releases_changed(
    names: tuple[str, ...], compared: int, split: bool
) -> None:
    found = drift_of(released(*names))
    assert found is not None
    assert (found.weeks, found.split) == (compared, split)


def test_the_release_that_is_compared_is_named() -> None:
    found = drift_of(released("a", "b", "b", "b"))
    assert found is not None
    assert " Compared since release b." in drift_sentence(found)


def test_a_young_week_starts_a_new_release_but_does_not_end_two_that_run_side_by_side() -> None:
    weeks = [*released("ab", "ab", "ab"), WeekPoint(MONDAY + timedelta(weeks=3), week(1.0, 3, bundle="a"))]
    found = drift_of(weeks)
    assert found is not None and (found.weeks, found.split) == (3, False)
    weeks[-1] = WeekPoint(weeks[-1].week, week(1.0, 3, bundle="c"))
    found = drift_of(weeks)
    assert found is not None and (found.weeks, found.split) == (0, True)


def daily(rates: Sequence[float], n: int = 100) -> list[DayCount]:
    """Seven days a week, all of its rate."""
    return [
        DayCount(MONDAY + timedelta(weeks=place, days=day), round(rate * n), n)
        for place, rate in enumerate(rates)
        for day in range(7)
    ]


STEEP = (0.92, 0.88, 0.84, 0.80)


@pytest.mark.parametrize(
    ("rates", "n", "bar", "level"),
    [
        (STEEP, 100, None, Level.CONFIRMED),
        (STEEP, 10, None, Level.INVESTIGATE),  # so few a day: the slope is within luck
        ((0.92, 0.91, 0.90, 0.89), 2000, None, Level.INVESTIGATE),  # sure, but too small a fall to matter
        ((0.92, 0.91, 0.90, 0.89), 2000, 0.95, Level.CONFIRMED),  # under this bar 2.5 points matter
        ((0.80, 0.84, 0.88, 0.92), 100, None, Level.QUIET),
    ],
)
def test_drift_is_confirmed_by_days_and_by_a_fall_that_matters(
    rates: tuple[float, ...], n: int, bar: float | None, level: Level
) -> None:
    found = drift_of(points(*(week(rate, 7 * n) for rate in rates)), daily(rates, n), bar=bar)
    assert found is not None and found.level is level


def test_days_that_swing_do_not_confirm() -> None:
    """The same weeks, but each day is good or bad as a whole: the days are the witnesses then."""
    days = [
        replace(one, passes=one.n if place % 3 or place % 7 == 1 else 0.3 * one.n)
        for place, one in enumerate(daily(STEEP))
    ]
    found = drift_of(points(*(week(rate, 700) for rate in STEEP)), days)
    assert found is not None and found.slope is not None
    assert found.slope.dispersion > 10
    assert found.level is Level.INVESTIGATE


def test_what_is_said_of_confirmed_drift() -> None:
    found = drift_of(points(*(week(rate, 700) for rate in STEEP)), daily(STEEP))
    assert found is not None
    sentence = drift_sentence(found)
    assert sentence.startswith(
        "Day by day it fell from about 92.3 to 77.7 % over 28 days. Luck does this less"
    )
    assert sentence.endswith("before going on.")


TRIP = Tripped(
    0.85, PointsRule(7, 1, 67), datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 1, 14, tzinfo=UTC), 900
)


@pytest.mark.parametrize("stop", [Stop(misses_bar=True), Stop(tripped=(TRIP,))])
def test_only_the_bar_and_a_warning_say_stop(stop: Stop) -> None:
    for rates in (STEEP, (0.9, 0.9, 0.9, 0.9), (0.9,)):
        found = drift_of(points(*(week(rate, 300) for rate in rates)), stop=stop)
        assert found is not None and found.level is Level.STOP


def test_what_is_said_of_a_stop() -> None:
    found = drift_of(points(week(0.8, 300)), stop=Stop(True, True, (TRIP,)))
    assert found is not None
    assert drift_sentence(found) == (
        "Stop: its row in the draft of the checklist is NO-GO. Stop: the early warning “below 85 %” tripped "
        "on 20 Jan 2026; the rise probably began around 14 Jan. (A bad case adds 7 points, a good one takes "
        "1 off; 67 trip it.) A trend needs 3 weeks of the same release worth 10 independent cases each; "
        "there is only 1 so far."
    )


@pytest.mark.parametrize(
    ("bar", "better", "matters"),
    [
        (None, Better.HIGHER, 0.05),
        (0.8, Better.HIGHER, 0.05),
        (0.95, Better.HIGHER, 0.025),
        (0.02, Better.LOWER, 0.01),
        (0.3, Better.LOWER, 0.05),
    ],
)
def test_the_fall_that_matters_leaves_room_under_the_bar(
    bar: float | None, better: Better, matters: float
) -> None:
    assert fall_that_matters(bar, better) == pytest.approx(matters)


def test_only_the_days_of_the_newest_release_are_judged() -> None:
    weeks, days = released("a", "b", "b", "b"), daily((0.9, 0.9, 0.9, 0.9))
    assert days_of_the_release(weeks, days) == tuple(days[7:])
    assert days_of_the_release((), days) == ()
