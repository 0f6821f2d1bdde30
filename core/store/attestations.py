"""Attestations: what people answered to the items that no metric can measure. Answers are only added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from core.store.tables import attestation


@dataclass(frozen=True)
class Attestation:
    """``sentence`` is the wording that was answered: an answer belongs to its question, not to an id."""

    id: int
    feature_id: int
    item_id: str
    sentence: str
    answer: str
    why: str
    link: str
    answered_by: str
    answered_at: datetime
    answered_by_id: int | None = None


def add(
    connection: Connection,
    *,
    feature_id: int,
    item_id: str,
    sentence: str,
    answer: str,
    why: str,
    link: str,
    answered_by: str,
    now: datetime,
    answered_by_id: int | None = None,
) -> Attestation:
    row = {
        "feature_id": feature_id,
        "item_id": item_id,
        "sentence": sentence,
        "answer": answer,
        "why": why,
        "link": link,
        "answered_by": answered_by,
        "answered_at": now,
        "answered_by_id": answered_by_id,
    }
    added = connection.execute(insert(attestation).values(row).returning(*attestation.c))
    return Attestation(**added.one()._asdict())


def current(
    connection: Connection, feature_id: int, until: datetime | None = None
) -> dict[tuple[str, str], Attestation]:
    """The answer that was given last (by ``until``) to each wording of each item: (item id, sentence)."""
    given = _of(feature_id) if until is None else _of(feature_id).where(attestation.c.answered_at <= until)
    rows = connection.execute(given.order_by(attestation.c.id))
    return {(row.item_id, row.sentence): Attestation(**row._asdict()) for row in rows}


def _of(feature_id: int) -> Select[Any]:
    return select(attestation).where(attestation.c.feature_id == feature_id)
