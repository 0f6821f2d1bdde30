"""Locked versions of eval sets: which cases at which versions, as one digest; none is ever changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.evidence.eval_case import Part
from core.store import features
from core.store.tables import eval_suite


@dataclass(frozen=True)
class KeptSuite:
    """Version ``number`` of the set ``name``; ``cases`` are (case id, version).

    ``digest`` is the one that a commitment binds, ``upload_id`` the evidence that it was published as.
    ``rerun_days`` is how often it is to be run again, None: nobody asked for that.
    """

    id: int
    name: str
    number: int
    digest: str
    upload_id: str | None
    rerun_days: int | None
    locked_by: str
    locked_by_id: int | None
    locked_at: datetime
    reason: str
    parts: tuple[Part, ...]
    cases: tuple[tuple[str, int], ...]


def add(
    connection: Connection,
    feature_id: int,
    *,
    name: str,
    digest: str,
    upload_id: str,
    rerun_days: int | None,
    by: str,
    by_id: int | None,
    reason: str,
    parts: Sequence[Part],
    cases: Sequence[tuple[str, int]],
    now: datetime,
) -> KeptSuite:
    """The next version of the set ``name``."""
    features.lock(connection, feature_id)
    before = newest(connection, feature_id, name)
    row = {
        "feature_id": feature_id,
        "name": name,
        "number": before.number + 1 if before else 1,
        "digest": digest,
        "upload_id": upload_id,
        "rerun_days": rerun_days,
        "locked_by": by,
        "locked_by_id": by_id,
        "locked_at": now,
        "reason": reason,
        "parts": [part.value for part in parts],
        "cases": [list(one) for one in cases],
    }
    connection.execute(insert(eval_suite).values(row))
    kept = newest(connection, feature_id, name)
    if kept is None:
        raise RuntimeError("the version that was just added is not there")
    return kept


def history(connection: Connection, feature_id: int) -> list[KeptSuite]:
    """Every version of every set, the newest first."""
    names = KeptSuite.__dataclass_fields__
    query = select(*(eval_suite.c[name] for name in names)).where(eval_suite.c.feature_id == feature_id)
    rows = connection.execute(query.order_by(eval_suite.c.id.desc()))
    return [
        KeptSuite(
            **{
                **row._asdict(),
                "parts": tuple(map(Part, row.parts)),
                "cases": tuple((case_id, number) for case_id, number in row.cases),
            }
        )
        for row in rows
    ]


def newest(connection: Connection, feature_id: int, name: str) -> KeptSuite | None:
    """The version of a set that was locked last; None where there is no set of this name."""
    return next((one for one in history(connection, feature_id) if one.name == name), None)


def newest_of_each(locked: Sequence[KeptSuite]) -> list[KeptSuite]:
    """The last version of each set, of a :func:`history`, in its order."""
    found: dict[str, KeptSuite] = {}
    for one in locked:
        found.setdefault(one.name, one)
    return list(found.values())
