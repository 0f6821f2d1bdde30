"""Waivers: a row set aside until a date, asked for by one person and approved by another."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from core.errors import WrongUsage
from core.store.tables import waiver


@dataclass(frozen=True)
class Waiver:
    """``item_sha256`` is the hash of the item as it was when it was asked for; ``choice`` is None as long
    as nobody decided."""

    id: int
    feature_id: int
    item_id: str
    item_sha256: str
    label: str
    reason: str
    asked_by: str
    asked_by_id: int | None
    asked_at: datetime
    expires_at: datetime
    choice: str | None
    decided_by: str | None
    decided_by_id: int | None
    decided_at: datetime | None
    decided_reason: str | None
    revoked_by: str | None
    revoked_at: datetime | None
    revoked_reason: str | None


def add(
    connection: Connection,
    *,
    feature_id: int,
    item_id: str,
    item_sha256: str,
    label: str,
    reason: str,
    asked_by: str,
    asked_by_id: int | None,
    expires_at: datetime,
    now: datetime,
) -> Waiver:
    row = {
        "feature_id": feature_id,
        "item_id": item_id,
        "item_sha256": item_sha256,
        "label": label,
        "reason": reason,
        "asked_by": asked_by,
        "asked_by_id": asked_by_id,
        "asked_at": now,
        "expires_at": expires_at,
    }
    added = connection.execute(insert(waiver).values(row).returning(*waiver.c))
    return Waiver(**added.one()._asdict())


def by_id(connection: Connection, feature_id: int, waiver_id: int) -> Waiver:
    """Raises WrongUsage where the feature has no such waiver."""
    row = connection.execute(_of(feature_id).where(waiver.c.id == waiver_id)).one_or_none()
    if row is None:
        raise WrongUsage("There is no such waiver.", mend="Choose one from the list.")
    return Waiver(**row._asdict())


def decide(
    connection: Connection,
    waiver_id: int,
    *,
    choice: str,
    by: str,
    by_id: int | None,
    reason: str,
    now: datetime,
) -> None:
    decided = {
        "choice": choice,
        "decided_by": by,
        "decided_by_id": by_id,
        "decided_at": now,
        "decided_reason": reason,
    }
    open_one = update(waiver).where(waiver.c.id == waiver_id, waiver.c.choice.is_(None))
    connection.execute(open_one.values(decided))


def revoke(connection: Connection, waiver_id: int, *, by: str, reason: str, now: datetime) -> None:
    standing = update(waiver).where(waiver.c.id == waiver_id, waiver.c.revoked_at.is_(None))
    connection.execute(standing.values(revoked_by=by, revoked_at=now, revoked_reason=reason))


def of_feature(connection: Connection, feature_id: int) -> list[Waiver]:
    """Every waiver there ever was, the newest first."""
    return [Waiver(**row._asdict()) for row in connection.execute(_of(feature_id))]


def _of(feature_id: int) -> Select[Any]:
    return select(waiver).where(waiver.c.feature_id == feature_id).order_by(waiver.c.id.desc())
