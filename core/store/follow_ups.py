"""Look-backs: whether a step was right, in hindsight; added, never changed, the newest word counts."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.decision.hindsight import Hindsight, LookBack
from core.store.tables import follow_up


def add(
    connection: Connection,
    *,
    feature_id: int,
    transition_id: int,
    days: int,
    hindsight: Hindsight,
    note: str,
    by: str,
    by_id: int | None,
    now: datetime,
) -> int:
    """Returns the number of the look-back."""
    row = {
        "feature_id": feature_id,
        "transition_id": transition_id,
        "days": days,
        "hindsight": hindsight.value,
        "note": note,
        "recorded_by": by,
        "recorded_by_id": by_id,
        "recorded_at": now,
    }
    added = connection.execute(insert(follow_up).values(row).returning(follow_up.c.id))
    return int(added.scalar_one())


def of_feature(
    connection: Connection, feature_id: int, until: datetime | None = None
) -> tuple[LookBack, ...]:
    """Every look-back recorded by ``until``, the oldest first."""
    mine = select(follow_up).where(follow_up.c.feature_id == feature_id).order_by(follow_up.c.id)
    if until is not None:
        mine = mine.where(follow_up.c.recorded_at <= until)
    return tuple(
        LookBack(
            id=row.id,
            transition_id=row.transition_id,
            days=row.days,
            hindsight=Hindsight(row.hindsight),
            note=row.note,
            by=row.recorded_by,
            at=row.recorded_at,
        )
        for row in connection.execute(mine)
    )
