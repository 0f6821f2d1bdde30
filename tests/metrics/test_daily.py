"""Noisy days: how much more than luck they swing, which of them stand out, and when days say nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.daily import DayCount, how_often, swing_of, swing_words

MONDAY = date(2026, 1, 5)


def days(*counts: tuple[float, int]) -> list[DayCount]:
    return [DayCount(MONDAY + timedelta(days=place), passes, n) for place, (passes, n) in enumerate(counts)]


NOISY = days(*[(45, 50), (30, 50)] * 7)
CALM = days(*[(40, 50), (41, 50)] * 7)


def test_days_that_swing_are_said_to_swing() -> None:
    swing = swing_of(NOISY)
    assert swing is not None and swing.beyond_luck
    assert swing_words(swing).startswith("Days swing 6.5 times more (in variance) than luck makes them; luck")


def test_calm_days_are_no_proof() -> None:
    swing = swing_of(CALM)
    assert swing is not None and not swing.beyond_luck
    assert swing_words(swing).startswith("The 14 days swing no more than luck makes them. With few cases")


def test_days_of_few_cases_are_not_judged_however_wildly_they_swing() -> None:
    swing = swing_of(days(*[(9, 9), (0, 9)] * 7))
    assert swing is not None and not swing.beyond_luck
    assert swing_words(swing) == "Fewer than 10 cases on the middle day: judge weeks, not days."


def test_days_that_are_all_alike() -> None:
    swing = swing_of(days(*[(20, 20)] * 10))
    assert swing is not None and not swing.beyond_luck
    assert swing_words(swing) == "All 10 days are alike: there is no swing to see."


def test_a_day_that_stands_out_is_named() -> None:
    swing = swing_of(days(*[(40, 50), (42, 50)] * 7, (10, 50), (0, 0), (41, 50)))
    assert swing is not None
    assert swing.stand_out == (MONDAY + timedelta(days=14),)
    assert (swing.first, swing.last) == (MONDAY, MONDAY + timedelta(days=16))


def test_the_days_of_a_mean_of_shares_are_not_held_against_luck() -> None:
    swing = swing_of(days(*[(20.5, 50), (40.25, 50)] * 7))
    assert swing is not None and swing.daily is None and not swing.beyond_luck
    assert "look at weeks" in swing_words(swing)


@pytest.mark.parametrize("nothing", [[], days((0, 0))])
def test_no_day_is_no_swing(nothing: list[DayCount]) -> None:
    assert swing_of(nothing) is None


@given(st.permutations(NOISY))
def test_the_order_of_the_days_does_not_change_how_they_swing(shuffled: list[DayCount]) -> None:
    assert swing_of(shuffled).daily == swing_of(NOISY).daily  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0134, "about 1 time in 75"),
        (1 / 24, "about 1 time in 24"),
        (0.131, "about 1 time in 7.6"),
        (0.5, "about 1 time in 2"),
        (0.0025, "about 1 time in 400"),
        (0.0, "less than 1 time in 1,000,000"),
    ],
)
def test_how_often_luck_does_it(chance: float, words: str) -> None:
    assert how_often(chance) == words
