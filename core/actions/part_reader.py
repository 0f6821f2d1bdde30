"""Reads one part of one feature's evidence, held to the feature's bars, inside one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.gauges import Gauge, Part
from core.actions.held_checklist import held_checklist
from core.actions.judging import Authors, authors_at, judged_finding
from core.actions.live_release import releases_at
from core.actions.measuring import by_group, has_group, trend
from core.actions.other_releases import window_of
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.judge import Row
from core.criteria.stakes import ACCEPTED_ERROR
from core.evidence.weeks import week_start
from core.metrics.catalogue import Better, Metric, Reading, metric
from core.metrics.measure import measure_rate
from core.metrics.measurement import (
    SOURCE_WORDS,
    Measurement,
    NotMeasured,
    Slice,
    Source,
    WeekPoint,
    Why,
    Window,
)
from core.metrics.requests import TallyRequest
from core.rollout.releases import Releases
from core.store import features
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
    authors: Authors
    releases: Releases

    @classmethod
    def of(
        cls, workspace: Workspace, connection: Connection, slug: str, part: Part, now: datetime
    ) -> "PartReader":
        feature = features.by_slug(connection, slug)
        checklist, is_committed = held_checklist(connection, feature, now)
        authors = authors_at(connection, feature, now)
        window = part.window(now)
        releases = releases_at(connection, feature, now)
        return cls(
            workspace, connection, feature, part, now, window, checklist, is_committed, authors, releases
        )

    @property
    def error(self) -> float:
        return ACCEPTED_ERROR[self.checklist.stakes]

    def gauges(self, asked: Metric) -> list[Gauge]:
        return [
            self._gauge(asked, reading)
            for reading in asked.readings
            if self.part.source in (None, reading.source)
        ]

    def slices(self, gauges: Sequence[Gauge]) -> list[Gauge]:
        """The slices that the checklist names for the metrics and sources of ``gauges``, in its order.

        One that the part leaves out has no row, and one that is the whole part has it already.
        """
        whole = folded(dict(self.part.slice.where))
        shown = {(gauge.metric.id, gauge.source): gauge for gauge in gauges}
        found = {}
        for item in self.checklist.items:
            if not isinstance(item, MeasuredItem) or not item.slice or item.bar is None:
                continue
            gauge = shown.get((item.metric, item.source))
            where = folded(item.slice)
            if gauge is None or any(whole.get(name, value) != value for name, value in where.items()):
                continue
            if not where.items() <= whole.items():
                key = (item.metric, item.source, item.slice_of)
                found[key] = self._gauge(gauge.metric, gauge.metric.reading(gauge.source), item.slice_of)
        return list(found.values())

    def last_weeks(self, gauge: Gauge, newest: datetime, weeks: int) -> tuple[WeekPoint, ...]:
        """The ``weeks`` weeks up to that of ``newest``, as far as there are any."""
        first = week_start(newest, weeks - 1)
        request = self.request(gauge.metric, gauge.source, within=gauge.within)
        since = first if request.window.since is None else max(first, request.window.since)
        asked = replace(request, by="week", window=replace(request.window, since=since))
        return trend(self.workspace, self.connection, self.feature, asked, self.error)

    def trend(self, asked: Metric, source: Source, step: str) -> tuple[WeekPoint, ...]:
        request = replace(self.request(asked, source), by=step)
        return trend(self.workspace, self.connection, self.feature, request, self.error)

    def by_value(self, gauge: Gauge, column: str) -> dict[str, Measurement | NotMeasured] | None:
        """The findings by the column's values; None where the source's rows have no such column."""
        reading = gauge.metric.reading(gauge.source)
        if not all(has_group(reading, name) for name in (column, *dict(self.part.slice.where))):
            return None
        request = replace(self.request(gauge.metric, gauge.source), by=column)
        found = by_group(self.workspace, self.connection, self.feature, request, self.error)
        return {value: finding for value, finding in found.items() if value is not None}

    def bar_in(self, gauge: Gauge, column: str, value: str) -> float | None:
        """The bar of a slice: its own where the checklist has one, else that of what it is a part of."""
        item = self.item(gauge.metric, gauge.source, {**dict(self.part.slice.where), column: value})
        return None if item is None else item.bar

    def _gauge(self, asked: Metric, reading: Reading, within: Slice = Slice()) -> Gauge:
        item = self.item(asked, reading.source, {**dict(self.part.slice.where), **dict(within.where)})
        request = self.request(asked, reading.source, item, within)
        unsaid = [name for name, _ in request.slice.where if not has_group(reading, name)]
        finding: Measurement | NotMeasured
        if unsaid:
            finding = _does_not_say(request, unsaid[0])
        else:
            found = by_group(self.workspace, self.connection, self.feature, request, self.error)
            finding = found.get(None) or measure_rate(request, None, self.error)
        row = None if item is None else self._row(item, finding, request)
        return Gauge(asked, reading.source, finding, row, within)

    def _row(self, item: MeasuredItem, finding: Measurement | NotMeasured, request: TallyRequest) -> Row:
        """The row as the gate would judge it in this part: by the live release, unless another is chosen."""
        live = request
        if self.part.bundle is None:
            live = replace(request, window=window_of(item, request.window, self.releases))
        if live != request:
            found = by_group(self.workspace, self.connection, self.feature, live, self.error)
            finding = found.get(None) or measure_rate(live, None, self.error)
        return judged_finding(
            self.workspace,
            self.connection,
            self.feature,
            item,
            finding,
            live,
            self.now,
            self.authors,
            self.releases,
        )

    def request(
        self, asked: Metric, source: Source, item: MeasuredItem | None = None, within: Slice = Slice()
    ) -> TallyRequest:
        """The whole part, or what is ``within`` it; ``item`` gives amounts the bar to be counted against."""
        bar = None if item is None else item.bar
        part = Slice.of({**dict(self.part.slice.where), **dict(within.where)})
        return TallyRequest(asked.id, source, part, self.window, bar=bar)

    def settled(self, asked: Metric, source: Source) -> TallyRequest:
        """The request for the whole part, without an end that lies behind all of its evidence."""
        return self.workspace.warehouse.settled(self.connection, self.feature, self.request(asked, source))

    def item(self, asked: Metric, source: Source, where: dict[str, str]) -> MeasuredItem | None:
        """The checklist's item for this metric and source whose slice says most about ``where``.

        Billing answers of beta users are held to the floor of billing, not to the bar of the average;
        of two bars that say as much the stricter one holds.
        """
        part = folded(where).items()
        fitting = [
            item
            for item in self.checklist.items
            if isinstance(item, MeasuredItem)
            and (item.metric, item.source) == (asked.id, source)
            and folded(item.slice).items() <= part
        ]
        return max(fitting, key=lambda item: (len(item.slice), _strictness(item)), default=None)


def _does_not_say(request: TallyRequest, column: str) -> NotMeasured:
    """A filter by something that the rows of a source never say leaves all of them out."""
    words = SOURCE_WORDS[request.source]
    sentence = (
        f"{words[:1].upper()}{words[1:]} do not say their {column.replace('_', ' ')}: this filter leaves "
        "them out. Take it away to see them."
    )
    return NotMeasured(request.metric, request.source, request.slice, Why.NO_ROWS, sentence)


def _strictness(item: MeasuredItem) -> float:
    bar = item.bar or 0.0
    return bar if metric(item.metric).better is Better.HIGHER else -bar


def folded(where: dict[str, str]) -> dict[str, str]:
    """A slice as slices compare: “Billing ” and “billing” are one value."""
    return {name: value.strip().casefold() for name, value in where.items()}
