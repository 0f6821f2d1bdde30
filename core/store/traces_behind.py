"""The runs behind a number: those that a metric counts, or only those that count against it."""

from dataclasses import dataclass

from core.metrics.catalogue import Better, Metric, Shape, metric
from core.metrics.requests import TallyRequest
from core.store.database import Connection
from core.store.evidence_sql import parameters, scope
from core.store.features import Feature
from core.store.warehouse import Warehouse

MOST_RUNS = 10_000
"""So many runs can be looked at, the newest."""


@dataclass(frozen=True)
class RunsBehind:
    """The newest of ``total`` runs, at most :data:`MOST_RUNS`."""

    run_ids: tuple[str, ...]
    total: int


def runs_behind(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest, *, against: bool
) -> RunsBehind:
    """The runs that the number of ``request`` counts, or of them those that pull it the bad way.

    Runs that a worst-first review picked are in no rate, and so not here. All runs of one user are, though
    at most five of them count. An amount needs its bar: slower, or dearer, than that counts against it.
    """
    asked = metric(request.metric)
    reading = asked.reading(request.source)
    request = warehouse.settled(connection, feature, request)
    which = f" AND {_counts_against(asked)}" if against else ""
    query = f"""{scope(reading, request)},
        hit AS (SELECT key, moment FROM scoped WHERE eligible AND standing <> 'as worst'{which}),
        newest AS (SELECT key, moment FROM hit ORDER BY moment DESC, key LIMIT {MOST_RUNS})
        SELECT (SELECT COUNT(*) FROM hit),
               (SELECT LIST(run_id ORDER BY newest.moment DESC, run_id)
                FROM newest JOIN evidence USING (key))"""
    values = parameters(reading, request)
    rows = warehouse.rows(connection, feature, reading.relation, query, values)
    return RunsBehind(tuple(rows[0][1] or ()), rows[0][0]) if rows else RunsBehind((), 0)


def _counts_against(asked: Metric) -> str:
    """A row that the number would be better without."""
    if asked.graded:
        return "passes < 1"
    if asked.shape is Shape.QUANTILE or asked.better is Better.HIGHER:
        return "NOT COALESCE(passes, FALSE)"
    return "passes"
