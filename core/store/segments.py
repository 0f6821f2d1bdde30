"""Segments: traces and eval results, kept as whole Parquet files with the keys of their rows.

A row has a key (what it is, such as the hash of its run id) and a row key (what it says). Segments
are never changed (but for texts that expire, see :mod:`core.store.expiry`): an upload that knows
better about a row lists its key as superseded, and the newest upload that counts wins. Withdrawing
that upload therefore brings the older row back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, insert, select, update

from core.errors import StoreUnavailable
from core.evidence import fingerprints
from core.store import features
from core.store.tables import segment, superseded, upload

Keys = NDArray[np.int64]

_STORED_KEY = np.dtype("<i8")


@dataclass(frozen=True)
class SegmentRef:
    """A segment that counts, without its content; times are UTC.

    ``sequence`` is the upload's place in the order of publishing; ``uploaded_at`` stands in for rows
    without a time of their own; ``source`` is the tool that the file came from.
    """

    sha256: str
    upload_id: str
    sequence: int
    kind: str
    ordinal: int
    rows: int
    bundle: str | None
    suite: str | None
    uploaded_at: datetime
    earliest: datetime | None
    latest: datetime | None
    source: str | None = None


def publish(
    connection: Connection, feature_id: int, upload_id: str, kind: str, segment_files: Sequence[Path]
) -> int:
    """Store the Parquet files of one upload; returns how many rows they hold.

    Each has the columns ``key`` and ``row_key`` (int64, none missing) and may have ``started_at``.
    They count once the upload is done.
    """
    features.lock(connection, feature_id)
    rows = 0
    for ordinal, path in enumerate(segment_files):
        described = _described(path.read_bytes())
        owner = {"feature_id": feature_id, "upload_id": upload_id, "kind": kind, "ordinal": ordinal}
        connection.execute(insert(segment).values({**owner, **described}))
        rows += described["rows"]
    return rows


def supersede(connection: Connection, upload_id: str, kind: str, keys: Keys) -> None:
    """Say which rows of earlier uploads this upload updates; once an upload and kind."""
    if len(keys):
        stored = np.unique(keys).astype(_STORED_KEY).tobytes()
        connection.execute(insert(superseded).values(upload_id=upload_id, kind=kind, packed_keys=stored))


def known_keys(connection: Connection, feature_id: int, kind: str) -> tuple[Keys, Keys]:
    """(keys, row keys) of all rows that count, each key once, with what its newest upload says; by key."""
    query = select(segment.c.packed_keys).join_from(segment, upload).where(*_counts(feature_id, kind))
    parts = [
        np.frombuffer(stored, _STORED_KEY).reshape(2, -1)
        for stored in connection.scalars(query.order_by(upload.c.sequence, segment.c.ordinal))
    ]
    newest_first = np.concatenate([np.empty((2, 0), _STORED_KEY), *parts], axis=1)[:, ::-1]
    keys, places = np.unique(newest_first[0], return_index=True)
    return keys.astype(np.int64), newest_first[1][places].astype(np.int64)


def of_other_suites(connection: Connection, feature_id: int, kind: str, suite: str) -> list[SegmentRef]:
    """The segments that count of uploads that were handed in for another suite than ``suite``."""
    every = live(connection, feature_id, kind)
    return [one for one in every if one.suite is not None and one.suite != suite]


def keys_of(connection: Connection, sha256: str) -> Keys:
    """The keys of the rows of a segment."""
    stored = connection.scalar(select(segment.c.packed_keys).where(segment.c.sha256 == sha256).limit(1))
    keys: Keys = np.frombuffer(stored or b"", _STORED_KEY).reshape(2, -1)[0].astype(np.int64)
    return keys


def live(connection: Connection, feature_id: int, kind: str) -> list[SegmentRef]:
    """The segments that count, in the order of publishing."""
    query = (
        select(
            segment.c.sha256,
            segment.c.upload_id,
            upload.c.sequence,
            segment.c.kind,
            segment.c.ordinal,
            segment.c.rows,
            upload.c.bundle,
            upload.c.suite,
            upload.c.asked_at.label("uploaded_at"),
            segment.c.earliest,
            segment.c.latest,
            upload.c.source,
        )
        .join_from(segment, upload)
        .where(*_counts(feature_id, kind))
        .order_by(upload.c.sequence, segment.c.ordinal)
    )
    return [SegmentRef(**row._asdict()) for row in connection.execute(query)]


def superseded_keys(connection: Connection, feature_id: int, kind: str) -> list[tuple[int, Keys]]:
    """(sequence, keys) of each upload that counts and updates rows of uploads before that place."""
    query = (
        select(upload.c.sequence, superseded.c.packed_keys)
        .join_from(superseded, upload)
        .where(upload.c.feature_id == feature_id, upload.c.state == "done", superseded.c.kind == kind)
        .order_by(upload.c.sequence)
    )
    return [
        (row.sequence, np.frombuffer(row.packed_keys, _STORED_KEY).astype(np.int64))
        for row in connection.execute(query)
    ]


def content(connection: Connection, sha256: str) -> bytes:
    """The Parquet file with this hash. Raises StoreUnavailable where it is not there."""
    found: bytes | None = connection.scalar(
        select(segment.c.content).where(segment.c.sha256 == sha256).limit(1)
    )
    if found is None:
        raise StoreUnavailable(
            "A part of the evidence is missing from the database.",
            mend="Restore the newest backup.",
        )
    return found


def hashes(connection: Connection) -> frozenset[str]:
    """The hashes of all segments of all features, of withdrawn uploads too."""
    return frozenset(connection.scalars(select(segment.c.sha256)))


def replace(connection: Connection, segment_id: int, sha256: str, content: bytes) -> str | None:
    """Put ``content``, the same rows without their texts, where the segment with this hash was; returns
    the new hash, None where somebody was quicker."""
    described = _described(content)
    changed = update(segment).where(segment.c.id == segment_id, segment.c.sha256 == sha256)
    replaced = connection.execute(changed.values(described)).rowcount == 1
    return str(described["sha256"]) if replaced else None


def _counts(feature_id: int, kind: str) -> tuple[ColumnElement[bool], ...]:
    return segment.c.feature_id == feature_id, segment.c.kind == kind, upload.c.state == "done"


def _described(content: bytes) -> dict[str, Any]:
    """The columns of a segment that follow from its content."""
    file = pq.ParquetFile(pa.BufferReader(content))
    wanted = [name for name in ("key", "row_key", "started_at") if name in file.schema_arrow.names]
    table = file.read(columns=wanted)
    earliest, latest = _span(table)
    keys = np.concatenate([_int64(table, "key"), _int64(table, "row_key")])
    return {
        "rows": table.num_rows,
        "sha256": fingerprints.of_bytes(content),
        "earliest": earliest,
        "latest": latest,
        "packed_keys": keys.astype(_STORED_KEY).tobytes(),
        "content": content,
    }


def _int64(table: pa.Table, name: str) -> Keys:
    column = table.column(name)
    if column.type != pa.int64() or column.null_count:
        raise ValueError(f"{name} must be int64 without gaps, not {column.type}")
    found: Keys = column.to_numpy()
    return found


def _span(table: pa.Table) -> tuple[datetime | None, datetime | None]:
    if "started_at" not in table.column_names:
        return None, None
    span = pc.min_max(table.column("started_at").cast(pa.timestamp("us", "UTC")))
    return span["min"].as_py(), span["max"].as_py()
