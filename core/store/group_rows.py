"""Two groups of a split, kind of task by kind of task, in lots of whole users."""

from dataclasses import dataclass
from datetime import datetime

from core.metrics.like_for_like import LotCount
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest
from core.store.database import Connection
from core.store.features import Feature
from core.store.split_sql import MOST_PARTS, Split, ask, column_sql, of_best_sample, parted
from core.store.tallying import moment
from core.store.warehouse import Warehouse

LOTS = 200
"""Users are handed out in at most so many lots: whole users stay together, and sums stay few."""


@dataclass(frozen=True)
class Group:
    """A value with ``n`` rows that count, the first of them at ``first``."""

    value: str
    n: int
    first: datetime


@dataclass(frozen=True)
class TwoGroups:
    """Both groups kind by kind. ``users`` is how many witnesses there are, ``in_both`` of them in both."""

    counts: tuple[LotCount, ...] = ()
    users: int = 0
    in_both: int = 0
    sampling_known: bool = True


def groups_of(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest, split: Split
) -> tuple[Group, ...]:
    """The commonest values of a split among the rows that count in a rate, the one that came last first."""
    query = f"""{parted(request, split, "0")}, together AS (
            SELECT part, standing, COUNT(*) AS n, EPOCH_US(MIN(moment)) AS first
            FROM parted WHERE part <> '' GROUP BY part, standing)
        FROM together
        QUALIFY ROW_NUMBER() OVER (PARTITION BY standing ORDER BY n DESC, part) <= {MOST_PARTS}
        ORDER BY first DESC, part"""
    kept, _ = of_best_sample(ask(warehouse, connection, feature, request, query, split))
    groups = [(value, n, moment(first)) for value, _, n, first in kept]
    return tuple(Group(value, n, first) for value, n, first in groups if first is not None)


def two_groups(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    request: TallyRequest,
    split: Split,
    new: str,
    old: str,
) -> TwoGroups:
    """The passes of the groups ``new`` and ``old`` of a split by task type, in lots of whole users.

    Five rows of a user in a group count, as in tallies; repeats of an eval case are averaged.
    """
    passes = "COALESCE(CAST(passes AS DOUBLE), 0)"
    task = column_sql("task_type")
    query = f"""{parted(request, split, passes)}, chosen AS (
            SELECT * FROM parted WHERE part IN ($new, $old)
            QUALIFY kind IN ('day', 'case')
                 OR ROW_NUMBER() OVER (PARTITION BY part, standing, kind, witness ORDER BY key)
                    <= {CAP_PER_WITNESS}),
        by_witness AS (
            SELECT standing, part = $new AS is_new, kind, witness, task,
                   CASE WHEN kind = 'case' THEN 1 ELSE COUNT(*) END AS n,
                   CASE WHEN kind = 'case' THEN AVG(score) ELSE SUM(score) END AS passes
            FROM chosen JOIN (SELECT key, {task} AS task FROM evidence) USING (key)
            GROUP BY standing, is_new, kind, witness, task),
        met AS (
            SELECT standing, kind, witness, COUNT(DISTINCT is_new) > 1 AS in_both,
                   ROW_NUMBER() OVER (PARTITION BY standing ORDER BY kind, witness) AS place
            FROM by_witness GROUP BY standing, kind, witness),
        counted AS (
            SELECT standing, COUNT(*) AS users, COUNT(*) FILTER (in_both) AS in_both
            FROM met GROUP BY standing)
        SELECT met.place % {LOTS} AS lot, standing, is_new, task, SUM(n)::DOUBLE, ROUND(SUM(passes), 9),
               ANY_VALUE(counted.users), ANY_VALUE(counted.in_both)
        FROM by_witness JOIN met USING (standing, kind, witness) JOIN counted USING (standing)
        GROUP BY lot, standing, is_new, task ORDER BY ALL"""
    rows = ask(warehouse, connection, feature, request, query, split, {"new": new, "old": old})
    kept, known = of_best_sample(rows)
    if not kept:
        return TwoGroups()
    counts = tuple(
        LotCount(lot, is_new, task, n, min(passes, n)) for lot, _, is_new, task, n, passes, *_ in kept
    )
    return TwoGroups(counts, kept[0][6], kept[0][7], known)
