"""Conditions of a GO: what a signer asked for, from whom and by when; met or released, never removed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from core.decision.promises import Promise
from core.errors import WrongUsage
from core.store.tables import signature, signed_condition

_OF_THE_SIGNATURE = (
    signature.c.step,
    signature.c.signed_by,
    signature.c.person_id,
    signature.c.signed_at,
    signature.c.withdrawn_at,
)


def add(
    connection: Connection, *, feature_id: int, signature_id: int, words: str, owner: str, due: date
) -> int:
    """Returns the number of the condition."""
    row = {
        "feature_id": feature_id,
        "signature_id": signature_id,
        "words": words,
        "owner": owner,
        "due": due,
    }
    added = connection.execute(insert(signed_condition).values(row).returning(signed_condition.c.id))
    return int(added.scalar_one())


def meet(
    connection: Connection, condition_id: int, *, by: str, by_id: int | None, note: str, now: datetime
) -> None:
    """Somebody says that it is met; the first word stands."""
    met = {"met_by": by, "met_by_id": by_id, "met_at": now, "met_note": note}
    unmet = signed_condition.c.met_at.is_(None)
    connection.execute(update(signed_condition).where(_is(condition_id), unmet).values(met))


def release(
    connection: Connection, condition_id: int, *, by: str, by_id: int | None, reason: str, now: datetime
) -> None:
    """A signer takes it back; the first reason stands."""
    released = {"released_by": by, "released_by_id": by_id, "released_at": now, "released_reason": reason}
    unreleased = signed_condition.c.released_at.is_(None)
    connection.execute(update(signed_condition).where(_is(condition_id), unreleased).values(released))


def by_id(connection: Connection, feature_id: int, condition_id: int) -> Promise:
    """Raises WrongUsage where the feature has no such condition."""
    row = connection.execute(_of(feature_id).where(_is(condition_id))).one_or_none()
    if row is None:
        raise WrongUsage("There is no such condition.", mend="Choose one from the list.")
    return _read(row)


def of_feature(connection: Connection, feature_id: int, until: datetime | None = None) -> tuple[Promise, ...]:
    """Every condition that was given by ``until``, also of signatures that were withdrawn; oldest first."""
    mine = _of(feature_id)
    if until is not None:
        mine = mine.where(signature.c.signed_at <= until)
    return tuple(_read(row) for row in connection.execute(mine.order_by(signed_condition.c.id)))


def _is(condition_id: int) -> Any:
    return signed_condition.c.id == condition_id


def _of(feature_id: int) -> Select[Any]:
    both = select(signed_condition, *_OF_THE_SIGNATURE).join_from(signed_condition, signature)
    return both.where(signed_condition.c.feature_id == feature_id)


def _read(row: Row[Any]) -> Promise:
    return Promise(
        id=row.id,
        words=row.words,
        owner=row.owner,
        due=row.due,
        step=row.step,
        given_by=row.signed_by,
        given_by_id=row.person_id,
        given_at=row.signed_at,
        withdrawn_at=row.withdrawn_at,
        met_by=row.met_by,
        met_at=row.met_at,
        met_note=row.met_note,
        released_by=row.released_by,
        released_at=row.released_at,
        released_reason=row.released_reason,
        signature_id=row.signature_id,
    )
