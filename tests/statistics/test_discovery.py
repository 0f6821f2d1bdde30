"""Kinds of failure still to be found."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.discovery import (
    chao1,
    coverage,
    discovery,
    expected_kinds,
    share_of_top_kinds,
)
from core.statistics.exact import bounds
from core.statistics.interval import Interval

COUNTS = st.lists(st.integers(0, 20), min_size=1, max_size=30)


def test_9_of_60_failures_were_one_of_a_kind() -> None:
    """About 1 in 7 of the next will be something nobody has seen, at most 1 in 4."""
    found = discovery([1] * 9 + [20, 31], 0.05)
    assert (found.n, found.kinds, found.once, found.twice) == (60, 11, 9, 0)
    assert found.chance_of_new == pytest.approx(0.15)
    assert found.interval.high == pytest.approx(0.25, abs=0.005)
    assert not found.too_early


def test_nothing_seen_once_still_leaves_three_in_n() -> None:
    found = discovery([30, 30], 0.05)
    assert (found.chance_of_new, found.interval.low) == (0, 0)
    assert found.interval.high == pytest.approx(-math.log(0.05) / 60)


def test_too_early_and_nothing_at_all() -> None:
    assert discovery([1, 18], 0.05).too_early
    assert not discovery([1, 19], 0.05).too_early
    nothing = discovery([], 0.05)
    assert (nothing.chance_of_new, nothing.interval, nothing.too_early) == (None, Interval(0, 1), True)
    assert discovery([1], 0.05).interval.high == 1


@given(COUNTS, st.sampled_from([0.05, 0.1, 0.2]))
def test_another_kind_seen_once_never_lowers_what_is_still_to_be_found(
    counts: list[int], error: float
) -> None:
    before, after = discovery(counts, error), discovery([*counts, 1], error)
    assert after.interval.high >= before.interval.high - 1e-12 or before.once == 0 or before.twice > 0
    assert discovery(counts[::-1], error) == before
    assert before.interval.low <= (before.chance_of_new or 0) <= before.interval.high <= 1
    assert before.interval.high >= bounds(before.once, before.n, error).high - 1e-9 or before.once == 0


def test_at_least_so_many_kinds() -> None:
    assert chao1(93, 31, 18) == pytest.approx(117.4737, abs=5e-5)
    assert chao1(26, 12, 4, n=168) == pytest.approx(43.89, abs=5e-3)
    assert chao1(26, 12, 0, n=168) == chao1(26, 12, 0)
    assert chao1(5, 0, 0) == 5


@pytest.mark.parametrize(
    ("n", "once", "twice", "share"),
    [(168, 12, 4, 0.9289), (252, 14, 6, 0.9446), (0, 0, 0, None), (10, 0, 0, 1.0), (1, 1, 0, 0.0)],
)
def test_the_share_of_known_kinds_to_come(n: int, once: int, twice: int, share: float | None) -> None:
    assert coverage(n, once, twice) == (None if share is None else pytest.approx(share, abs=5e-4))


def test_the_expected_curve_is_the_mean_of_random_orders() -> None:
    counts = [10, 5, 2, 1, 1, 1]
    names = np.repeat(np.arange(6), counts)
    luck = np.random.default_rng(3)
    seen = [len(set(luck.permutation(names)[:8])) for _ in range(3000)]
    assert expected_kinds(counts, 8) == pytest.approx(float(np.mean(seen)), abs=0.06)
    assert expected_kinds(counts, 20) == pytest.approx(6)
    assert expected_kinds(counts, 1) == pytest.approx(1)
    assert expected_kinds(counts, 0) == pytest.approx(0)
    assert expected_kinds([], 0) == 0
    with pytest.raises(ValueError, match="cannot be"):
        expected_kinds(counts, 21)


def test_the_top_kinds_are_chosen_on_earlier_weeks() -> None:
    earlier = {"b": 5, "a": 5, "c": 9, "d": 1, "gone": 0}
    later = {"a": 2, "c": 6, "new": 4}
    assert share_of_top_kinds(earlier, later, 2, 0.05) == (8, 12, bounds(8, 12, 0.05))
    assert share_of_top_kinds(earlier, later, 1, 0.05)[0] == 6
    assert share_of_top_kinds({}, {}, 10, 0.05) == (0, 0, Interval(0, 1))


@pytest.mark.parametrize("counts", [[1.5], [-1], [math.nan], [math.inf]])
def test_what_is_no_count_is_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="counts"):
        discovery(counts, 0.05)
