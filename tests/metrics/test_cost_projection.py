"""Another volume, other prices: what it comes to, and the step from one release to the next."""

import pytest

from core.metrics.cost_projection import AS_TODAY, Amount, Assumptions, outlook, steps
from core.statistics.costs import MeanCost, mean_cost
from core.statistics.interval import Interval

FOUND = MeanCost(0.041, Interval(0.038, 0.046), 1000, 300, True, 0.19)


def test_a_million_tasks_at_four_cents() -> None:
    """The example of METHODS 13: 4.1 cents (3.8 to 4.6) make 38 to 46 thousand for a million tasks."""
    found = outlook(FOUND, 1_000_000, AS_TODAY, [], None, 0.05)
    assert found is not None
    assert found.day == Amount(pytest.approx(41_000), pytest.approx(38_000), pytest.approx(46_000))
    assert found.month.value == pytest.approx(30 * 41_000)
    assert (found.month_by_days, found.dearest_day) == (None, None)


@pytest.mark.parametrize(
    ("assumed", "factor"),
    [
        (AS_TODAY, 1.0),
        (Assumptions(price_change=0.1), 1.1),
        (Assumptions(cache_hits=0.25), 0.75),
        (Assumptions(price_change=-0.5, cache_hits=0.5), 0.25),
        (Assumptions(cache_hits=1.0), 0.0),
    ],
)
def test_prices_and_the_cache_scale_the_value_and_both_bounds(assumed: Assumptions, factor: float) -> None:
    found = outlook(FOUND, 1000, assumed, [10.0] * 7, 500, 0.05)
    assert found is not None and found.month_by_days is not None
    assert found.day.value == pytest.approx(41 * factor)
    assert (found.day.low, found.day.high) == (pytest.approx(38 * factor), pytest.approx(46 * factor))
    # Days that all cost the same come to thirty of them, at twice the volume.
    assert found.month_by_days == (pytest.approx(600 * factor), pytest.approx(600 * factor))
    assert found.dearest_day == pytest.approx(20 * factor)


def test_days_are_drawn_from_a_week_on_and_give_the_same_twice() -> None:
    week = [5.0, 7.0, 6.0, 9.0, 8.0, 2.0, 1.0]
    assert outlook(FOUND, 100, AS_TODAY, week[:6], 100, 0.05).month_by_days is None  # type: ignore[union-attr]
    first, again = (outlook(FOUND, 100, AS_TODAY, days, 100, 0.05) for days in (week, week[::-1]))
    assert first == again and first is not None and first.month_by_days is not None
    low, high = first.month_by_days
    assert 30 * 1 < low < 30 * sum(week) / 7 < high < 30 * 9
    assert first.dearest_day == 9.0


def test_one_user_gives_no_bound_above_and_no_task_no_projection() -> None:
    single = outlook(mean_cost([0.3], [3], 0.05), 10, AS_TODAY, [], None, 0.05)
    assert single is not None and single.day == Amount(pytest.approx(1.0), 0.0, None)
    assert outlook(mean_cost([], [], 0.05), 10, AS_TODAY, [], None, 0.05) is None


def test_a_step_is_shown_where_its_interval_leaves_out_nothing() -> None:
    dear = MeanCost(0.060, Interval(0.055, 0.066), 900, 280, True, 0.2)
    found = steps([("1.0", FOUND), ("gone", mean_cost([], [], 0.05)), ("1.1", dear), ("1.2", dear)])
    first, second = found
    assert (first.before, first.after, first.shown) == ("1.0", "1.1", True)
    # Zou and Donner: 0.019 - sqrt(0.005^2 + 0.005^2) and 0.019 + sqrt(0.006^2 + 0.003^2).
    assert (first.value, first.low, first.high) == (
        pytest.approx(0.019),
        pytest.approx(0.019 - 0.00707, abs=1e-5),
        pytest.approx(0.019 + 0.00671, abs=1e-5),
    )
    assert second.value == 0 and not second.shown


def test_a_step_from_a_single_user_shows_nothing() -> None:
    found = steps([("old", mean_cost([0.3], [3], 0.05)), ("new", FOUND)])
    assert not found[0].shown and found[0].high is not None
    assert steps([("old", FOUND), ("new", mean_cost([0.3], [3], 0.05))])[0].high is None
