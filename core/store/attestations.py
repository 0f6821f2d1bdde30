"""Attestations: what people answered to the items that no metric can measure. Answers are only added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from core.store.tables import attestation


@dataclass(frozen=True)
class Attestation:
    id: int
    feature_id: int
    item_id: str
    answer: str
    why: str
    link: str
    answered_by: str
    answered_at: datetime


def add(
    connection: Connection,
    *,
    feature_id: int,
    item_id: str,
    answer: str,
    why: str,
    link: str,
    answered_by: str,
    now: datetime,
) -> Attestation:
    row = {
        "feature_id": feature_id,
        "item_id": item_id,
        "answer": answer,
        "why": why,
        "link": link,
        "answered_by": answered_by,
        "answered_at": now,
    }
    added = connection.execute(insert(attestation).values(row).returning(*attestation.c))
    return Attestation(**added.one()._asdict())


def current(connection: Connection, feature_id: int, until: datetime | None = None) -> dict[str, Attestation]:
    """The answer that was given last to each item (last by ``until``), by item id."""
    given = _of(feature_id) if until is None else _of(feature_id).where(attestation.c.answered_at <= until)
    rows = connection.execute(given.order_by(attestation.c.id))
    return {row.item_id: Attestation(**row._asdict()) for row in rows}


def history(connection: Connection, feature_id: int, item_id: str) -> list[Attestation]:
    """Every answer to one item, the newest first."""
    mine = _of(feature_id).where(attestation.c.item_id == item_id)
    return [
        Attestation(**row._asdict()) for row in connection.execute(mine.order_by(attestation.c.id.desc()))
    ]


def _of(feature_id: int) -> Select[Any]:
    return select(attestation).where(attestation.c.feature_id == feature_id)
