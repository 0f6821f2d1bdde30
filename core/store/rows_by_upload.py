"""How many rows of each upload a number counts."""

from core.metrics.catalogue import metric
from core.metrics.requests import TallyRequest
from core.store.database import Connection
from core.store.evidence_sql import parameters, scope
from core.store.features import Feature
from core.store.warehouse import Warehouse


def rows_by_upload(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> dict[int, int]:
    """The rows that the number of ``request`` counts, by the place of their upload among the published.

    All rows of one user are among them, though at most five of them count. Labels of which nobody said how
    they were picked are not, where of others somebody did: then they are not in the number either.
    """
    reading = metric(request.metric).reading(request.source)
    request = warehouse.settled(connection, feature, request)
    query = f"""{scope(reading, request)}
        SELECT sequence, COUNT(*) FROM scoped
        WHERE eligible AND (standing = 'known' OR (standing = 'but unknown' AND NOT EXISTS (
            SELECT 1 FROM scoped WHERE eligible AND standing = 'known')))
        GROUP BY sequence ORDER BY sequence"""
    asked = parameters(reading, request)
    rows = warehouse.rows(connection, feature, reading.relation, query, asked, only_counts=True)
    return {int(sequence): int(count) for sequence, count in rows}
