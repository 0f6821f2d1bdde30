"""Transitions: what happened to a rollout, one row each, never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.rollout.transitions import Move, Transition
from core.store import features
from core.store.tables import transition


@dataclass(frozen=True)
class RecordedTransition:
    """A move as it stands in the record, with the plan's version and the verdict that it rested on.

    ``plan_number`` and ``verdict`` are ``None`` where there was none to rest on.
    """

    moved: Transition
    plan_number: int | None
    verdict: str | None
    recorded_at: datetime
    id: int = 0

    @property
    def is_afterwards(self) -> bool:
        """Whether it was written down after it had happened, and so went through no gate here."""
        return self.recorded_at > self.moved.at


def add(
    connection: Connection,
    *,
    feature_id: int,
    moved: Transition,
    plan_number: int | None,
    verdict: str | None,
    now: datetime,
) -> None:
    """Record that the rollout ``moved``; ``plan_number`` and ``verdict`` are those it rested on."""
    features.lock(connection, feature_id)
    row = {
        "feature_id": feature_id,
        "move": moved.move.value,
        "phase": moved.phase,
        "plan_number": plan_number,
        "at": moved.at,
        "by": moved.by,
        "reason": moved.reason,
        "verdict": verdict,
        "recorded_at": now,
    }
    connection.execute(insert(transition).values(row))


def of_feature(connection: Connection, feature_id: int) -> tuple[Transition, ...]:
    """Every transition of the feature, oldest first."""
    return tuple(one.moved for one in history(connection, feature_id))


def history(
    connection: Connection, feature_id: int, *, until: datetime | None = None
) -> tuple[RecordedTransition, ...]:
    """Every transition (that happened by ``until``) as it is recorded, oldest first."""
    columns = transition.c
    asked = select(transition).where(columns.feature_id == feature_id)
    if until is not None:
        asked = asked.where(columns.at <= until)
    return tuple(
        RecordedTransition(
            Transition(Move(row.move), row.phase, row.at, row.by, row.reason),
            row.plan_number,
            row.verdict,
            row.recorded_at,
            row.id,
        )
        for row in connection.execute(asked.order_by(columns.at, columns.id))
    )
