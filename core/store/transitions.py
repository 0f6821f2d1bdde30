"""Transitions: what happened to a rollout, one row each, never changed."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.rollout.transitions import Move, Transition
from core.store import features
from core.store.tables import transition


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
    columns = transition.c
    rows = connection.execute(
        select(columns.move, columns.phase, columns.at, columns.by, columns.reason)
        .where(columns.feature_id == feature_id)
        .order_by(columns.at, columns.id)
    )
    return tuple(Transition(Move(row.move), row.phase, row.at, row.by, row.reason) for row in rows)
