"""The team's record of decisions: every step forward, what it rested on, and whether it was right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions.follow_ups import FORWARD, by_step
from core.actions.people import Caller
from core.actions.phase_names import newest_plan, phase_name
from core.actions.policy import Act, may, require
from core.actions.rollout_refusals import MOVE_WORDS
from core.actions.workspace import Workspace
from core.decision.hindsight import LookBack, TrackRecord, due_after, last_word, track_record
from core.decision.override import GivenOverride
from core.decision.promises import PromiseLine, promise_lines
from core.rollout.transitions import Move, Transition
from core.store import audit_search, features, follow_ups, overrides, signed_conditions, transitions
from core.store.audit_search import EventFilter
from core.store.database import Connection
from core.store.features import Feature
from core.store.transitions import RecordedTransition

_MOST_STEPS = 500


@dataclass(frozen=True)
class DecisionLine:
    """A step forward. ``verdict`` is the one when it was taken; None where it was recorded afterwards.

    ``signed_by`` is None where the log does not tell any more. ``rolled_back`` is the roll back that came
    before the next step forward; ``due`` the look-back that is due, by its days.
    """

    id: int
    title: str
    step: Transition
    verdict: str | None
    is_afterwards: bool
    signed_by: tuple[str, ...] | None
    agreed_outside: str
    overruled: GivenOverride | None
    conditions: tuple[PromiseLine, ...]
    look_backs: tuple[LookBack, ...]
    due: int | None
    rolled_back: Transition | None

    @property
    def last_word(self) -> LookBack | None:
        return last_word(self.look_backs)


@dataclass(frozen=True)
class DecisionsRecord:
    """The steps, the newest first, how often they were right, and whether this caller may look back."""

    lines: tuple[DecisionLine, ...]
    track: TrackRecord
    may_record: bool


def view_decisions_record(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> DecisionsRecord:
    """Every step forward until ``now``; what was only recorded afterwards went through no gate here."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        history = transitions.history(connection, feature.id, until=now)
        lines = _lines(connection, feature, history, now)
    decided = [line for line in lines if not line.is_afterwards]
    words = [line.last_word.hindsight if line.last_word else None for line in decided]
    return DecisionsRecord(
        tuple(reversed(lines)), track_record(words), may(workspace, caller, Act.FOLLOW_UP, slug)
    )


def _lines(
    connection: Connection, feature: Feature, history: Sequence[RecordedTransition], now: datetime
) -> list[DecisionLine]:
    steps = [one for one in history if one.moved.move in FORWARD]
    if not steps:
        return []
    plan = newest_plan(connection, feature)
    told = _told(connection, feature)
    used = {one.used_at: one for one in overrides.of_feature(connection, feature.id) if one.used_at}
    promised = promise_lines(signed_conditions.of_feature(connection, feature.id, until=now), now)
    said = by_step(follow_ups.of_feature(connection, feature.id, until=now))
    lines = []
    for place, one in enumerate(steps):
        at, looked_back = one.moved.at, tuple(said.get(one.id, ()))
        until = steps[place + 1].moved.at if place + 1 < len(steps) else None
        event = told.get(at, {})
        signed = event.get("signed_by")
        lines.append(
            DecisionLine(
                id=one.id,
                title=_title(one.moved, phase_name(plan, one.moved.phase)),
                step=one.moved,
                verdict=None if one.is_afterwards else one.verdict,
                is_afterwards=one.is_afterwards,
                signed_by=tuple(map(str, signed)) if isinstance(signed, list) else None,
                agreed_outside=str(event.get("agreed_outside") or ""),
                overruled=used.get(at),
                conditions=_of_step(promised, one.moved, _before(steps[:place], one.moved)),
                look_backs=looked_back,
                due=None if one.is_afterwards else due_after(at, looked_back, now),
                rolled_back=_rolled_back(history, at, until),
            )
        )
    return lines


def _told(connection: Connection, feature: Feature) -> dict[datetime, Mapping[str, Any]]:
    """What the log says of each step forward, by its moment; nothing of those that were emptied."""
    about = (feature.slug, feature.id)
    events = (
        event
        for move in FORWARD
        for event in audit_search.found(
            connection, EventFilter(feature=about, action=f"rollout {MOVE_WORDS[move]}"), limit=_MOST_STEPS
        )
    )
    return {event.ts: event.payload for event in events if isinstance(event.payload, dict)}


def _title(step: Transition, phase: str) -> str:
    match step.move:
        case Move.START:
            return f"Start {phase}"
        case Move.ADVANCE:
            return f"Go on to {phase}"
        case _:
            return "Complete the rollout"


def _before(earlier: Sequence[RecordedTransition], step: Transition) -> datetime | None:
    """When the same step was taken the last time before, if it was."""
    same = (step.move, step.phase)
    return max((one.moved.at for one in earlier if (one.moved.move, one.moved.phase) == same), default=None)


def _of_step(
    promised: Sequence[PromiseLine], step: Transition, before: datetime | None
) -> tuple[PromiseLine, ...]:
    """The conditions of the signatures that the step rested on, not those withdrawn before it."""
    name = f"{step.move.value}:{step.phase}"
    return tuple(
        line
        for line in promised
        if line.given.step == name
        and line.given.given_at <= step.at
        and (before is None or line.given.given_at > before)
        and (line.given.withdrawn_at is None or line.given.withdrawn_at > step.at)
    )


def _rolled_back(
    history: Sequence[RecordedTransition], since: datetime, until: datetime | None
) -> Transition | None:
    after = (one.moved for one in history if one.moved.at > since and (until is None or one.moved.at < until))
    return next((one for one in after if one.move is Move.ROLL_BACK), None)
