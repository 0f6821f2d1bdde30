"""Rehearsals of going back: which part, when, whether it worked, how long it took; rows are never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.store.release_tables import rehearsal


@dataclass(frozen=True)
class Rehearsal:
    """``part`` is one of the eight or the kill switch. ``bundle`` and ``part_sha256`` say what was live at
    ``rehearsed_at``; None where nothing was, and the hash also of the kill switch."""

    id: int
    feature_id: int
    part: str
    bundle: str | None
    part_sha256: str | None
    rehearsed_at: datetime
    worked: bool
    minutes: float
    done_by: str
    note: str
    recorded_by: str
    recorded_by_id: int | None
    recorded_at: datetime


def add(
    connection: Connection,
    *,
    feature_id: int,
    part: str,
    bundle: str | None,
    part_sha256: str | None,
    rehearsed_at: datetime,
    worked: bool,
    minutes: float,
    done_by: str,
    note: str,
    by: str,
    by_id: int | None,
    now: datetime,
) -> Rehearsal:
    row = {
        "feature_id": feature_id,
        "part": part,
        "bundle": bundle,
        "part_sha256": part_sha256,
        "rehearsed_at": rehearsed_at,
        "worked": worked,
        "minutes": minutes,
        "done_by": done_by,
        "note": note,
        "recorded_by": by,
        "recorded_by_id": by_id,
        "recorded_at": now,
    }
    added = connection.execute(insert(rehearsal).values(row).returning(*rehearsal.c))
    return Rehearsal(**added.one()._asdict())


def of_feature(connection: Connection, feature_id: int, *, until: datetime) -> list[Rehearsal]:
    """Every rehearsal that was written down by ``until``, in the order in which they were done."""
    mine = select(rehearsal).where(rehearsal.c.feature_id == feature_id, rehearsal.c.recorded_at <= until)
    ordered = mine.order_by(rehearsal.c.rehearsed_at, rehearsal.c.id)
    return [Rehearsal(**row._asdict()) for row in connection.execute(ordered)]
