"""The same cases before and after: worse, no worse, or not shown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.before_after import (
    compare_pairs,
    compare_repeats,
    mcnemar_different,
    mcnemar_worse,
    pairs_needed,
    tango_bounds,
)
from core.statistics.differences import Change
from core.statistics.interval import Interval

RANK = {Change.WORSE: 0, Change.UNDECIDED: 1, Change.NO_WORSE: 2}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 200))
    broke = draw(st.integers(0, n))
    return broke, draw(st.integers(0, n - broke)), n


def test_161_cases_of_which_6_broke_and_16_were_mended() -> None:
    """At least 1.5 points better at 5 %; the published two-sided 95 % interval is 0.54 to 12.4 points."""
    found = compare_pairs(6, 16, 161, 0.05, 0.05)
    assert found.change is Change.NO_WORSE
    assert found.interval.low == pytest.approx(0.0151, abs=5e-5)
    wide = tango_bounds(6, 16, 161, 0.025)
    assert (wide.low, wide.high) == (pytest.approx(0.0054, abs=5e-5), pytest.approx(0.1240, abs=5e-5))
    assert mcnemar_different(6, 16) == pytest.approx(0.052479, abs=1e-6)


def test_120_cases_of_which_9_broke_and_6_were_mended() -> None:
    found = compare_pairs(9, 6, 120, 0.05, 0.05)
    assert found.change is Change.UNDECIDED
    assert found.interval.low == pytest.approx(-0.082, abs=5e-4)


@pytest.mark.parametrize(
    ("broke", "mended", "n", "change"),
    [
        (0, 0, 0, Change.UNDECIDED),
        (0, 0, 50, Change.UNDECIDED),  # 5 points are not excluded on 50 cases
        (0, 0, 100, Change.NO_WORSE),
        (5, 0, 20, Change.WORSE),
        (4, 0, 1000, Change.WORSE),  # shown to have fallen, though by less than the margin
        (0, 12, 40, Change.NO_WORSE),
        (40, 0, 40, Change.WORSE),
        (0, 40, 40, Change.NO_WORSE),
    ],
)
def test_the_answer_at_a_margin_of_five_points(broke: int, mended: int, n: int, change: Change) -> None:
    assert compare_pairs(broke, mended, n, 0.05, 0.05).change is change


def test_no_changed_case_still_has_a_width() -> None:
    found = tango_bounds(0, 0, 100, 0.05)
    assert (found.low, found.high) == (pytest.approx(-0.0263, abs=5e-5), pytest.approx(0.0263, abs=5e-5))
    assert mcnemar_different(0, 0) == 1
    assert tango_bounds(0, 0, 0, 0.05) == Interval(-1, 1)


@given(pairs(), st.sampled_from([0.05, 0.1, 0.2]))
def test_the_interval_holds_the_change_and_mirrors(counts: tuple[int, int, int], error: float) -> None:
    broke, mended, n = counts
    found, back = tango_bounds(broke, mended, n, error), tango_bounds(mended, broke, n, error)
    assert -1 <= found.low <= (mended - broke) / n + 1e-9
    assert (mended - broke) / n - 1e-9 <= found.high <= 1
    assert found.low == pytest.approx(-back.high, abs=1e-6)


@given(pairs(), st.sampled_from([0.05, 0.1, 0.2]), st.sampled_from([0.02, 0.05, 0.1]))
def test_one_more_broken_case_never_moves_toward_no_worse(
    counts: tuple[int, int, int], error: float, margin: float
) -> None:
    broke, mended, n = counts
    before = compare_pairs(broke, mended, n, margin, error).change
    if broke + mended < n:  # a case that passed twice breaks
        assert RANK[compare_pairs(broke + 1, mended, n, margin, error).change] <= RANK[before]
    if mended:  # a mended case is not
        assert RANK[compare_pairs(broke, mended - 1, n, margin, error).change] <= RANK[before]


def test_the_chance_of_so_many_broken_by_luck() -> None:
    assert mcnemar_worse(5, 0) == pytest.approx(1 / 32)
    assert mcnemar_worse(0, 5) == 1


@pytest.mark.parametrize("counts", [(1, 1, 1), (-1, 0, 5), (1.5, 0, 5), (math.nan, 0, 5)])
def test_impossible_pairs_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"cannot be|must be"):
        compare_pairs(*counts, 0.05, 0.05)


def test_cases_to_plan() -> None:
    assert pairs_needed(0.10, 0.05, 0.05, 0.8) == 248
    assert pairs_needed(0.06, 0.03, 0.05, 0.8) == 413
    with pytest.raises(ValueError, match="margin"):
        pairs_needed(0.1, 0, 0.05, 0.8)


def test_repeats_are_compared_case_by_case() -> None:
    before = [(4, 4)] * 10 + [(3, 4)] * 10
    after = [(4, 4)] * 10 + [(1, 4), (2, 4)] * 5
    found = compare_repeats(before, after, 0.05, 0.05)
    assert (found.cases, found.change) == (20, Change.WORSE)
    assert found.value == pytest.approx(-(5 * 0.5 + 5 * 0.25) / 20)
    assert (found.flaky_before, found.flaky_after) == (0.5, 0.5)
    assert found.worse_by_luck is not None and found.worse_by_luck < 0.01


def test_repeats_that_say_nothing() -> None:
    same = compare_repeats([(3, 3)] * 30, [(3, 3)] * 30, 0.05, 0.05)
    assert (same.value, same.interval, same.change) == (0, None, Change.UNDECIDED)
    untried = compare_repeats([(3, 3), (0, 0)], [(0, 0), (3, 3)], 0.05, 0.05)
    assert (untried.cases, untried.value, untried.change) == (0, None, Change.UNDECIDED)
    with pytest.raises(ValueError, match="before"):
        compare_repeats([(1, 1)], [], 0.05, 0.05)
    with pytest.raises(ValueError, match="passes"):
        compare_repeats([(4, 3)], [(1, 3)], 0.05, 0.05)
