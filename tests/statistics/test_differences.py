"""Two rates compared: plainly, like for like, and what each conclusion needs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.differences import Change, difference, judge_change, wilson_bounds
from core.statistics.interval import Interval
from core.statistics.like_for_like import Stratum, compare_by_user, compare_like_for_like

COUNTS = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
STRATA = st.lists(st.tuples(COUNTS, COUNTS).map(lambda two: Stratum(*two[0], *two[1])), max_size=6)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090)],
)
def test_published_differences(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    """Newcombe 1998, method 10."""
    found = difference(*counts, 0.025).interval
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


def test_week_four_against_week_one() -> None:
    """158 and 174 of 200: 8 points lower, from 14.1 to 1.8."""
    found = difference(158, 200, 174, 200, 0.05)
    assert found.value == pytest.approx(-0.08)
    assert (found.interval.low, found.interval.high) == (
        pytest.approx(-0.141, abs=5e-4),
        pytest.approx(-0.018, abs=5e-4),
    )


def test_nothing_on_one_side_leaves_everything_possible() -> None:
    assert difference(0, 0, 5, 10, 0.05).value is None
    assert difference(5, 10, 0, 0, 0.05).interval == Interval(-1, 1)
    assert wilson_bounds(0, 0, 0.05) == Interval(0, 1)
    assert wilson_bounds(10, 10, 0.05).high == 1
    assert wilson_bounds(0, 10, 0.05).low == 0


@given(COUNTS, COUNTS, st.sampled_from([0.05, 0.1, 0.2]))
def test_a_difference_stays_inside_and_mirrors(
    new: tuple[int, int], old: tuple[int, int], error: float
) -> None:
    found, back = difference(*new, *old, error), difference(*old, *new, error)
    assert -1 <= found.interval.low <= found.interval.high <= 1
    assert found.interval.low == pytest.approx(-back.interval.high, abs=1e-12)
    if found.value is not None:
        assert found.interval.low <= found.value <= found.interval.high


@pytest.mark.parametrize(
    ("low", "high", "change"),
    [
        (-0.10, -0.01, Change.WORSE),
        (-0.02, -0.01, Change.WORSE),
        (-0.02, 0.03, Change.NO_WORSE),
        (-0.05, 0.03, Change.UNDECIDED),
        (0.01, 0.03, Change.NO_WORSE),
        (-0.10, 0.00, Change.UNDECIDED),
    ],
)
def test_what_an_interval_says_about_a_margin_of_five_points(low: float, high: float, change: Change) -> None:
    assert judge_change(Interval(low, high), 0.05) is change


def test_the_new_group_only_brings_harder_work() -> None:
    """Kidney stones: 4.6 points lower overall, 5.4 higher on like-for-like tasks."""
    found = compare_like_for_like([Stratum(81, 87, 234, 270), Stratum(192, 263, 55, 80)], 0.05, 0.05)
    assert found.raw.value == pytest.approx(-0.0457, abs=5e-5)
    assert found.same_kinds.value == pytest.approx(0.0538, abs=5e-5)
    assert (found.rate, found.mix) == (pytest.approx(0.0537, abs=5e-5), pytest.approx(-0.0994, abs=5e-5))
    assert (found.change, found.left_out) == (Change.NO_WORSE, 0)


def test_one_kind_alone_is_the_plain_difference() -> None:
    found = compare_like_for_like([Stratum(40, 50, 90, 100)], 0.05, 0.05)
    assert found.same_kinds.value == pytest.approx(-0.1)
    reach = 1.6448536 * math.sqrt(0.8 * 0.2 / 50 + 0.9 * 0.1 / 100)
    assert found.same_kinds.interval.high == pytest.approx(-0.1 + reach, abs=2e-3)


def test_kinds_of_one_side_only_are_left_out_and_too_many_of_them_leave_no_verdict() -> None:
    fell = Stratum(20, 100, 90, 100)
    assert compare_like_for_like([fell], 0.05, 0.05).change is Change.WORSE
    some = compare_like_for_like([fell, Stratum(5, 25, 0, 0)], 0.05, 0.05)
    assert (some.left_out, some.change) == (pytest.approx(0.2), Change.WORSE)
    many = compare_like_for_like([fell, Stratum(5, 26, 0, 0)], 0.05, 0.05)
    assert (many.left_out > 0.2, many.change) == (True, Change.UNDECIDED)
    assert many.same_kinds.value == pytest.approx(-0.7)
    apart = compare_like_for_like([Stratum(5, 10, 0, 0), Stratum(0, 0, 5, 10)], 0.05, 0.05)
    assert (apart.same_kinds.value, apart.rate, apart.left_out) == (None, None, 1)
    nothing = compare_like_for_like([], 0.05, 0.05)
    assert (nothing.raw.value, nothing.change, nothing.left_out) == (None, Change.UNDECIDED, 1)


def test_all_passing_everywhere_still_has_a_width() -> None:
    found = compare_like_for_like([Stratum(30, 30, 40, 40), Stratum(10, 10, 5, 5)], 0.05, 0.05)
    assert found.same_kinds.value == 0
    assert found.same_kinds.interval.low < -0.03
    assert found.same_kinds.interval == difference(40, 40, 45, 45, 0.05).interval


@given(STRATA, st.randoms())
def test_the_order_of_the_kinds_changes_nothing(strata: list[Stratum], order: object) -> None:
    shuffled = strata[::-1]
    one, other = (compare_like_for_like(side, 0.05, 0.05) for side in (strata, shuffled))
    assert one.change is other.change
    assert one.left_out == pytest.approx(other.left_out)
    if one.same_kinds.value is not None:
        assert one.same_kinds.value == pytest.approx(other.same_kinds.value)
        assert one.rate is not None and one.mix is not None
        both = [kind for kind in strata if kind.new_n and kind.old_n]
        plain = sum(k.new_passes for k in both) / sum(k.new_n for k in both) - sum(
            k.old_passes for k in both
        ) / sum(k.old_n for k in both)
        assert one.rate + one.mix == pytest.approx(plain)


@given(STRATA.filter(bool))
def test_a_failure_of_the_new_group_never_makes_it_no_worse(strata: list[Stratum]) -> None:
    first, *rest = strata
    worse = [Stratum(first.new_passes, first.new_n + 1, first.old_passes, first.old_n), *rest]
    if first.new_n and compare_like_for_like(strata, 0.05, 0.05).change is Change.WORSE:
        assert compare_like_for_like(worse, 0.05, 0.05).change is not Change.NO_WORSE


@pytest.mark.parametrize("counts", [(math.nan, 5, 1, 5), (6, 5, 1, 5), (1, math.inf, 1, 5), (1, 5, -1, 5)])
def test_what_is_no_count_is_refused(counts: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="passes"):
        difference(*counts, 0.05)
    with pytest.raises(ValueError, match="passes"):
        compare_like_for_like([Stratum(*counts)], 0.05, 0.05)


def users(count: int, seed: int) -> list[list[Stratum]]:
    luck = np.random.default_rng(seed)
    return [
        [Stratum(luck.binomial(4, 0.7), 4, luck.binomial(4, 0.9), 4), Stratum(0, 0, luck.binomial(2, 0.5), 2)]
        for _ in range(count)
    ]


def test_users_in_both_groups_are_drawn_again_whole() -> None:
    many = users(60, 1)
    found = compare_by_user(many, 0.05, seed=7)
    assert found is not None
    assert found == compare_by_user(many, 0.05, seed=7)
    assert -0.35 < found.low < -0.2 < found.high < 0
    assert compare_by_user(many[:19], 0.05, seed=7) is None
