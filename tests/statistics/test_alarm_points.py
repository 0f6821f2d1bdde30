"""The points counter: published designs, exact run lengths, the course of the points."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.alarms import (
    Course,
    PointsRule,
    cases_to_notice,
    mean_run_length,
    noticed_within,
    points_rule,
    replay,
)


@pytest.mark.parametrize(
    ("expected", "alarm", "between", "rule", "to_notice"),
    [
        (0.10, 0.15, 5_000, PointsRule(7, 1, 67), (258, 105, 48)),
        (0.10, 0.15, 20_000, PointsRule(7, 1, 89), (366, 142, 63)),
        (0.10, 0.20, 5_000, PointsRule(6, 1, 45), (98, 57, 31)),
        (0.15, 0.20, 5_000, PointsRule(14, 3, 174), (320, 130, 58)),
        (0.02, 0.05, 5_000, PointsRule(29, 1, 122), (200, 62, 26)),
    ],
)
def test_the_rule_and_how_soon_it_notices(
    expected: float, alarm: float, between: float, rule: PointsRule, to_notice: tuple[int, ...]
) -> None:
    """METHODS section 4: at the alarm rate, 5 and 15 points worse."""
    assert points_rule(expected, alarm, between) == rule
    assert mean_run_length(rule, expected) >= between
    one_lower = PointsRule(rule.per_failure, rule.per_success, rule.limit - 1)
    assert mean_run_length(one_lower, expected) < between
    found = tuple(round(mean_run_length(rule, alarm + worse)) for worse in (0, 0.05, 0.15))
    assert found == to_notice


def test_the_mean_run_length_is_what_simulated_cases_take() -> None:
    luck, rule = np.random.default_rng(4), PointsRule(6, 1, 45)
    taken = [replay(rule, (luck.random(2_000) < 0.2).tolist()).tripped_at for _ in range(300)]
    assert None not in taken
    assert np.mean([place + 1 for place in taken if place is not None]) == pytest.approx(98, rel=0.1)


@pytest.mark.parametrize(("limit", "between"), [(1, 2), (5, 30), (30, 930)])
def test_a_fair_walk_takes_limit_times_limit_plus_one(limit: int, between: float) -> None:
    assert mean_run_length(PointsRule(1, 1, limit), 0.5) == pytest.approx(between)


def test_the_edges_of_a_run_length() -> None:
    assert mean_run_length(PointsRule(7, 1, 67), 0) == math.inf
    assert mean_run_length(PointsRule(7, 1, 67), 1) == 10  # 7, 14 ... 70


def test_the_course_of_the_points() -> None:
    rule = PointsRule(3, 1, 6)
    outcomes = [True, False, False, False, False, True, False, True, True]
    assert replay(rule, outcomes) == Course((3, 2, 1, 0, 0, 3, 2, 5, 8), 8, 5)
    assert replay(rule, outcomes[:8]) == Course((3, 2, 1, 0, 0, 3, 2, 5), None, None)
    assert replay(rule, []) == Course((), None, None)
    assert replay(rule, [True], start=3).tripped_at == 0


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 59))
def test_one_more_failure_never_delays_the_alarm(outcomes: list[bool], place: int) -> None:
    rule = PointsRule(3, 1, 9)
    worse = [failed or at == place for at, failed in enumerate(outcomes)]
    before, after = replay(rule, outcomes).tripped_at, replay(rule, worse).tripped_at
    assert before is None or (after is not None and after <= before)


def test_what_the_traffic_can_notice() -> None:
    """40 an hour, one false alarm in ten weeks: 90 to 85 % takes 23 hours."""
    ten_weeks = 40 * 24 * 70
    assert cases_to_notice(0.1, 0.15, ten_weeks) / 40 == pytest.approx(23, abs=0.5)
    assert cases_to_notice(0.1, 0.15, 10 * ten_weeks) / 400 == pytest.approx(2.7, abs=0.05)
    within_an_hour = noticed_within(0.1, 40, ten_weeks)
    assert within_an_hour is not None
    assert cases_to_notice(0.1, within_an_hour, ten_weeks) == pytest.approx(40, rel=0.01)
    assert noticed_within(0.1, 2, ten_weeks) is None
    assert noticed_within(0.0, 40, ten_weeks) is None


def test_rates_too_close_for_any_alarm() -> None:
    assert points_rule(0.100, 0.1001, 1e9) is None


@pytest.mark.parametrize(
    ("expected", "alarm", "between"),
    [
        (0, 0.1, 100),
        (0.2, 0.1, 100),
        (0.1, 1, 100),
        (math.nan, 0.2, 100),
        (0.1, 0.2, math.nan),
        (0.1, 0.2, 0),
    ],
)
def test_impossible_designs_are_refused(expected: float, alarm: float, between: float) -> None:
    with pytest.raises(ValueError, match="must"):
        points_rule(expected, alarm, between)


@pytest.mark.parametrize("rule", [PointsRule(0, 1, 5), PointsRule(1, -1, 5), PointsRule(1, 1, 0)])
def test_a_rule_without_points_is_refused(rule: PointsRule) -> None:
    with pytest.raises(ValueError, match="no rule"):
        mean_run_length(rule, 0.1)
