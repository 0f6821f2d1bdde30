"""Typed rows into Parquet segments of a fixed schema and size."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.evidence.columns import Kind
from core.evidence.fingerprints import Keys
from core.intake.job import PART_SEGMENT_NAME, SEGMENT_NAME
from core.intake.ledger import Mask, Places
from core.intake.schema import arrow_schema

SEGMENT_ROWS = 50_000
SEGMENT_BYTES = 128 * 2**20


def typed_table(
    kind: Kind,
    values: Mapping[str, pa.Array],
    keys: Keys,
    row_keys: Keys,
    rows: Places,
    run_keys: Sequence[int | None] | None = None,
) -> pa.Table:
    """One Arrow table in the schema of ``kind``; columns without values are null throughout.

    ``run_keys`` are needed for the kinds that are joined to their trace.
    """
    schema, count = arrow_schema(kind), len(keys)
    own: dict[str, Any] = {"key": keys, "row_key": row_keys, "row": rows.astype(np.int32)}
    if run_keys is not None:
        own["run_key"] = run_keys
    arrays = []
    for column in schema:
        if column.name in own:
            arrays.append(pa.array(own[column.name], column.type))
        elif column.name in values:
            arrays.append(values[column.name])
        else:
            arrays.append(pa.nulls(count, column.type))
    return pa.Table.from_arrays(arrays, schema=schema)


class SegmentWriter:
    """Collects tables and writes a segment whenever enough rows have come together.

    One segment at a time is written beside the reading of the next rows."""

    def __init__(self, folder: Path, kind: Kind, *, part: bool = False) -> None:
        """``part``: the rows stand inside the file's own, whose segments lie in the same folder."""
        self._folder = folder
        self._name = PART_SEGMENT_NAME if part else SEGMENT_NAME
        self._kind = kind
        self._schema = arrow_schema(kind)
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0
        self._beside = ThreadPoolExecutor(1, "segment-writer")
        self._under_way: Future[None] | None = None
        self.names: list[str] = []

    def add(self, table: pa.Table, kept: Mask) -> None:
        """Write the rows of ``table`` that ``kept`` marks."""
        if not kept.any():
            return
        table = table if kept.all() else table.filter(pa.array(kept))
        self._waiting.append(table)
        self._rows += table.num_rows
        self._bytes += table.nbytes
        while self._rows >= SEGMENT_ROWS or self._bytes >= SEGMENT_BYTES:
            self._write()

    def close(self) -> None:
        if self._rows:
            self._write()
        self._wait()
        self._beside.shutdown()

    def _write(self) -> None:
        joined = pa.concat_tables(self._waiting)
        name = self._name.format(len(self.names), kind=self._kind.value)
        self._wait()
        self._under_way = self._beside.submit(_write, joined.slice(0, SEGMENT_ROWS), self._folder / name)
        self.names.append(name)
        rest = joined.slice(SEGMENT_ROWS)
        self._waiting = [rest] if rest.num_rows else []
        self._rows, self._bytes = rest.num_rows, rest.nbytes if rest.num_rows else 0

    def _wait(self) -> None:
        """Until the segment before is written; raises what stopped it."""
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table.combine_chunks(),
        path,
        compression="zstd",
        row_group_size=SEGMENT_ROWS,
        # Without checksums a flipped bit on disk reads back as another value (SECURITY: fact 18).
        write_page_checksum=True,
    )
