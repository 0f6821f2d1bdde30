"""Which columns the live evidence fills, how much of it, and with what."""

from collections.abc import Mapping

import pyarrow as pa
from sqlalchemy import Connection

from core.evidence.columns import COLUMNS, LABEL_COLUMNS, Kind
from core.store import failures
from core.store.evidence_sql import common_values_query, coverage_query
from core.store.features import Feature
from core.store.kept_rows import Rows
from core.store.live_evidence import LiveEvidence


def filled_in(
    live: LiveEvidence, connection: Connection, feature: Feature, kind: Kind, column: str
) -> tuple[int, int]:
    """How many live rows of ``kind`` there are, and how many of them fill the ``column``."""
    if column not in {known.name for known in COLUMNS[kind]}:
        raise ValueError(f"{column!r} is not a canonical column of {kind}")
    query = f"SELECT COUNT(*), COUNT({column}) FROM evidence"
    nothing: Rows = [(0, 0)]
    rows, filled = live.ask(connection, feature, kind, query, otherwise=nothing)[0]
    return rows, filled


def filled(live: LiveEvidence, connection: Connection, feature: Feature, kind: Kind) -> Mapping[str, int]:
    """How many live rows of ``kind``, which is not labels, fill each column; ``"*"`` is the rows in all."""
    columns = [column.name for column in COLUMNS[kind]]
    if kind is Kind.FAILURES:
        logged = failures.logged(connection, feature.id)
        each_filled = {name: sum(getattr(one, name) is not None for one in logged) for name in columns}
        return {"*": len(logged), **each_filled}
    each = ", ".join(f"COUNT({name})" for name in columns)
    nothing: Rows = [(0,) * (len(columns) + 1)]
    query = f"SELECT COUNT(*), {each} FROM evidence"
    counts = live.ask(connection, feature, kind, query, otherwise=nothing)[0]
    return dict(zip(["*", *columns], counts, strict=True))


def filled_of_labels(table: pa.Table) -> Mapping[str, int]:
    """The same of labels, which lie in a table of their own."""
    columns = [column.name for column in LABEL_COLUMNS]
    counts = [table.num_rows - table.column(name).null_count for name in columns]
    return {"*": table.num_rows, **dict(zip(columns, counts, strict=True))}


def common_values(
    live: LiveEvidence, connection: Connection, feature: Feature, column: str, most: int
) -> tuple[tuple[str, int], ...]:
    """The values of a column of the traces, each with how many have it: the commonest first."""
    rows = live.ask(connection, feature, Kind.TRACES, common_values_query(column), {"most": most})
    return tuple((value, traces) for value, traces in rows)


def coverage(
    live: LiveEvidence, connection: Connection, feature: Feature, columns: tuple[str, ...], by: str
) -> tuple[tuple[str, int, tuple[int, ...]], ...]:
    """(group, traces, how many of them fill each column), the latest group first."""
    rows = live.ask(connection, feature, Kind.TRACES, coverage_query(columns, by), otherwise=[])
    return tuple((str(group), traces, tuple(filled)) for group, traces, *filled in rows)
