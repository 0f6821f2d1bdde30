"""Commitments: what was locked, by whom, at what strength of evidence, and since when it is in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from core.store import features
from core.store.tables import commitment


@dataclass(frozen=True)
class Commitment:
    """``evidence_seen`` says whether there was evidence already when the checklist was locked.

    ``terms`` is all that the lock binds, as JSON (:class:`core.criteria.commitment.Terms`), and
    ``sha256`` its hash; of locks made before there were any, both are empty. ``in_force_at`` is None as
    long as it waits for signatures: what was in force before then still is.
    """

    id: int
    feature_id: int
    number: int
    checklist_number: int
    checklist_sha256: str
    stakes: str
    locked_at: datetime
    locked_by: str
    reason: str
    evidence_seen: bool
    locked_by_id: int | None = None
    in_force_at: datetime | None = None
    sha256: str | None = None
    terms: Mapping[str, Any] | None = field(default=None, hash=False)


def add(
    connection: Connection,
    *,
    feature_id: int,
    checklist_number: int,
    checklist_sha256: str,
    stakes: str,
    locked_by: str,
    reason: str,
    evidence_seen: bool,
    now: datetime,
    locked_by_id: int | None = None,
    in_force: bool = True,
    sha256: str | None = None,
    terms: Mapping[str, Any] | None = None,
) -> Commitment:
    """The next commitment of the feature; the first is number 1, every later one is an amendment."""
    features.lock(connection, feature_id)
    before = newest(connection, feature_id)
    row = {
        "feature_id": feature_id,
        "number": before.number + 1 if before else 1,
        "checklist_number": checklist_number,
        "checklist_sha256": checklist_sha256,
        "stakes": stakes,
        "locked_at": now,
        "locked_by": locked_by,
        "reason": reason,
        "evidence_seen": evidence_seen,
        "locked_by_id": locked_by_id,
        "in_force_at": now if in_force else None,
        "sha256": sha256,
        "terms": dict(terms) if terms is not None else None,
    }
    added = connection.execute(insert(commitment).values(row).returning(*commitment.c))
    return Commitment(**added.one()._asdict())


def put_in_force(connection: Connection, commitment_id: int, now: datetime) -> None:
    """The last signature that it waited for has been given."""
    waiting = update(commitment).where(commitment.c.id == commitment_id, commitment.c.in_force_at.is_(None))
    connection.execute(waiting.values(in_force_at=now))


def newest(connection: Connection, feature_id: int) -> Commitment | None:
    """The commitment that was made last, in force or not."""
    row = connection.execute(_of(feature_id).limit(1)).one_or_none()
    return None if row is None else Commitment(**row._asdict())


def history(connection: Connection, feature_id: int) -> list[Commitment]:
    """Every commitment, in force or not, the newest first."""
    return [Commitment(**row._asdict()) for row in connection.execute(_of(feature_id))]


def in_force(connection: Connection, feature_id: int, now: datetime | None = None) -> list[Commitment]:
    """The commitments that came into force by ``now``, the newest first; the first of them holds."""
    return [
        one
        for one in history(connection, feature_id)
        if one.in_force_at is not None and (now is None or one.in_force_at <= now)
    ]


def _of(feature_id: int) -> Select[Any]:
    mine = select(commitment).where(commitment.c.feature_id == feature_id)
    return mine.order_by(commitment.c.number.desc())
