"""The record of verdicts: one row whenever a feature's verdict, or its being a draft's, became another."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from core.store import features
from core.store.tables import verdict_change

# Any number will do, as long as every Readygate takes the same one, and no other lock has it.
_NOTE_LOCK = 7_232_301_008


@dataclass(frozen=True)
class VerdictChange:
    """From ``changed_at`` on the verdict was this one."""

    id: int
    feature_id: int
    verdict: str
    is_draft: bool
    changed_at: datetime


def note(connection: Connection, feature_id: int, *, verdict: str, is_draft: bool, now: datetime) -> bool:
    """Add a row where the verdict differs from the one noted last; returns whether it did."""
    features.lock(connection, feature_id)
    last = newest(connection, feature_id)
    if last is not None and (last.verdict, last.is_draft) == (verdict, is_draft):
        return False
    if connection.dialect.name == "postgresql":
        # The numbers come in the order of the commits, so that whoever follows them misses none.
        connection.execute(select(func.pg_advisory_xact_lock(_NOTE_LOCK)))
    row = {"feature_id": feature_id, "verdict": verdict, "is_draft": is_draft, "changed_at": now}
    connection.execute(insert(verdict_change).values(row))
    return True


def newest(connection: Connection, feature_id: int) -> VerdictChange | None:
    """The change that was noted last, whatever its time: files may be applied with a date of their own."""
    mine = select(verdict_change).where(verdict_change.c.feature_id == feature_id)
    row = connection.execute(mine.order_by(verdict_change.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else VerdictChange(**row._asdict())


def newest_id(connection: Connection) -> int:
    """The number of the last row of any feature, 0 while there is none."""
    return connection.scalar(select(func.max(verdict_change.c.id))) or 0


def after(connection: Connection, number: int, limit: int) -> list[VerdictChange]:
    """The first ``limit`` changes of any feature behind the one with this ``number``, the oldest first."""
    later = select(verdict_change).where(verdict_change.c.id > number).order_by(verdict_change.c.id)
    return [VerdictChange(**row._asdict()) for row in connection.execute(later.limit(limit))]


def before(connection: Connection, change: VerdictChange) -> VerdictChange | None:
    """The change of the same feature that came before ``change``."""
    mine = select(verdict_change).where(
        verdict_change.c.feature_id == change.feature_id, verdict_change.c.id < change.id
    )
    row = connection.execute(mine.order_by(verdict_change.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else VerdictChange(**row._asdict())


def held_at(connection: Connection, feature_id: int, moment: datetime) -> VerdictChange | None:
    """The change that was noted last by that ``moment``."""
    mine = select(verdict_change).where(
        verdict_change.c.feature_id == feature_id, verdict_change.c.changed_at <= moment
    )
    row = connection.execute(mine.order_by(verdict_change.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else VerdictChange(**row._asdict())


def since(connection: Connection, feature_id: int, *, verdict: str, is_draft: bool) -> datetime | None:
    """Since when the verdict is this one; ``None`` where the last change says another.

    Time alone turns a verdict into STALE, and nobody is there to note when.
    """
    last = newest(connection, feature_id)
    same = last is not None and (last.verdict, last.is_draft) == (verdict, is_draft)
    return last.changed_at if last is not None and same else None
