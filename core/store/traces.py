"""Single traces: found by what they say, and one of them with everything the evidence holds about it.

What a user searches for reaches DuckDB as parameters only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from core.evidence.column import CellType
from core.evidence.columns import COLUMNS, RUN_KINDS, Kind
from core.evidence.fingerprints import key_of
from core.metrics.measurement import Slice, Window
from core.store import failures, labels, uploads
from core.store.evidence_sql import where, window_parameters
from core.store.failures import LoggedFailure
from core.store.features import Feature
from core.store.kept_rows import Rows
from core.store.live_evidence import LiveEvidence

_EXCERPT = 400
"""Characters of a query or response in a list: twice what is shown, so that personal data that the cut of
the screen goes through is still found."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TraceSearch:
    """Which traces are wanted. ``text`` is looked for in query and response, without regard to case;
    ``user`` is a whole user id and ``run_id`` the beginning of one; ``failed_only`` are runs with an error.
    ``runs`` are ids of which the trace has to have one; ``whole`` asks for uncut texts.
    """

    text: str = ""
    user: str = ""
    run_id: str = ""
    failed_only: bool = False
    slice: Slice = Slice()
    window: Window = Window()
    limit: int = 50
    offset: int = 0
    runs: tuple[str, ...] | None = None
    whole: bool = False


@dataclass(frozen=True)
class TraceLine:
    """One trace in a list; ``query`` and ``response`` are cut after 400 characters, with an ellipsis,
    unless the search asked for the whole texts."""

    run_id: str
    moment: datetime
    user_id: str | None
    task_type: str | None
    query: str | None
    response: str | None
    feedback: str | None
    error: str | None
    latency_ms: float | None
    cost_usd: float | None
    tool_error: str | None = None


@dataclass(frozen=True)
class FoundTraces:
    """The ``lines`` of one page of a search, newest first; ``total`` is how many traces it finds in all."""

    lines: tuple[TraceLine, ...]
    total: int


@dataclass(frozen=True)
class SpanRecord:
    """One step of a run; ``parent_id`` names the step that called it."""

    span_id: str
    parent_id: str | None
    span_kind: str | None
    name: str | None
    started_at: datetime | None
    ended_at: datetime | None
    input: str | None
    output: str | None
    model: str | None
    prompt_version: str | None
    tools_considered: Sequence[str] | None
    tools_called: Sequence[str] | None
    retrieved_ids: Sequence[str] | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    error: str | None


@dataclass(frozen=True)
class ScoreRecord:
    """One score of a run, or of its step ``span_id``; it has a ``value``, a ``label`` or both."""

    name: str | None
    value: float | None
    label: str | None
    source: str | None
    span_id: str | None
    author: str | None
    comment: str | None
    scored_at: datetime | None
    user_feedback: str | None


@dataclass(frozen=True)
class Origin:
    """The ``rows`` of one uploaded file that a trace rests on, by their numbers in that file."""

    kind: Kind
    upload_id: str
    file_name: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class TraceRecord:
    """Everything about one run: ``values`` has every canonical trace column, ``None`` where unrecorded.

    ``bundle`` is the release as the verdicts count it, ``moment`` the time they place it at. Steps
    and scores are in the order of their times; labels have the label columns, ``upload_id``, ``row``
    and ``uploaded_at``.
    """

    run_id: str
    moment: datetime
    bundle: str | None
    values: Mapping[str, Any]
    spans: tuple[SpanRecord, ...]
    scores: tuple[ScoreRecord, ...]
    labels: tuple[Mapping[str, Any], ...]
    failures: tuple[LoggedFailure, ...]
    origins: tuple[Origin, ...]


def find_traces(
    live: LiveEvidence, connection: Connection, feature: Feature, asked: TraceSearch
) -> FoundTraces:
    """The traces that a search finds, newest first.

    The keys of the page are found first, so that long texts are fetched for its few lines only.
    """
    condition, values = _condition(asked)
    query = f"""WITH hit AS MATERIALIZED (SELECT key, moment, run_id FROM evidence WHERE {condition}),
        page AS (SELECT * FROM hit ORDER BY moment DESC, run_id LIMIT $limit OFFSET $offset)
        SELECT (SELECT COUNT(*) FROM hit), (SELECT LIST(key) FROM page)"""
    page = {"limit": asked.limit, "offset": asked.offset}
    nothing: list[tuple[Any, ...]] = [(0, None)]
    found = live.ask(connection, feature, Kind.TRACES, query, {**values, **page}, otherwise=nothing)
    total, keys = found[0]
    lines = _lines(live, connection, feature, keys, asked.whole) if keys else ()
    return FoundTraces(lines, total)


@dataclass(frozen=True)
class Unmatched:
    """How many labels and scores count, and how many of them name a run that no trace and no step has;
    ``scores_waiting`` name a step alone, and no step with that id has come yet. ``test_runs`` are the traces
    that eval results came from, and that no rate of the traces counts."""

    labels: int
    labels_unmatched: int
    scores: int
    scores_unmatched: int
    scores_waiting: int = 0
    test_runs: int = 0


def unmatched(live: LiveEvidence, connection: Connection, feature: Feature, labelled: pa.Table) -> Unmatched:
    """The labels (``labelled`` has their ``key``) and scores whose run is not in the evidence."""
    lost = "COUNT(*) FILTER (key NOT IN (SELECT key FROM evidence))"
    everything: Rows = [(labelled.num_rows, labelled.num_rows, 0)]
    tests = "(SELECT COUNT(*) FROM evidence WHERE is_test_run)"
    query = f"SELECT COUNT(*), {lost}, {tests} FROM label"
    tables = {"label": labelled}
    [(said, said_lost, test_runs)] = live.ask(
        connection, feature, Kind.TRACES, query, otherwise=everything, tables=tables
    )
    merged = live.prepare(connection, feature)
    if merged is None:
        # Nothing is merged only where there are neither steps nor scores.
        return Unmatched(said, said_lost, 0, 0)
    # Of no runs at all, DuckDB calls even an unknown one not in them.
    # A score of a run that only an eval result names counts for that result.
    lost = """run_key IS NOT NULL AND run_key NOT IN (SELECT key FROM READ_PARQUET($runs))
        AND run_key NOT IN (SELECT key FROM named_run)"""
    query = f"""SELECT COUNT(*), COUNT(*) FILTER ({lost}), COUNT(*) FILTER (run_key IS NULL)
        FROM evidence"""
    nothing: Rows = [(0, 0, 0)]
    values = {"runs": str(merged)}
    tables = {"named_run": live.named_runs(connection, feature)}
    [(given, given_lost, waiting)] = live.ask(
        connection, feature, Kind.SCORES, query, values, otherwise=nothing, tables=tables
    )
    return Unmatched(said, said_lost, given, given_lost, waiting, test_runs)


def known_runs(
    live: LiveEvidence, connection: Connection, feature: Feature, run_ids: Sequence[str]
) -> frozenset[str]:
    """Which of these ids are runs of the traces."""
    query = "SELECT run_id FROM evidence WHERE key IN (SELECT UNNEST($keys::BIGINT[]))"
    keys = [key_of(run_id) for run_id in run_ids]
    rows = live.ask(connection, feature, Kind.TRACES, query, {"keys": keys}) if keys else []
    return frozenset(run_id for (run_id,) in rows)


def trace(live: LiveEvidence, connection: Connection, feature: Feature, run_id: str) -> TraceRecord | None:
    """Everything the evidence says about one run; ``None`` where there is no such trace."""
    key = key_of(run_id)
    query = f"SELECT EPOCH_US(moment), bundle, {_columns(Kind.TRACES)} FROM evidence WHERE key = $key"
    found = live.ask(connection, feature, Kind.TRACES, query, {"key": key})
    if not found:
        return None
    moment, bundle, *cells = found[0]
    filed = {kind: _filed(live, connection, feature, kind, key) for kind in RUN_KINDS}
    said = labels.of_run(connection, feature.id, run_id)
    logged = failures.of_run(connection, feature.id, run_id)
    places = {
        **{kind: [(row["upload_id"], row["row"]) for row in rows] for kind, rows in filed.items()},
        Kind.LABELS: [(label["upload_id"], label["row"]) for label in said],
        Kind.FAILURES: [(failure.upload_id, failure.row) for failure in logged],
    }
    return TraceRecord(
        run_id=run_id,
        moment=_moment(moment),
        bundle=bundle,
        values=_named(Kind.TRACES, cells),
        spans=tuple(SpanRecord(**_only(SpanRecord, row)) for row in filed[Kind.SPANS]),
        scores=tuple(ScoreRecord(**_only(ScoreRecord, row)) for row in filed[Kind.SCORES]),
        labels=tuple(said),
        failures=tuple(logged),
        origins=_origins(connection, places),
    )


def _condition(asked: TraceSearch) -> tuple[str, dict[str, Any]]:
    """(the condition on ``evidence``, the values that it names)."""
    conditions, values = [where(asked.slice, asked.window)], window_parameters(asked.slice, asked.window)
    if asked.text:
        conditions.append("(CONTAINS(LOWER(query), LOWER($text)) OR CONTAINS(LOWER(response), LOWER($text)))")
        values["text"] = asked.text
    if asked.user:
        conditions.append("same_user(user_id) = same_user($user)")
        values["user"] = asked.user
    if asked.run_id:
        conditions.append("STARTS_WITH(run_id, $run_id)")
        values["run_id"] = asked.run_id
    if asked.failed_only:
        conditions.append("error IS NOT NULL")
    if asked.runs is not None:
        conditions.append("key IN (SELECT UNNEST($runs::BIGINT[]))")
        values["runs"] = [key_of(run_id) for run_id in asked.runs]
    return " AND ".join(conditions), values


def _lines(
    live: LiveEvidence, connection: Connection, feature: Feature, keys: Sequence[int], whole: bool
) -> tuple[TraceLine, ...]:
    texts = "query, response" if whole else f"{_excerpt('query')}, {_excerpt('response')}"
    query = f"""SELECT run_id, EPOCH_US(moment), user_id, task_type, {texts}, user_feedback, error,
               latency_ms, cost_usd, tool_error
        FROM evidence WHERE key IN (SELECT UNNEST($keys::BIGINT[])) ORDER BY moment DESC, run_id"""
    rows = live.ask(connection, feature, Kind.TRACES, query, {"keys": list(keys)})
    return tuple(TraceLine(run_id, _moment(moment), *cells) for run_id, moment, *cells in rows)


def _excerpt(column: str) -> str:
    cut = f"RTRIM(LEFT({column}, {_EXCERPT - 1})) || '…'"
    return f"CASE WHEN LENGTH({column}) > {_EXCERPT} THEN {cut} ELSE {column} END"


def _filed(
    live: LiveEvidence, connection: Connection, feature: Feature, kind: Kind, key: int
) -> list[dict[str, Any]]:
    """The rows of ``kind`` about one run as their files have them, with ``upload_id`` and ``row``."""
    run = "key" if kind is Kind.TRACES else "run_key"
    time = "scored_at" if kind is Kind.SCORES else "started_at"
    query = f"""SELECT upload_id, "row", {_columns(kind)} FROM evidence
        WHERE {run} = $key ORDER BY {time} NULLS LAST, key"""
    rows = live.ask(connection, feature, kind, query, {"key": key}, as_filed=True)
    return [{"upload_id": upload, "row": row, **_named(kind, cells)} for upload, row, *cells in rows]


def _columns(kind: Kind) -> str:
    """Every canonical column of ``kind``; times as microseconds, which DuckDB hands out by itself."""
    return ", ".join(
        f"EPOCH_US({column.name})" if column.type is CellType.TIME else f'"{column.name}"'
        for column in COLUMNS[kind]
    )


def _named(kind: Kind, cells: Sequence[Any]) -> dict[str, Any]:
    return {
        column.name: _moment(cell) if column.type is CellType.TIME and cell is not None else cell
        for column, cell in zip(COLUMNS[kind], cells, strict=True)
    }


def _only(record: type[SpanRecord] | type[ScoreRecord], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in record.__dataclass_fields__}


def _origins(
    connection: Connection, places: Mapping[Kind, Sequence[tuple[str, int | None]]]
) -> tuple[Origin, ...]:
    by_upload: dict[tuple[Kind, str], list[int]] = {}
    for kind, found in places.items():
        for upload_id, row in found:
            rows = by_upload.setdefault((kind, upload_id), [])
            if row is not None:
                rows.append(row)
    return tuple(
        Origin(kind, upload_id, uploads.by_id(connection, upload_id).file_name, tuple(sorted(rows)))
        for (kind, upload_id), rows in by_upload.items()
    )


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
