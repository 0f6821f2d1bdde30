"""Falling weeks, slopes of days, noisy days: what is investigated, what is confirmed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.drift import (
    Level,
    chance_of_a_falling_run,
    chance_of_such_a_fall,
    drift_level,
    falls_every_time,
    trend_z,
)
from core.statistics.noisy_days import chi2_of_one_rate, daily_swing, days_that_stand_out
from core.statistics.slope import daily_slope

FALLING = (0.87, 0.85, 0.83, 0.79)


def level(rates: tuple[float, ...], n: float, **more: object) -> Level:
    weeks = range(len(rates))
    return drift_level([rate * n for rate in rates], [n] * len(rates), weeks, None, 0.05, **more)  # type: ignore[arg-type]


def test_the_four_week_example_with_200_a_week() -> None:
    """Quiet at week 3, investigate at week 4, by the trend itself: luck does this 1 time in 75."""
    assert level(FALLING[:3], 200) is Level.QUIET
    assert level(FALLING, 200) is Level.INVESTIGATE
    assert trend_z([174, 170, 166, 158], [200] * 4, range(4)) == pytest.approx(-math.sqrt(4.9066), abs=1e-4)
    assert chance_of_such_a_fall([174, 170, 166, 158], [200] * 4, range(4)) == pytest.approx(1 / 75, rel=0.01)


def test_the_four_week_example_with_50_a_week() -> None:
    """Only the run of falling weeks speaks, at any n; the trend alone would not."""
    by_luck = chance_of_such_a_fall([rate * 50 for rate in FALLING], [50] * 4, range(4))
    assert by_luck is not None and by_luck > 0.05
    assert falls_every_time(FALLING)
    assert level(FALLING, 50) is Level.INVESTIGATE
    assert level((0.87, 0.85, 0.85, 0.79), 50) is Level.QUIET


@pytest.mark.parametrize(("length", "chance"), [(1, 1), (2, 1 / 2), (3, 1 / 6), (4, 1 / 24)])
def test_the_chance_of_a_falling_run(length: int, chance: float) -> None:
    assert chance_of_a_falling_run(length) == pytest.approx(chance)


def test_falling_every_time_needs_two_rates_and_no_tie() -> None:
    assert not falls_every_time([])
    assert not falls_every_time([0.9])
    assert not falls_every_time([0.9, 0.9])
    with pytest.raises(ValueError, match="finite"):
        falls_every_time([0.9, math.nan])


def days_of(first: float, last: float, n: int, count: int = 28) -> tuple[list[float], list[int], range]:
    rates = np.linspace(first, last, count)
    return [round(float(rate) * n) for rate in rates], [n] * count, range(count)


def test_a_drift_is_confirmed_by_days_and_by_a_fall_that_matters() -> None:
    steep, mild = daily_slope(*days_of(0.92, 0.78, 40)), daily_slope(*days_of(0.92, 0.89, 2000))
    assert steep is not None and mild is not None
    assert steep.fall_by_luck < 0.01 and mild.fall_by_luck < 0.01
    weeks = ([174, 170, 166, 158], [200] * 4, range(4))
    assert drift_level(*weeks, steep, 0.05) is Level.CONFIRMED
    assert drift_level(*weeks, mild, 0.05) is Level.INVESTIGATE  # a fall of 3 points is not the 5 agreed
    assert drift_level(*weeks, None, 0.05) is Level.INVESTIGATE
    assert drift_level(*weeks, steep, 0.05, stopped=True) is Level.STOP
    assert drift_level([], [], [], None, 0.05) is Level.QUIET


def test_only_the_last_four_weeks_count_and_empty_ones_do_not() -> None:
    assert level((0.95, *[0.8] * 4), 400) is Level.QUIET
    passes = [174, 170, 0, 166]
    assert drift_level(passes, [200, 200, 0, 200], range(4), None, 0.05) is Level.QUIET


def test_a_daily_slope_widens_where_days_swing() -> None:
    calm = daily_slope([18, 18, 17, 17, 16, 16, 15], [20] * 7, range(7))
    wild = daily_slope([20, 14, 20, 12, 20, 12, 17], [20] * 7, range(7))
    assert calm is not None and wild is not None
    assert calm.dispersion < 1 < wild.dispersion
    assert calm.standard_error == pytest.approx(wild.standard_error / math.sqrt(wild.dispersion), rel=0.1)


@pytest.mark.parametrize(
    ("passes", "n", "days"),
    [
        ([5] * 4, [10] * 4, range(4)),  # too few days
        ([10] * 9, [10] * 9, range(9)),
        ([0] * 9, [10] * 9, range(9)),
        ([10, 0, 0, 10, 0], [10, 0, 0, 10, 0], range(5)),
        ([5] * 6, [10] * 6, [3] * 6),
        ([10] * 5 + [0] * 5, [10] * 10, range(10)),  # split cleanly: no line has a slope
    ],
)
def test_no_slope_can_be_seen(passes: list[int], n: list[int], days: list[int]) -> None:
    assert daily_slope(passes, n, days) is None


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), min_size=5, max_size=30))
def test_a_slope_is_a_number_or_nothing(days: list[tuple[int, float]]) -> None:
    sizes = [n for n, _ in days]
    found = daily_slope([round(n * share) for n, share in days], sizes, range(len(days)))
    if found is not None:
        assert math.isfinite(found.value) and found.standard_error > 0
        assert 0 <= found.fall_by_luck <= 1 and 0 < found.last < 1
        assert (found.fall_by_luck < 0.5) == (found.last < found.first) or found.value == pytest.approx(
            0, abs=1e-9
        )


def test_days_that_swing_as_luck_makes_them_and_days_that_do_not() -> None:
    luck = np.random.default_rng(2)
    calm = daily_swing(luck.binomial(50, 0.8, 14).tolist(), [50] * 14)
    wild = daily_swing(luck.binomial(50, luck.beta(8, 2, 14)).tolist(), [50] * 14)
    assert calm.usable and calm.by_luck is not None and calm.by_luck > 0.05
    assert wild.times_luck is not None and wild.times_luck > 2
    assert wild.by_luck is not None and wild.by_luck < 0.01


def test_sparse_days_are_judged_by_shuffling_and_very_sparse_ones_not_at_all() -> None:
    burst = daily_swing([20] * 13 + [15], [20] * 14, seed=1)
    assert burst.usable and burst.by_luck is not None and burst.by_luck < 0.001
    spread = daily_swing([19] * 5 + [20] * 9, [20] * 14, seed=1)
    assert spread.by_luck == 1  # no deal of five failures to the days is smoother
    assert daily_swing([19] * 5 + [20] * 9, [20] * 14, seed=1) == spread
    assert not daily_swing([9, 8, 9], [9, 9, 9]).usable


@pytest.mark.parametrize(("passes", "n"), [([], []), ([10], [10]), ([10, 10], [10, 10]), ([0, 0], [10, 10])])
def test_no_swing_can_be_seen(passes: list[int], n: list[int]) -> None:
    assert daily_swing(passes, n).times_luck is None
    assert chi2_of_one_rate(passes, n) == 0


def test_parts_of_cases_cannot_be_dealt_to_days() -> None:
    with pytest.raises(ValueError, match="whole"):
        daily_swing([1.5, 2], [3, 3])  # type: ignore[list-item]


def test_the_day_that_stands_out() -> None:
    calm = [45, 46, 44, 45, 47, 45, 44, 46]
    assert days_that_stand_out(calm, [50] * 8) == ()
    assert days_that_stand_out([*calm, 30, *calm], [50] * 17) == (8,)
    # Where days swing anyway, the same day is nothing special.
    wild = [30, 50, 28, 49, 33, 50, 31, 48]
    assert days_that_stand_out([*wild, 30, *wild], [50] * 17) == ()
    assert days_that_stand_out([*calm[:4], 0, *calm[4:], 20], [50] * 4 + [0] + [50] * 5) == (9,)
    assert days_that_stand_out([5, 9, 1], [9, 9, 9]) == ()
