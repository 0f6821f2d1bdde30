"""The rollout as it went: transitions are facts, the state and the phases' periods are computed from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Move(StrEnum):
    """What can happen to a rollout."""

    START = "start"
    ADVANCE = "advance"
    PAUSE = "pause"
    RESUME = "resume"
    ROLL_BACK = "roll_back"
    COMPLETE = "complete"


class State(StrEnum):
    """Where a rollout stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    ROLLED_BACK = "rolled_back"
    COMPLETE = "complete"


_LEADS_TO = {
    Move.START: State.RUNNING,
    Move.ADVANCE: State.RUNNING,
    Move.PAUSE: State.PAUSED,
    Move.RESUME: State.RUNNING,
    Move.ROLL_BACK: State.ROLLED_BACK,
    Move.COMPLETE: State.COMPLETE,
}

POSSIBLE: dict[State, frozenset[Move]] = {
    State.NOT_STARTED: frozenset({Move.START}),
    State.RUNNING: frozenset({Move.ADVANCE, Move.PAUSE, Move.ROLL_BACK, Move.COMPLETE}),
    State.PAUSED: frozenset({Move.RESUME, Move.ROLL_BACK}),
    State.ROLLED_BACK: frozenset({Move.START}),
    State.COMPLETE: frozenset({Move.PAUSE, Move.ROLL_BACK}),
}
"""What can happen next. Stopping is possible wherever anybody has the feature."""

REACHING = frozenset({State.RUNNING, State.COMPLETE})
"""The states in which users meet the feature."""


@dataclass(frozen=True)
class Transition:
    """One move: ``phase`` is the id of the phase that the feature is in then (of a roll back: was in)."""

    move: Move
    phase: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Rollout:
    """The state after all moves: ``since`` it holds, ``entered`` is when the current phase began."""

    state: State
    phase: str | None = None
    since: datetime | None = None
    entered: datetime | None = None


NOTHING_YET = Rollout(State.NOT_STARTED)
"""The rollout before its first move."""


@dataclass(frozen=True)
class PhasePeriod:
    """``phase`` ran from ``began`` to ``ended`` (exclusive; None: it still runs)."""

    phase: str
    began: datetime
    ended: datetime | None = None


@dataclass(frozen=True)
class Stretch:
    """``phase`` was in ``state`` from ``began`` to ``ended`` (exclusive; None: it still is)."""

    phase: str
    state: State
    began: datetime
    ended: datetime | None = None


def rollout_of(transitions: Sequence[Transition]) -> Rollout:
    """The state that the ``transitions``, oldest first, lead to."""
    now = NOTHING_YET
    for one in transitions:
        entered = one.at if one.move in (Move.START, Move.ADVANCE) else now.entered
        now = Rollout(_LEADS_TO[one.move], one.phase, one.at, entered)
    return now


def periods(transitions: Sequence[Transition]) -> tuple[PhasePeriod, ...]:
    """When each phase ran, oldest first; a pause belongs to its phase, a roll back ends it.

    A phase that was entered twice has two periods.
    """
    found: list[PhasePeriod] = []
    for one in transitions:
        begins = one.move in (Move.START, Move.ADVANCE)
        if found and found[-1].ended is None and (begins or one.move is Move.ROLL_BACK):
            found[-1] = replace(found[-1], ended=one.at)
        if begins:
            found.append(PhasePeriod(one.phase, one.at))
    return tuple(found)


def stretches(transitions: Sequence[Transition]) -> tuple[Stretch, ...]:
    """Every state after the first move, oldest first, without a gap; the last one is open."""
    ends: list[datetime | None] = [one.at for one in transitions[1:]]
    return tuple(
        Stretch(one.phase, _LEADS_TO[one.move], one.at, ended)
        for one, ended in zip(transitions, [*ends, None], strict=False)
    )


def ran_for(transitions: Sequence[Transition], now: datetime) -> timedelta:
    """How long users have met the feature in the current phase; pauses do not count."""
    entered = rollout_of(transitions).entered
    lasted = (
        (one.ended or now) - one.began
        for one in stretches(transitions)
        if entered is not None and one.began >= entered and one.state in REACHING
    )
    return max(sum(lasted, timedelta()), timedelta())
