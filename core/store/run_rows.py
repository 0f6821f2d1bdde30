"""What people say about runs (labels, failures), as ordinary rows: stored whole, and the newest word counts.

A row has the key of its run and a key of its own; of each own key the newest upload that counts wins,
and what an older one said comes back when that upload is withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, Connection, Subquery, Table, func, insert, select

from core.evidence.column import Column
from core.evidence.fingerprints import key_of
from core.store import features
from core.store.segments import Keys
from core.store.tables import upload

_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class RunRows:
    """The rows of one table; ``own_key`` is the column with what a row is known by."""

    table: Table
    own_key: str
    columns: tuple[Column, ...]

    def publish(
        self, connection: Connection, feature_id: int, upload_id: str, segment_files: Sequence[Path]
    ) -> int:
        """Store the rows of one upload; returns how many. They count once the upload is done.

        The Parquet files have the canonical columns, ``key`` (the own key), ``row_key`` (of what the row
        says) and ``row`` (the row in the user's file).
        """
        features.lock(connection, feature_id)
        rows = 0
        for path in segment_files:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_ROWS_AT_ONCE):
                    found = [self._stored(row, feature_id, upload_id) for row in batch.to_pylist()]
                    if found:
                        connection.execute(insert(self.table), found)
                    rows += len(found)
        return rows

    def known_keys(self, connection: Connection, feature_id: int) -> tuple[Keys, Keys]:
        """(own keys, row keys) of all rows that count, each once, by own key."""
        newest = self.newest(feature_id)
        own_key = newest.c[self.own_key]
        pairs = [
            tuple(row) for row in connection.execute(select(own_key, newest.c.row_key).order_by(own_key))
        ]
        columns = np.array(pairs, np.int64).reshape(-1, 2)
        return columns[:, 0].copy(), columns[:, 1].copy()

    def newest(self, feature_id: int, *only: ColumnElement[bool]) -> Subquery:
        """The rows that count, with ``sequence``, ``file_name`` and ``uploaded_at`` of their upload."""
        place = func.row_number().over(
            partition_by=self.table.c[self.own_key],
            order_by=(upload.c.sequence.desc(), self.table.c.id.desc()),
        )
        counted = (
            select(
                self.table,
                upload.c.sequence,
                upload.c.file_name,
                upload.c.asked_at.label("uploaded_at"),
                place.label("place"),
            )
            .join_from(self.table, upload)
            .where(self.table.c.feature_id == feature_id, upload.c.state == "done", *only)
            .subquery()
        )
        return select(counted).where(counted.c.place == 1).subquery()

    def _stored(self, row: dict[str, Any], feature_id: int, upload_id: str) -> dict[str, Any]:
        return {
            "feature_id": feature_id,
            "upload_id": upload_id,
            "key": key_of(row["run_id"]),
            self.own_key: row["key"],
            "row_key": row["row_key"],
            "row": row.get("row"),
            **{column.name: row.get(column.name) for column in self.columns},
        }
