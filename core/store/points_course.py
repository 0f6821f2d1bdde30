"""The course of an early warning's points over the evidence, in the order of time (METHODS section 4).

With P the running sum of the points, the counter that never falls below 0 stands at P - min(0, lowest P so
far). So the database can follow it, and no row has to be fetched.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from core.metrics.catalogue import Better, Metric, Shape, metric
from core.metrics.requests import TallyRequest
from core.statistics.alarms import PointsRule
from core.store.evidence_sql import parameters, scope
from core.store.features import Feature
from core.store.tallying import moment
from core.store.warehouse import Warehouse


@dataclass(frozen=True)
class PointsCourse:
    """Over ``cases``: when the points first reached the limit and when that rise began (None: never).

    ``tripped_after`` is the number of the case that reached it, from 1.
    """

    cases: int
    tripped_at: datetime | None
    began_at: datetime | None
    tripped_after: int | None = None


@dataclass(frozen=True)
class FirstBad:
    """How many bad ``cases`` there are, and when the first of them was."""

    cases: int
    first_at: datetime


def points_course(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    request: TallyRequest,
    rule: PointsRule,
) -> PointsCourse:
    """The course of ``rule`` over the cases of ``request`` until it first trips.

    Related cases would trip it far too often, so that one random case of a user and day (of a session, where
    nobody says the user) counts. Cases picked by a worst-first review, or nobody knows how, do not.
    """
    asked = warehouse.settled(connection, feature, replace(request, by=None))
    about = metric(asked.metric)
    reading = about.reading(asked.source)
    bad = _bad(about)
    query = f"""{scope(reading, asked)}, drawn AS (
            SELECT ARG_MIN(STRUCT_PACK(moment := moment, bad := {bad}), key) AS one, MIN(key) AS key
            FROM scoped WHERE eligible AND standing = 'known'
            GROUP BY kind, witness, CAST(moment AS DATE), CASE WHEN kind = 'day' THEN key END),
        summed AS (
            SELECT ROW_NUMBER() OVER time AS place, one.moment AS moment,
                   SUM(CASE WHEN one.bad THEN $per_failure ELSE -$per_success END) OVER time AS total
            FROM drawn WINDOW time AS (ORDER BY one.moment, key ROWS UNBOUNDED PRECEDING)),
        points AS (
            SELECT place, moment,
                   total - LEAST(MIN(total) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING), 0) AS points
            FROM summed),
        trip AS (SELECT MIN(place) AS place FROM points WHERE points >= $limit),
        start AS (
            SELECT COALESCE(MAX(points.place), 0) + 1 AS place FROM points, trip
            WHERE points.points = 0 AND points.place < trip.place)
        SELECT (SELECT COUNT(*) FROM points),
               (SELECT EPOCH_US(moment) FROM points JOIN trip USING (place)),
               (SELECT EPOCH_US(moment) FROM points JOIN start USING (place)),
               (SELECT place FROM trip)"""
    values = {
        **parameters(reading, asked),
        "per_failure": rule.per_failure,
        "per_success": rule.per_success,
        "limit": rule.limit,
    }
    rows = warehouse.rows(connection, feature, reading.relation, query, values)
    cases, tripped, began, after = rows[0] if rows else (0, None, None, None)
    return PointsCourse(cases, moment(tripped), moment(began) if tripped is not None else None, after)


def first_bad(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> FirstBad | None:
    """The bad cases among all that ``request`` asks for, however they were picked; None: there is none.

    For a tripwire: a severe event is one, whoever came upon it, so that no sampling is asked for.
    """
    asked = warehouse.settled(connection, feature, replace(request, by=None))
    about = metric(asked.metric)
    reading = about.reading(asked.source)
    query = f"""{scope(reading, asked)}
        SELECT COUNT(*), EPOCH_US(MIN(moment)) FROM scoped WHERE eligible AND {_bad(about)}"""
    rows = warehouse.rows(connection, feature, reading.relation, query, parameters(reading, asked))
    cases, first = rows[0] if rows else (0, None)
    first_at = moment(first)
    return None if first_at is None else FirstBad(cases, first_at)


def _bad(about: Metric) -> str:
    """Whether a row is a bad case. Of an amount the rows that pass are those on the good side of the bar."""
    # A row that counts and does not say that it passes has not passed, as in every tally.
    passes = "COALESCE(passes, FALSE)"
    fails_by_passing = about.better is Better.LOWER and about.shape is Shape.RATE
    return passes if fails_by_passing else f"NOT {passes}"
