"""Digests of what people said about runs, taken at the import and held against the rows at every check.

They cover what is judged and counted. Remarks and corrected answers stand outside: these expire.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from core.store.raw_rows import moment_of, raw
from core.store.tables import failure, label

_AT_ONCE = 5_000
"""Rows read at a time."""

JUDGED, WORDS = "judged", "words"

_COLUMNS: dict[str, dict[Table, tuple[str, ...]]] = {
    JUDGED: {
        label: (
            "run_id", "tool_right", "context_right", "answer_right", "grounded", "hallucination",
            "reviewer", "sampling", "labelled_at", "is_judge", "settled",
        ),
        failure: ("run_id", "owner", "found_at"),
    },
    WORDS: {
        label: ("failure_type", "root_cause", "severity"), failure: ("failure_type", "root_cause", "fix"),
    },
}  # fmt: skip
"""What each digest covers. The words of failures are apart, because an erased name goes out of them."""


def row_digests(connection: Connection, upload_id: str | None = None) -> dict[str, dict[str, str]]:
    """The digests of each upload that has labels or failures (of one upload, where it is named)."""
    found: dict[str, dict[str, Any]] = {}
    for name, tables in _COLUMNS.items():
        for table, columns in tables.items():
            for of_upload, said in _rows(connection, table, columns, upload_id):
                one = found.setdefault(of_upload, {JUDGED: hashlib.sha256(), WORDS: hashlib.sha256()})[name]
                one.update(json.dumps([table.name, *said]).encode() + b"\n")
    return {which: {name: one.hexdigest() for name, one in of.items()} for which, of in found.items()}


def _rows(
    connection: Connection, table: Table, columns: tuple[str, ...], upload_id: str | None
) -> Iterator[tuple[str, list[Any]]]:
    """(upload, what a row says) in the order in which the rows were stored, alike from every database."""
    kept = raw(table.c.id, table.c.upload_id, *(table.c[name] for name in columns))
    query = select(*kept).order_by(table.c.id).limit(_AT_ONCE)
    if upload_id is not None:
        query = query.where(table.c.upload_id == upload_id)
    # From where the part before ended: a cursor that stays open would outlive an error.
    rows = connection.execute(query).all()
    while rows:
        for row in rows:
            said = row._asdict()
            yield row.upload_id, [_plain(name, said[name]) for name in columns]
        ended = len(rows) < _AT_ONCE
        rows = [] if ended else connection.execute(query.where(table.c.id > rows[-1].id)).all()


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at"):
        moment = moment_of(value)
        return moment.isoformat() if moment else str(value)
    # A yes is 1 in one database and true in the other.
    return str(int(value)) if isinstance(value, bool) else str(value)
