"""The counts of a rate by day: passes of n, without the witnesses behind them, so that any page can ask."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from core.metrics.catalogue import metric
from core.metrics.daily import DayCount
from core.metrics.requests import TallyRequest
from core.store.evidence_sql import parameters, tally_query
from core.store.features import Feature
from core.store.kept_rows import Rows
from core.store.warehouse import Warehouse


def day_counts(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> tuple[DayCount, ...]:
    """The days that count anything, oldest first: what a tally by day counts, summed up.

    As in a tally, a user counts five times a day at most, worst-first reviews never count, and cases of
    unknown sampling only on days that have no others.
    """
    asked = warehouse.settled(connection, feature, replace(request, by="day"))
    reading = metric(asked.metric).reading(asked.source)
    query = f"""SELECT "group" AS day, standing, SUM(passes * witnesses), SUM(n * witnesses)::BIGINT
                FROM ({tally_query(reading, asked)}) GROUP BY ALL HAVING SUM(n) > 0 ORDER BY ALL"""
    values = parameters(reading, asked)
    rows = warehouse.rows(connection, feature, reading.relation, query, values, only_counts=True)
    return _known_first(rows)


def _known_first(rows: Rows | Sequence[tuple[str, str, float, int]]) -> tuple[DayCount, ...]:
    days: dict[str, DayCount] = {}
    # "but unknown" sorts before "known", so that a known sample takes the place of an unknown one.
    for day, standing, passes, n in rows:
        if standing != "as worst":
            days[day] = DayCount(date.fromisoformat(day), round(float(passes), 9), int(n))
    return tuple(days[day] for day in sorted(days))
