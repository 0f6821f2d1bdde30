"""Evidence drawn as tables, and questions to it: what the tests of the warehouse share.

A table has a line of canonical column names and then a line a row, cells parted by "|". A blank cell
is a missing one.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.evidence.column import CellType
from core.evidence.columns import COLUMNS, Kind
from core.evidence.fingerprints import key_of
from core.intake.schema import arrow_schema
from core.metrics.measurement import Slice, Source, Tally, Window
from core.metrics.requests import FirstRequest, TallyRequest
from core.store import features, labels, segments, uploads
from core.store.database import Connection, Database
from core.store.features import Feature
from core.store.first_traces import FirstCounts
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse

Row = dict[str, Any]
Import = Callable[..., str]
Ask = Callable[..., Tally]
AskGroups = Callable[..., Mapping[str | None, Tally]]


@pytest.fixture
def feature(database: Database, now: datetime) -> Feature:
    with database.writing() as connection:
        return features.add(
            connection, slug="helper", name="Helper", owner="Ada", stakes="low", created_by="Ada", now=now
        )


@pytest.fixture
def warehouse(tmp_path: Path, thrifty: None) -> Iterator[Warehouse]:
    opened = Warehouse(SegmentCache(tmp_path / "cache", 10**9))
    yield opened
    opened.close()


@pytest.fixture
def evidence(database: Database, feature: Feature, tmp_path: Path, now: datetime) -> Import:
    """Publishes a table as one upload, from start to end as the import does; returns the upload's id."""
    number = count(1)

    def publish(
        kind: Kind,
        drawn: str | list[Row],
        *,
        bundle: str | None = None,
        asked_at: datetime = now,
        feature_id: int = feature.id,
        source: str = "generic",
        report: Mapping[str, Any] | None = None,
    ) -> str:
        upload_id = f"upload {next(number)}"
        rows = table(kind, drawn) if isinstance(drawn, str) else drawn
        with database.writing() as connection:
            uploads.add(
                connection,
                upload_id=upload_id,
                feature_id=feature_id,
                file_name=f"{upload_id}.csv",
                sha256="0" * 64,
                size=10,
                asked_by="Ada",
                bundle=bundle,
                now=asked_at,
            )
            path = tmp_path / f"{upload_id}.parquet"
            _store(connection, feature_id, upload_id, kind, rows, path)
            uploads.finish(
                connection,
                upload_id,
                kind=kind,
                source=source,
                report=report or {},
                rejected_rows=None,
                rows_done=len(rows),
                now=asked_at,
            )
            features.bump_evidence_version(connection, feature_id)
        return upload_id

    return publish


@pytest.fixture
def traces(evidence: Import) -> Import:
    return lambda drawn, **about: evidence(Kind.TRACES, drawn, **about)


@pytest.fixture
def evals(evidence: Import) -> Import:
    return lambda drawn, **about: evidence(Kind.EVALS, drawn, **about)


@pytest.fixture
def judgements(evidence: Import) -> Import:
    return lambda drawn, **about: evidence(Kind.LABELS, drawn, **about)


@pytest.fixture
def spans(evidence: Import) -> Import:
    return lambda drawn, **about: evidence(Kind.SPANS, drawn, **about)


@pytest.fixture
def scores(evidence: Import) -> Import:
    return lambda drawn, **about: evidence(Kind.SCORES, drawn, **about)


@pytest.fixture
def withdraw(database: Database, feature: Feature, now: datetime) -> Callable[[str], None]:
    def take_back(upload_id: str) -> None:
        with database.writing() as connection:
            uploads.withdraw(connection, upload_id, by="Bob", reason="wrong file", now=now)
            features.bump_evidence_version(connection, feature.id)

    return take_back


@pytest.fixture
def groups(database: Database, feature: Feature, warehouse: Warehouse) -> AskGroups:
    """The tallies of a metric by ``by``, as the warehouse gives them for the newest evidence."""

    def ask(
        metric: str,
        source: str,
        where: Mapping[str, str] | None = None,
        *,
        window: Window = Window(),
        bar: float | None = None,
        by: str | None = None,
        slug: str = feature.slug,
    ) -> Mapping[str | None, Tally]:
        request = TallyRequest(metric, Source(source), Slice.of(where or {}), window, bar, by)
        with database.reading() as connection:
            return warehouse.tallies(connection, features.by_slug(connection, slug), request)

    return ask


@pytest.fixture
def tally(groups: AskGroups) -> Ask:
    """The one tally of a metric; nothing at all counts as an error of the test."""
    return lambda *asked, **about: groups(*asked, **about)[None]


@pytest.fixture
def first(database: Database, feature: Feature, warehouse: Warehouse) -> Callable[..., FirstCounts]:
    def ask(wanted: int, where: Mapping[str, str] | None = None, window: Window = Window()) -> FirstCounts:
        request = FirstRequest("hallucinations_in_first", Source.LABEL, wanted, Slice.of(where or {}), window)
        with database.reading() as connection:
            return warehouse.first(connection, features.by_slug(connection, feature.slug), request)

    return ask


def table(kind: Kind, drawn: str) -> list[Row]:
    """The rows of a drawn table, each cell in the type of its column."""
    header, *lines = [
        [cell.strip() for cell in line.split("|")] for line in drawn.splitlines() if line.strip()
    ]
    types = {column.name: column.type for column in COLUMNS[kind]}
    return [
        {name: _cell(types[name], text) for name, text in zip(header, line, strict=True)} for line in lines
    ]


def _cell(cell_type: CellType, text: str) -> Any:
    if not text:
        return None
    match cell_type:
        case CellType.TIME:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        case CellType.NUMBER:
            return float(text)
        case CellType.INTEGER:
            return int(text)
        case CellType.BOOLEAN:
            return {"yes": True, "no": False}[text]
        case CellType.TEXT_LIST:
            return text.split()
        case _:
            return text


def _identity(kind: Kind, row: Row) -> int:
    match kind:
        case Kind.TRACES:
            return key_of(row["run_id"])
        case Kind.EVALS:
            return key_of(row.get("eval_run_id") or "", row["case_id"], row.get("attempt") or 0)
        case Kind.SPANS:
            return key_of("spans", row["run_id"], row["span_id"])
        case Kind.SCORES:
            if row.get("run_id") is None:
                return key_of("scores", "", row["span_id"], row["score_id"])
            return key_of("scores", row["run_id"], row["score_id"])
        case Kind.LABELS:
            who = "judge" if row.get("is_judge") else "person"
            return key_of(row["run_id"], row.get("reviewer") or "", who)


def _store(
    connection: Connection, feature_id: int, upload_id: str, kind: Kind, rows: list[Row], path: Path
) -> None:
    """New and changed rows only, as the reading of a file leaves them."""
    own = [
        {
            **row,
            "key": _identity(kind, row),
            "run_key": None if row.get("run_id") is None else key_of(row["run_id"]),
            "row_key": key_of(repr(row)),
            "row": place,
        }
        for place, row in enumerate(rows, start=2)
    ]
    if kind is Kind.LABELS:
        known, said = labels.known_keys(connection, feature_id)
    else:
        known, said = segments.known_keys(connection, feature_id, kind)
    before = dict(zip(known.tolist(), said.tolist(), strict=True))
    taken = [row for row in own if before.get(row["key"]) != row["row_key"]]
    pq.write_table(pa.Table.from_pylist(taken, schema=arrow_schema(kind)), path, compression="zstd")
    if kind is Kind.LABELS:
        labels.publish(connection, feature_id, upload_id, [path])
        return
    updated = np.array([row["key"] for row in taken if row["key"] in before], np.int64)
    segments.publish(connection, feature_id, upload_id, kind, [path])
    segments.supersede(connection, upload_id, kind, updated)
