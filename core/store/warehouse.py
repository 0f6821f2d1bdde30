"""The evidence, counted: metric declarations become queries over the live evidence, joined with the labels.

Only sums come back. Answers are kept by (feature, evidence version), a counter that every
publishing bumps, so that an answer can never outlive its evidence.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

import pyarrow as pa
from sqlalchemy import Connection

from core.evidence.columns import COLUMNS, LABEL_COLUMNS, Kind
from core.metrics.catalogue import Relation, metric
from core.metrics.measurement import Cluster, Slice, Tally, Window
from core.metrics.requests import FirstRequest, TallyRequest
from core.store import failures, labels, traces
from core.store.evidence_sql import (
    Alternatives,
    common_values_query,
    parameters,
    recorded_query,
    tally_query,
    values_query,
    verdicts,
    where,
    window_parameters,
)
from core.store.failures import LoggedFailure
from core.store.features import Feature
from core.store.labels import NamedFailure
from core.store.live_evidence import LiveEvidence, Rows
from core.store.remembered_answers import RememberedAnswers
from core.store.segment_cache import SegmentCache
from core.store.traces import FoundTraces, TraceRecord, TraceSearch, Unmatched

_REMEMBERED_ANSWERS = 4_096
_REMEMBERED_SEARCHES = 64
"""Fewer than answers, because each holds the texts of a page of traces."""

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
    passes: float
    witnesses: int
    rows: int
    eligible: int
    newest: int | None
    looks: list[int]
    bundles: list[str] | None


class Warehouse:
    """Counts evidence. One instance a process; safe to use from several threads."""

    def __init__(self, cache: SegmentCache) -> None:
        self._live = LiveEvidence(cache)
        self._answers = RememberedAnswers(_REMEMBERED_ANSWERS)
        self._searches = RememberedAnswers(_REMEMBERED_SEARCHES)

    def close(self) -> None:
        self._live.close()

    def tallies(
        self, connection: Connection, feature: Feature, request: TallyRequest
    ) -> Mapping[str | None, Tally]:
        """The tally of each group of ``request.by`` (key ``None`` where it is not grouped).

        Groups without any row in the window are absent.
        """
        asked = self._settled(connection, feature, request)
        return self._answers.get(feature, asked, lambda: self._count(connection, feature, asked))

    def values_at(
        self, connection: Connection, feature: Feature, request: TallyRequest, ranks: Ranks
    ) -> Mapping[str | None, tuple[float | None, ...]]:
        """The counted values of the request's metric at the ``ranks`` of each group (1 is the smallest)."""
        asked = self._settled(connection, feature, request)
        question = (asked, tuple(sorted(ranks.items(), key=repr)))
        return self._answers.get(
            feature, question, lambda: self._values_at(connection, feature, asked, ranks)
        )

    def first(self, connection: Connection, feature: Feature, request: FirstRequest) -> FirstCounts:
        """Review state of the first ``request.count`` traces by (time, run id)."""
        asked = self._settled(connection, feature, request)
        return self._answers.get(feature, asked, lambda: self._first(connection, feature, asked))

    def filled(self, connection: Connection, feature: Feature, kind: Kind) -> Mapping[str, int]:
        """How many live rows of ``kind`` fill each canonical column; ``"*"`` is the rows in all."""
        return self._answers.get(feature, ("filled", kind), lambda: self._filled(connection, feature, kind))

    def values_of(
        self, connection: Connection, feature: Feature, column: str, most: int = 50
    ) -> tuple[tuple[str, int], ...]:
        """The values of a column that can slice, each with its traces: the commonest first, ``most`` of them.

        Traces that leave it blank are left out. ``bundle`` is the release as the verdicts count it.
        """
        question = ("values of", column, most)
        return self._answers.get(
            feature, question, lambda: self._values_of(connection, feature, column, most)
        )

    def recorded(
        self, connection: Connection, feature: Feature, questions: tuple[Alternatives, ...]
    ) -> tuple[int, ...]:
        """How many traces there are, then for each question how many record an answer to it."""
        nothing: Rows = [(0,) * (len(questions) + 1)]
        query = recorded_query(questions)
        return self._answers.get(
            feature,
            ("recorded", questions),
            lambda: self._live.ask(connection, feature, Kind.TRACES, query, otherwise=nothing)[0],
        )

    def find_traces(
        self,
        connection: Connection,
        feature: Feature,
        *,
        text: str = "",
        user: str = "",
        run_id: str = "",
        failed_only: bool = False,
        slice: Slice = Slice(),
        window: Window = Window(),
        limit: int = 50,
        offset: int = 0,
        runs: tuple[str, ...] | None = None,
        whole: bool = False,
    ) -> FoundTraces:
        """The traces that a search finds, newest first (what is looked for where: :class:`TraceSearch`)."""
        asked = TraceSearch(text, user, run_id, failed_only, slice, window, limit, offset, runs, whole)
        if whole:
            # Thousands of whole texts are for a file, not for keeping in memory.
            return traces.find_traces(self._live, connection, feature, asked)
        return self._searches.get(
            feature, asked, lambda: traces.find_traces(self._live, connection, feature, asked)
        )

    def logged_failures(self, connection: Connection, feature: Feature) -> tuple[LoggedFailure, ...]:
        """The failure log as it stands."""
        return self._answers.get(
            feature, "failure log", lambda: tuple(failures.logged(connection, feature.id))
        )

    def named_failures(self, connection: Connection, feature: Feature) -> tuple[NamedFailure, ...]:
        """The failure types that people's labels name."""
        return self._answers.get(
            feature, "named failures", lambda: tuple(labels.naming_failures(connection, feature.id))
        )

    def known_runs(self, connection: Connection, feature: Feature, run_ids: Sequence[str]) -> frozenset[str]:
        """Which of these ids are runs of the traces."""
        return traces.known_runs(self._live, connection, feature, run_ids)

    def unmatched(self, connection: Connection, feature: Feature) -> Unmatched:
        """How many labels and scores there are, and how many of them name runs that are not there."""
        return self._answers.get(
            feature,
            "unmatched",
            lambda: traces.unmatched(self._live, connection, feature, self._labels(connection, feature)),
        )

    def trace(self, connection: Connection, feature: Feature, run_id: str) -> TraceRecord | None:
        """Everything the evidence says about one run; ``None`` where there is no such trace."""
        return traces.trace(self._live, connection, feature, run_id)

    def warm(self, connection: Connection, feature: Feature) -> None:
        """Have ready what the first question would otherwise wait for."""
        self._live.prepare(connection, feature)

    def _settled(self, connection: Connection, feature: Feature, request: _Asked) -> _Asked:
        """The request without an end that lies behind all evidence.

        Pages ask for everything until now; "now" changes with every run, the answer does not.
        """
        kind = metric(request.metric).reading(request.source).relation.rows
        until = request.window.until
        newest = self._answers.get(
            feature, ("newest", kind), lambda: self._live.newest(connection, feature, kind)
        )
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
        query = f"""WITH {verdicts(reading.relation)},
            earliest AS (
                SELECT evidence.*, verdict.* EXCLUDE (key) FROM evidence LEFT JOIN verdict USING (key)
                WHERE {where(request.slice, request.window)} ORDER BY moment, run_id LIMIT $count)
            SELECT COUNT(*), COUNT(*) FILTER ({reading.eligible}),
                   COUNT(*) FILTER (({reading.eligible}) AND NOT ({reading.passes})),
                   COALESCE(BOOL_AND(standing = 'known') FILTER ({reading.eligible}), FALSE),
                   EPOCH_US(MAX(moment))
            FROM earliest"""
        asked = {**window_parameters(request.slice, request.window), "count": request.count}
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
        if kind is Kind.FAILURES:
            logged = failures.logged(connection, feature.id)
            return {
                "*": len(logged),
                **{name: sum(getattr(one, name) is not None for one in logged) for name in columns},
            }
        each = ", ".join(f"COUNT({name})" for name in columns)
        nothing: Rows = [(0,) * (len(columns) + 1)]
        query = f"SELECT COUNT(*), {each} FROM evidence"
        filled = self._live.ask(connection, feature, kind, query, otherwise=nothing)[0]
        return dict(zip(["*", *columns], filled, strict=True))

    def _values_of(
        self, connection: Connection, feature: Feature, column: str, most: int
    ) -> tuple[tuple[str, int], ...]:
        rows = self._live.ask(connection, feature, Kind.TRACES, common_values_query(column), {"most": most})
        return tuple((value, traces) for value, traces in rows)

    def _run(
        self,
        connection: Connection,
        feature: Feature,
        relation: Relation,
        query: str,
        values: Mapping[str, Any],
        otherwise: Rows | None = None,
        tables: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> Rows:
        """The rows of ``query`` over the feature's live evidence, or ``otherwise`` where there is none."""
        if relation in (Relation.LABELLED, Relation.JUDGED):
            tables = {**tables, "label": self._labels(connection, feature)}
        return self._live.ask(
            connection, feature, relation.rows, query, values, otherwise=otherwise, tables=tables
        )

    def _labels(self, connection: Connection, feature: Feature) -> pa.Table:
        return self._answers.get(feature, "labels", lambda: labels.arrow_table(connection, feature.id))


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
