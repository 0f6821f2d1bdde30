"""Parts of the evidence as sums: failures by part and by user, traffic by part and by week."""

from dataclasses import dataclass
from datetime import date, datetime

from core.metrics.catalogue import Better, Metric, Relation, metric
from core.metrics.concentration import PartFailures
from core.metrics.measurement import Slice, Window
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest
from core.store.database import Connection
from core.store.evidence_sql import PRODUCTION, grouping, where, window_parameters
from core.store.features import Feature
from core.store.kept_counts import may_be_kept
from core.store.split_sql import (
    MOST_PARTS,
    Split,
    ask,
    column_sql,
    names,
    of_best_sample,
    parted,
    stretch_sql,
)
from core.store.tallying import moment
from core.store.warehouse import Warehouse

MOST_USERS = 50


@dataclass(frozen=True)
class PartCounts:
    """The commonest parts of a split, of ``values`` in all, and the totals over every one of them."""

    parts: tuple[PartFailures, ...] = ()
    n: int = 0
    failures: int = 0
    values: int = 0
    sampling_known: bool = True


@dataclass(frozen=True)
class Traffic:
    """One value: its ``traces`` in production and the ``users`` (0 where none is named)."""

    value: str
    traces: int
    users: int


@dataclass(frozen=True)
class WeekOfTraffic:
    """One value in the week that begins on ``week`` (a Monday); None stands for all but the commonest."""

    week: date
    value: str | None
    traces: int
    users: int


@dataclass(frozen=True)
class UserFailures:
    """One user: ``failures`` of ``n`` rows that could be judged, the last of the failures at ``newest``."""

    user_id: str
    n: int
    failures: int
    newest: datetime | None


@dataclass(frozen=True)
class WorstUsers:
    """The users with most failures, of the ``failed`` who met any; ``failures`` of ``n`` are of all rows."""

    users: tuple[UserFailures, ...] = ()
    failed: int = 0
    failures: int = 0
    n: int = 0


def part_counts(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest, split: Split
) -> PartCounts:
    """Failures by part of a rate, counted as tallies count: five rows a user and part at most.

    A failure is a row that the metric counts against the feature: of a graded one any that is not whole. An
    eval case fails where half of its repeats do. Worst-first reviews never count.
    """
    query = f"""{_counted(request, split, _bad(metric(request.metric)))}, together AS (
            SELECT part, standing, SUM(n)::BIGINT AS n, SUM(score)::BIGINT AS failures,
                   COUNT(*) FILTER (score > 0) AS witnesses,
                   COUNT(*) FILTER (score > 0 AND kind IN ('user', 'session')) AS named
            FROM counted GROUP BY part, standing)
        SELECT *, CAST(SUM(n) OVER whole AS BIGINT), CAST(SUM(failures) OVER whole AS BIGINT),
               COUNT(*) OVER whole
        FROM together WINDOW whole AS (PARTITION BY standing)
        QUALIFY ROW_NUMBER() OVER (PARTITION BY standing ORDER BY n DESC, part) <= {MOST_PARTS}
        ORDER BY n DESC, part, standing"""
    rows = ask(warehouse, connection, feature, request, query, split)
    kept, known = of_best_sample(rows)
    if not kept:
        return PartCounts()
    parts = tuple(
        PartFailures(part, n, failed, witnesses if named else None)
        for part, _, n, failed, witnesses, named, *_totals in kept
    )
    n, failures, values = kept[0][-3:]
    return PartCounts(parts, n, failures, values, known)


def traffic(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    split: Split,
    part: Slice,
    window: Window,
) -> tuple[tuple[Traffic, ...], int, int]:
    """(the commonest values with their production traces, most first; how many values; all traces)."""
    value = column_sql(split.column) if split.column else stretch_sql(split)
    query = f"""SELECT {value} AS part, COUNT(*) AS traces, COUNT(DISTINCT same_user(user_id)),
               COUNT(*) OVER (), CAST(SUM(COUNT(*)) OVER () AS BIGINT)
        FROM evidence WHERE {PRODUCTION} AND {where(part, window)}
        GROUP BY part ORDER BY traces DESC, part LIMIT {MOST_PARTS}"""
    asked = {**window_parameters(part, window), **names(split)}
    named = may_be_kept(split.column or None)
    rows = warehouse.rows(connection, feature, Relation.TRACES, query, asked, only_counts=named)
    values, traces = rows[0][3:] if rows else (0, 0)
    return tuple(Traffic(*row[:3]) for row in rows), values, traces


def traffic_by_week(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    column: str,
    part: Slice,
    window: Window,
    most: int,
) -> tuple[WeekOfTraffic, ...]:
    """Traces and users of the ``most`` commonest values by week, and of all others together."""
    asked = f"FROM evidence WHERE {PRODUCTION} AND {where(part, window)}"
    query = f"""WITH asked AS (SELECT {column_sql(column)} AS part, moment, same_user(user_id) AS who
                                  {asked}),
        common AS (SELECT part FROM asked GROUP BY part ORDER BY COUNT(*) DESC, part LIMIT $most)
        SELECT {grouping("week")} AS week, common.part AS value,
               COUNT(*), COUNT(DISTINCT who)
        FROM asked LEFT JOIN common USING (part) GROUP BY week, value ORDER BY ALL"""
    values = {**window_parameters(part, window), "most": most}
    named = may_be_kept(column)
    rows = warehouse.rows(connection, feature, Relation.TRACES, query, values, only_counts=named)
    return tuple(WeekOfTraffic(date.fromisoformat(week), *rest) for week, *rest in rows)


def worst_users(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> WorstUsers:
    """Who met most failures. All rows of a user count here: this is about the user, not about the rate."""
    query = f"""{parted(request, Split("user_id"), _bad(metric(request.metric)))}, by_user AS (
            SELECT standing, kind, MAX(part) AS name, COUNT(*) AS n, SUM(score)::BIGINT AS failures,
                   EPOCH_US(MAX(moment) FILTER (score > 0)) AS newest
            FROM parted GROUP BY standing, kind, witness)
        SELECT name, standing, n, failures, newest,
               COUNT(*) FILTER (failures > 0 AND kind = 'user') OVER whole,
               CAST(SUM(failures) OVER whole AS BIGINT), CAST(SUM(n) OVER whole AS BIGINT), kind
        FROM by_user WINDOW whole AS (PARTITION BY standing)
        QUALIFY ROW_NUMBER() OVER (PARTITION BY standing ORDER BY kind = 'user' DESC, failures DESC, n, name)
                <= {MOST_USERS}
        ORDER BY failures DESC, n, name"""
    kept, _ = of_best_sample(ask(warehouse, connection, feature, request, query, Split()))
    if not kept:
        return WorstUsers()
    users = tuple(
        UserFailures(name, n, failures, moment(newest))
        for name, _, n, failures, newest, *_totals, kind in kept
        if kind == "user" and failures
    )
    failed, failures, n = kept[0][5:8]
    return WorstUsers(users, failed, failures, n)


def _counted(request: TallyRequest, split: Split, bad: str) -> str:
    """As :func:`parted`, by witness: at most five rows of one user or session count, one of an eval case."""
    cap = CAP_PER_WITNESS
    return f"""{parted(request, split, bad)}, by_witness AS (
            SELECT part, kind, witness, standing, COUNT(*) AS rows, SUM(score) AS score,
                   ARG_MIN(score, key, {cap}) AS few
            FROM parted GROUP BY part, kind, witness, standing),
        counted AS (
            SELECT part, kind, witness, standing,
                   CASE kind WHEN 'case' THEN 1 WHEN 'day' THEN rows ELSE LEAST(rows, {cap}) END AS n,
                   CASE WHEN kind = 'case' THEN CAST(2 * score >= rows AS BIGINT)
                        WHEN kind <> 'day' AND rows > {cap} THEN LIST_SUM(few) ELSE score END AS score
            FROM by_witness)"""


def _bad(asked: Metric) -> str:
    """1 for a row that counts against the feature, else 0."""
    if asked.graded:
        return "CASE WHEN COALESCE(passes, 0) < 1 THEN 1 ELSE 0 END"
    counts = "COALESCE(passes, FALSE)"
    event_is_bad = int(asked.better is Better.LOWER)
    return f"CASE WHEN {counts} THEN {event_is_bad} ELSE {1 - event_is_bad} END"
