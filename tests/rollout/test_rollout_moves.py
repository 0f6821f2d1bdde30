"""Moves of a rollout: every move from every state, and periods that neither overlap nor leave a gap."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rollout.transitions import (
    NOTHING_YET,
    POSSIBLE,
    REACHING,
    Move,
    Rollout,
    State,
    Transition,
    periods,
    ran_for,
    rollout_of,
    stretches,
)

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def course(*moves: str) -> list[Transition]:
    """Moves a day apart from NOW on, written "start beta"."""
    said = [words.split() for words in moves]
    return [
        Transition(Move(move), phase, NOW + place * DAY, "Ada", "why")
        for place, (move, phase) in enumerate(said)
    ]


TABLE = {
    #                   start advance pause resume roll_back complete
    State.NOT_STARTED: (True, False, False, False, False, False),
    State.RUNNING: (False, True, True, False, True, True),
    State.PAUSED: (False, False, False, True, True, False),
    State.ROLLED_BACK: (True, False, False, False, False, False),
    State.COMPLETE: (False, False, True, False, True, False),
}


@pytest.mark.parametrize("state", State)
def test_every_move_from_every_state(state: State) -> None:
    assert tuple(move in POSSIBLE[state] for move in Move) == TABLE[state]


@pytest.mark.parametrize("state", sorted(REACHING))
def test_wherever_users_meet_the_feature_it_can_be_stopped(state: State) -> None:
    assert {Move.PAUSE, Move.ROLL_BACK} <= POSSIBLE[state]


@pytest.mark.parametrize(
    ("moves", "state", "phase", "entered", "ran"),
    [
        ((), State.NOT_STARTED, None, None, 0),
        (("start beta",), State.RUNNING, "beta", 0, 10),
        (("start beta", "advance full"), State.RUNNING, "full", 1, 9),
        (("start beta", "pause beta"), State.PAUSED, "beta", 0, 1),
        (("start beta", "pause beta", "resume beta"), State.RUNNING, "beta", 0, 9),
        (("start beta", "advance full", "pause full", "roll_back full"), State.ROLLED_BACK, "full", 1, 1),
        (("start beta", "roll_back beta", "start beta"), State.RUNNING, "beta", 2, 8),
        (("start beta", "complete beta"), State.COMPLETE, "beta", 0, 10),
        (("start beta", "complete beta", "pause beta"), State.PAUSED, "beta", 0, 2),
    ],
)
def test_the_state_and_how_long_the_phase_ran(
    moves: tuple[str, ...], state: State, phase: str | None, entered: int | None, ran: int
) -> None:
    """``ran`` is in days at ten days after the first move; a pause does not count."""
    made = course(*moves)
    since = made[-1].at if made else None
    began = None if entered is None else NOW + entered * DAY
    assert rollout_of(made) == Rollout(state, phase, since, began)
    assert ran_for(made, NOW + 10 * DAY) == ran * DAY


def test_nothing_has_happened_yet() -> None:
    assert rollout_of([]) == NOTHING_YET
    assert (periods([]), stretches([])) == ((), ())


@st.composite
def courses(draw: st.DrawFn) -> list[Transition]:
    """Any course that the table of moves allows; several moves may share a moment."""
    made: list[Transition] = []
    at, phase = NOW, 0
    for _ in range(draw(st.integers(0, 12))):
        possible = sorted(POSSIBLE[rollout_of(made).state])
        move = draw(st.sampled_from(possible))
        at += draw(st.sampled_from([timedelta(), timedelta(minutes=1), DAY]))
        phase = 0 if move is Move.START else phase + (move is Move.ADVANCE)
        made.append(Transition(move, f"phase-{phase}", at, "Ada", "why"))
    return made


@given(courses())
def test_periods_never_overlap_and_cover_all_but_what_was_rolled_back(made: list[Transition]) -> None:
    found = periods(made)
    for one, after in pairwise(found):
        assert one.ended is not None
        assert one.began <= one.ended <= after.began
    back = [one for one in stretches(made) if one.state is State.ROLLED_BACK]
    end = NOW + 100 * DAY
    covered = sum(((one.ended or end) - one.began for one in found), timedelta())
    away = sum(((one.ended or end) - one.began for one in back), timedelta())
    assert covered + away == (end - made[0].at if made else timedelta())


@given(courses())
def test_the_last_period_is_open_exactly_while_a_phase_is_under_way(made: list[Transition]) -> None:
    is_open = bool(periods(made)) and periods(made)[-1].ended is None
    assert is_open == (rollout_of(made).state not in (State.NOT_STARTED, State.ROLLED_BACK))


@given(courses())
def test_stretches_leave_no_gap_and_end_in_the_present_state(made: list[Transition]) -> None:
    found = stretches(made)
    assert [one.ended for one in found[:-1]] == [one.began for one in found[1:]]
    if found:
        assert (found[-1].ended, found[-1].state) == (None, rollout_of(made).state)


@given(courses(), st.integers(0, 30))
def test_a_phase_never_ran_longer_than_since_it_began(made: list[Transition], days: int) -> None:
    now = max([one.at for one in made], default=NOW) + days * DAY
    entered = rollout_of(made).entered
    assert timedelta() <= ran_for(made, now) <= (now - entered if entered else timedelta())
