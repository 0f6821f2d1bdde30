"""Labels: judgements of traces, by people and by judges, as ordinary rows that are joined to the traces.

A label is known by its run, its reviewer and whether a judge gave it; the newest upload that counts
wins, and what an older one said comes back when that upload is withdrawn.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, false, func, select

from core.evidence.column import CellType
from core.evidence.columns import LABEL_COLUMNS
from core.evidence.fingerprints import key_of
from core.store.run_rows import RunRows
from core.store.tables import label

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


_ROWS = RunRows(label, "label_key", LABEL_COLUMNS)
"""Known by the key of run, reviewer and judge."""
publish, known_keys, _newest = _ROWS.publish, _ROWS.known_keys, _ROWS.newest


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
