"""The first day that cost too much, of a user or of all of them, put together in DuckDB."""

from typing import Any

from sqlalchemy import Connection

from core.metrics.catalogue import Relation
from core.metrics.measurement import Slice, Source, Window
from core.metrics.requests import TallyRequest
from core.rollout.spend import SpendLimit, SpendSeen, SpentDay
from core.store.evidence_sql import PRODUCTION, where, window_parameters
from core.store.features import Feature
from core.store.spend_sql import exact_usd
from core.store.tallying import moment
from core.store.warehouse import Warehouse

_SEEN = "COUNT(*), COUNT(cost), COUNT(*) FILTER (cost IS NOT NULL AND user_id IS NOT NULL)"
_LIMIT = "CAST($usd AS DECIMAL(38, 12))"


def spend_seen(warehouse: Warehouse, connection: Connection, feature: Feature, window: Window) -> SpendSeen:
    """How many tasks ``window`` holds, and of how many of them the cost, and the user, is known."""
    rows = _rows(warehouse, connection, feature, window, f"SELECT {_SEEN} FROM priced", {})
    return SpendSeen(*rows[0]) if rows else SpendSeen(0, 0, 0)


def first_dear_day(
    warehouse: Warehouse, connection: Connection, feature: Feature, window: Window, limit: SpendLimit
) -> SpentDay | None:
    """The first day (UTC) in ``window`` that reached ``limit``; None: none did."""
    who, known = ("same_user(user_id)", "user_id IS NOT NULL") if limit.per_user else ("''", "TRUE")
    query = f"""
        , counted AS (SELECT run_id, moment, day, cost, {who} AS who
                      FROM priced WHERE cost IS NOT NULL AND {known}),
        dear AS (SELECT day, who, SUM(cost) AS spent FROM counted GROUP BY day, who HAVING spent >= {_LIMIT}),
        first_day AS (SELECT MIN(day) AS day FROM dear),
        reached AS (SELECT dear.* FROM dear JOIN first_day USING (day)),
        summed AS (
            SELECT moment, run_id, ROW_NUMBER() OVER time AS place, SUM(cost) OVER time AS total
            FROM counted JOIN reached USING (day, who)
            WINDOW time AS (PARTITION BY who ORDER BY moment, run_id ROWS UNBOUNDED PRECEDING)),
        trip AS (SELECT moment, place FROM summed WHERE total >= {_LIMIT} ORDER BY moment, run_id LIMIT 1)
        SELECT ANY_VALUE(day), (SELECT EPOCH_US(moment) FROM trip), (SELECT place FROM trip),
               (SELECT CAST(MAX(spent) AS DOUBLE) FROM reached), (SELECT COUNT(*) FROM reached), {_SEEN}
        FROM priced JOIN first_day USING (day)"""
    rows = _rows(warehouse, connection, feature, window, query, {"usd": limit.usd})
    day, at, cases, spent, users, *seen = rows[0] if rows else (None,) * 8
    reached_at = moment(at)
    return None if reached_at is None else SpentDay(day, reached_at, cases, spent, users, SpendSeen(*seen))


def _rows(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    window: Window,
    query: str,
    values: dict[str, Any],
) -> list[tuple[Any, ...]]:
    asked = warehouse.settled(
        connection, feature, TallyRequest("cost_per_task", Source.TRACE, window=window)
    ).window
    priced = f"""WITH priced AS (
        SELECT run_id, moment, CAST(moment AS DATE) AS day, user_id, {exact_usd("cost_usd")} AS cost
        FROM evidence WHERE {PRODUCTION} AND moment IS NOT NULL AND {where(Slice(), asked)}) {query}"""
    given = {**window_parameters(Slice(), asked), **values}
    return warehouse.rows(connection, feature, Relation.TRACES, priced, given)
