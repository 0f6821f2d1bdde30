"""DuckDB over the evidence that counts: cached segments, or the merged traces worked out from them.

DuckDB holds nothing of its own. A feature without steps and scores is asked in its trace segments as
they are; where there are some, the traces are merged once for each state of the evidence, into the
cache, and asked there (:mod:`core.store.runs_sql` has the rules). Eval results that name the run they came
from are completed from it in the same way (:mod:`core.store.results_sql`).
"""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from core.evidence import fingerprints
from core.evidence.columns import RUN_KINDS, Kind
from core.intake.pass_rule import PassRule
from core.intake.schema import arrow_schema
from core.store import expiry, results_sql, runs_sql, segments, uploads
from core.store.evidence_sql import MERGED, evidence
from core.store.features import Feature
from core.store.segment_cache import SPILL, SegmentCache
from core.store.segments import Keys, SegmentRef
from core.store.user_codes import PLAIN_USERS, SAME_USER, coded_users

_MEMORY = "400MB"
"""What DuckDB may hold; beyond it sorts, joins and groups go to disk."""

_ROWS_TOGETHER = 20_000
"""How many merged traces are written at once: with their texts they are about 1 KB each."""

Rows = list[tuple[Any, ...]]
UserKey = Callable[[int], str]
"""Feature id -> the secret of the feature."""


@dataclass(frozen=True)
class _Live:
    """The rows of one kind that count: their segments with the cached files, and what is superseded."""

    kind: Kind
    segments: tuple[SegmentRef, ...]
    paths: tuple[Path, ...]
    superseded: tuple[tuple[int, Keys], ...]
    columns: Path | None

    @property
    def files(self) -> dict[str, list[str]]:
        """The parameter that names the files; two uploads may share one, and one has the columns alone."""
        if self.columns is None:
            return {}
        return {f"{self.kind}_files": [str(path) for path in dict.fromkeys((*self.paths, self.columns))]}

    def register(self, cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.register(f"{self.kind}_file", _file_table(self.segments, self.paths))
        cursor.register(f"{self.kind}_superseded", _superseded_table(self.superseded))
        if not self.segments:
            schema = arrow_schema(self.kind).append(pa.field("filename", pa.string()))
            cursor.register(f"no_{self.kind}", schema.empty_table())


@dataclass(frozen=True)
class _State:
    """What the merged traces (``runs``) and the completed eval results follow from, as fingerprints; None
    where they are asked as they were filed. ``named`` are the runs that eval results came from."""

    runs: str | None
    results: str | None
    named: pa.Table


class LiveEvidence:
    """Asks the evidence of features. One instance a process; safe to use from several threads."""

    def __init__(self, cache: SegmentCache, user_key: UserKey = lambda _feature_id: "") -> None:
        """``user_key`` gives the secret of a feature that the codes of its expired user ids are made with."""
        self._cache = cache
        self._user_key = user_key
        self._duckdb = duckdb.connect(":memory:")
        # Global: each question runs on a cursor of its own, and days must not depend on the machine's zone.
        self._duckdb.execute("SET GLOBAL TimeZone = 'UTC'")
        self._duckdb.execute(f"SET GLOBAL memory_limit = '{_MEMORY}'")
        # A folder of this process alone: two that spill into one would overwrite each other.
        spill = cache.folder / f"{SPILL}{uuid.uuid4()}"
        self._duckdb.execute("SET GLOBAL temp_directory = $folder", {"folder": str(spill)})
        self._states: dict[int, tuple[int, _State]] = {}
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

        Traces are the merged ones and eval results the completed ones, unless asked for ``as_filed``.
        """
        path = None if as_filed else self.prepare(connection, feature, kind)
        with self._duckdb.cursor() as cursor:
            for name, table in tables.items():
                cursor.register(name, table)
            if SAME_USER in query:
                cursor.execute(self._same_user(connection, feature))
            if path is not None:
                return _rows(cursor, MERGED, query, {**values, "merged_file": str(path)})
            live = self._live(connection, feature, kind)
            if not live.segments:
                return otherwise or []
            live.register(cursor)
            files = {**values, **live.files}
            if kind is not Kind.SCORES:
                return _rows(cursor, evidence(kind), query, files)
            # A score may name its step alone; the steps tell its run.
            steps = self._live(connection, feature, Kind.SPANS)
            steps.register(cursor)
            source = evidence(kind, bool(steps.segments))
            return _rows(cursor, source, query, {**files, **steps.files})

    def forget(self, sha256s: Iterable[str], feature_id: int) -> None:
        """Remove what is kept of these segments, and what was worked out of the feature's evidence."""
        self._cache.forget(sha256s, f"runs-{feature_id}")
        self._cache.forget((), f"results-{feature_id}")

    def named_runs(self, connection: Connection, feature: Feature) -> pa.Table:
        """(run_id, key, is_test) of the runs that eval results came from."""
        return self._state(connection, feature).named

    def _same_user(self, connection: Connection, feature: Feature) -> str:
        """How users are told apart: where ids have expired, by the codes that stand for them."""
        expired = expiry.has_expired(connection, feature.id)
        return coded_users(self._user_key(feature.id)) if expired else PLAIN_USERS

    def prepare(self, connection: Connection, feature: Feature, kind: Kind = Kind.TRACES) -> Path | None:
        """The merged traces, or completed eval results, as a file, made where it is missing; ``None`` where
        nothing has to be merged or completed."""
        if kind is Kind.TRACES:
            family, state, make = "runs", self._state(connection, feature).runs, self._merge
        elif kind is Kind.EVALS:
            family, state, make = "results", self._state(connection, feature).results, self._complete
        else:
            return None
        if state is None:
            return None
        return self._cache.derived(
            f"{family}-{feature.id}", state, lambda path: make(connection, feature, path)
        )

    def newest(self, connection: Connection, feature: Feature, kind: Kind) -> datetime | None:
        """No row of ``kind`` is dated later than this; undated rows stand at their upload's time."""
        kinds = RUN_KINDS if kind is Kind.TRACES else (kind,)
        live = [segment for one in kinds for segment in segments.live(connection, feature.id, one)]
        moments = [moment for segment in live for moment in (segment.latest, segment.uploaded_at) if moment]
        return max(moments, default=None)

    def _state(self, connection: Connection, feature: Feature) -> _State:
        with self._guard:
            known = self._states.get(feature.id)
        if known is not None and known[0] == feature.evidence_version:
            return known[1]
        named = self._named(connection, feature)
        runs = _fingerprint(connection, feature, named)
        results = None
        if runs is not None and named.num_rows:
            rules = {upload: rule.model_dump() for upload, rule in _rules(connection, feature).items()}
            query = results_sql.completed(True)
            results = fingerprints.of_document([query, runs, rules, *_parts(connection, feature, Kind.EVALS)])
        found = _State(runs, results, named)
        with self._guard:
            self._states[feature.id] = (feature.evidence_version, found)
        return found

    def _named(self, connection: Connection, feature: Feature) -> pa.Table:
        results = self._live(connection, feature, Kind.EVALS)
        if not results.segments:
            return results_sql.named_table()
        with self._duckdb.cursor() as cursor:
            results.register(cursor)
            rows = cursor.execute(results_sql.NAMED_RUNS, results.files).fetchall()
        return results_sql.named_table(rows)

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
            tests = _tests(self._state(connection, feature).named)
            cursor.register("test_run", tests)
            _write(cursor, runs_sql.merged(has[Kind.TRACES], bool(tests.num_rows)), files, path)

    def _complete(self, connection: Connection, feature: Feature, path: Path) -> None:
        live = {kind: self._live(connection, feature, kind) for kind in (Kind.EVALS, Kind.SPANS, Kind.SCORES)}
        files: dict[str, Any] = {name: paths for one in live.values() for name, paths in one.files.items()}
        files["runs_file"] = str(self.prepare(connection, feature))
        has_scores, has_spans = (bool(live[kind].segments) for kind in (Kind.SCORES, Kind.SPANS))
        with self._duckdb.cursor() as cursor:
            for found in live.values():
                found.register(cursor)
            cursor.register("named_run", self._state(connection, feature).named)
            cursor.register("rule", results_sql.rule_table(_rules(connection, feature)))
            scored = runs_sql.scored(has_scores, has_spans)
            cursor.execute(scored, _named_in(scored, files))
            _write(cursor, results_sql.completed(has_scores), files, path)

    def _live(self, connection: Connection, feature: Feature, kind: Kind) -> _Live:
        found = tuple(segments.live(connection, feature.id, kind))
        paths = self._cache.paths_of(
            [segment.sha256 for segment in found], lambda sha: segments.content(connection, sha)
        )
        gone = segments.superseded_keys(connection, feature.id, kind) if found else []
        return _Live(kind, found, tuple(paths), tuple(gone), self._columns(kind) if found else None)

    def _columns(self, kind: Kind) -> Path:
        """A file without rows that has every column of ``kind``: segments of an earlier release may lack
        some, and a query may name any."""
        schema = arrow_schema(kind)
        state = fingerprints.of_bytes(schema.serialize().to_pybytes())
        return self._cache.derived(
            f"columns-{kind}", state, lambda path: pq.write_table(schema.empty_table(), path)
        )


def _rows(cursor: duckdb.DuckDBPyConnection, source: str, query: str, values: Mapping[str, Any]) -> Rows:
    return cursor.execute(f"WITH {source} FROM ({query})", dict(values)).fetchall()


def _named_in(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """DuckDB refuses parameters that a statement does not name."""
    return {name: value for name, value in values.items() if f"${name}" in statement}


def _write(cursor: duckdb.DuckDBPyConnection, query: str, files: Mapping[str, Any], path: Path) -> None:
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROWS_TOGETHER}"
    cursor.execute(f"COPY ({query}) TO $path ({options})", {**_named_in(query, files), "path": str(path)})


def _tests(named: pa.Table) -> pa.Table:
    """The runs among those ``named`` that were made to test the feature."""
    return named.filter(named.column("is_test")).select(["key"])


def _rules(connection: Connection, feature: Feature) -> dict[str, PassRule]:
    """The pass rules of uploads that left it to the scores of their runs what passed."""
    found = [(one.id, one.report or {}) for one in uploads.of_feature(connection, feature.id)]
    return {
        upload_id: PassRule.model_validate(report["pass_rule"])
        for upload_id, report in found
        if report.get("scored_elsewhere") and report.get("pass_rule")
    }


def _fingerprint(connection: Connection, feature: Feature, named: pa.Table) -> str | None:
    """What the merged traces follow from; None where there are no runs, and where nothing but traces is
    there to be merged and no eval result names one."""
    parts, gone = _parts(connection, feature, *RUN_KINDS)
    if not parts or (all(part[0] == Kind.TRACES for part in parts) and not named.num_rows):
        return None
    rules = [*runs_sql.statements(True, True, True), runs_sql.merged(True, True)]
    tests = _tests(named).column("key").to_numpy().tobytes()
    return fingerprints.of_document([rules, parts, gone, fingerprints.of_bytes(tests)])


def _parts(connection: Connection, feature: Feature, *kinds: Kind) -> tuple[list[Any], list[Any]]:
    """What tells one state of the rows of these ``kinds`` from another: their segments, and what of them is
    superseded."""
    live = [segment for kind in kinds for segment in segments.live(connection, feature.id, kind)]
    parts = [
        [one.kind, one.sha256, one.upload_id, one.sequence, one.bundle, one.uploaded_at.isoformat()]
        for one in live
    ]
    gone = [
        [kind, sequence, fingerprints.of_bytes(keys.tobytes())]
        for kind in kinds
        for sequence, keys in segments.superseded_keys(connection, feature.id, kind)
    ]
    return parts, gone


def _file_table(live: Sequence[SegmentRef], paths: Iterable[Path]) -> pa.Table:
    return pa.table(
        {
            "path": pa.array([str(path) for path in paths], pa.string()),
            "upload_id": pa.array([segment.upload_id for segment in live], pa.string()),
            "sequence": pa.array([segment.sequence for segment in live], pa.int64()),
            "bundle": pa.array([segment.bundle for segment in live], pa.string()),
            "source": pa.array([segment.source for segment in live], pa.string()),
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
