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
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from core.evidence import fingerprints
from core.evidence.columns import RUN_KINDS, Kind
from core.intake.schema import arrow_schema
from core.store import erasures, expiry, features, results_sql, runs_sql, segments
from core.store.counting_room import CountingRoom
from core.store.evidence_sql import MERGED, evidence
from core.store.evidence_state import State, experiment_runs, pass_rules, state_of
from core.store.features import Feature
from core.store.kept_rows import Kept, Rows
from core.store.segment_cache import SPILL, SegmentCache
from core.store.segments import Keys, SegmentRef
from core.store.user_codes import PLAIN_USERS, SAME_USER, coded_users

_ROWS_TOGETHER = 20_000
"""How many merged traces are written at once: with their texts they are about 1 KB each."""

UserKey = Callable[[int], str]
"""Feature id -> the secret of the feature."""
_T = TypeVar("_T")


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


class LiveEvidence:
    """Asks the evidence of features. One instance a process; safe to use from several threads."""

    def __init__(self, cache: SegmentCache, user_key: UserKey = lambda _feature_id: "") -> None:
        """``user_key`` gives the secret of a feature that the codes of its expired user ids are made with."""
        self._cache = cache
        self._user_key = user_key
        self._duckdb = duckdb.connect(":memory:")
        # Global: each question runs on a cursor of its own, and days must not depend on the machine's zone.
        self._duckdb.execute("SET GLOBAL TimeZone = 'UTC'")
        self._room = CountingRoom(self._duckdb)
        # A folder of this process alone: two that spill into one would overwrite each other.
        spill = cache.folder / f"{SPILL}{uuid.uuid4()}"
        self._duckdb.execute("SET GLOBAL temp_directory = $folder", {"folder": str(spill)})
        self._states: dict[int, tuple[int, State]] = {}
        self._guard = threading.Lock()

    def close(self) -> None:
        self._duckdb.close()

    def adopt(self, segments: Iterable[Path]) -> None:
        """Have the files of ``segments``, which were just stored, at hand."""
        self._cache.adopt(segments)

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

        def asked() -> Rows:
            with self._duckdb.cursor() as cursor:
                source = self._source(connection, feature, kind, cursor, query, tables, as_filed)
                if source is None:
                    return otherwise or []
                named, files = source
                return cursor.execute(f"WITH {named} FROM ({query})", {**values, **files}).fetchall()

        return self._room.given(lambda: _once_more(asked))

    def keep(
        self,
        connection: Connection,
        feature: Feature,
        kind: Kind,
        query: str,
        values: Mapping[str, Any] = MappingProxyType({}),
        *,
        tables: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> Kept | None:
        """The rows of ``query`` as a table for more questions, ``None`` where there is no evidence. Whoever
        asks for it closes it. Where it is larger than the memory it goes to disk."""

        def kept() -> Kept | None:
            cursor = self._duckdb.cursor()
            try:
                source = self._source(connection, feature, kind, cursor, query, tables)
                if source is not None:
                    named, files = source
                    made = f"CREATE TEMP TABLE {Kept.name} AS WITH {named} FROM ({query})"
                    cursor.execute(made, {**values, **files})
                    return Kept(cursor, self._room)
            except BaseException:
                cursor.close()
                raise
            cursor.close()
            return None

        return self._room.given(lambda: _once_more(kept))

    def _source(
        self,
        connection: Connection,
        feature: Feature,
        kind: Kind,
        cursor: duckdb.DuckDBPyConnection,
        query: str,
        tables: Mapping[str, pa.Table],
        as_filed: bool = False,
    ) -> tuple[str, dict[str, Any]] | None:
        """What ``query`` needs before it, for a WITH, and the values that this names; ``None`` where there
        is no evidence. Everything else that it needs is put at the cursor's hand."""
        path = None if as_filed else self.prepare(connection, feature, kind)
        for name, table in tables.items():
            cursor.register(name, table)
        if SAME_USER in query:
            cursor.execute(self._same_user(connection, feature))
        if path is not None:
            return MERGED, {"merged_file": str(path)}
        live = self._live(connection, feature, kind)
        if not live.segments:
            return None
        live.register(cursor)
        if kind is not Kind.SCORES:
            return evidence(kind), {**live.files}
        # A score may name its step alone; the steps tell its run.
        steps = self._live(connection, feature, Kind.SPANS)
        steps.register(cursor)
        return evidence(kind, bool(steps.segments)), {**live.files, **steps.files}

    def forget_expired(self, connection: Connection) -> list[Feature]:
        """Remove from the disk what the database has no more, whoever took it out: this server, another one,
        or one that was stopped in between; a query that began before may also have brought it back. Returns
        the features of which something was ever taken out."""
        changed = [
            one
            for one in features.everything(connection)
            if expiry.has_expired(connection, one.id) or erasures.has_done(connection, one.id)
        ]
        if not changed:
            return []
        self._cache.keep_only(segments.hashes(connection))
        for feature in changed:
            state = self._state(connection, feature)
            self._cache.forget_other_states(f"runs-{feature.id}", state.runs)
            self._cache.forget_other_states(f"results-{feature.id}", state.results)
        return changed

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
            f"{family}-{feature.id}",
            state,
            lambda path: self._room.given(lambda: make(connection, feature, path)),
        )

    def newest(self, connection: Connection, feature: Feature, kind: Kind) -> datetime | None:
        """No row of ``kind`` is dated later than this; undated rows stand at their upload's time."""
        kinds = RUN_KINDS if kind is Kind.TRACES else (kind,)
        live = [segment for one in kinds for segment in segments.live(connection, feature.id, one)]
        moments = [moment for segment in live for moment in (segment.latest, segment.uploaded_at) if moment]
        return max(moments, default=None)

    def _state(self, connection: Connection, feature: Feature) -> State:
        with self._guard:
            known = self._states.get(feature.id)
        if known is not None and known[0] == feature.evidence_version:
            return known[1]
        found = state_of(connection, feature, self._named(connection, feature))
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
            tests = experiment_runs(self._state(connection, feature).named)
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
            cursor.register("rule", results_sql.rule_table(pass_rules(connection, feature)))
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


def _once_more(asked: Callable[[], _T]) -> _T:
    try:
        return asked()
    except duckdb.IOException:
        # A file went between being found and being opened, as texts expired; now it is made anew.
        return asked()


def _named_in(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """DuckDB refuses parameters that a statement does not name."""
    return {name: value for name, value in values.items() if f"${name}" in statement}


def _write(cursor: duckdb.DuckDBPyConnection, query: str, files: Mapping[str, Any], path: Path) -> None:
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROWS_TOGETHER}"
    cursor.execute(f"COPY ({query}) TO $path ({options})", {**_named_in(query, files), "path": str(path)})


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
