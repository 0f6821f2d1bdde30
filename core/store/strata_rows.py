"""Reviews by kind of task: what users say of each kind, beside how many traces of that kind there are."""

from collections import defaultdict

from sqlalchemy import Connection

from core.metrics.by_kind import AlikeUsers, Part, ReviewByKind
from core.metrics.catalogue import Relation, metric
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest
from core.store.evidence_sql import PRODUCTION, grouping, parameters, scope, where, window_parameters
from core.store.features import Feature
from core.store.warehouse import Warehouse

_DRAWN_BY_KIND = "sampling = 'stratified' AND NOT COALESCE(is_judge, FALSE)"
_KIND_OF_TASK = "LOWER(TRIM(COALESCE(CAST(task_type AS VARCHAR), '')))"


def reviews_by_kind(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> dict[str | None, ReviewByKind]:
    """The groups of ``request.by`` in which a label was drawn by kind of task; the others are absent.

    The rows that count are those of the tally: known sampling, at most five of one user or session.
    """
    there = f"SELECT COUNT(*) FROM label WHERE {_DRAWN_BY_KIND}"
    if not _any(warehouse.rows(connection, feature, Relation.LABELLED, there, only_counts=True)):
        return {}
    request = warehouse.settled(connection, feature, request)
    reading = metric(request.metric).reading(request.source)
    seen: dict[str | None, list[AlikeUsers]] = defaultdict(list)
    drawn: set[str | None] = set()
    said = warehouse.rows(
        connection, feature, reading.relation, _seen_query(request), parameters(reading, request)
    )
    for group, parts, by_kind, users in said:
        seen[group].append(AlikeUsers(tuple(Part(kind, n, passes) for kind, n, passes in parts), users))
        if by_kind:
            drawn.add(group)
    sizes: dict[str | None, dict[str, int]] = defaultdict(dict)
    counted = f"""SELECT {grouping(request.by)} AS "group", {_KIND_OF_TASK} AS kind, COUNT(*) FROM evidence
        WHERE {PRODUCTION} AND {where(request.slice, request.window)} GROUP BY ALL ORDER BY ALL"""
    asked = window_parameters(request.slice, request.window)
    for group, kind, n in warehouse.rows(connection, feature, Relation.TRACES, counted, asked):
        sizes[group][kind] = n
    return {group: ReviewByKind(sizes[group], seen[group]) for group in drawn}


def _any(rows: list[tuple[int]]) -> bool:
    return bool(rows) and rows[0][0] > 0


def _seen_query(request: TallyRequest) -> str:
    """(group, [[kind, n, passes], …], whether any was drawn by kind, users who say just that)."""
    reading = metric(request.metric).reading(request.source)
    return f"""{scope(reading, request)}, drawn AS (
            SELECT DISTINCT key FROM label WHERE {_DRAWN_BY_KIND}),
        placed AS (
            SELECT scoped.*, {_KIND_OF_TASK} AS task, drawn.key IS NOT NULL AS by_kind,
                   ROW_NUMBER() OVER (PARTITION BY "group", scoped.kind, witness ORDER BY scoped.key) AS place
            FROM scoped JOIN (SELECT key, task_type FROM evidence) AS described USING (key)
            LEFT JOIN drawn USING (key) WHERE eligible AND standing = 'known'),
        by_task AS (
            SELECT "group", kind, witness, task, COUNT(*) AS n, BOOL_OR(by_kind) AS by_kind,
                   ROUND(SUM(CAST(passes AS DOUBLE)), 9) AS passes
            FROM placed WHERE place <= {CAP_PER_WITNESS} OR kind NOT IN ('user', 'session')
            GROUP BY "group", kind, witness, task),
        by_witness AS (
            SELECT "group", LIST(ROW(task, n, passes) ORDER BY task) AS parts, BOOL_OR(by_kind) AS by_kind
            FROM by_task GROUP BY "group", kind, witness)
        SELECT "group", parts, by_kind, COUNT(*) FROM by_witness GROUP BY ALL ORDER BY ALL"""
