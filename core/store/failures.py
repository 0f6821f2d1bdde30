"""The failure log: what went wrong in which run, why, and what was done, as ordinary rows.

A failure is known by its run and its type; the newest upload that counts wins, and what an older one
said comes back when that upload is withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, Connection, Subquery, func, insert, select

from core.evidence.columns import FAILURE_COLUMNS
from core.evidence.fingerprints import key_of
from core.store import features
from core.store.segments import Keys
from core.store.tables import failure, upload

_ROWS_AT_ONCE = 5_000
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


def publish(connection: Connection, feature_id: int, upload_id: str, segment_files: Sequence[Path]) -> int:
    """Store the failures of one upload; returns how many. They count once the upload is done.

    The Parquet files have the failure columns, ``key`` (of run and type), ``row_key`` (of what the
    row says) and ``row`` (the row in the user's file).
    """
    features.lock(connection, feature_id)
    rows = 0
    for path in segment_files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                found = [_stored(row, feature_id, upload_id) for row in batch.to_pylist()]
                if found:
                    connection.execute(insert(failure), found)
                rows += len(found)
    return rows


def known_keys(connection: Connection, feature_id: int) -> tuple[Keys, Keys]:
    """(failure keys, row keys) of all failures that count, each failure once, by failure key."""
    newest = _newest(feature_id)
    query = select(newest.c.failure_key, newest.c.row_key).order_by(newest.c.failure_key)
    pairs = [tuple(row) for row in connection.execute(query)]
    columns = np.array(pairs, np.int64).reshape(-1, 2)
    return columns[:, 0].copy(), columns[:, 1].copy()


def logged(connection: Connection, feature_id: int) -> list[LoggedFailure]:
    """The failure log as it stands, in the order in which its rows were handed in."""
    return _read(connection, _newest(feature_id))


def of_run(connection: Connection, feature_id: int, run_id: str) -> list[LoggedFailure]:
    """What the failure log says about one run."""
    # The run is a part of what a failure is known by, so no other upload's word is left out.
    return _read(connection, _newest(feature_id, failure.c.key == key_of(run_id)))


def _read(connection: Connection, newest: Subquery) -> list[LoggedFailure]:
    wanted = [newest.c[name] for name in LoggedFailure.__dataclass_fields__]
    query = select(*wanted).order_by(newest.c.sequence, newest.c.id)
    return [LoggedFailure(**row._asdict()) for row in connection.execute(query)]


def _stored(row: dict[str, Any], feature_id: int, upload_id: str) -> dict[str, Any]:
    return {
        "feature_id": feature_id,
        "upload_id": upload_id,
        "key": key_of(row["run_id"]),
        "failure_key": row["key"],
        "row_key": row["row_key"],
        "row": row.get("row"),
        **{name: row.get(name) for name in _NAMES},
    }


def _newest(feature_id: int, *only: ColumnElement[bool]) -> Subquery:
    """The failures that count, of each failure only what its newest upload says."""
    place = func.row_number().over(
        partition_by=failure.c.failure_key, order_by=(upload.c.sequence.desc(), failure.c.id.desc())
    )
    counted = (
        select(
            failure,
            upload.c.sequence,
            upload.c.file_name,
            upload.c.asked_at.label("uploaded_at"),
            place.label("place"),
        )
        .join_from(failure, upload)
        .where(failure.c.feature_id == feature_id, upload.c.state == "done", *only)
        .subquery()
    )
    return select(counted).where(counted.c.place == 1).subquery()
