"""What a clean record proves: about a known set, and about the cases to come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from core.statistics.exact import bounds
from core.statistics.zero_faults import (
    chance_of_a_clean_run,
    clean_cases_for,
    most_bad_among,
    rate_still_possible,
)


@pytest.mark.parametrize(
    ("total", "reviewed", "bad", "most"),
    [
        (100, 20, 0, 12),
        (100, 40, 0, 5),
        (100, 60, 0, 3),
        (100, 80, 0, 1),
        (100, 95, 0, 0),
        (100, 100, 0, 0),
        (100, 100, 7, 7),
        (2000, 100, 0, 57),
        (600, 30, 0, 55),
        (100, 0, 0, 100),
        (0, 0, 0, 0),
        (5, 3, 3, 5),
    ],
)
def test_most_bad_among(total: int, reviewed: int, bad: int, most: int) -> None:
    assert most_bad_among(total, reviewed, bad, 0.05) == most


@pytest.mark.parametrize(("total", "reviewed", "bad"), [(10, 11, 0), (10, 5, 6), (10, 5, -1), (-1, -1, -1)])
def test_impossible_reviews_are_refused(total: int, reviewed: int, bad: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        most_bad_among(total, reviewed, bad, 0.05)


@given(st.integers(1, 300), st.floats(0, 1), st.floats(0, 1), st.sampled_from([0.05, 0.1, 0.2]))
def test_the_most_is_the_last_that_is_not_ruled_out(
    total: int, reviewed_share: float, bad_share: float, error: float
) -> None:
    reviewed = round(total * reviewed_share)
    bad = round(reviewed * bad_share)
    most = most_bad_among(total, reviewed, bad, error)
    assert bad <= most <= total - (reviewed - bad)
    assert hypergeom.cdf(bad, total, most, reviewed) > error
    if most < total - (reviewed - bad):
        assert hypergeom.cdf(bad, total, most + 1, reviewed) <= error


@pytest.mark.parametrize(("n", "rate"), [(0, 1), (1, 0.95), (100, 0.0295), (299, 0.00997)])
def test_rate_still_possible(n: int, rate: float) -> None:
    assert rate_still_possible(n, 0.05) == pytest.approx(rate, abs=5e-5)


@given(st.integers(1, 10**5), st.sampled_from([0.05, 0.1, 0.2]))
def test_the_rate_is_the_exact_bound(n: int, error: float) -> None:
    assert rate_still_possible(n, error) == pytest.approx(bounds(0, n, error).high, rel=1e-9)


@pytest.mark.parametrize(
    ("rate", "error", "cases"),
    [(0.01, 0.05, 299), (0.05, 0.05, 59), (0.1, 0.05, 29), (0.01, 0.2, 161), (0.95, 0.05, 1), (1, 0.05, 0)],
)
def test_clean_cases_for(rate: float, error: float, cases: int) -> None:
    assert clean_cases_for(rate, error) == cases


@given(st.floats(1e-6, 0.99), st.sampled_from([0.05, 0.1, 0.2]))
def test_one_case_less_is_not_enough(rate: float, error: float) -> None:
    cases = clean_cases_for(rate, error)
    assert rate_still_possible(cases, error) <= rate < rate_still_possible(cases - 1, error)


def test_no_record_shows_a_rate_of_zero() -> None:
    with pytest.raises(ValueError, match="rate of 0"):
        clean_cases_for(0, 0.05)
    with pytest.raises(ValueError, match="negative"):
        rate_still_possible(-1, 0.05)


@pytest.mark.parametrize(
    ("rate", "total", "chance"),
    [(0.02, 500, 0.82), (0.02, 1000, 0.97), (0.01, 500, 0.99), (0.05, 500, 0.12), (0.05, 1000, 0.24)],
)
def test_a_sliding_window_is_clean_sooner_or_later(rate: float, total: int, chance: float) -> None:
    assert chance_of_a_clean_run(rate, 100, total) == pytest.approx(chance, abs=0.006)


def test_the_shortest_runs() -> None:
    assert chance_of_a_clean_run(0.5, 2, 1) == 0
    assert chance_of_a_clean_run(0.5, 2, 2) == pytest.approx(1 / 4)
    assert chance_of_a_clean_run(0.5, 2, 3) == pytest.approx(3 / 8)
    assert chance_of_a_clean_run(0.5, 2, 4) == pytest.approx(8 / 16)
    assert chance_of_a_clean_run(0, 5, 5) == 1
    assert chance_of_a_clean_run(1, 1, 50) == 0
    with pytest.raises(ValueError, match="cannot be"):
        chance_of_a_clean_run(0.5, 0, 5)
