"""The SQL of splits: what parts the rows that count in a rate, by a column or by stretches of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from core.evidence.columns import TRACE_COLUMNS
from core.metrics.catalogue import metric
from core.metrics.requests import TallyRequest
from core.store.database import Connection
from core.store.evidence_sql import parameters, scope
from core.store.features import Feature
from core.store.warehouse import Warehouse

MOST_PARTS = 200
"""Of a column with more values the commonest are told apart; the others count in the totals only."""


@dataclass(frozen=True)
class Stretch:
    """A named stretch of time: from ``since`` (inclusive) to ``until`` (exclusive; None: it still runs)."""

    name: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Split:
    """What parts the rows: a canonical ``column``, or where that is empty, ``stretches`` of time."""

    column: str = ""
    stretches: tuple[Stretch, ...] = ()


def ask(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    request: TallyRequest,
    query: str,
    split: Split,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> list[Any]:
    """The rows of a ``query`` that begins with :func:`parted`; ``more`` are values that only it names."""
    reading = metric(request.metric).reading(request.source)
    values = {**parameters(reading, request), **names(split), **more}
    return list(warehouse.rows(connection, feature, reading.relation, query, values))


def parted(request: TallyRequest, split: Split, score: str) -> str:
    """The rows that count in a rate, each with its part; ``score`` says in SQL what is summed of each."""
    reading = metric(request.metric).reading(request.source)
    asked = TallyRequest(
        request.metric, request.source, request.slice, request.window, request.bar, split.column or None
    )
    part = '"group"' if split.column else stretch_sql(split)
    return f"""{scope(reading, asked)}, parted AS (
            SELECT {part} AS part, kind, witness, standing, key, moment, {score} AS score
            FROM scoped WHERE eligible AND standing <> 'as worst')"""


def of_best_sample(rows: list[Any]) -> tuple[list[Any], bool]:
    """The rows of a sample of known making, and only where there are none those of an unknown one.

    ``standing`` is the second column; the answer also says whether the making is known.
    """
    known = [row for row in rows if row[1] == "known"]
    return (known, True) if known else (rows, not rows)


def column_sql(name: str) -> str:
    """A canonical column as text, with '' where nothing is recorded; the release is that of the verdicts."""
    if name not in {column.name for column in TRACE_COLUMNS}:
        raise ValueError(f"{name!r} is not a canonical column")
    stored = "bundle" if name == "release_bundle" else f'"{name}"'
    return f"COALESCE(CAST({stored} AS VARCHAR), '')"


def stretch_sql(split: Split) -> str:
    """The name of the stretch that a row's moment lies in; '' outside of all."""
    if not split.stretches:
        return "''"
    cases = []
    for place, one in enumerate(split.stretches):
        until = "" if one.until is None else f" AND moment < $stretch_{place}_until"
        cases.append(f"WHEN moment >= $stretch_{place}_since{until} THEN $stretch_{place}")
    return f"CASE {' '.join(cases)} ELSE '' END"


def names(split: Split) -> dict[str, Any]:
    """The values that :func:`stretch_sql` names."""
    values: dict[str, Any] = {}
    for place, one in enumerate(split.stretches):
        values |= {f"stretch_{place}": one.name, f"stretch_{place}_since": one.since}
        if one.until is not None:
            values[f"stretch_{place}_until"] = one.until
    return values
