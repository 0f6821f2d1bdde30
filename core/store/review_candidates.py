"""The traces of a stretch of time as the queues of a review see them, and how many people reviewed."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from core.evidence.review_queue import Candidate
from core.metrics.catalogue import Relation
from core.metrics.measurement import Slice, Window
from core.store.evidence_sql import PRODUCTION, where, window_parameters
from core.store.features import Feature
from core.store.warehouse import Warehouse

_PERSON = "NOT COALESCE(is_judge, FALSE)"
_FAULT = "answer_right IS FALSE OR tool_right IS FALSE OR context_right IS FALSE OR grounded IS FALSE"
_NEEDED = "LEN(COALESCE(relevant_ids, []))"


@dataclass(frozen=True)
class WeekCoverage:
    """A week (its Monday) with its traces, and how many of them a person has labelled."""

    monday: date
    traces: int
    reviewed: int


def candidates(
    warehouse: Warehouse, connection: Connection, feature: Feature, since: datetime, until: datetime
) -> list[Candidate]:
    """Every production trace from ``since`` up to ``until``."""
    window = Window(since, until)
    query = f"""WITH said AS (
            SELECT key, LIST_SORT(LIST(DISTINCT COALESCE(reviewer, ''))) AS reviewers,
                   BOOL_OR(COALESCE(sampling IN ('complete', 'random', 'stratified'), FALSE)) AS is_sampled,
                   BOOL_AND(answer_right) AS people_right
            FROM label WHERE {_PERSON} GROUP BY key),
        judged AS (
            SELECT key, BOOL_OR(COALESCE({_FAULT} OR hallucination, FALSE)) AS fails,
                   BOOL_AND(answer_right) AS is_right
            FROM label WHERE NOT ({_PERSON}) GROUP BY key)
        SELECT run_id, evidence.key, COALESCE(task_type, ''),
               CASE WHEN COALESCE(user_id, session_id) IS NOT NULL
                   THEN CAST(HASH(COALESCE(same_user(user_id), session_id)) AS VARCHAR) END,
               user_feedback, COALESCE(escalated, FALSE),
               COALESCE(fails, FALSE), is_right,
               error IS NOT NULL OR tool_error IS NOT NULL OR schema_valid IS FALSE,
               {_NEEDED} > 0 AND
                   LEN(LIST_INTERSECT(relevant_ids, COALESCE(retrieved_ids, []))) < {_NEEDED},
               confidence, latency_ms, COALESCE(reviewers, []), COALESCE(is_sampled, FALSE), people_right
        FROM evidence LEFT JOIN said USING (key) LEFT JOIN judged USING (key)
        WHERE {PRODUCTION} AND {where(Slice(), window)}"""
    rows = warehouse.rows(connection, feature, Relation.LABELLED, query, window_parameters(Slice(), window))
    return [Candidate(*row) for row in rows]


def weeks(warehouse: Warehouse, connection: Connection, feature: Feature) -> list[WeekCoverage]:
    """Every week with traces, the latest first."""
    query = f"""SELECT CAST(DATE_TRUNC('week', moment) AS VARCHAR), COUNT(*),
            COUNT(*) FILTER (key IN (SELECT key FROM label WHERE {_PERSON}))
        FROM evidence WHERE {PRODUCTION} GROUP BY 1 ORDER BY 1 DESC"""
    rows = warehouse.rows(connection, feature, Relation.LABELLED, query)
    return [WeekCoverage(date.fromisoformat(week[:10]), traces, done) for week, traces, done in rows]
