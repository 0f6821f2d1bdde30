"""Overrides: who overruled the gate on which step and why. They are added and ended, never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from core.decision.override import GivenOverride
from core.store.tables import override


def add(
    connection: Connection,
    *,
    feature_id: int,
    step: str,
    reason: str,
    given_by: str,
    given_by_id: int | None,
    expires_at: datetime,
    sha256: str,
    statement: Mapping[str, Any],
    now: datetime,
) -> GivenOverride:
    row = {
        "feature_id": feature_id,
        "step": step,
        "reason": reason,
        "given_by": given_by,
        "given_by_id": given_by_id,
        "given_at": now,
        "expires_at": expires_at,
        "sha256": sha256,
        "statement": dict(statement),
    }
    added = connection.execute(insert(override).values(row).returning(*override.c))
    return _read(added.one())


def mark_used(connection: Connection, override_id: int, now: datetime) -> None:
    """The step was taken on it; that is so for ever."""
    unused = update(override).where(override.c.id == override_id, override.c.used_at.is_(None))
    connection.execute(unused.values(used_at=now))


def end(connection: Connection, override_id: int, *, by: str, reason: str, now: datetime) -> None:
    """One that was ended stays so, with its first reason."""
    standing = update(override).where(override.c.id == override_id, override.c.ended_at.is_(None))
    connection.execute(standing.values(ended_by=by, ended_at=now, ended_reason=reason))


def of_feature(connection: Connection, feature_id: int) -> list[GivenOverride]:
    """Every override there ever was, the newest first."""
    mine = select(override).where(override.c.feature_id == feature_id).order_by(override.c.id.desc())
    return [_read(row) for row in connection.execute(mine)]


def _read(row: Row[Any]) -> GivenOverride:
    return GivenOverride(
        id=row.id,
        step=row.step,
        reason=row.reason,
        by=row.given_by,
        by_id=row.given_by_id,
        at=row.given_at,
        expires_at=row.expires_at,
        sha256=row.sha256,
        statement=row.statement,
        used_at=row.used_at,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        ended_reason=row.ended_reason,
    )
