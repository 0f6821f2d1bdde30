"""Slices: the metrics of a page for every value of one column, with the traffic that each of them has."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.actions.gauges import Gauge, Part, SliceCell, SliceRow, SliceTable
from core.actions.measuring import by_group
from core.actions.one_scan import values_in_one_scan
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.splits import PHASE, USER, phase_stretches, settled_window, split_of, within
from core.actions.texts import texts_for
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.metrics.catalogue import Better, Metric, Shape
from core.metrics.measure import measure_rate
from core.metrics.measurement import Measurement, NotMeasured
from core.store.slice_rows import Traffic, traffic, traffic_by_week
from core.store.split_sql import MOST_PARTS

MOST_SEGMENTS = 6

Found = dict[str, Measurement | NotMeasured] | None


@dataclass(frozen=True)
class SliceTraffic:
    """How the production traces part over a column: the commonest of ``values`` values.

    ``traces`` are all of them. ``protected`` are the values that the checklist protects, as it writes them.
    """

    column: str
    parts: tuple[Traffic, ...]
    traces: int
    values: int
    protected: tuple[str, ...]

    @property
    def too_many(self) -> bool:
        """Whether the column has too many values for a table of all metrics."""
        return self.values > MOST_PARTS

    def share(self, value: str) -> float | None:
        """The share of the traces (0 to 1); None where the value is not among the commonest."""
        found = next((part.traces for part in self.parts if part.value == value), None)
        return found / self.traces if found is not None and self.traces else None

    def protects(self, value: str) -> bool:
        """Whether the checklist protects this value of the column."""
        return _folded(value) in {_folded(one) for one in self.protected}


@dataclass(frozen=True)
class AdoptionWeek:
    """The week that begins on ``week``: (traces, users) of each of the segments, in their order."""

    week: date
    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Adoption:
    """Who came, week by week; the segment None is all but the largest together. A week without is zero."""

    segments: tuple[str | None, ...]
    weeks: tuple[AdoptionWeek, ...]


def view_slices(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    column: str,
    gauges: Sequence[Gauge],
) -> SliceTable:
    """The metrics and sources of ``gauges`` for every value of ``column``, one of SLICE_COLUMNS.

    Protected slices come first, also those without any row; then those that miss most bars, and among these
    the one that stands worst in the first of ``gauges``.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        with values_in_one_scan(reader, gauges, column):
            columns = [_by_value(reader, gauge, column) for gauge in gauges]
        protected = _protected_values(reader, column)
        values = {value for found in columns if found is not None for value in found}
        values |= {word for word in protected if _folded(word) not in {_folded(value) for value in values}}
        shown = _shown_as(workspace, caller, reader, column)
        shown_first = {_folded(shown(word)) for word in protected}
        rows = []
        for value in values:
            cells = tuple(
                SliceCell(found.get(value) if found else None, _bar_in(reader, gauge, column, value))
                for gauge, found in zip(gauges, columns, strict=True)
            )
            rows.append(SliceRow(shown(value), cells))
    heads = tuple((gauge.metric, gauge.source) for gauge in gauges)
    metrics = [asked for asked, _ in heads]
    rows.sort(key=lambda row: (_folded(row.value) not in shown_first, *_worst_first(row, metrics)))
    return SliceTable(column, heads, tuple(rows))


def slice_traffic(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part, column: str
) -> SliceTraffic:
    """The traces of each value of ``column``, and how the protected slices stand against their own bars."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        split, window = split_of(reader, column), settled_window(reader)
        parts, values, total = traffic(
            workspace.warehouse, connection, reader.feature, split, reader.part.slice, window
        )
        if column == PHASE:
            # What came before the first phase is no phase.
            parts = tuple(one for one in parts if one.value)
            values, total = len(parts), sum(one.traces for one in parts)
        shown = _shown_as(workspace, caller, reader, column)
        parts = tuple(replace(one, value=shown(one.value)) for one in parts)
        protected = tuple(shown(value) for value in _protected_values(reader, column))
    return SliceTraffic(column, parts, total, values, protected)


def view_adoption(workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part) -> Adoption:
    """Production traces and distinct users of each segment by week, from the first week to the last."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        found = traffic_by_week(
            workspace.warehouse,
            connection,
            reader.feature,
            "user_segment",
            reader.part.slice,
            settled_window(reader),
            MOST_SEGMENTS,
        )
    if not found:
        return Adoption((), ())
    totals: Counter[str | None] = Counter()
    for one in found:
        totals[one.value] += one.traces
    named = sorted(
        (value for value in totals if value is not None), key=lambda value: (-totals[value], value)
    )
    segments = [*named, *([None] if None in totals else [])]
    counts = {(one.week, one.value): (one.traces, one.users) for one in found}
    first, last = min(one.week for one in found), max(one.week for one in found)
    mondays = [first + timedelta(days=days) for days in range(0, (last - first).days + 1, 7)]
    weeks = [
        AdoptionWeek(monday, tuple(counts.get((monday, segment), (0, 0)) for segment in segments))
        for monday in mondays
    ]
    return Adoption(tuple(segments), tuple(weeks))


def goodness(cell: SliceCell, asked: Metric) -> str:
    """How a cell stands, read in the metric's good direction: ``above`` is shown to be on the good side."""
    stands = cell.stands
    if asked.better is Better.LOWER:
        return {"above": "below", "below": "above"}.get(stands, stands)
    return stands


def _shown_as(workspace: Workspace, caller: Caller, reader: PartReader, column: str) -> Callable[[str], str]:
    """How a value of ``column`` is shown: a user id as its code where the caller sees numbers only."""
    texts = texts_for(workspace, caller, reader.feature)
    return (lambda value: texts.user(value) or "") if column == USER else str


def _by_value(reader: PartReader, gauge: Gauge, column: str) -> Found:
    """The findings by value; by phase those of each period, where any has begun."""
    if column != PHASE:
        return reader.by_value(gauge, column)
    found: dict[str, Measurement | NotMeasured] = {}
    for stretch in phase_stretches(reader):
        window = within(reader.window, stretch)
        if window is None:
            continue
        request = replace(reader.request(gauge.metric, gauge.source), window=window)
        groups = by_group(reader.workspace, reader.connection, reader.feature, request, reader.error)
        found[stretch.name] = groups.get(None) or measure_rate(request, None, reader.error)
    return found


def _bar_in(reader: PartReader, gauge: Gauge, column: str, value: str) -> float | None:
    if column != PHASE:
        return reader.bar_in(gauge, column, value)
    item = reader.item(gauge.metric, gauge.source, dict(reader.part.slice.where))
    return None if item is None else item.bar


def _protected_values(reader: PartReader, column: str) -> list[str]:
    """The values of ``column`` that the checklist protects, as it writes them, but for those filtered out."""
    chosen = dict(reader.part.slice.where).get(column)
    values = [
        item.slice[column]
        for item in reader.checklist.items
        if isinstance(item, MeasuredItem) and item.protected and set(item.slice) == {column}
    ]
    each = {_folded(value): value for value in reversed(values)}
    return sorted(value for key, value in each.items() if chosen is None or key == _folded(chosen))


def _folded(value: str) -> str:
    return value.strip().casefold()


def _worst_first(row: SliceRow, metrics: Sequence[Metric]) -> tuple[int, int, float, str, str]:
    """Rows that miss most bars first, then by the first column; those too small to say anything last."""
    pairs = list(zip(row.cells, metrics, strict=True))
    missed = sum(goodness(cell, asked) == "below" for cell, asked in pairs)
    is_silent = all(cell.counts is None for cell, _ in pairs)
    first = math.inf
    if pairs and (found := pairs[0][0].counts) is not None:
        first = _margin(found.value, pairs[0][0].bar, pairs[0][1])
    return int(is_silent), -missed, first, row.value.casefold(), row.value


def _margin(value: float, bar: float | None, asked: Metric) -> float:
    """How far a value is from its bar, or from the best there is; amounts as a share of their bar."""
    if asked.shape is not Shape.RATE:
        return (bar - value) / bar if bar else 0.0
    if asked.better is Better.LOWER:
        return (0.0 if bar is None else bar) - value
    return value - (1.0 if bar is None else bar)
