"""How many tasks users brought on each day: the plain count of production traces, which any page can ask."""

from datetime import date
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from core.metrics.catalogue import Relation
from core.metrics.measurement import Slice, Window
from core.store.evidence_sql import PRODUCTION, where, window_parameters
from core.store.features import Feature
from core.store.remembered_answers import RememberedAnswers
from core.store.warehouse import Warehouse

_REMEMBERED: WeakKeyDictionary[Warehouse, RememberedAnswers] = WeakKeyDictionary()
_MOST_REMEMBERED = 256


def tasks_by_day(
    warehouse: Warehouse, connection: Connection, feature: Feature, part: Slice, window: Window
) -> tuple[tuple[date, int], ...]:
    """The days (UTC) of ``window`` that have traces of ``part``, oldest first, with how many."""

    def counted() -> tuple[tuple[date, int], ...]:
        query = f"""SELECT CAST(CAST(moment AS DATE) AS VARCHAR) AS day, COUNT(*) FROM evidence
                    WHERE {PRODUCTION} AND moment IS NOT NULL AND {where(part, window)}
                    GROUP BY day ORDER BY day"""
        values = window_parameters(part, window)
        rows = warehouse.rows(connection, feature, Relation.TRACES, query, values, only_counts=True)
        return tuple((date.fromisoformat(day), int(tasks)) for day, tasks in rows)

    kept = _REMEMBERED.setdefault(warehouse, RememberedAnswers(_MOST_REMEMBERED))
    return kept.get(feature, ("tasks", part, window), counted)
