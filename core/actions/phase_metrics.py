"""Metrics by phase of the rollout: what each phase measured, against its own baseline and its bar."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.actions.gauges import Gauge, Part
from core.actions.like_for_like import compare_stretches
from core.actions.measuring import by_group, clipped
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.phase_names import newest_plan, period_names
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.metrics.measure import measure_rate
from core.metrics.measurement import Measurement, NotMeasured, Window
from core.metrics.phases import Baseline, Compared, PhaseCell, meets
from core.rollout.plan import PhasePlan
from core.rollout.transitions import PhasePeriod, periods
from core.store import transitions

FIRST_WEEK = timedelta(days=7)
"""A phase's own baseline: its first seven days, once they are over."""


@dataclass(frozen=True)
class PhaseRow:
    """One period of a phase, with a cell for each metric that was asked for."""

    name: str
    period: PhasePeriod
    first_week_is_over: bool
    cells: tuple[PhaseCell, ...]


def view_phases(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    gauges: Sequence[Gauge],
) -> tuple[PhaseRow, ...]:
    """Every period of every phase, oldest first, with ``gauges`` measured in it."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        ran = periods(transitions.of_feature(connection, reader.feature.id))
        plan = newest_plan(connection, reader.feature)
        columns = [_cells(reader, plan, ran, gauge) for gauge in gauges]
        names = period_names(plan, ran)
    return tuple(
        PhaseRow(
            names[place],
            period,
            period.began + FIRST_WEEK <= (period.ended or now),
            tuple(column[place] for column in columns),
        )
        for place, period in enumerate(ran)
    )


def _cells(reader: PartReader, plan: PhasePlan, ran: Sequence[PhasePeriod], gauge: Gauge) -> list[PhaseCell]:
    """One metric in every period, each beside the one before."""
    cells: list[PhaseCell] = []
    for place, period in enumerate(ran):
        bar = _bar(reader, plan, period, gauge)
        first_week, compared = _own_baseline(reader, period, gauge, bar)
        if place:
            before = _against(reader, gauge, bar, Baseline.PHASE_BEFORE, period, ran[place - 1])
            compared += before
        met = bool(cells) and meets(cells[-1].finding, bar, gauge.metric.better)
        found = _whole(reader, gauge, _window(reader, period))
        cells.append(PhaseCell(gauge.metric, gauge.source, found, first_week, compared, bar, met))
    return cells


def _own_baseline(
    reader: PartReader, period: PhasePeriod, gauge: Gauge, bar: float | None
) -> tuple[Measurement | NotMeasured | None, tuple[Compared, ...]]:
    """The phase's first week, and what came after it held against it; nothing before that week is over."""
    turn = period.began + FIRST_WEEK
    if turn > (period.ended or reader.now):
        return None, ()
    week, rest = replace(period, ended=turn), replace(period, began=turn)
    compared = _against(reader, gauge, bar, Baseline.FIRST_WEEK, rest, week)
    return _whole(reader, gauge, _window(reader, week)), compared


def _against(
    reader: PartReader,
    gauge: Gauge,
    bar: float | None,
    baseline: Baseline,
    new: PhasePeriod,
    old: PhasePeriod,
) -> tuple[Compared, ...]:
    """One stretch of time against an earlier one; nothing where one of them is empty."""
    found = compare_stretches(reader, gauge, bar, new, old)
    return () if found is None else (Compared(baseline, found),)


def _bar(reader: PartReader, plan: PhasePlan, period: PhasePeriod, gauge: Gauge) -> float | None:
    """The phase's own bar for the metric, else the checklist's."""
    phase = plan.phase(period.phase)
    where = dict(reader.part.slice.where)
    own: list[MeasuredItem] = [
        bar
        for bar in (phase.bars if phase is not None else ())
        if (bar.metric, bar.source) == (gauge.metric.id, gauge.source) and bar.slice == where
    ]
    item = own[0] if own else reader.item(gauge.metric, gauge.source, where)
    return None if item is None else item.bar


def _window(reader: PartReader, period: PhasePeriod) -> Window:
    """The part's own window, as far as it lies in the period."""
    return clipped(reader.window, period.began, period.ended)


def _whole(reader: PartReader, gauge: Gauge, window: Window) -> Measurement | NotMeasured:
    request = replace(reader.request(gauge.metric, gauge.source), window=window)
    found = by_group(reader.workspace, reader.connection, reader.feature, request, reader.error)
    return found.get(None) or measure_rate(request, None, reader.error)
