"""Look-backs: a week and a month after each step forward somebody says whether it was right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.reasons import full_reason, one_line
from core.actions.workspace import Workspace
from core.decision.hindsight import DAYS_AFTER, Hindsight, LookBack, days_reached, due_after
from core.errors import WrongUsage
from core.rollout.transitions import Move
from core.store import audit, features, follow_ups, transitions
from core.store.database import Connection
from core.store.transitions import RecordedTransition

FORWARD = (Move.START, Move.ADVANCE, Move.COMPLETE)
"""The moves that somebody decided on and can look back at."""


@dataclass(frozen=True)
class DueLookBack:
    """A step that somebody has to look back at, ``days`` after it."""

    step: RecordedTransition
    days: int

    @property
    def due_since(self) -> datetime:
        return self.step.moved.at + timedelta(days=self.days)


@dataclass(frozen=True)
class FollowUpsView:
    """The look-backs that are due, the oldest step first, and whether this caller may make them."""

    due: tuple[DueLookBack, ...]
    may_record: bool


def view_follow_ups(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> FollowUpsView:
    """What is to be looked back at now."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        due = due_look_backs(connection, feature.id, now)
    return FollowUpsView(due, may(workspace, caller, Act.FOLLOW_UP, slug))


def due_look_backs(connection: Connection, feature_id: int, now: datetime) -> tuple[DueLookBack, ...]:
    """The steps whose look-back is due; what was recorded afterwards was not decided here."""
    steps = [
        one
        for one in transitions.history(connection, feature_id, until=now)
        if one.moved.move in FORWARD and not one.is_afterwards
    ]
    if not any(days_reached(one.moved.at, now) for one in steps):
        return ()
    said = by_step(follow_ups.of_feature(connection, feature_id, until=now))
    found = ((one, due_after(one.moved.at, said.get(one.id, ()), now)) for one in steps)
    return tuple(DueLookBack(one, days) for one, days in found if days is not None)


def by_step(said: Sequence[LookBack]) -> dict[int, list[LookBack]]:
    """The look-backs by the number of the step that they are about."""
    found: dict[int, list[LookBack]] = {}
    for one in said:
        found.setdefault(one.transition_id, []).append(one)
    return found


def record_follow_up(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    step_id: int,
    *,
    hindsight: Hindsight,
    note: str = "",
) -> None:
    """Say whether a step forward was right. It is said anew where one knows better; the newest word counts.

    ``step_id`` is the number of the step in the record. What was wrong is said with a reason.
    """
    require(workspace, caller, Act.FOLLOW_UP, slug)
    note = one_line(note)
    if hindsight is Hindsight.WRONG:
        full_reason(note, "A step that was wrong needs a note.", "Say in a sentence what was overlooked.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        step, days = _looked_back_at(connection, feature.id, step_id, now)
        said = follow_ups.add(
            connection,
            feature_id=feature.id,
            transition_id=step_id,
            days=days,
            hindsight=hindsight,
            note=note,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="step looked back at",
            subject=f"feature/{slug}",
            payload={
                "look_back": said,
                "step": step_id,
                "move": step.moved.move.value,
                "phase": step.moved.phase,
                "days": days,
                "hindsight": hindsight.value,
                "note": note,
                "person": caller.person_id,
            },
            now=now,
        )


def _looked_back_at(
    connection: Connection, feature_id: int, step_id: int, now: datetime
) -> tuple[RecordedTransition, int]:
    """The step, and which look-back it is by now."""
    steps = transitions.history(connection, feature_id, until=now)
    step = next((one for one in steps if one.id == step_id and one.moved.move in FORWARD), None)
    if step is None:
        raise WrongUsage("There is no such step forward.", mend="Choose one from the record of decisions.")
    days = days_reached(step.moved.at, now)
    if days is None:
        first = step.moved.at + timedelta(days=DAYS_AFTER[0])
        raise WrongUsage(
            "It is too early to look back at this step.",
            mend=f"Nobody knows before {first.day} {first:%b %Y} whether it was right.",
        )
    return step, days
