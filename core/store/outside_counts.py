"""Weekly counts from outside, as people typed them: corrected ones stay, marked as replaced."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, insert, select, update

from core.evidence.failure_words import fold_words
from core.evidence.outside_measures import WeekCount
from core.store import features
from core.store.tables import outside_count


@dataclass(frozen=True)
class KeptCount:
    """One count; ``source`` is "form" or the name of a file, ``replaced_at`` is None while it counts."""

    id: int
    week: date
    measure: str
    count: int
    out_of: int | None
    note: str | None
    source: str
    recorded_by: str
    recorded_at: datetime
    replaced_at: datetime | None

    @property
    def said(self) -> WeekCount:
        return WeekCount(self.week, self.measure, self.count, self.out_of, self.note)


Became = Literal["new", "corrected", "same"]


def record(
    connection: Connection, feature_id: int, said: WeekCount, *, source: str, by: str, now: datetime
) -> Became:
    """Keep what is ``said``; of one week and measure (without regard to case) the newest word counts."""
    features.lock(connection, feature_id)
    of_week = current(connection, feature_id, outside_count.c.week == said.week)
    before = next((one for one in of_week if fold_words(one.measure) == fold_words(said.measure)), None)
    if before is not None and _numbers(before.said) == _numbers(said):
        return "same"
    if before is not None:
        drop(connection, feature_id, before.id, now)
    row = {
        "feature_id": feature_id,
        "week": said.week,
        # Its first spelling stays, so that the weeks of one measure stand together.
        "measure": _spelling(connection, feature_id, said.measure),
        "count": said.count,
        "out_of": said.out_of,
        "note": said.note,
        "source": source,
        "recorded_by": by,
        "recorded_at": now,
    }
    connection.execute(insert(outside_count).values(row))
    return "new" if before is None else "corrected"


def drop(connection: Connection, feature_id: int, count_id: int, now: datetime) -> bool:
    """The count counts no more; False where it did not."""
    gone = update(outside_count).where(
        outside_count.c.id == count_id,
        outside_count.c.feature_id == feature_id,
        outside_count.c.replaced_at.is_(None),
    )
    return connection.execute(gone.values(replaced_at=now)).rowcount == 1


def current(connection: Connection, feature_id: int, *only: ColumnElement[bool]) -> list[KeptCount]:
    """The counts that count, by week and then in the order in which their measures came."""
    return _read(connection, feature_id, outside_count.c.replaced_at.is_(None), *only)


def history(connection: Connection, feature_id: int) -> list[KeptCount]:
    """Every count that was ever recorded."""
    return _read(connection, feature_id)


def _read(connection: Connection, feature_id: int, *only: ColumnElement[bool]) -> list[KeptCount]:
    columns = [outside_count.c[name] for name in KeptCount.__dataclass_fields__]
    query = select(*columns).where(outside_count.c.feature_id == feature_id, *only)
    rows = connection.execute(query.order_by(outside_count.c.week, outside_count.c.id))
    return [KeptCount(**row._asdict()) for row in rows]


def _numbers(said: WeekCount) -> tuple[int, int | None, str | None]:
    return said.count, said.out_of, said.note


def _spelling(connection: Connection, feature_id: int, measure: str) -> str:
    known = [one.measure for one in history(connection, feature_id)]
    return next((one for one in known if fold_words(one) == fold_words(measure)), measure)
