"""What tasks cost: by user, by day, the dearest, and how they spread; put together in DuckDB."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from core.metrics.catalogue import Relation
from core.metrics.measure_mean import Spend
from core.metrics.requests import TallyRequest
from core.store.evidence_sql import PRODUCTION, where, window_parameters
from core.store.features import Feature
from core.store.remembered_answers import RememberedAnswers
from core.store.spend_sql import exact_usd
from core.store.tallying import Witnesses, moment, tally_of
from core.store.warehouse import Warehouse

BINS_PER_DECADE = 16
"""Into how many steps each power of ten is parted where costs are counted by size."""

MOST_LISTED = 10
MOST_RUNAWAY = 20
RUNAWAY_TIMES = 10
"""A user's day that costs more than so many times the median one looks like a loop that nobody stopped."""

_SPENT = "CAST(COALESCE(SUM(cost), 0) AS DOUBLE)"
_PRICED = "priced AS (SELECT *, {cost} AS cost FROM evidence WHERE {where})"


@dataclass(frozen=True)
class DaySpend:
    """One day (UTC): its tasks, those with a known cost, and what these cost together."""

    day: date
    tasks: int
    known: int
    cost: float


@dataclass(frozen=True)
class DearUser:
    """What one user's ``tasks`` with a known cost came to."""

    user: str
    tasks: int
    cost: float


@dataclass(frozen=True)
class DearTask:
    """One run and its cost."""

    run_id: str
    moment: datetime | None
    user: str | None
    task_type: str | None
    cost: float


@dataclass(frozen=True)
class UserDay:
    """What one user spent on one day."""

    user: str
    day: date
    tasks: int
    cost: float


@dataclass(frozen=True)
class Runaways:
    """The days of a user that cost over RUNAWAY_TIMES the median one: how many, and the dearest of them.

    ``median`` is None where no user's day cost anything; ``days`` is how many there are.
    """

    median: float | None
    days: int
    count: int
    dearest: tuple[UserDay, ...]


@dataclass(frozen=True)
class CostBin:
    """``tasks`` whose cost lies from ``low`` to below ``high`` dollars; free tasks lie from 0 to 0."""

    low: float
    high: float
    tasks: int


@dataclass(frozen=True)
class Spending:
    """Everything about the cost of one part of the traces that is not a metric.

    ``releases`` are those that the traces name, the earliest first.
    """

    days: tuple[DaySpend, ...]
    bins: tuple[CostBin, ...]
    users: tuple[DearUser, ...]
    tasks: tuple[DearTask, ...]
    runaways: Runaways
    releases: tuple[str, ...]


# The spend of a witness and the day's sums are worked out once for each state of the evidence.
_REMEMBERED: WeakKeyDictionary[Warehouse, RememberedAnswers] = WeakKeyDictionary()
_MOST_REMEMBERED = 512

T = TypeVar("T")


def spend_by_group(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> Mapping[str | None, Spend]:
    """The spend of each group of ``request.by`` (key ``None`` where it is not grouped), by witness.

    All tasks of a user count, also the sixth (METHODS 13). Labels picked worst first never count.
    """
    asked = warehouse.settled(connection, feature, request)

    def counted() -> dict[str | None, Spend]:
        by_group: dict[str | None, list[tuple[Any, ...]]] = {}
        for group, *said in warehouse.spent(connection, feature, asked):
            by_group.setdefault(group, []).append(tuple(said))
        return {group: _spend(said) for group, said in by_group.items()}

    return _remembered(warehouse, feature, ("spend", asked), counted)


def spending(
    warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest
) -> Spending:
    """Days, sizes, the dearest users and tasks, and runaway days of the traces in the slice and window."""
    asked = warehouse.settled(connection, feature, request)
    values = window_parameters(asked.slice, asked.window)
    condition = f"{PRODUCTION} AND {where(asked.slice, asked.window)}"
    priced = "WITH " + _PRICED.format(cost=exact_usd("cost_usd"), where=condition)

    def rows(query: str) -> list[tuple[Any, ...]]:
        return warehouse.rows(connection, feature, Relation.TRACES, f"{priced} {query}", values)

    def counted() -> Spending:
        return Spending(
            days=tuple(DaySpend(*row) for row in rows(_DAYS)),
            bins=tuple(_bin(*row) for row in rows(_BINS)),
            users=tuple(DearUser(*row) for row in rows(_USERS)),
            tasks=tuple(
                DearTask(run, moment(when), user, task, cost) for run, when, user, task, cost in rows(_TASKS)
            ),
            runaways=_runaways(rows(_RUNAWAYS)),
            releases=tuple(bundle for (bundle,) in rows(_RELEASES)),
        )

    return _remembered(warehouse, feature, ("spending", asked.slice, asked.window), counted)


def _remembered(warehouse: Warehouse, feature: Feature, question: object, answer: Callable[[], T]) -> T:
    kept = _REMEMBERED.setdefault(warehouse, RememberedAnswers(_MOST_REMEMBERED))
    return kept.get(feature, question, answer)


_DAYS = f"""
    SELECT CAST(moment AS DATE) AS day, COUNT(*), COUNT(cost), {_SPENT}
    FROM priced GROUP BY day ORDER BY day"""

_BINS = f"""
    SELECT CASE WHEN cost > 0 THEN CAST(FLOOR(LOG10(CAST(cost AS DOUBLE)) * {BINS_PER_DECADE}) AS INTEGER)
           END AS place, COUNT(*)
    FROM priced WHERE cost IS NOT NULL GROUP BY place ORDER BY place NULLS FIRST"""

_USERS = f"""
    SELECT ARG_MAX(user_id, (moment, run_id)), COUNT(cost), {_SPENT} AS spent
    FROM priced WHERE user_id IS NOT NULL AND cost IS NOT NULL
    GROUP BY same_user(user_id) ORDER BY spent DESC, 1 LIMIT {MOST_LISTED}"""

_TASKS = f"""
    SELECT run_id, EPOCH_US(moment), user_id, task_type, CAST(cost AS DOUBLE)
    FROM priced WHERE cost > 0 ORDER BY cost DESC, run_id LIMIT {MOST_LISTED}"""

_RUNAWAYS = f"""
    , user_day AS (
        SELECT ARG_MAX(user_id, (moment, run_id)) AS who, CAST(moment AS DATE) AS day, COUNT(cost) AS tasks,
               {_SPENT} AS spent
        FROM priced WHERE user_id IS NOT NULL AND cost IS NOT NULL GROUP BY same_user(user_id), day),
    usual AS (SELECT MEDIAN(spent) AS middle, COUNT(*) AS days FROM user_day WHERE spent > 0)
    SELECT middle, days, COUNT(*) OVER (), who, day, tasks, spent
    FROM usual LEFT JOIN user_day ON spent > {RUNAWAY_TIMES} * middle
    ORDER BY spent DESC, who, day LIMIT {MOST_RUNAWAY}"""

_RELEASES = """
    SELECT bundle FROM priced WHERE bundle <> '' GROUP BY bundle ORDER BY MIN(moment), bundle"""


def _bin(place: int | None, tasks: int) -> CostBin:
    if place is None:
        return CostBin(0.0, 0.0, tasks)
    return CostBin(10 ** (place / BINS_PER_DECADE), 10 ** ((place + 1) / BINS_PER_DECADE), tasks)


def _runaways(rows: list[tuple[Any, ...]]) -> Runaways:
    if not rows:
        return Runaways(None, 0, 0, ())
    median, days, count, *_ = rows[0]
    dearest = tuple(UserDay(*row[3:]) for row in rows if row[3] is not None)
    return Runaways(median, days, count if dearest else 0, dearest)


def _spend(said: list[tuple[Any, ...]]) -> Spend:
    """One group's spend; which labels count is decided as for every other metric."""
    witnesses = [
        Witnesses(
            kind=kind,
            standing=standing,
            n=1 if n else 0,
            passes=0.0,
            witnesses=len(n or ()),
            rows=rows,
            eligible=sum(n or ()),
            newest=newest,
            looks=[],
            bundles=bundles,
        )
        for kind, standing, n, _passing, _spent, rows, newest, bundles in said
    ]
    tally = tally_of(witnesses)
    standing = "known" if tally.sampling_known else "but unknown"
    counted = [row for row in said if row[1] == standing and row[2]]
    return Spend(
        cost_by_cluster=tuple(cost for row in counted for cost in row[4]),
        tally=replace(
            tally,
            n_by_cluster=tuple(n for row in counted for n in row[2]),
            passes_by_cluster=tuple(float(passing) for row in counted for passing in row[3]),
            capped=0,
        ),
    )
