"""Legal holds: why nothing of a feature may be removed, since when, and who lifted it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from core.errors import WrongUsage
from core.store.tables import legal_hold


@dataclass(frozen=True)
class LegalHold:
    """It holds until it is lifted; a feature may have several at a time."""

    id: int
    feature_id: int
    reason: str
    placed_by: str
    placed_by_id: int | None
    placed_at: datetime
    lifted_by: str | None
    lifted_by_id: int | None
    lifted_at: datetime | None
    lifted_reason: str | None

    @property
    def holds(self) -> bool:
        return self.lifted_at is None


def place(
    connection: Connection, *, feature_id: int, reason: str, by: str, by_id: int | None, now: datetime
) -> LegalHold:
    row = {
        "feature_id": feature_id,
        "reason": reason,
        "placed_by": by,
        "placed_by_id": by_id,
        "placed_at": now,
    }
    added = connection.execute(insert(legal_hold).values(row).returning(*legal_hold.c))
    return LegalHold(**added.one()._asdict())


def lift(
    connection: Connection, hold_id: int, *, by: str, by_id: int | None, reason: str, now: datetime
) -> None:
    ended = {"lifted_by": by, "lifted_by_id": by_id, "lifted_at": now, "lifted_reason": reason}
    standing = update(legal_hold).where(legal_hold.c.id == hold_id, legal_hold.c.lifted_at.is_(None))
    connection.execute(standing.values(ended))


def by_id(connection: Connection, feature_id: int, hold_id: int) -> LegalHold:
    """Raises WrongUsage where the feature has no such hold."""
    row = connection.execute(_of(feature_id).where(legal_hold.c.id == hold_id)).one_or_none()
    if row is None:
        raise WrongUsage("There is no such legal hold.", mend="Choose one from the list.")
    return LegalHold(**row._asdict())


def of_feature(connection: Connection, feature_id: int) -> list[LegalHold]:
    """Every hold there ever was, the newest first."""
    return [LegalHold(**row._asdict()) for row in connection.execute(_of(feature_id))]


def standing(connection: Connection, feature_id: int) -> list[LegalHold]:
    """Those that hold now, the newest first; empty: nothing keeps texts from expiring."""
    holding = _of(feature_id).where(legal_hold.c.lifted_at.is_(None))
    return [LegalHold(**row._asdict()) for row in connection.execute(holding)]


def _of(feature_id: int) -> Select[Any]:
    return select(legal_hold).where(legal_hold.c.feature_id == feature_id).order_by(legal_hold.c.id.desc())
