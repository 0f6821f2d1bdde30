"""Traces that both an AI judge and people have judged, and what the judge says of all others."""

from collections import defaultdict

from sqlalchemy import Connection

from core.metrics.catalogue import metric
from core.metrics.judged import JudgedPairs, LabelledUsers
from core.metrics.measurement import Source
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest
from core.store.evidence_sql import TOGETHER, parameters, scope
from core.store.features import Feature
from core.store.kept_counts import may_be_kept
from core.store.warehouse import Warehouse


def judged_pairs(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> dict[str | None, JudgedPairs]:
    """The pairs of each group of a ``request`` to an AI judge; groups that it judged nothing of are absent.

    Only people's labels of complete or random reviews count: of others nobody knows which traces they stand
    for. At most five pairs of one user or session, and five other traces. The judge's traces are those that
    its own tally counts.
    """
    request = warehouse.settled(connection, feature, request)
    reading = metric(request.metric).reading(request.source)
    said = warehouse.rows(
        connection,
        feature,
        reading.relation,
        _pairs_query(request),
        parameters(reading, request),
        only_counts=may_be_kept(request.by),
    )
    users: dict[str | None, list[LabelledUsers]] = defaultdict(list)
    elsewhere: dict[str | None, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for group, both_pass, pass_fail, fail_pass, both_fail, passes, n, count in said:
        pairs = (both_pass, pass_fail, fail_pass, both_fail)
        if any(pairs):
            users[group].append(LabelledUsers(*pairs, users=count))
        before = elsewhere[group]
        elsewhere[group] = (before[0] + passes * count, before[1] + n * count)
    return {group: JudgedPairs(tuple(users[group]), *counts) for group, counts in elsewhere.items()}


def people(request: TallyRequest) -> str:
    """The relation ``person``: (key, passed) of traces that people labelled in complete or random reviews."""
    label = metric(request.metric).reading(Source.LABEL)
    return f"""person AS (
            SELECT key, ({label.passes}) AS passed FROM (
                SELECT key, {TOGETHER} FROM label WHERE NOT COALESCE(is_judge, FALSE) GROUP BY key
                HAVING BOOL_AND(COALESCE(sampling IN ('complete', 'random'), FALSE)))
            WHERE ({label.eligible}) AND ({label.passes}) IS NOT NULL)"""


def _pairs_query(request: TallyRequest) -> str:
    """(group, both pass, people alone, the judge alone, neither; the judge's passes and traces elsewhere;
    users who have just these)."""
    judged = metric(request.metric).reading(request.source)
    return f"""{scope(judged, request)}, {people(request)}, sampled AS (
            SELECT *, BOOL_OR(standing = 'known') OVER (PARTITION BY "group") AS has_known
            FROM scoped WHERE eligible AND standing <> 'as worst'),
        placed AS (
            SELECT sampled.*, person.passed AS person,
                   ROW_NUMBER() OVER (PARTITION BY "group", kind, witness, person.key IS NULL
                                      ORDER BY sampled.key) AS place
            FROM sampled LEFT JOIN person USING (key) WHERE standing = 'known' OR NOT has_known),
        by_witness AS (
            SELECT "group", COUNT(*) FILTER (person AND passes) AS both_pass,
                   COUNT(*) FILTER (person AND NOT passes) AS pass_fail,
                   COUNT(*) FILTER (NOT person AND passes) AS fail_pass,
                   COUNT(*) FILTER (NOT person AND NOT passes) AS both_fail,
                   COUNT(*) FILTER (person IS NULL AND passes) AS passes,
                   COUNT(*) FILTER (person IS NULL) AS n
            FROM placed WHERE place <= {CAP_PER_WITNESS} OR kind NOT IN ('user', 'session')
            GROUP BY "group", kind, witness)
        SELECT *, COUNT(*) FROM by_witness GROUP BY ALL ORDER BY ALL"""
