"""Failures that pile up in a part, and parts that only look like it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.concentration import (
    Part,
    Weight,
    adjusted_for_many,
    concentrations,
    look_here,
)


def test_refunds_hold_46_percent_of_the_failures_in_10_percent_of_the_traffic() -> None:
    parts = [Part("refunds", 23, 100, 12), Part("billing", 9, 300, 8), Part("rest", 18, 600, 15)]
    first, *others = concentrations(parts, 50, 1000, 0.05)
    assert (first.part.name, first.weight) == ("refunds", Weight.CONCENTRATED)
    assert (first.rate, first.rest_rate) == (0.23, 0.03)
    assert (first.share_of_failures, first.share_of_cases) == (0.46, 0.1)
    assert first.apart.interval.low > 0.1
    assert {one.weight for one in others} == {Weight.NOT_SHOWN}


@pytest.mark.parametrize(
    ("part", "weight"),
    [
        (Part("a", 8, 20, 5), Weight.CONCENTRATED),
        (Part("a", 8, 19, 5), Weight.TOO_FEW),
        (Part("a", 8, 20, 2), Weight.NOT_SHOWN),  # two users are two stories
        (Part("a", 8, 20, None), Weight.CONCENTRATED),
        (Part("a", 2, 20, 2), Weight.NOT_SHOWN),
        (Part("a", 20, 400, 9), Weight.NOT_SHOWN),
        (Part("a", 0, 0, 0), Weight.TOO_FEW),
    ],
)
def test_what_makes_a_concentration(part: Part, weight: Weight) -> None:
    (found,) = concentrations([part], 40, 800, 0.05)
    assert found.weight is weight


def test_a_little_more_than_the_rest_is_none_however_sure() -> None:
    (found,) = concentrations([Part("a", 1900, 10_000, 500)], 2900, 20_000, 0.05)
    assert found.adjusted is not None and found.adjusted < 1e-9
    assert found.weight is Weight.NOT_SHOWN


def test_small_parts_are_not_called_but_can_be_looked_at() -> None:
    parts = [Part("tiny", 5, 8), Part("one", 1, 4), Part("big", 10, 400)]
    found = concentrations(parts, 16, 500, 0.05)
    assert [one.part.name for one in look_here(found)] == ["tiny", "big"]
    assert {one.part.name: one.adjusted is None for one in found} == {"tiny": True, "one": True, "big": False}


def test_no_failure_concentrates_nowhere() -> None:
    (found,) = concentrations([Part("a", 0, 30)], 0, 100, 0.05)
    assert (found.by_luck, found.adjusted, found.share_of_failures) == (1, None, None)
    assert found.weight is Weight.NOT_SHOWN
    assert concentrations([], 0, 0, 0.05) == ()


@pytest.mark.parametrize("part", [Part("a", 5, 4), Part("a", 11, 40), Part("a", 1, 95), Part("a", -1, 5)])
def test_impossible_parts_are_refused(part: Part) -> None:
    with pytest.raises(ValueError, match=r"cannot have|whole"):
        concentrations([part], 10, 100, 0.05)


PARTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8)


@given(PARTS, st.integers(0, 5))
def test_the_order_of_the_parts_changes_nothing(counts: list[tuple[int, int]], seed: int) -> None:
    parts = [Part(f"p{at}", bad, bad + good) for at, (bad, good) in enumerate(counts)]
    failures, n = sum(bad for bad, _ in counts), sum(bad + good for bad, good in counts)
    shuffled = random.Random(seed).sample(parts, len(parts))
    assert concentrations(parts, failures, n, 0.05) == concentrations(shuffled, failures, n, 0.05)


def test_chances_after_many_looks() -> None:
    assert adjusted_for_many([]) == ()
    assert adjusted_for_many([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.04, 0.04))
    with pytest.raises(ValueError, match="chance"):
        adjusted_for_many([0.5, float("nan")])
