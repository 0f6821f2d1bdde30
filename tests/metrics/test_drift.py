"""Drift: four weeks at 87, 85, 83 and 79 % are flagged at week four, with the n that makes it honest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from core.metrics.drift import Drift, investigate
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
from core.statistics.drift import chance_of_such_a_fall
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
    assert found is not None and found.in_a_row
    assert found.chance == pytest.approx(1 / 24)
    assert chance_of_such_a_fall([17.6, 17.4, 17.2, 17.0], [20] * 4, [0, 1, 2, 3]) > 0.3  # type: ignore[operator]


def test_a_stable_metric_is_flagged_about_one_week_in_fifteen() -> None:
    """METHODS section 5: 6.5 % of the weeks of a system that does not change."""
    luck = np.random.default_rng(5)
    flagged = sum(
        drift([luck.binomial(200, 0.9) / 200 for _ in range(4)], 200) is not None for _ in range(500)
    )
    assert 0.03 <= flagged / 500 <= 0.10
