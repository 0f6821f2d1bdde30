"""The evidence, counted: metric declarations become DuckDB queries over cached segments.

DuckDB holds nothing of its own: every query names the Parquet segments that are live for the
feature, joins the labels, and returns sums. Answers are kept by (feature, evidence version), a
counter that every publishing bumps, so that an answer can never outlive its evidence.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

import duckdb
import pyarrow as pa
from sqlalchemy import Connection

from core.evidence.columns import COLUMNS, LABEL_COLUMNS, Kind
from core.metrics.catalogue import Relation, metric
from core.metrics.measurement import Cluster, Tally
from core.metrics.requests import FirstRequest, TallyRequest
from core.store import labels, segments
from core.store.evidence_sql import (
    evidence,
    parameters,
    tally_query,
    values_query,
    verdicts,
    where,
    window_parameters,
)
from core.store.features import Feature
from core.store.segment_cache import SegmentCache

_REMEMBERED_ANSWERS = 4_096

T = TypeVar("T")
_Asked = TypeVar("_Asked", TallyRequest, FirstRequest)
Ranks = Mapping[str | None, tuple[int | None, ...]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FirstCounts:
    """Of the first traces asked for: how many are ``there``, ``reviewed``, and ``bad``."""

    there: int
    reviewed: int
    bad: int
    sampling_known: bool
    newest: datetime | None


@dataclass(frozen=True)
class _Witnesses:
    """So many ``witnesses`` of one kind who each have ``n`` counting rows, ``passes`` of them passing.

    ``rows`` and ``eligible`` are what they have in all, before the limit of one witness.
    """

    kind: str
    standing: str
    n: int
    passes: int
    witnesses: int
    rows: int
    eligible: int
    newest: int | None
    looks: list[int]
    bundles: list[str] | None


class Warehouse:
    """Counts evidence. One instance a process; safe to use from several threads."""

    def __init__(self, cache: SegmentCache) -> None:
        self._cache = cache
        self._duckdb = duckdb.connect(":memory:")
        # Global: each question runs on a cursor of its own, and days must not depend on the machine's zone.
        self._duckdb.execute("SET GLOBAL TimeZone = 'UTC'")
        self._answers: OrderedDict[tuple[int, int, object], Any] = OrderedDict()
        self._versions: dict[int, int] = {}
        self._guard = threading.Lock()

    def close(self) -> None:
        self._duckdb.close()

    def tallies(
        self, connection: Connection, feature: Feature, request: TallyRequest
    ) -> Mapping[str | None, Tally]:
        """The tally of each group of ``request.by`` (key ``None`` where it is not grouped).

        Groups without any row in the window are absent.
        """
        asked = self._settled(connection, feature, request)
        return self._remembered(feature, asked, lambda: self._count(connection, feature, asked))

    def values_at(
        self, connection: Connection, feature: Feature, request: TallyRequest, ranks: Ranks
    ) -> Mapping[str | None, tuple[float | None, ...]]:
        """The counted values of the request's metric at the ``ranks`` of each group (1 is the smallest)."""
        asked = self._settled(connection, feature, request)
        question = (asked, tuple(sorted(ranks.items(), key=repr)))
        return self._remembered(feature, question, lambda: self._values_at(connection, feature, asked, ranks))

    def first(self, connection: Connection, feature: Feature, request: FirstRequest) -> FirstCounts:
        """Review state of the first ``request.count`` traces by (time, run id)."""
        asked = self._settled(connection, feature, request)
        return self._remembered(feature, asked, lambda: self._first(connection, feature, asked))

    def filled(self, connection: Connection, feature: Feature, kind: Kind) -> Mapping[str, int]:
        """How many live rows of ``kind`` fill each canonical column; ``"*"`` is the rows in all."""
        return self._remembered(feature, ("filled", kind), lambda: self._filled(connection, feature, kind))

    def _settled(self, connection: Connection, feature: Feature, request: _Asked) -> _Asked:
        """The request without an end that lies behind all evidence.

        Pages ask for everything until now; "now" changes with every run, the answer does not.
        """
        kind = metric(request.metric).reading(request.source).relation.rows
        until = request.window.until
        newest = self._remembered(feature, ("newest", kind), lambda: _newest(connection, feature, kind))
        if until is None or (newest is not None and newest >= until):
            return request
        return replace(request, window=replace(request.window, until=None))

    # Each question below is one query over the live segments.

    def _count(
        self, connection: Connection, feature: Feature, request: TallyRequest
    ) -> dict[str | None, Tally]:
        reading = metric(request.metric).reading(request.source)
        query = tally_query(reading, request)
        rows = self._run(connection, feature, reading.relation, query, parameters(reading, request))
        by_group: dict[str | None, list[_Witnesses]] = defaultdict(list)
        for group, *said in rows:
            by_group[group].append(_Witnesses(*said))
        return {group: _tally(witnesses) for group, witnesses in by_group.items()}

    def _values_at(
        self, connection: Connection, feature: Feature, request: TallyRequest, ranks: Ranks
    ) -> dict[str | None, tuple[float | None, ...]]:
        reading = metric(request.metric).reading(request.source)
        wanted = pa.table(
            {
                "group": pa.array(list(ranks), pa.string()),
                "ranks": pa.array([list(places) for places in ranks.values()], pa.list_(pa.int64())),
            }
        )
        rows = self._run(
            connection,
            feature,
            reading.relation,
            values_query(reading, request),
            parameters(reading, request),
            tables={"wanted": wanted},
        )
        return {group: tuple(values) for group, values in rows}

    def _first(self, connection: Connection, feature: Feature, request: FirstRequest) -> FirstCounts:
        reading = metric(request.metric).reading(request.source)
        tally_request = TallyRequest(request.metric, request.source, request.slice, request.window)
        query = f"""WITH {evidence()}, {verdicts(reading.relation)},
            earliest AS (
                SELECT evidence.*, verdict.* EXCLUDE (key) FROM evidence LEFT JOIN verdict USING (key)
                WHERE {where(tally_request)} ORDER BY moment, run_id LIMIT $count)
            SELECT COUNT(*), COUNT(*) FILTER ({reading.eligible}),
                   COUNT(*) FILTER (({reading.eligible}) AND NOT ({reading.passes})),
                   COALESCE(BOOL_AND(standing = 'known') FILTER ({reading.eligible}), FALSE),
                   EPOCH_US(MAX(moment))
            FROM earliest"""
        asked = {**window_parameters(tally_request), "count": request.count}
        there, reviewed, bad, known, newest = self._run(
            connection, feature, reading.relation, query, asked, otherwise=[(0, 0, 0, False, None)]
        )[0]
        return FirstCounts(there, reviewed, bad, known, _moment(newest))

    def _filled(self, connection: Connection, feature: Feature, kind: Kind) -> dict[str, int]:
        if kind is Kind.LABELS:
            table = self._labels(connection, feature)
            columns = [column.name for column in LABEL_COLUMNS]
            counts = [table.num_rows - table.column(name).null_count for name in columns]
            return {"*": table.num_rows, **dict(zip(columns, counts, strict=True))}
        columns = [column.name for column in COLUMNS[kind]]
        relation = Relation.EVALS if kind is Kind.EVALS else Relation.TRACES
        each = ", ".join(f"COUNT({name})" for name in columns)
        query = f"WITH {evidence()} SELECT COUNT(*), {each} FROM evidence"
        nothing: list[tuple[Any, ...]] = [(0,) * (len(columns) + 1)]
        filled = self._run(connection, feature, relation, query, {}, otherwise=nothing)[0]
        return dict(zip(["*", *columns], filled, strict=True))

    def _run(
        self,
        connection: Connection,
        feature: Feature,
        relation: Relation,
        query: str,
        values: Mapping[str, Any],
        otherwise: list[tuple[Any, ...]] | None = None,
        tables: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> list[tuple[Any, ...]]:
        """The rows of ``query`` over the feature's live evidence, or ``otherwise`` where there is none."""
        kind = relation.rows
        live = segments.live(connection, feature.id, kind)
        if not live:
            return otherwise or []
        paths = self._cache.paths_of(
            [segment.sha256 for segment in live], lambda sha: segments.content(connection, sha)
        )
        with self._duckdb.cursor() as cursor:
            cursor.register("file", _file_table(live, paths))
            cursor.register("superseded", _superseded_table(connection, feature, kind))
            for name, table in tables.items():
                cursor.register(name, table)
            if relation in (Relation.LABELLED, Relation.JUDGED):
                cursor.register("label", self._labels(connection, feature))
            files = [str(path) for path in dict.fromkeys(paths)]
            return cursor.execute(query, {**values, "files": files}).fetchall()

    def _labels(self, connection: Connection, feature: Feature) -> pa.Table:
        return self._remembered(feature, "labels", lambda: labels.arrow_table(connection, feature.id))

    def _remembered(self, feature: Feature, question: object, answer: Callable[[], T]) -> T:
        """The answer to ``question`` about the feature's evidence as it is now, worked out once."""
        key = (feature.id, feature.evidence_version, question)
        with self._guard:
            if key in self._answers:
                self._answers.move_to_end(key)
                return cast(T, self._answers[key])
        found = answer()
        with self._guard:
            self._forget_older(feature)
            self._answers[key] = found
            while len(self._answers) > _REMEMBERED_ANSWERS:
                self._answers.popitem(last=False)
        return found

    def _forget_older(self, feature: Feature) -> None:
        """Drop the answers of earlier states of the feature's evidence; call it with the guard held."""
        if self._versions.get(feature.id, 0) < feature.evidence_version:
            self._versions[feature.id] = feature.evidence_version
            stale = [
                key for key in self._answers if key[0] == feature.id and key[1] < feature.evidence_version
            ]
            for key in stale:
                del self._answers[key]


def _newest(connection: Connection, feature: Feature, kind: Kind) -> datetime | None:
    """No evidence of ``kind`` is dated later than this; undated rows stand at their upload's time."""
    live = segments.live(connection, feature.id, kind)
    moments = [moment for segment in live for moment in (segment.latest, segment.uploaded_at) if moment]
    return max(moments, default=None)


def _file_table(live: Sequence[segments.SegmentRef], paths: Iterable[Path]) -> pa.Table:
    return pa.table(
        {
            "path": pa.array([str(path) for path in paths], pa.string()),
            "sequence": pa.array([segment.sequence for segment in live], pa.int64()),
            "bundle": pa.array([segment.bundle for segment in live], pa.string()),
            "uploaded_at": pa.array(
                [segment.uploaded_at.astimezone(UTC) for segment in live], pa.timestamp("us", "UTC")
            ),
        }
    )


def _superseded_table(connection: Connection, feature: Feature, kind: Kind) -> pa.Table:
    parts = segments.superseded_keys(connection, feature.id, kind)
    schema = pa.schema([("key", pa.int64()), ("sequence", pa.int64())])
    tables = [
        pa.table(
            {"key": pa.array(keys, pa.int64()), "sequence": pa.array([sequence] * len(keys), pa.int64())}
        )
        for sequence, keys in parts
    ]
    return pa.concat_tables([schema.empty_table(), *tables])


def _moment(microseconds: int | None) -> datetime | None:
    """The instant; DuckDB hands times with a zone out only through a library we do not need otherwise."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _tally(said: Sequence[_Witnesses]) -> Tally:
    """One tally from what all witnesses of a group say."""
    known = [one for one in said if one.standing == "known"]
    unknown = [one for one in said if one.standing == "but unknown"]
    # A sample of known making stands alone; only where there is none is the rest measured, and marked.
    counted = [one for one in (known if any(one.n for one in known) else unknown or known) if one.n]
    return Tally(
        passes_by_cluster=tuple(float(one.passes) for one in counted for _ in range(one.witnesses)),
        n_by_cluster=tuple(one.n for one in counted for _ in range(one.witnesses)),
        cluster=_coarsest({one.kind for one in counted}),
        rows=sum(one.rows for one in said),
        unscored=sum(one.rows - one.eligible for one in said),
        capped=sum(one.eligible - one.n * one.witnesses for one in counted),
        worst_first=sum(one.eligible for one in said if one.standing == "as worst"),
        sampling_known=not counted or counted[0].standing == "known",
        looks=len({sequence for one in counted for sequence in one.looks}) or 1,
        bundles=tuple(sorted({bundle for one in counted for bundle in one.bundles or ()})),
        newest=_moment(max((one.newest for one in counted if one.newest is not None), default=None)),
    )


def _coarsest(witnesses: set[str]) -> Cluster:
    for cluster in (Cluster.DAY, Cluster.SESSION, Cluster.CASE):
        if cluster.value in witnesses:
            return cluster
    return Cluster.USER
