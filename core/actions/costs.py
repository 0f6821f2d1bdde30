"""The cost of one part of the traces: per task, its tail, who and what is dear, and at another volume."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.actions.gauges import Gauge, Part
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.metrics.catalogue import metric
from core.metrics.cost_projection import (
    A_MILLION,
    AS_TODAY,
    TIMES_TODAY,
    Assumptions,
    Outlook,
    Step,
    outlook,
    steps,
)
from core.metrics.measure_mean import Spend, mean_of, measure_mean
from core.metrics.measurement import Measurement, NotMeasured, Source, WeekPoint
from core.statistics.costs import MeanCost, known_share, mean_cost
from core.store.cost_rows import DaySpend, Spending, spend_by_group, spending
from core.units import Share, Usd

COST_METRICS = ("cost_per_task", "cost_per_successful_task", "cost_p50", "cost_p95", "cost_p99")
_PER_TASK = "cost_per_task"

VOLUME_DAYS = 28
"""Today's volume is the mean of so many days: they hold every weekday alike."""

_FEWEST_WHOLE_DAYS = 7


@dataclass(frozen=True)
class PartCost:
    """One value of a column: its mean cost, and its share of all cost; "" where a trace does not say it."""

    value: str
    finding: Measurement | NotMeasured
    cost: Usd
    share: Share | None


@dataclass(frozen=True)
class Volume:
    """Today's tasks a day: the mean from ``first`` to ``last``, days without a task included."""

    tasks_per_day: float
    first: date
    last: date
    days: int


@dataclass(frozen=True)
class Costs:
    """What the cost section shows. ``known`` of ``tasks`` traces have a cost; the rest is not counted as 0.

    ``mean`` is that of the traces, whatever source the page is filtered to. ``outlooks`` are today's volume,
    ten times it, a million tasks a day and the volume asked for, the smallest first.
    """

    gauges: tuple[Gauge, ...]
    mean: MeanCost
    tasks: int
    known: int
    witness: str
    spending: Spending
    volume: Volume | None
    outlooks: tuple[Outlook, ...]
    weeks: tuple[WeekPoint, ...]
    week_steps: tuple[Step, ...]
    release_steps: tuple[Step, ...]
    parts: tuple[PartCost, ...]
    error: float

    @property
    def known_share(self) -> Share | None:
        return known_share(self.known, self.tasks)


def view_costs(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    *,
    column: str = "task_type",
    tasks_per_day: int | None = None,
    assumed: Assumptions = AS_TODAY,
) -> Costs:
    """The cost of ``part``, parted by ``column``, and projected as ``assumed``, also to ``tasks_per_day``."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        request = reader.request(metric(_PER_TASK), Source.TRACE)
        whole = _spend(reader).get(None)
        seen = spending(workspace.warehouse, connection, reader.feature, request)
        mean = mean_of(whole, reader.error) if whole else mean_cost((), (), reader.error)
        volume, by_day = _volume(seen.days), _whole_days(seen.days)
        return Costs(
            gauges=tuple(gauge for name in COST_METRICS for gauge in reader.gauges(metric(name))),
            mean=mean,
            tasks=sum(day.tasks for day in seen.days),
            known=sum(day.known for day in seen.days),
            witness=whole.tally.cluster.value if whole else "user",
            spending=seen,
            volume=volume,
            outlooks=_outlooks(mean, volume, tasks_per_day, assumed, _spent(by_day), reader.error),
            weeks=reader.trend(metric(_PER_TASK), Source.TRACE, "week"),
            week_steps=_steps(_spend(reader, "week"), None, reader.error),
            release_steps=_steps(_spend(reader, "bundle"), seen.releases, reader.error),
            parts=_parts(reader, column),
            error=reader.error,
        )


def _spend(reader: PartReader, by: str | None = None) -> Mapping[str | None, Spend]:
    request = replace(reader.request(metric(_PER_TASK), Source.TRACE), by=by)
    return spend_by_group(reader.workspace.warehouse, reader.connection, reader.feature, request)


def _steps(spends: Mapping[str | None, Spend], order: Sequence[str] | None, error: float) -> tuple[Step, ...]:
    """From each week (release) to the next; weeks are in the order of their names."""
    named = {name: spend for name, spend in spends.items() if name}
    names = sorted(named) if order is None else [name for name in order if name in named]
    return steps([(name, mean_of(named[name], error)) for name in names])


def _parts(reader: PartReader, column: str) -> tuple[PartCost, ...]:
    """Every value of the column, the one that costs most in all first."""
    request = replace(reader.request(metric(_PER_TASK), Source.TRACE), by=column)
    spends = _spend(reader, column)
    total = sum(sum(spend.cost_by_cluster) for spend in spends.values())
    parts = []
    for value, spend in spends.items():
        cost = sum(spend.cost_by_cluster)
        finding = measure_mean(request, spend, reader.error)
        parts.append(PartCost(value or "", finding, cost, cost / total if total else None))
    return tuple(sorted(parts, key=lambda one: (-one.cost, one.value)))


def _outlooks(
    mean: MeanCost,
    volume: Volume | None,
    asked: int | None,
    assumed: Assumptions,
    cost_by_day: Sequence[Usd],
    error: float,
) -> tuple[Outlook, ...]:
    today = volume.tasks_per_day if volume else None
    volumes = {float(A_MILLION)} | ({today, TIMES_TODAY * today} if today else set())
    if asked is not None:
        volumes.add(float(asked))
    found = [outlook(mean, tasks, assumed, cost_by_day, today, error) for tasks in sorted(volumes)]
    return tuple(one for one in found if one is not None)


def _whole_days(days: Sequence[DaySpend]) -> list[DaySpend]:
    """Every day, also those without a task, but for the first and the last, which may be cut.

    Where only few days are left then, those two stay.
    """
    if not days:
        return []
    by_day = {one.day: one for one in days}
    span = (days[-1].day - days[0].day).days
    every = [days[0].day + timedelta(days=number) for number in range(span + 1)]
    if len(every) >= _FEWEST_WHOLE_DAYS + 2:
        every = every[1:-1]
    return [by_day.get(day, DaySpend(day, 0, 0, 0.0)) for day in every]


def _volume(days: Sequence[DaySpend]) -> Volume | None:
    counted = _whole_days(days)[-VOLUME_DAYS:]
    tasks = sum(one.tasks for one in counted)
    if not tasks:
        return None
    return Volume(tasks / len(counted), counted[0].day, counted[-1].day, len(counted))


def _spent(days: Sequence[DaySpend]) -> list[Usd]:
    """What each day cost, tasks without a cost taken to cost what the day's others did; a day with tasks but
    without any cost is left out, one without tasks cost nothing."""
    return [
        one.cost * one.tasks / one.known if one.known else 0.0
        for one in days[-VOLUME_DAYS:]
        if one.known or not one.tasks
    ]
