"""Whose labels a number rests on: the reviewers of the labels that it counts."""

from sqlalchemy import Connection

from core.evidence.columns import VERDICT_COLUMNS
from core.metrics.catalogue import Reading, Relation, Shape, metric
from core.metrics.requests import CAP_PER_WITNESS, FirstRequest, TallyRequest
from core.store.evidence_sql import PRODUCTION, parameters, scope, where, window_parameters
from core.store.features import Feature
from core.store.warehouse import Warehouse

_VERDICTS = ", ".join(f"label.{name}" for name in VERDICT_COLUMNS)


def labels_by_reviewer(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest | FirstRequest
) -> dict[str, int]:
    """How many of the people's labels that answer the ``request`` are by each reviewer ("" where unnamed).

    The traces are those that its number counts; a label of them that leaves its question open is none of it.
    """
    reading = metric(request.metric).reading(request.source)
    if isinstance(request, FirstRequest):
        first = warehouse.settled(connection, feature, request)
        counted = _first(first)
        values = {**window_parameters(first.slice, first.window), "count": first.count}
    else:
        tallied = warehouse.settled(connection, feature, request)
        counted, values = _tallied(reading, tallied), parameters(reading, tallied)
    query = f"""{counted}, said AS (
            SELECT evidence.*, {_VERDICTS}, label.reviewer
            FROM evidence JOIN counted USING (key) JOIN label USING (key)
            WHERE NOT COALESCE(label.is_judge, FALSE))
        SELECT COALESCE(reviewer, ''), COUNT(*) FROM said WHERE {reading.eligible}
        GROUP BY ALL ORDER BY ALL"""
    rows = warehouse.rows(connection, feature, Relation.LABELLED, query, values)
    return dict(rows)


def _first(request: FirstRequest) -> str:
    return f"""WITH counted AS (
            SELECT key FROM evidence WHERE {PRODUCTION} AND {where(request.slice, request.window)}
            ORDER BY moment, run_id LIMIT $count)"""


def _tallied(reading: Reading, request: TallyRequest) -> str:
    """The traces of the tally: of known sampling where there are any, at most five of one user or session;
    a mean counts all of them."""
    kept = f"(place <= {CAP_PER_WITNESS} OR kind NOT IN ('user', 'session'))"
    if metric(request.metric).shape is Shape.MEAN:
        kept = "TRUE"
    return f"""{scope(reading, request)}, placed AS (
            SELECT key, kind, standing, BOOL_OR(standing = 'known') OVER () AS has_known,
                   ROW_NUMBER() OVER (PARTITION BY kind, witness, standing ORDER BY key) AS place
            FROM scoped WHERE eligible AND standing <> 'as worst'),
        counted AS (
            SELECT key FROM placed WHERE (standing = 'known' OR NOT has_known) AND {kept})"""
