"""The fixed Parquet schema of each kind of evidence."""

import pyarrow as pa

from core.evidence.column import CellType
from core.evidence.columns import COLUMNS, Kind

_TYPES = {
    CellType.TEXT: pa.string(),
    CellType.TIME: pa.timestamp("us", tz="UTC"),
    CellType.NUMBER: pa.float64(),
    CellType.INTEGER: pa.int64(),
    CellType.BOOLEAN: pa.bool_(),
    CellType.TEXT_LIST: pa.list_(pa.string()),
    CellType.JSON: pa.string(),
}

JOINED_KINDS = (Kind.SPANS, Kind.SCORES)
"""Kinds whose rows are folded into the trace they belong to."""


def arrow_type(cell_type: CellType) -> pa.DataType:
    """How cells of ``cell_type`` are stored."""
    return _TYPES[cell_type]


def arrow_schema(kind: Kind) -> pa.Schema:
    """Every canonical column of ``kind``, then ``key`` (identity), ``row_key`` (content) and ``row``.

    ``row`` is the row's number in the file it came from. Steps and scores also have ``run_key``, the
    key of the trace they belong to; it is null for a score that names its step alone.
    """
    may_lack_run = kind is Kind.SCORES
    joined = [pa.field("run_key", pa.int64(), nullable=may_lack_run)] if kind in JOINED_KINDS else []
    columns = [pa.field(column.name, arrow_type(column.type)) for column in COLUMNS[kind]]
    return pa.schema(
        [
            *columns,
            *joined,
            pa.field("key", pa.int64(), nullable=False),
            pa.field("row_key", pa.int64(), nullable=False),
            pa.field("row", pa.int32(), nullable=False),
        ]
    )
