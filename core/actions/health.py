"""The health of a feature: each metric apart, by each source, with its weeks, its bar and its slices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.gauges import FEWEST_IN_A_SLICE, Gauge, Health, Part, QualityGauge
from core.actions.measuring import has_group
from core.actions.one_scan import board_in_one_scan
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.phase_names import newest_plan, phase_name
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.metrics.catalogue import AMOUNTS, BEHAVIOUR, QUALITY, Better, Metric, metric
from core.metrics.diagnosis import diagnose
from core.metrics.drift import investigate
from core.metrics.measurement import Measurement, Source
from core.metrics.requests import TallyRequest
from core.rollout.transitions import PhasePeriod, periods
from core.store import features, transitions

MOST_CHOICES = 200

BOARD_WEEKS = 8
"""So many weeks stand small beside each number of the board."""


@dataclass(frozen=True)
class PhaseRan:
    """A phase that has run: its name in the plan, its latest period, and how often it was entered."""

    name: str
    period: PhasePeriod
    times: int


def view_health(workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part) -> Health:
    """Every metric by every source over ``part`` with its last weeks, and the slices the checklist names."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        with board_in_one_scan(reader):
            quality = tuple(_quality(reader, asked) for asked in QUALITY)
            view = Health(
                quality=quality,
                amounts=tuple(gauge for asked in AMOUNTS for gauge in reader.gauges(asked)),
                behaviour=tuple(gauge for asked in BEHAVIOUR for gauge in reader.gauges(asked)),
                diagnoses=diagnose(_of_traffic(quality)),
                error=reader.error,
                is_committed=reader.is_committed,
                evidence_version=reader.feature.evidence_version,
            )
            return _with_weeks(reader, replace(view, slices=tuple(reader.slices(view.gauges))))


def phases_of(workspace: Workspace, caller: Caller, slug: str) -> dict[str, PhaseRan]:
    """The phases that have run, by their ids, in the order of their latest beginning."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        ran = periods(transitions.of_feature(connection, feature.id))
        plan = newest_plan(connection, feature)
    found: dict[str, PhaseRan] = {}
    for period in ran:
        before = found.pop(period.phase, None)
        times = 1 if before is None else before.times + 1
        found[period.phase] = PhaseRan(phase_name(plan, period.phase), period, times)
    return found


@dataclass(frozen=True)
class SliceOfRow:
    """One value of a column, as a row of the board opens it; ``bar`` is the one that holds there."""

    value: str
    finding: Measurement
    bar: float | None


def slices_of_row(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part, gauge: Gauge, column: str
) -> tuple[SliceOfRow, ...] | None:
    """One metric by one source for every value of ``column``, the worst first, small ones last.

    None where the source's rows do not say the column.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        found = reader.by_value(gauge, column)
        if found is None:
            return None
        slices = [
            SliceOfRow(value, finding, reader.bar_in(gauge, column, value))
            for value, finding in found.items()
            if isinstance(finding, Measurement)
        ]
    sign = 1 if gauge.metric.better is Better.HIGHER else -1
    return tuple(
        sorted(
            slices,
            key=lambda one: (
                one.finding.effective_n < FEWEST_IN_A_SLICE,
                sign * (one.finding.value - (one.bar or 0.0)),
                one.value,
            ),
        )
    )


def values_of(workspace: Workspace, caller: Caller, slug: str) -> dict[str, list[str]]:
    """What a part may be chosen from: the values of segment, task, bundle, role and channel, sorted.

    Of a column with very many values the commonest are offered.
    """
    require(workspace, caller, Act.SEE, slug)
    columns = {
        "segment": "user_segment",
        "task": "task_type",
        "bundle": "bundle",
        "role": "user_role",
        "channel": "channel",
    }
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        found = {}
        for name, column in columns.items():
            in_traces = workspace.warehouse.values_of(connection, feature, column, MOST_CHOICES)
            values = {value for value, _ in in_traces}
            if has_group(metric("eval_pass_rate").reading(Source.EVAL), column):
                results = TallyRequest("eval_pass_rate", Source.EVAL, by=column)
                in_results = workspace.warehouse.tallies(connection, feature, results)
                values |= {value for value in in_results if value}
            found[name] = sorted(values, key=str.casefold)
        return found


def evidence_version(workspace: Workspace, caller: Caller, slug: str) -> int:
    """A number that changes whenever the feature's evidence does."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        return features.by_slug(connection, slug).evidence_version


def _main_first(gauge: Gauge) -> tuple[bool, bool]:
    """What the checklist holds the feature to stands large, then what is measured; else their own order."""
    return gauge.row is None or gauge.measured is None, gauge.measured is None


def _quality(reader: PartReader, asked: Metric) -> QualityGauge:
    gauges = sorted(reader.gauges(asked), key=_main_first)
    main = gauges[0] if gauges else None
    weeks = reader.trend(asked, main.source, "week") if main and main.measured else ()
    return QualityGauge(asked, main, tuple(gauges[1:]), weeks, investigate(weeks))


def _of_traffic(quality: Sequence[QualityGauge]) -> dict[str, Measurement]:
    """What each of the five says of the traffic, or where only an eval set was measured, of that."""
    found: dict[str, Measurement] = {}
    for one in quality:
        measured = [gauge.measured for gauge in (one.main, *one.others) if gauge and gauge.measured]
        measured.sort(key=lambda measurement: measurement.source is Source.EVAL)
        if measured:
            found[one.metric.id] = measured[0]
    return found


def _with_weeks(reader: PartReader, view: Health) -> Health:
    """The board with the last weeks of every number on it, all up to the week of the newest row."""
    newest = max(view.newest.values(), default=None)
    if newest is None:
        return view

    def drawn(gauges: Sequence[Gauge]) -> tuple[Gauge, ...]:
        return tuple(
            gauge
            if gauge.measured is None
            else replace(gauge, weeks=reader.last_weeks(gauge, newest, BOARD_WEEKS))
            for gauge in gauges
        )

    quality = tuple(
        replace(one, main=main, others=drawn(one.others))
        for one in view.quality
        for main in [drawn([one.main])[0] if one.main is not None else None]
    )
    return replace(
        view,
        quality=quality,
        amounts=drawn(view.amounts),
        behaviour=drawn(view.behaviour),
        slices=drawn(view.slices),
    )
