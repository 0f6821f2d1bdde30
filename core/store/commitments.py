"""Commitments: which version of the checklist was locked, by whom and at what strength of evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from core.store import features
from core.store.tables import commitment


@dataclass(frozen=True)
class Commitment:
    """``evidence_seen`` says whether there was evidence already when the checklist was locked."""

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
    }
    added = connection.execute(insert(commitment).values(row).returning(*commitment.c))
    return Commitment(**added.one()._asdict())


def newest(connection: Connection, feature_id: int) -> Commitment | None:
    row = connection.execute(_of(feature_id).limit(1)).one_or_none()
    return None if row is None else Commitment(**row._asdict())


def history(connection: Connection, feature_id: int) -> list[Commitment]:
    """Every commitment, the newest first."""
    return [Commitment(**row._asdict()) for row in connection.execute(_of(feature_id))]


def _of(feature_id: int) -> Select[Any]:
    mine = select(commitment).where(commitment.c.feature_id == feature_id)
    return mine.order_by(commitment.c.number.desc())
