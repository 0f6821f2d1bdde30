"""The newest trace: whether evidence still comes in."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.metrics.catalogue import Relation
from core.store.evidence_sql import PRODUCTION
from core.store.features import Feature
from core.store.tallying import moment
from core.store.warehouse import Warehouse

_HOUR = timedelta(hours=1)


def newest_trace(
    warehouse: Warehouse, connection: Connection, feature: Feature, now: datetime
) -> datetime | None:
    """When the newest trace of the feature's users began, by the end of the hour of ``now``.

    A trace of the future is no sign that traces come in. By the hour, so that the answer is remembered.
    """
    until = now.replace(minute=0, second=0, microsecond=0) + _HOUR
    query = f"SELECT EPOCH_US(MAX(moment)) FROM evidence WHERE {PRODUCTION} AND moment < $until"
    rows = warehouse.rows(connection, feature, Relation.TRACES, query, {"until": until})
    return moment(rows[0][0]) if rows else None
