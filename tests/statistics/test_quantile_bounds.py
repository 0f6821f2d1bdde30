"""Where a quantile lies: levels, values, and agreement with the exact binomial bounds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import quantile_test

from core.statistics.comparison import Answer, compare
from core.statistics.quantiles import order_bounds, quantile_levels, ranks_among


@pytest.mark.parametrize(
    ("n", "slow_allowed"), [(58, None), (59, 0), (92, 0), (93, 1), (100, 1), (200, 4), (300, 8)]
)
def test_slow_values_allowed_for_the_95_percent_quantile(n: int, slow_allowed: int | None) -> None:
    upper = quantile_levels(n, 0.95, 0.05)[1]
    assert upper == (None if slow_allowed is None else pytest.approx((n - slow_allowed) / n))


@pytest.mark.parametrize(
    ("n", "p", "error", "has_lower", "has_upper"),
    [
        (298, 0.99, 0.05, True, False),
        (299, 0.99, 0.05, True, True),
        (58.3, 0.95, 0.05, True, False),
        (58.5, 0.95, 0.05, True, True),
        (31, 0.95, 0.2, True, False),
        (32, 0.95, 0.2, True, True),
        (4, 0.5, 0.05, False, False),
        (5, 0.5, 0.05, True, True),
        (0, 0.5, 0.05, False, False),
        (0.4, 0.95, 0.05, False, False),
    ],
)
def test_where_no_value_is_far_enough_out(
    n: float, p: float, error: float, has_lower: bool, has_upper: bool
) -> None:
    lower, upper = quantile_levels(n, p, error)
    assert (lower is not None, upper is not None) == (has_lower, has_upper)


def test_values_at_the_levels() -> None:
    assert order_bounds([1, 2, 3, 4, 5], 0.5, 0.05) == (1, 5)
    assert order_bounds([*range(1, 100), math.inf], 0.95, 0.05) == (91, 99)
    assert order_bounds([*range(1, 59), math.inf], 0.95, 0.05)[1] == math.inf
    assert order_bounds([], 0.95, 0.05) == (None, None)


@pytest.mark.parametrize(
    ("values", "p", "error"),
    [([2, 1], 0.5, 0.05), ([1, math.nan], 0.5, 0.05), ([1], 0, 0.05), ([1], math.nan, 0.05), ([1], 0.5, 0)],
)
def test_broken_input_is_refused(values: list[float], p: float, error: float) -> None:
    with pytest.raises(ValueError, match="must"):
        order_bounds(values, p, error)


@given(st.integers(1, 400), st.floats(0.05, 0.99), st.sampled_from([0.05, 0.1, 0.2]))
def test_the_same_values_as_scipy(n: int, p: float, error: float) -> None:
    values = np.arange(1.0, n + 1)
    low, high = order_bounds(values.tolist(), p, error)
    below = quantile_test(values, p=p, alternative="less").confidence_interval(1 - error).high
    above = quantile_test(values, p=p, alternative="greater").confidence_interval(1 - error).low
    assert high == (None if math.isnan(below) else below)
    assert low == (None if math.isnan(above) else above)


@given(st.integers(1, 400), st.integers(0, 40), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_quantile_is_below_a_limit_exactly_where_enough_values_are(n: int, slow: int, p: float) -> None:
    slow = min(slow, n)
    values = [1.0] * (n - slow) + [9.0] * slow
    upper = order_bounds(values, p, 0.05)[1]
    answer = compare(n - slow, n, p, 0.05, running=False).answer
    assert (upper is not None and upper < 8) == (answer is Answer.ABOVE)


@given(st.floats(1, 500), st.floats(0.05, 0.95))
def test_the_levels_enclose_the_quantile(n: float, p: float) -> None:
    """The share of values before the lower bound, and up to the upper one."""
    lower, upper = quantile_levels(n, p, 0.05)
    assert lower is None or 0 <= lower - 1 / n < p
    assert upper is None or p < upper <= 1


@pytest.mark.parametrize(
    ("count", "n", "expected"),
    [
        (100, 100, (91, 99)),
        (200, 100, (181, 198)),
        (150, 100, (136, 149)),
        (200, 58, (176, None)),  # 51 of 58 are 175.9 of 200
        (200, 58.5, (178, 200)),
        (200, 1, (1, None)),  # one user's 200 values: even the smallest may be the bound
        (0, 0, (None, None)),
    ],
)
def test_ranks_among_values_that_are_worth_fewer(
    count: int, n: float, expected: tuple[int | None, int | None]
) -> None:
    assert ranks_among(count, n, 0.95, 0.05) == expected


@pytest.mark.parametrize(("n", "slow"), [(88, 0), (200, 3), (500, 15)])
def test_running_bounds_agree_with_the_running_comparison(n: int, slow: int) -> None:
    """A bar between the bounds is undecided; the upper bound needs what the e-value needs."""
    _, upper = ranks_among(n, n, 0.95, 0.05, running=True)
    shown = compare(n - slow, n, 0.95, 0.05, running=True).answer is Answer.ABOVE
    assert shown == (upper is not None and n - slow >= upper)


@pytest.mark.parametrize("n", [60, 200, 1_000])
def test_running_bounds_are_wider_than_those_of_one_look(n: int) -> None:
    low, high = ranks_among(n, n, 0.95, 0.05)
    running_low, running_high = ranks_among(n, n, 0.95, 0.05, running=True)
    assert running_low is None or (low is not None and running_low <= low)
    assert running_high is None or (high is not None and running_high >= high)


def test_values_worth_more_than_they_are_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be worth more"):
        ranks_among(10, 10.5, 0.95, 0.05)


@given(st.integers(1, 500), st.floats(0.02, 1), st.floats(0.05, 0.95))
def test_fewer_independent_values_never_narrow_the_bounds(count: int, share: float, p: float) -> None:
    all_independent = ranks_among(count, count, p, 0.05)
    fewer = ranks_among(count, max(1, math.floor(share * count)), p, 0.05)
    if fewer[0] is not None:
        assert all_independent[0] is not None
        assert fewer[0] <= all_independent[0]
    if fewer[1] is not None:
        assert all_independent[1] is not None
        assert fewer[1] >= all_independent[1]
