"""The cost of a task: mean, tail, projection, steps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.statistics.costs import (
    MOST_USERS,
    _linearised,
    cost_step,
    known_share,
    mean_cost,
    project,
    spend_over_days,
)
from core.statistics.interval import Interval


def users(count: int, seed: int, spread: float = 1.0) -> tuple[list[float], list[int]]:
    luck = np.random.default_rng(seed)
    tasks = 1 + luck.poisson(4, count)
    return (luck.lognormal(-3.5, spread, count) * tasks).tolist(), tasks.tolist()


def test_the_mean_is_that_of_tasks_and_its_interval_is_reproducible() -> None:
    costs, tasks = users(300, 1)
    found = mean_cost(costs, tasks, 0.05)
    assert found.value == pytest.approx(sum(costs) / sum(tasks))
    assert (found.tasks, found.users, found.enough) == (sum(tasks), 300, True)
    assert found.interval.low < found.value < found.interval.high
    assert found == mean_cost(costs[::-1], tasks[::-1], 0.05)
    # The tail is on the upper side, and so is the longer arm.
    assert found.interval.high - found.value > found.value - found.interval.low


def test_above_two_thousand_users_the_linearised_interval_agrees() -> None:
    costs, tasks = users(MOST_USERS, 2)
    bootstrap = mean_cost(costs, tasks, 0.05).interval
    value = sum(costs) / sum(tasks)
    plain = _linearised(np.asarray(costs), np.asarray(tasks, dtype=float), value, 0.05)
    assert plain.low == pytest.approx(bootstrap.low, rel=0.02)
    assert plain.high == pytest.approx(bootstrap.high, rel=0.02)
    assert mean_cost([*costs, 0.1], [*tasks, 3], 0.05).interval.high == pytest.approx(plain.high, rel=0.01)


@pytest.mark.parametrize(
    ("costs", "tasks", "value", "interval"),
    [
        ([], [], None, Interval(0, math.inf)),
        ([0.0], [0], None, Interval(0, math.inf)),
        ([0.3], [3], 0.1, Interval(0, math.inf)),  # one user says nothing about the next
        ([0.3, 0.2], [3, 2], 0.1, Interval(0.1, 0.1)),
        ([0.0] * 5, [1] * 5, 0.0, Interval(0, 0)),
    ],
)
def test_the_edges(costs: list[float], tasks: list[int], value: float | None, interval: Interval) -> None:
    found = mean_cost(costs, tasks, 0.05)
    assert found.value == (None if value is None else pytest.approx(value))
    assert (found.interval.low, found.interval.high) == (
        pytest.approx(interval.low),
        pytest.approx(interval.high),
    )
    assert not found.enough


def test_what_failed_costs_too() -> None:
    """Two users, three of whose ten tasks failed: the same money for fewer successes."""
    per_task, per_success = mean_cost([0.5, 0.5], [5, 5], 0.05), mean_cost([0.5, 0.5], [5, 2], 0.05)
    assert (per_task.value, per_success.value) == (pytest.approx(0.1), pytest.approx(1 / 7))
    only_failures = mean_cost([0.5, 0.2], [5, 0], 0.05)
    assert only_failures.value == pytest.approx(0.7 / 5)


def test_the_dearest_users() -> None:
    found = mean_cost([8.1, *[0.1] * 19], [10] * 20, 0.05)
    assert found.top_share == pytest.approx(0.81)
    assert mean_cost([0.0, 0.0], [1, 1], 0.05).top_share is None


def test_a_projection_is_the_same_cost_so_many_times() -> None:
    found = mean_cost(*users(300, 3), 0.05)
    ten = project(found, 1_000_000)
    assert ten is not None and found.value is not None
    assert (ten.value, ten.interval.low) == (found.value * 1e6, found.interval.low * 1e6)
    nothing, unknown = project(found, 0), project(mean_cost([0.3], [3], 0.05), 10)
    assert nothing is not None and nothing.interval == Interval(0, 0)
    assert unknown is not None and unknown.interval == Interval(0, math.inf)
    assert project(mean_cost([], [], 0.05), 10) is None
    with pytest.raises(ValueError, match="tasks"):
        project(found, -1)


def test_a_step_between_releases() -> None:
    cheap, dear = mean_cost(*users(400, 4), 0.05), mean_cost(*users(400, 5), 0.05)
    step = cost_step(cheap, dear)
    assert step is not None and step[1].low < 0 < step[1].high
    costs, tasks = users(400, 4)
    doubled = cost_step(cheap, mean_cost([2 * cost for cost in costs], tasks, 0.05))
    assert doubled is not None and doubled[0] == pytest.approx(cheap.value) and doubled[1].low > 0
    assert cost_step(cheap, mean_cost([], [], 0.05)) is None
    unknown = cost_step(mean_cost([0.3], [3], 0.05), cheap)
    assert unknown is not None and unknown[1].low == -math.inf


def test_the_spend_of_thirty_days() -> None:
    found = spend_over_days([10.0] * 13 + [100.0], 10, 30, 0.05)
    assert found is not None
    total, dearest = found
    assert total.low < 30 * 10 * (130 + 100) / 14 < total.high
    assert dearest == 1000
    assert spend_over_days([10.0] * 6, 10, 30, 0.05) is None
    constant = spend_over_days([5.0] * 7, 2, 30, 0.05)
    assert constant == (Interval(300, 300), 10)


def test_a_missing_cost_is_coverage() -> None:
    assert known_share(0, 0) is None
    assert known_share(3, 4) == 0.75
    with pytest.raises(ValueError, match="cannot be"):
        known_share(5, 4)


@pytest.mark.parametrize(
    ("costs", "tasks"), [([math.nan], [1]), ([math.inf], [1]), ([-1], [1]), ([1], [-1]), ([1], [1, 2])]
)
def test_what_is_no_cost_is_refused(costs: list[float], tasks: list[int]) -> None:
    with pytest.raises(ValueError, match=r"must|users"):
        mean_cost(costs, tasks, 0.05)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 9)), max_size=30))
def test_a_mean_cost_never_leaves_its_bounds(seen: list[tuple[float, int]]) -> None:
    found = mean_cost([cost for cost, _ in seen], [tasks for _, tasks in seen], 0.1)
    assert not math.isnan(found.interval.low) and not math.isnan(found.interval.high)
    assert 0 <= found.interval.low <= found.interval.high
