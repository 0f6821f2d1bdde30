"""The health of a feature: each metric apart, by each source, with its weeks, its bar and its slices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.gauges import (
    Gauge,
    Health,
    Part,
    QualityGauge,
    SliceCell,
    SliceRow,
    SliceTable,
)
from core.actions.measuring import by_group, has_group, trend
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem, read_checklist
from core.criteria.judge import judge_measured
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.metrics.catalogue import AMOUNTS, BEHAVIOUR, QUALITY, Better, Metric, Reading, metric
from core.metrics.diagnosis import diagnose
from core.metrics.drift import investigate
from core.metrics.measure import measure_rate
from core.metrics.measurement import Measurement, NotMeasured, Source, WeekPoint, Window
from core.metrics.requests import TallyRequest
from core.store import commitments, documents, features
from core.store.database import Connection
from core.store.features import Feature

MOST_CHOICES = 200


def view_health(workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part) -> Health:
    """Every metric by every source over ``part``; the five also by week."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        reader = _Reader.of(workspace, connection, slug, part, now)
        quality = tuple(reader.quality(asked) for asked in QUALITY)
        found = {one.metric.id: one.main.measured for one in quality if one.main and one.main.measured}
        return Health(
            quality=quality,
            amounts=tuple(gauge for asked in AMOUNTS for gauge in reader.gauges(asked)),
            behaviour=tuple(gauge for asked in BEHAVIOUR for gauge in reader.gauges(asked)),
            diagnoses=diagnose(found),
            error=reader.error,
            is_committed=reader.is_committed,
            evidence_version=reader.feature.evidence_version,
        )


def view_trend(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    metric_id: str,
    source: Source,
    step: str,
) -> tuple[WeekPoint, ...]:
    """One metric by ``step`` (``"week"`` or ``"day"``); a point's ``week`` is the day it begins on."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        return _Reader.of(workspace, connection, slug, part, now).trend(metric(metric_id), source, step)


def view_slices(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    column: str,
    gauges: Sequence[Gauge],
) -> SliceTable:
    """The metrics and sources of ``gauges`` for every value of ``column``, one of SLICE_COLUMNS."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        reader = _Reader.of(workspace, connection, slug, part, now)
        columns = [reader.by_value(gauge, column) for gauge in gauges]
        values = {value for found in columns if found is not None for value in found}
        rows = []
        for value in values:
            cells = tuple(
                SliceCell(found.get(value) if found else None, reader.bar_in(gauge, column, value))
                for gauge, found in zip(gauges, columns, strict=True)
            )
            rows.append(SliceRow(value, cells))
    heads = tuple((gauge.metric, gauge.source) for gauge in gauges)
    return SliceTable(column, heads, tuple(sorted(rows, key=_worst_first)))


def values_of(workspace: Workspace, caller: Caller, slug: str) -> dict[str, list[str]]:
    """What a part may be chosen from: the values of segment, task and bundle in all evidence, sorted.

    Of a column with very many values the commonest are offered.
    """
    require(caller, Act.SEE)
    columns = {"segment": "user_segment", "task": "task_type", "bundle": "bundle"}
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        found = {}
        for name, column in columns.items():
            in_traces = workspace.warehouse.values_of(connection, feature, column, MOST_CHOICES)
            results = TallyRequest("eval_pass_rate", Source.EVAL, by=column)
            in_results = workspace.warehouse.tallies(connection, feature, results)
            values = {value for value, _ in in_traces} | {value for value in in_results if value}
            found[name] = sorted(values, key=str.casefold)
        return found


def evidence_version(workspace: Workspace, caller: Caller, slug: str) -> int:
    """A number that changes whenever the feature's evidence does."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        return features.by_slug(connection, slug).evidence_version


@dataclass(frozen=True)
class _Reader:
    """Asks for one part of one feature's evidence, inside one transaction."""

    workspace: Workspace
    connection: Connection
    feature: Feature
    part: Part
    now: datetime
    window: Window
    checklist: Checklist
    is_committed: bool

    @classmethod
    def of(
        cls, workspace: Workspace, connection: Connection, slug: str, part: Part, now: datetime
    ) -> "_Reader":
        feature = features.by_slug(connection, slug)
        checklist, is_committed = _checklist(connection, feature, now)
        return cls(workspace, connection, feature, part, now, part.window(now), checklist, is_committed)

    @property
    def error(self) -> float:
        return ACCEPTED_ERROR[self.checklist.stakes]

    def quality(self, asked: Metric) -> QualityGauge:
        gauges = sorted(self.gauges(asked), key=_main_first)
        main = gauges[0] if gauges else None
        weeks = self.trend(asked, main.source, "week") if main and main.measured else ()
        return QualityGauge(asked, main, tuple(gauges[1:]), weeks, investigate(weeks))

    def gauges(self, asked: Metric) -> list[Gauge]:
        return [
            self._gauge(asked, reading)
            for reading in asked.readings
            if self.part.source in (None, reading.source)
        ]

    def trend(self, asked: Metric, source: Source, step: str) -> tuple[WeekPoint, ...]:
        request = replace(self._request(asked, source), by=step)
        return trend(self.workspace, self.connection, self.feature, request, self.error)

    def by_value(self, gauge: Gauge, column: str) -> dict[str, Measurement | NotMeasured] | None:
        """The findings by the column's values; None where the source's rows have no such column."""
        if not has_group(gauge.metric.reading(gauge.source), column):
            return None
        request = replace(self._request(gauge.metric, gauge.source), by=column)
        found = by_group(self.workspace, self.connection, self.feature, request, self.error)
        return {value: finding for value, finding in found.items() if value is not None}

    def bar_in(self, gauge: Gauge, column: str, value: str) -> float | None:
        """The bar of a slice: its own where the checklist has one, else that of what it is a part of."""
        item = self._item(gauge.metric, gauge.source, {**dict(self.part.slice.where), column: value})
        return None if item is None else item.bar

    def _gauge(self, asked: Metric, reading: Reading) -> Gauge:
        item = self._item(asked, reading.source, dict(self.part.slice.where))
        request = self._request(asked, reading.source, item)
        found = by_group(self.workspace, self.connection, self.feature, request, self.error)
        finding = found.get(None) or measure_rate(request, None, self.error)
        row = None if item is None else judge_measured(item, finding, self.now)
        return Gauge(asked, reading.source, finding, row)

    def _request(self, asked: Metric, source: Source, item: MeasuredItem | None = None) -> TallyRequest:
        """The whole part; ``item`` gives amounts the bar that they are counted against."""
        bar = None if item is None else item.bar
        return TallyRequest(asked.id, source, self.part.slice, self.window, bar=bar)

    def _item(self, asked: Metric, source: Source, where: dict[str, str]) -> MeasuredItem | None:
        """The checklist's item for this metric and source whose slice says most about ``where``.

        Billing answers of beta users are held to the floor of billing, not to the bar of the average;
        of two bars that say as much the stricter one holds.
        """
        part = _folded(where).items()
        fitting = [
            item
            for item in self.checklist.items
            if isinstance(item, MeasuredItem)
            and (item.metric, item.source) == (asked.id, source)
            and _folded(item.slice).items() <= part
        ]
        return max(fitting, key=lambda item: (len(item.slice), _strictness(item)), default=None)


def _strictness(item: MeasuredItem) -> float:
    bar = item.bar or 0.0
    return bar if metric(item.metric).better is Better.HIGHER else -bar


def _folded(where: dict[str, str]) -> dict[str, str]:
    return {name: value.strip().casefold() for name, value in where.items()}


def _checklist(connection: Connection, feature: Feature, now: datetime) -> tuple[Checklist, bool]:
    """The bars that the feature is held to: the locked checklist, else the newest draft."""
    locks = [lock for lock in commitments.history(connection, feature.id) if lock.locked_at <= now]
    if locks:
        number = locks[0].checklist_number
        body = documents.version(connection, feature.id, documents.CHECKLIST, number).body
        return read_checklist(body).model_copy(update={"stakes": Stakes(locks[0].stakes)}), True
    newest = documents.newest(connection, feature.id, documents.CHECKLIST)
    return (read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))), False


def _main_first(gauge: Gauge) -> tuple[bool, bool]:
    """What the checklist holds the feature to stands large, then what is measured; else their own order."""
    return gauge.row is None or gauge.measured is None, gauge.measured is None


def _worst_first(row: SliceRow) -> tuple[int, int, float, str, str]:
    """Rows shown to miss a bar first, then those nearest to missing one; those too small to say last."""
    margins = [
        found.value - (cell.bar if cell.bar is not None else 1.0)
        for cell in row.cells
        if (found := cell.counts) is not None
    ]
    below = sum(cell.stands == "below" for cell in row.cells)
    return (0 if margins else 1), -below, min(margins, default=0.0), row.value.casefold(), row.value
