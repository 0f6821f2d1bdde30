"""Signatures: who approved or refused exactly which text. They are added and withdrawn, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from core.store.tables import signature


@dataclass(frozen=True)
class Signature:
    """``about`` is "commitment" or "step"; ``step`` names the step of the rollout ("start:beta").

    ``statement`` is what was signed, word for word; ``sha256`` is its hash. ``commitment_number`` is the
    commitment that was newest then.
    """

    id: int
    feature_id: int
    about: str
    commitment_number: int
    step: str | None
    choice: str
    reason: str
    person_id: int
    signed_by: str
    signed_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    sha256: str
    statement: Mapping[str, Any] = field(hash=False)


def add(
    connection: Connection,
    *,
    feature_id: int,
    about: str,
    commitment_number: int,
    step: str | None,
    choice: str,
    reason: str,
    person_id: int,
    signed_by: str,
    sha256: str,
    statement: Mapping[str, Any],
    now: datetime,
) -> Signature:
    row = {
        "feature_id": feature_id,
        "about": about,
        "commitment_number": commitment_number,
        "step": step,
        "choice": choice,
        "reason": reason,
        "person_id": person_id,
        "signed_by": signed_by,
        "signed_at": now,
        "sha256": sha256,
        "statement": dict(statement),
    }
    added = connection.execute(insert(signature).values(row).returning(*signature.c))
    return Signature(**added.one()._asdict())


def withdraw(connection: Connection, signature_id: int, *, reason: str, now: datetime) -> None:
    """A signature that was withdrawn stays so, with its first reason."""
    standing = update(signature).where(signature.c.id == signature_id, signature.c.withdrawn_at.is_(None))
    connection.execute(standing.values(withdrawn_at=now, withdrawn_reason=reason))


def of_feature(connection: Connection, feature_id: int, until: datetime | None = None) -> list[Signature]:
    """Every signature given by ``until``, the newest first."""
    mine = _of(feature_id) if until is None else _of(feature_id).where(signature.c.signed_at <= until)
    return [Signature(**row._asdict()) for row in connection.execute(mine)]


def _of(feature_id: int) -> Select[Any]:
    mine = select(signature).where(signature.c.feature_id == feature_id)
    return mine.order_by(signature.c.signed_at.desc(), signature.c.id.desc())
