"""Requests to erase a person: who asked, who did it, and the fingerprint that knows the person again.

As long as a request is open it holds the user id; once it is done or cancelled, only the fingerprint is
left, from which nobody gets the id back without the installation's secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.errors import WrongUsage
from core.store.tables import erasure, feature


@dataclass(frozen=True)
class Erasure:
    """``wanted`` is the user id, None once the request is closed; ``counts`` say what was found when it was
    asked for, later what was erased."""

    id: int
    feature_id: int
    fingerprint: str
    wanted: str | None
    reason: str
    asked_by: str
    asked_by_id: int | None
    asked_at: datetime
    cancelled_by: str | None
    cancelled_at: datetime | None
    done_by: str | None
    done_by_id: int | None
    done_at: datetime | None
    counts: Mapping[str, Any] | None

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.cancelled_at is None


def add(
    connection: Connection,
    *,
    feature_id: int,
    fingerprint: str,
    wanted: str | None,
    reason: str,
    asked_by: str,
    asked_by_id: int | None,
    counts: Mapping[str, Any],
    now: datetime,
) -> Erasure:
    row = {
        "feature_id": feature_id,
        "fingerprint": fingerprint,
        "wanted": wanted,
        "reason": reason,
        "asked_by": asked_by,
        "asked_by_id": asked_by_id,
        "asked_at": now,
        "counts": dict(counts),
    }
    added = connection.execute(insert(erasure).values(row).returning(*erasure.c))
    return Erasure(**added.one()._asdict())


def of_feature(connection: Connection, feature_id: int) -> list[Erasure]:
    """Every request of the feature, the newest first."""
    mine = select(erasure).where(erasure.c.feature_id == feature_id).order_by(erasure.c.id.desc())
    return [Erasure(**row._asdict()) for row in connection.execute(mine)]


def done(connection: Connection) -> list[tuple[str, Erasure]]:
    """(slug of the feature, request) of every erasure that was done, the oldest first."""
    query = (
        select(feature.c.slug, *erasure.c)
        .join_from(erasure, feature, erasure.c.feature_id == feature.c.id)
        .where(erasure.c.done_at.is_not(None))
        .order_by(erasure.c.id)
    )
    rows = [row._asdict() for row in connection.execute(query)]
    return [(row.pop("slug"), Erasure(**row)) for row in rows]


def open_one(connection: Connection, feature_id: int, erasure_id: int) -> Erasure:
    """Raises WrongUsage where the feature has no such request, or it is closed."""
    query = select(erasure).where(erasure.c.id == erasure_id, erasure.c.feature_id == feature_id)
    row = connection.execute(query).one_or_none()
    found = None if row is None else Erasure(**row._asdict())
    if found is None or not found.is_open:
        raise WrongUsage("There is no such open request.", mend="Choose one from the list of requests.")
    return found


def cancel(connection: Connection, erasure_id: int, *, by: str, now: datetime) -> None:
    closed = {"wanted": None, "cancelled_by": by, "cancelled_at": now}
    connection.execute(update(erasure).where(erasure.c.id == erasure_id).values(closed))


def finish(
    connection: Connection,
    done: Erasure,
    *,
    by: str,
    by_id: int | None,
    counts: Mapping[str, Any],
    now: datetime,
) -> None:
    """The request as done; other open ones for the same person need not hold the id any longer either."""
    closed = {"wanted": None, "done_by": by, "done_by_id": by_id, "done_at": now, "counts": dict(counts)}
    same = (
        erasure.c.feature_id == done.feature_id,
        erasure.c.fingerprint == done.fingerprint,
        erasure.c.done_at.is_(None),
        erasure.c.cancelled_at.is_(None),
    )
    connection.execute(update(erasure).where(*same).values(closed))


def tokens(connection: Connection, feature_id: int) -> dict[str, str]:
    """What stands for each person who was erased, by fingerprint: the same however often they are."""
    query = (
        select(erasure.c.fingerprint, erasure.c.id)
        .where(erasure.c.feature_id == feature_id, erasure.c.done_at.is_not(None))
        .order_by(erasure.c.id.desc())
    )
    return {row.fingerprint: token_of(row.id) for row in connection.execute(query)}


def token_of(erasure_id: int) -> str:
    """What stands instead of the user id of whoever was erased by this request: still one user."""
    return f"[erased user {erasure_id}]"


def has_done(connection: Connection, feature_id: int) -> bool:
    """Whether anybody was ever erased from the feature."""
    query = select(erasure.c.id).where(erasure.c.feature_id == feature_id, erasure.c.done_at.is_not(None))
    return connection.execute(query.limit(1)).first() is not None
