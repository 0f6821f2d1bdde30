"""The failure log: what went wrong in which run, why, and what was done, as ordinary rows.

A failure is known by its run and its type; the newest upload that counts wins, and what an older one
said comes back when that upload is withdrawn.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Subquery, select

from core.evidence.columns import FAILURE_COLUMNS
from core.evidence.failure_words import WordKind, counted_as
from core.evidence.fingerprints import key_of
from core.store import failure_words
from core.store.run_rows import RunRows
from core.store.tables import failure

_NAMES = tuple(column.name for column in FAILURE_COLUMNS)


@dataclass(frozen=True)
class LoggedFailure:
    """One row of the failure log that counts; times are UTC.

    ``key`` is that of the run, which joins it to the traces; ``row`` is the row in the user's file
    (where it is known); ``uploaded_at`` stands in for a failure without a time of its own.
    """

    key: int
    run_id: str
    failure_type: str
    root_cause: str | None
    fix: str | None
    owner: str | None
    note: str | None
    found_at: datetime | None
    upload_id: str
    file_name: str
    row: int | None
    uploaded_at: datetime


_ROWS = RunRows(failure, "failure_key", FAILURE_COLUMNS)
"""Known by the key of run and type."""
publish, known_keys, _newest = _ROWS.publish, _ROWS.known_keys, _ROWS.newest


def logged(connection: Connection, feature_id: int) -> list[LoggedFailure]:
    """The failure log as it stands, in the order in which its rows were handed in.

    Words that were renamed or merged since are told as what they count as now.
    """
    rows = _read(connection, _newest(feature_id))
    became = failure_words.became(connection, feature_id)
    if not became:
        return rows
    return [
        replace(
            one,
            failure_type=counted_as(became, WordKind.TYPE, one.failure_type),
            root_cause=one.root_cause and counted_as(became, WordKind.CAUSE, one.root_cause),
        )
        for one in rows
    ]


def of_run(connection: Connection, feature_id: int, run_id: str) -> list[LoggedFailure]:
    """What the failure log says about one run, in the words that its rows have."""
    # The run is a part of what a failure is known by, so no other upload's word is left out.
    return _read(connection, _newest(feature_id, failure.c.key == key_of(run_id)))


def _read(connection: Connection, newest: Subquery) -> list[LoggedFailure]:
    wanted = [newest.c[name] for name in LoggedFailure.__dataclass_fields__]
    query = select(*wanted).order_by(newest.c.sequence, newest.c.id)
    return [LoggedFailure(**row._asdict()) for row in connection.execute(query)]
