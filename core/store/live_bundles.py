"""Which release bundle was live since when: one row each time, never changed; going back is one more row."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.store import features
from core.store.release_tables import live_bundle


@dataclass(frozen=True)
class LiveBundle:
    """``document_number`` is the version of the bundle that went live, ``sha256`` that of its parts.

    ``live_at`` is when it really went live; it may have been written down later, at ``recorded_at``.
    """

    id: int
    feature_id: int
    name: str
    document_number: int
    sha256: str
    live_at: datetime
    put_live_by: str
    put_live_by_id: int | None
    recorded_at: datetime
    reason: str


def add(
    connection: Connection,
    *,
    feature_id: int,
    name: str,
    document_number: int,
    sha256: str,
    live_at: datetime,
    by: str,
    by_id: int | None,
    reason: str,
    now: datetime,
) -> LiveBundle:
    """Record that the bundle is live from ``live_at`` on."""
    features.lock(connection, feature_id)
    row = {
        "feature_id": feature_id,
        "name": name,
        "document_number": document_number,
        "sha256": sha256,
        "live_at": live_at,
        "put_live_by": by,
        "put_live_by_id": by_id,
        "recorded_at": now,
        "reason": reason,
    }
    added = connection.execute(insert(live_bundle).values(row).returning(*live_bundle.c)).one()
    return LiveBundle(**added._asdict())


def of_feature(
    connection: Connection, feature_id: int, *, until: datetime | None = None
) -> tuple[LiveBundle, ...]:
    """Every bundle that went live, as far as that was written down by ``until``: the oldest first."""
    query = select(live_bundle).where(live_bundle.c.feature_id == feature_id)
    if until is not None:
        query = query.where(live_bundle.c.recorded_at <= until)
    rows = connection.execute(query.order_by(live_bundle.c.live_at, live_bundle.c.id))
    return tuple(LiveBundle(**row._asdict()) for row in rows)


def at(connection: Connection, feature_id: int, moment: datetime) -> LiveBundle | None:
    """The bundle that was live at ``moment``, as far as anybody has said by now; None before the first."""
    before = [one for one in of_feature(connection, feature_id) if one.live_at <= moment]
    return before[-1] if before else None
