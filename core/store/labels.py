"""Labels: judgements of traces, by people and by judges, as ordinary rows that are joined to the traces.

A label is known by its run, its reviewer and whether a judge gave it; the newest upload that counts
wins, and what an older one said comes back when that upload is withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, Connection, Subquery, false, func, insert, select

from core.evidence.columns import LABEL_COLUMNS, CellType
from core.evidence.fingerprints import key_of
from core.store import features
from core.store.segments import Keys
from core.store.tables import label, upload

_ROWS_AT_ONCE = 5_000
_NAMES = tuple(column.name for column in LABEL_COLUMNS)
_ARROW_TYPE = {
    CellType.TEXT: pa.string(),
    CellType.TIME: pa.timestamp("us", "UTC"),
    CellType.BOOLEAN: pa.bool_(),
}
_SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        ("label_key", pa.int64()),
        ("upload_id", pa.string()),
        ("sequence", pa.int64()),
        ("uploaded_at", pa.timestamp("us", "UTC")),
        ("row", pa.int64()),
        *((column.name, _ARROW_TYPE[column.type]) for column in LABEL_COLUMNS),
    ]
)


@dataclass(frozen=True)
class NamedFailure:
    """A failure type that a person's label names; ``uploaded_at`` stands in for a label without a time."""

    key: int
    run_id: str
    failure_type: str
    root_cause: str | None
    sampling: str | None
    labelled_at: datetime | None
    uploaded_at: datetime


def publish(connection: Connection, feature_id: int, upload_id: str, segment_files: Sequence[Path]) -> int:
    """Store the labels of one upload; returns how many. They count once the upload is done.

    The Parquet files have the label columns, ``key`` (of run, reviewer and judge), ``row_key`` (of
    what the label says) and ``row`` (the row in the user's file).
    """
    features.lock(connection, feature_id)
    rows = 0
    for path in segment_files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                found = [_stored(row, feature_id, upload_id) for row in batch.to_pylist()]
                if found:
                    connection.execute(insert(label), found)
                rows += len(found)
    return rows


def known_keys(connection: Connection, feature_id: int) -> tuple[Keys, Keys]:
    """(label keys, row keys) of all labels that count, each label once, by label key."""
    newest = _newest(feature_id)
    query = select(newest.c.label_key, newest.c.row_key).order_by(newest.c.label_key)
    pairs = [tuple(row) for row in connection.execute(query)]
    columns = np.array(pairs, np.int64).reshape(-1, 2)
    return columns[:, 0].copy(), columns[:, 1].copy()


def arrow_table(connection: Connection, feature_id: int) -> pa.Table:
    """The labels that count, one row for each run, reviewer and judge; ``key`` joins them to the traces."""
    newest = _newest(feature_id)
    query = select(*(newest.c[name] for name in _SCHEMA.names)).order_by(newest.c.label_key)
    rows = connection.execute(query).all()
    columns = zip(*rows, strict=True) if rows else [()] * len(_SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    return pa.table(arrays, schema=_SCHEMA)


def naming_failures(connection: Connection, feature_id: int) -> list[NamedFailure]:
    """The failure types that people's labels name, in the order in which they were handed in."""
    newest = _newest(feature_id)
    by_people = func.coalesce(newest.c.is_judge, false()) == false()
    query = (
        select(*(newest.c[name] for name in NamedFailure.__dataclass_fields__))
        .where(newest.c.failure_type.is_not(None), by_people)
        .order_by(newest.c.sequence, newest.c.id)
    )
    return [NamedFailure(**row._asdict()) for row in connection.execute(query)]


def of_run(connection: Connection, feature_id: int, run_id: str) -> list[dict[str, Any]]:
    """What people and judges say about one run: a record of the label columns each, with its upload."""
    newest = _newest(feature_id, label.c.key == key_of(run_id))
    names = (*_NAMES, "upload_id", "row", "uploaded_at")
    query = select(*(newest.c[name] for name in names)).order_by(newest.c.sequence, newest.c.id)
    return [row._asdict() for row in connection.execute(query)]


def _stored(row: dict[str, Any], feature_id: int, upload_id: str) -> dict[str, Any]:
    return {
        "feature_id": feature_id,
        "upload_id": upload_id,
        "key": key_of(row["run_id"]),
        "label_key": row["key"],
        "row_key": row["row_key"],
        "row": row.get("row"),
        **{name: row.get(name) for name in _NAMES},
    }


def _newest(feature_id: int, *only: ColumnElement[bool]) -> Subquery:
    """The labels that count, of each label only what its newest upload says."""
    place = func.row_number().over(
        partition_by=label.c.label_key, order_by=(upload.c.sequence.desc(), label.c.id.desc())
    )
    counted = (
        select(label, upload.c.sequence, upload.c.asked_at.label("uploaded_at"), place.label("place"))
        .join_from(label, upload)
        .where(label.c.feature_id == feature_id, upload.c.state == "done", *only)
        .subquery()
    )
    return select(counted).where(counted.c.place == 1).subquery()
