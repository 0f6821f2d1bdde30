"""What was done about a failure type, by whom, how far it is, since when it is fixed; a row a saving."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.store.tables import fix


@dataclass(frozen=True)
class Fix:
    """One saving; ``state`` is open, in_progress or done, and ``fixed_at`` is set where it is done."""

    id: int
    feature_id: int
    failure_type: str
    fix: str
    owner: str
    state: str
    fixed_at: datetime | None
    bundle: str | None
    saved_by: str
    saved_by_id: int | None
    saved_at: datetime


def add(
    connection: Connection,
    *,
    feature_id: int,
    failure_type: str,
    words: str,
    owner: str,
    state: str,
    fixed_at: datetime | None,
    bundle: str | None,
    by: str,
    by_id: int | None,
    now: datetime,
) -> Fix:
    row = {
        "feature_id": feature_id,
        "failure_type": failure_type,
        "fix": words,
        "owner": owner,
        "state": state,
        "fixed_at": fixed_at,
        "bundle": bundle,
        "saved_by": by,
        "saved_by_id": by_id,
        "saved_at": now,
    }
    return Fix(**connection.execute(insert(fix).values(row).returning(*fix.c)).one()._asdict())


def history(connection: Connection, feature_id: int) -> list[Fix]:
    """Every saving, the oldest first."""
    mine = select(fix).where(fix.c.feature_id == feature_id).order_by(fix.c.id)
    return [Fix(**row._asdict()) for row in connection.execute(mine)]
