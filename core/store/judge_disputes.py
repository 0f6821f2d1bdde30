"""The traces on which an AI judge and people disagree."""

from dataclasses import dataclass

from sqlalchemy import Connection

from core.metrics.catalogue import metric
from core.metrics.requests import TallyRequest
from core.store.evidence_sql import parameters, scope
from core.store.features import Feature
from core.store.judged_pairs import people
from core.store.warehouse import Warehouse

_EXCERPT = 400
"""Characters of a question in a list: twice what is shown, so that personal data that the cut of the screen
goes through is still found."""


@dataclass(frozen=True)
class Dispute:
    """One trace: whether it passes by people and so, the other way round, fails by the judge."""

    run_id: str
    query: str | None
    passes_by_people: bool


def disputes(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest, most: int
) -> tuple[Dispute, ...]:
    """At most ``most`` of the traces that the ``request`` to a judge counts and people judge otherwise: those
    that the judge passes first. Labels are those of :func:`core.store.judged_pairs.judged_pairs`."""
    request = warehouse.settled(connection, feature, request)
    reading = metric(request.metric).reading(request.source)
    query = f"""{scope(reading, request)}, {people(request)}
        SELECT run_id, LEFT(query, {_EXCERPT}), person.passed
        FROM scoped JOIN person USING (key) JOIN evidence USING (key)
        WHERE eligible AND scoped.passes <> person.passed
        ORDER BY person.passed, scoped.moment DESC, run_id LIMIT $most"""
    asked = {**parameters(reading, request), "most": most}
    rows = warehouse.rows(connection, feature, reading.relation, query, asked)
    return tuple(Dispute(*row) for row in rows)
