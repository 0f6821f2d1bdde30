"""How the path without AI does, as people typed it: the newest word on a metric counts, earlier ones stay."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from core.store import features
from core.store.tables import baseline


@dataclass(frozen=True)
class KeptBaseline:
    """``passes`` of ``cases``, or else a ``value`` in the metric's base unit; ``path`` is what does the work
    without AI, ``source`` where the number is from. ``replaced_at`` is None while it counts."""

    id: int
    metric: str
    passes: int | None
    cases: int | None
    value: float | None
    path: str
    source: str
    recorded_by: str
    recorded_by_id: int | None
    recorded_at: datetime
    replaced_at: datetime | None


def record(
    connection: Connection,
    feature_id: int,
    *,
    metric: str,
    passes: int | None,
    cases: int | None,
    value: float | None,
    path: str,
    source: str,
    by: str,
    by_id: int | None,
    now: datetime,
) -> KeptBaseline:
    """Keep a number; the one that the metric had until now counts no more."""
    features.lock(connection, feature_id)
    for before in current(connection, feature_id):
        if before.metric == metric:
            drop(connection, feature_id, before.id, now)
    row = {
        "feature_id": feature_id,
        "metric": metric,
        "passes": passes,
        "cases": cases,
        "value": value,
        "path": path,
        "source": source,
        "recorded_by": by,
        "recorded_by_id": by_id,
        "recorded_at": now,
    }
    connection.execute(insert(baseline).values(row))
    return next(one for one in current(connection, feature_id) if one.metric == metric)


def drop(connection: Connection, feature_id: int, baseline_id: int, now: datetime) -> bool:
    """The number counts no more; False where it did not."""
    gone = update(baseline).where(
        baseline.c.id == baseline_id, baseline.c.feature_id == feature_id, baseline.c.replaced_at.is_(None)
    )
    return connection.execute(gone.values(replaced_at=now)).rowcount == 1


def current(connection: Connection, feature_id: int) -> list[KeptBaseline]:
    """The numbers that count, at most one a metric."""
    return [one for one in history(connection, feature_id) if one.replaced_at is None]


def history(connection: Connection, feature_id: int) -> list[KeptBaseline]:
    """Every number that was ever recorded, the newest first."""
    columns = [baseline.c[name] for name in KeptBaseline.__dataclass_fields__]
    query = select(*columns).where(baseline.c.feature_id == feature_id).order_by(baseline.c.id.desc())
    return [KeptBaseline(**row._asdict()) for row in connection.execute(query)]
