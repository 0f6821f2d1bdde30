"""DuckDB over the evidence that counts: cached segments, or the merged traces worked out from them.

DuckDB holds nothing of its own. A feature without steps and scores is asked in its trace segments as
they are; where there are some, the traces are merged once for each state of the evidence, into the
cache, and asked there (:mod:`core.store.runs_sql` has the rules).
"""

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Connection

from core.evidence import fingerprints
from core.evidence.columns import RUN_KINDS, Kind
from core.intake.schema import arrow_schema
from core.store import runs_sql, segments
from core.store.evidence_sql import MERGED, evidence
from core.store.features import Feature
from core.store.segment_cache import SPILL, SegmentCache
from core.store.segments import Keys, SegmentRef

_MEMORY = "400MB"
"""What DuckDB may hold; beyond it sorts, joins and groups go to disk."""

_ROWS_TOGETHER = 20_000
"""How many merged traces are written at once: with their texts they are about 1 KB each."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class _Live:
    """The rows of one kind that count: their segments with the cached files, and what is superseded."""

    kind: Kind
    segments: tuple[SegmentRef, ...]
    paths: tuple[Path, ...]
    superseded: tuple[tuple[int, Keys], ...]

    @property
    def files(self) -> dict[str, list[str]]:
        """The parameter that names the files; two uploads may share one."""
        return {f"{self.kind}_files": [str(path) for path in dict.fromkeys(self.paths)]} if self.paths else {}

    def register(self, cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.register(f"{self.kind}_file", _file_table(self.segments, self.paths))
        cursor.register(f"{self.kind}_superseded", _superseded_table(self.superseded))
        if not self.segments:
            schema = arrow_schema(self.kind).append(pa.field("filename", pa.string()))
            cursor.register(f"no_{self.kind}", schema.empty_table())


class LiveEvidence:
    """Asks the evidence of features. One instance a process; safe to use from several threads."""

    def __init__(self, cache: SegmentCache) -> None:
        self._cache = cache
        self._duckdb = duckdb.connect(":memory:")
        # Global: each question runs on a cursor of its own, and days must not depend on the machine's zone.
        self._duckdb.execute("SET GLOBAL TimeZone = 'UTC'")
        self._duckdb.execute(f"SET GLOBAL memory_limit = '{_MEMORY}'")
        # A folder of this process alone: two that spill into one would overwrite each other.
        spill = cache.folder / f"{SPILL}{uuid.uuid4()}"
        self._duckdb.execute("SET GLOBAL temp_directory = $folder", {"folder": str(spill)})
        self._states: dict[int, tuple[int, str | None]] = {}
        self._guard = threading.Lock()

    def close(self) -> None:
        self._duckdb.close()

    def ask(
        self,
        connection: Connection,
        feature: Feature,
        kind: Kind,
        query: str,
        values: Mapping[str, Any] = MappingProxyType({}),
        *,
        otherwise: Rows | None = None,
        tables: Mapping[str, pa.Table] = MappingProxyType({}),
        as_filed: bool = False,
    ) -> Rows:
        """The rows of ``query`` over the relation ``evidence``, or ``otherwise`` where there is none.

        Traces are the merged ones unless they are asked for ``as_filed``.
        """
        path = None if as_filed else self.prepare(connection, feature, kind)
        with self._duckdb.cursor() as cursor:
            for name, table in tables.items():
                cursor.register(name, table)
            if path is not None:
                return _rows(cursor, MERGED, query, {**values, "merged_file": str(path)})
            live = self._live(connection, feature, kind)
            if not live.segments:
                return otherwise or []
            live.register(cursor)
            return _rows(cursor, evidence(kind), query, {**values, **live.files})

    def prepare(self, connection: Connection, feature: Feature, kind: Kind = Kind.TRACES) -> Path | None:
        """The merged traces as a file, made where it is missing; ``None`` where nothing has to be merged."""
        if kind is not Kind.TRACES:
            return None
        state = self._state(connection, feature)
        if state is None:
            return None
        return self._cache.derived(
            f"runs-{feature.id}", state, lambda path: self._merge(connection, feature, path)
        )

    def newest(self, connection: Connection, feature: Feature, kind: Kind) -> datetime | None:
        """No row of ``kind`` is dated later than this; undated rows stand at their upload's time."""
        kinds = RUN_KINDS if kind is Kind.TRACES else (kind,)
        live = [segment for one in kinds for segment in segments.live(connection, feature.id, one)]
        moments = [moment for segment in live for moment in (segment.latest, segment.uploaded_at) if moment]
        return max(moments, default=None)

    def _state(self, connection: Connection, feature: Feature) -> str | None:
        """What the merged traces follow from, as a fingerprint; ``None`` without steps and scores."""
        with self._guard:
            version, state = self._states.get(feature.id, (-1, None))
        if version == feature.evidence_version:
            return state
        found = _fingerprint(connection, feature)
        with self._guard:
            self._states[feature.id] = (feature.evidence_version, found)
        return found

    def _merge(self, connection: Connection, feature: Feature, path: Path) -> None:
        live = {kind: self._live(connection, feature, kind) for kind in RUN_KINDS}
        has = {kind: bool(found.segments) for kind, found in live.items()}
        files = {name: paths for found in live.values() for name, paths in found.files.items()}
        with self._duckdb.cursor() as cursor:
            for found in live.values():
                found.register(cursor)
            steps = runs_sql.statements(has[Kind.TRACES], has[Kind.SPANS], has[Kind.SCORES])
            for statement in steps:
                cursor.execute(statement, _named_in(statement, files))
            query = runs_sql.merged(has[Kind.TRACES])
            options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROWS_TOGETHER}"
            values = {**_named_in(query, files), "path": str(path)}
            cursor.execute(f"COPY ({query}) TO $path ({options})", values)

    def _live(self, connection: Connection, feature: Feature, kind: Kind) -> _Live:
        found = tuple(segments.live(connection, feature.id, kind))
        paths = self._cache.paths_of(
            [segment.sha256 for segment in found], lambda sha: segments.content(connection, sha)
        )
        gone = segments.superseded_keys(connection, feature.id, kind) if found else []
        return _Live(kind, found, tuple(paths), tuple(gone))


def _rows(cursor: duckdb.DuckDBPyConnection, source: str, query: str, values: Mapping[str, Any]) -> Rows:
    return cursor.execute(f"WITH {source} FROM ({query})", dict(values)).fetchall()


def _named_in(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """DuckDB refuses parameters that a statement does not name."""
    return {name: value for name, value in values.items() if f"${name}" in statement}


def _fingerprint(connection: Connection, feature: Feature) -> str | None:
    live = [segment for kind in RUN_KINDS for segment in segments.live(connection, feature.id, kind)]
    if all(segment.kind == Kind.TRACES for segment in live):
        return None
    rules = [*runs_sql.statements(True, True, True), runs_sql.merged(True)]
    parts = [
        [one.kind, one.sha256, one.upload_id, one.sequence, one.bundle, one.uploaded_at.isoformat()]
        for one in live
    ]
    gone = [
        [kind, sequence, fingerprints.of_bytes(keys.tobytes())]
        for kind in RUN_KINDS
        for sequence, keys in segments.superseded_keys(connection, feature.id, kind)
    ]
    return fingerprints.of_document([rules, parts, gone])


def _file_table(live: Sequence[SegmentRef], paths: Iterable[Path]) -> pa.Table:
    return pa.table(
        {
            "path": pa.array([str(path) for path in paths], pa.string()),
            "upload_id": pa.array([segment.upload_id for segment in live], pa.string()),
            "sequence": pa.array([segment.sequence for segment in live], pa.int64()),
            "bundle": pa.array([segment.bundle for segment in live], pa.string()),
            "uploaded_at": pa.array(
                [segment.uploaded_at.astimezone(UTC) for segment in live], pa.timestamp("us", "UTC")
            ),
        }
    )


def _superseded_table(parts: Sequence[tuple[int, Keys]]) -> pa.Table:
    schema = pa.schema([("key", pa.int64()), ("sequence", pa.int64())])
    tables = [
        pa.table(
            {"key": pa.array(keys, pa.int64()), "sequence": pa.array([sequence] * len(keys), pa.int64())}
        )
        for sequence, keys in parts
    ]
    return pa.concat_tables([schema.empty_table(), *tables])
