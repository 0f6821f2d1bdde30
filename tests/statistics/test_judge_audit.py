"""An AI judge beside people: agreement, missed failures, and the rate corrected by them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.judge_audit import (
    agreement,
    cohens_kappa,
    corrected_rate,
    labels_needed,
    rate_behind,
)


def test_what_the_judge_misses() -> None:
    found = agreement(both_pass=85, pass_fail=3, fail_pass=5, both_fail=7, error=0.05)
    assert found.n == 100
    assert found.caught == bounds(7, 12, 0.05)
    assert found.kept == bounds(85, 88, 0.05)
    assert found.agreed == bounds(92, 100, 0.05)
    assert found.audited and found.kappa is not None
    assert found.kappa.value == pytest.approx((0.92 - 0.804) / (1 - 0.804))


@pytest.mark.parametrize(
    ("counts", "audited", "has_kappa"),
    [
        ((20, 0, 1, 8), False, False),  # 29 labels
        ((20, 1, 1, 8), True, False),
        ((40, 3, 0, 0), False, False),  # people failed nothing: nobody knows what the judge misses
        ((0, 0, 3, 40), False, False),
        ((88, 3, 2, 7), True, False),  # 9 of the rarer class
        ((88, 2, 3, 7), True, True),
        ((0, 0, 0, 0), False, False),
    ],
)
def test_when_a_judge_is_audited(counts: tuple[int, int, int, int], audited: bool, has_kappa: bool) -> None:
    found = agreement(*counts, 0.05)
    assert (found.audited, found.kappa is not None) == (audited, has_kappa)


def test_nothing_labelled_leaves_everything_possible() -> None:
    assert agreement(0, 0, 0, 0, 0.05).caught == Interval(0, 1)


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[5, 0], [0, 0]]])
def test_kappa_is_not_defined(table: list[list[float]]) -> None:
    assert cohens_kappa(table, 0.05) is None


def test_full_agreement_is_one_and_that_of_chance_zero() -> None:
    full, chance = cohens_kappa([[50, 0], [0, 50]], 0.05), cohens_kappa([[25, 25], [25, 25]], 0.05)
    assert full is not None and (full.value, full.variance) == (1, pytest.approx(0))
    assert chance is not None and chance.value == pytest.approx(0)


@pytest.mark.parametrize("table", [[[1, 2]], [[1, -1], [0, 3]], [[math.nan, 1], [1, 1]]])
def test_what_is_no_table_is_refused(table: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="table"):
        cohens_kappa(table, 0.05)


def judged(n: int, seed: int, caught: float = 0.8, kept: float = 0.95) -> tuple[list[float], list[float]]:
    luck = np.random.default_rng(seed)
    people = luck.random(n) < 0.9
    judge = np.where(people, luck.random(n) < kept, luck.random(n) > caught)
    return people.astype(float).tolist(), judge.astype(float).tolist()


def test_a_hundred_labels_and_a_good_judge_are_worth_more_than_a_hundred() -> None:
    """The judge passes 87.5 % of 2,000; corrected with 100 labels the interval holds the true 90 %."""
    people = [1.0] * 90 + [0.0] * 10
    judge = [1.0] * 86 + [0.0] * 4 + [1.0] * 2 + [0.0] * 8
    found = corrected_rate(people, judge, 0.875 * 1900, 1900, 0.05)
    assert found is not None
    assert found.raw == pytest.approx(0.875, abs=0.001)
    assert found.value == pytest.approx(0.9, abs=0.01)
    assert 0.84 < found.interval.low < 0.86 < 0.92 < found.interval.high < 0.95
    assert 150 < found.effective_n < 220 and found.audited
    alone = bounds(sum(people), 100, 0.05)
    assert found.interval.high - found.interval.low < alone.high - alone.low


def test_a_judge_that_guesses_gets_hardly_any_trust() -> None:
    luck = np.random.default_rng(1)
    people, _ = judged(200, seed=2)
    found = corrected_rate(people, (luck.random(200) < 0.5).astype(float).tolist(), 900, 1800, 0.05)
    assert found is not None
    assert found.trust < 0.15
    assert found.effective_n == pytest.approx(200, rel=0.1)
    assert abs(found.value - sum(people) / 200) < 0.02


@pytest.mark.parametrize(
    ("people", "judge", "elsewhere", "audited"),
    [
        ([1.0] * 40, [1.0] * 40, (990, 1000), False),
        ([1.0] * 40, [1.0] * 39 + [0.0], (900, 1000), False),
        ([1.0] * 35 + [0.0] * 5, [1.0] * 40, (1000, 1000), True),
        ([1.0] * 20 + [0.0] * 5, [1.0] * 20 + [0.0] * 5, (0, 0), False),
    ],
)
def test_where_the_judge_adds_nothing_the_labels_stand_alone(
    people: list[float], judge: list[float], elsewhere: tuple[int, int], audited: bool
) -> None:
    found = corrected_rate(people, judge, *elsewhere, 0.05)
    assert found is not None
    assert found.trust == 0 and found.audited is audited
    assert found.value == pytest.approx(sum(people) / len(people))
    assert found.effective_n <= len(people) + 1e-9


def test_too_little_to_correct_with() -> None:
    assert corrected_rate([], [], 9, 10, 0.05) is None
    assert corrected_rate([1.0], [1.0], 9, 10, 0.05) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60), st.integers(0, 500))
def test_a_corrected_rate_is_a_rate_and_its_order_does_not_matter(
    cases: list[tuple[bool, bool]], elsewhere: int
) -> None:
    people, judge = [float(one) for one, _ in cases], [float(other) for _, other in cases]
    found = corrected_rate(people, judge, 0.8 * elsewhere, elsewhere, 0.05)
    back = corrected_rate(people[::-1], judge[::-1], 0.8 * elsewhere, elsewhere, 0.05)
    assert found is not None and back is not None
    assert 0 <= found.interval.low <= found.value + 1e-9 and found.value <= found.interval.high + 1e-9
    assert 0 < found.effective_n <= len(cases) + elsewhere
    assert back.value == pytest.approx(found.value)
    assert back.effective_n == pytest.approx(found.effective_n, rel=1e-6)


@pytest.mark.parametrize(("people", "judge"), [([1], [1, 0]), ([math.nan, 1], [1, 1]), ([1, 1], [2, 1])])
def test_what_is_no_score_is_refused(people: list[float], judge: list[float]) -> None:
    with pytest.raises(ValueError, match="label"):
        corrected_rate(people, judge, 9, 10, 0.05)


def test_a_rate_behind_known_errors() -> None:
    value, interval = rate_behind(45, 150, 0.9, 0.8, 0.025)
    assert value == pytest.approx(1 / 7)
    assert (interval.low, interval.high) == (
        pytest.approx(0.03996, abs=1e-5),
        pytest.approx(0.25732, abs=1e-5),
    )
    assert rate_behind(0, 150, 0.9, 0.8, 0.025)[0] == 0
    with pytest.raises(ValueError, match="chance"):
        rate_behind(45, 150, 0.5, 0.5, 0.025)


def test_labels_to_plan() -> None:
    """+-5 points at 90 %: a judge with a squared correlation of 0.46 saves almost half of 139 labels."""
    assert labels_needed(0.9, 0, 0.05, 0.025) == 139
    assert labels_needed(0.9, math.sqrt(0.46), 0.05, 0.025) == 75
