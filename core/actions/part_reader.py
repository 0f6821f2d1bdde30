"""Reads one part of one feature's evidence, held to the feature's bars, inside one transaction."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.gauges import Gauge, Part
from core.actions.measuring import by_group, has_group, trend
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem, read_checklist
from core.criteria.judge import judge_measured
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.metrics.catalogue import Better, Metric, Reading, metric
from core.metrics.measure import measure_rate
from core.metrics.measurement import Measurement, NotMeasured, Source, WeekPoint, Window
from core.metrics.requests import TallyRequest
from core.store import commitments, documents, features
from core.store.database import Connection
from core.store.features import Feature


@dataclass(frozen=True)
class PartReader:
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
    ) -> "PartReader":
        feature = features.by_slug(connection, slug)
        checklist, is_committed = _checklist(connection, feature, now)
        return cls(workspace, connection, feature, part, now, part.window(now), checklist, is_committed)

    @property
    def error(self) -> float:
        return ACCEPTED_ERROR[self.checklist.stakes]

    def gauges(self, asked: Metric) -> list[Gauge]:
        return [
            self._gauge(asked, reading)
            for reading in asked.readings
            if self.part.source in (None, reading.source)
        ]

    def trend(self, asked: Metric, source: Source, step: str) -> tuple[WeekPoint, ...]:
        request = replace(self.request(asked, source), by=step)
        return trend(self.workspace, self.connection, self.feature, request, self.error)

    def by_value(self, gauge: Gauge, column: str) -> dict[str, Measurement | NotMeasured] | None:
        """The findings by the column's values; None where the source's rows have no such column."""
        if not has_group(gauge.metric.reading(gauge.source), column):
            return None
        request = replace(self.request(gauge.metric, gauge.source), by=column)
        found = by_group(self.workspace, self.connection, self.feature, request, self.error)
        return {value: finding for value, finding in found.items() if value is not None}

    def bar_in(self, gauge: Gauge, column: str, value: str) -> float | None:
        """The bar of a slice: its own where the checklist has one, else that of what it is a part of."""
        item = self.item(gauge.metric, gauge.source, {**dict(self.part.slice.where), column: value})
        return None if item is None else item.bar

    def _gauge(self, asked: Metric, reading: Reading) -> Gauge:
        item = self.item(asked, reading.source, dict(self.part.slice.where))
        request = self.request(asked, reading.source, item)
        found = by_group(self.workspace, self.connection, self.feature, request, self.error)
        finding = found.get(None) or measure_rate(request, None, self.error)
        row = None if item is None else judge_measured(item, finding, self.now)
        return Gauge(asked, reading.source, finding, row)

    def request(self, asked: Metric, source: Source, item: MeasuredItem | None = None) -> TallyRequest:
        """The whole part; ``item`` gives amounts the bar that they are counted against."""
        bar = None if item is None else item.bar
        return TallyRequest(asked.id, source, self.part.slice, self.window, bar=bar)

    def item(self, asked: Metric, source: Source, where: dict[str, str]) -> MeasuredItem | None:
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
