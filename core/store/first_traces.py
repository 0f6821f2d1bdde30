"""The question about the first traces of a window: how many are there, reviewed, and bad."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.metrics.catalogue import metric
from core.metrics.requests import FirstRequest
from core.store.evidence_sql import PRODUCTION, verdicts, where, window_parameters
from core.store.tallying import moment


@dataclass(frozen=True)
class FirstCounts:
    """Of the first traces asked for: how many are ``there``, ``reviewed``, and ``bad``."""

    there: int
    reviewed: int
    bad: int
    sampling_known: bool
    newest: datetime | None


def first_query(request: FirstRequest) -> tuple[str, dict[str, Any]]:
    """One row with the counts of the first traces by (time, run id), and the values that the query names."""
    reading = metric(request.metric).reading(request.source)
    query = f"""WITH {verdicts(reading.relation)},
        earliest AS (
            SELECT evidence.*, verdict.* EXCLUDE (key) FROM evidence LEFT JOIN verdict USING (key)
            WHERE {PRODUCTION} AND {where(request.slice, request.window)}
            ORDER BY moment, run_id LIMIT $count)
        SELECT COUNT(*), COUNT(*) FILTER ({reading.eligible}),
               COUNT(*) FILTER (({reading.eligible}) AND NOT ({reading.passes})),
               COALESCE(BOOL_AND(standing = 'known') FILTER ({reading.eligible}), FALSE),
               EPOCH_US(MAX(moment))
        FROM earliest"""
    return query, {**window_parameters(request.slice, request.window), "count": request.count}


def first_counts(rows: Sequence[tuple[Any, ...]]) -> FirstCounts:
    """What the query answers; without any evidence it has no row."""
    there, reviewed, bad, known, newest = rows[0] if rows else (0, 0, 0, False, None)
    return FirstCounts(there, reviewed, bad, known, moment(newest))
