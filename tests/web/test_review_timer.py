"""The timer of a review counts the time worked: silences are cut, closed tabs cost next to nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.screens.review_timer import SILENCE, worked

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("done", "now", "minutes"),
    [
        ((), 0, 0),
        ((), 2, 2),
        ((), 240, 3),  # opened, and never looked at again
        ((1, 2, 3.5), 4, 4),
        ((1, 2, 240, 241), 241.5, 6.5),  # the tab was closed for four hours
        ((3, 1, 2), 3, 3),  # in any order
        ((5,), 4, 3),  # a clock that runs ahead takes nothing back
        ((-1,), 1, 1),
    ],
)
def test_only_the_time_worked_counts(done: tuple[float, ...], now: float, minutes: float) -> None:
    assert worked(NINE, map(at, done)).at(at(now)) == timedelta(minutes=minutes)


def test_it_pauses_by_itself_and_goes_on_with_the_next_thing_done() -> None:
    busy = worked(NINE, [at(1)])
    assert not busy.is_paused(at(3.9))
    assert busy.is_paused(at(4)) and busy.at(at(4)) == busy.at(at(400)) == timedelta(minutes=4)
    again = busy.went_on(at(400))
    assert not again.is_paused(at(401)) and again.at(at(401)) == timedelta(minutes=5)


@given(st.lists(st.integers(0, 10_000), max_size=30), st.integers(0, 10_000))
def test_no_more_than_what_passed_and_no_silence_in_full(seconds: list[int], now: int) -> None:
    done = [NINE + timedelta(seconds=one) for one in seconds]
    moment = max([*done, NINE + timedelta(seconds=now)])
    found = worked(NINE, done)
    assert found.at(moment) <= min(moment - NINE, SILENCE * (len(done) + 1))
    assert found.at(moment) <= found.went_on(moment).at(moment)
