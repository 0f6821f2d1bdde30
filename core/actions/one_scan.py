"""What a page is about to ask of one part of the evidence, so that one scan of it answers everything."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from core.actions.gauges import SLICE_COLUMNS, Gauge
from core.actions.measuring import has_group
from core.actions.part_reader import PartReader
from core.criteria.checklist import MeasuredItem
from core.metrics.catalogue import AMOUNTS, BEHAVIOUR, QUALITY, Metric, metric
from core.metrics.measurement import Slice
from core.metrics.requests import TallyRequest


@contextmanager
def board_in_one_scan(reader: PartReader) -> Iterator[None]:
    """Inside, the metrics of the board, their weeks and the slices of the checklist need one scan.

    Of a part that leaves nothing out the five by kind of task are asked of the same scan: they come next.
    """
    wholes = _wholes(reader, (*QUALITY, *AMOUNTS, *BEHAVIOUR))
    slices = [
        reader.request(metric(item.metric), item.source, within=item.slice_of)
        for item in reader.checklist.items
        if isinstance(item, MeasuredItem) and item.slice and _within(item.slice_of, reader.part.slice)
    ]
    asked = [replace(one, by=by) for one in (*wholes, *slices) for by in (None, "week")]
    fives = _wholes(reader, () if reader.part.narrows else QUALITY)
    next_asked = [one for five in fives if _is_said(one := replace(five, by=SLICE_COLUMNS[0]))]
    with _in_one_scan(reader, [*asked, *next_asked]):
        yield
        for request in next_asked:
            reader.workspace.warehouse.tallies(reader.connection, reader.feature, request)


def values_in_one_scan(
    reader: PartReader, gauges: Sequence[Gauge], column: str
) -> AbstractContextManager[None]:
    """Inside, the metrics and sources of ``gauges`` for every value of ``column`` need one scan."""
    asked = [replace(reader.request(gauge.metric, gauge.source), by=column) for gauge in gauges]
    # What an amount has no bar for is counted against the amount of the whole part.
    return _in_one_scan(reader, [*asked, *(replace(one, by=None) for one in asked)])


def _wholes(reader: PartReader, metrics: Sequence[Metric]) -> list[TallyRequest]:
    return [
        reader.request(asked, reading.source)
        for asked in metrics
        for reading in asked.readings
        if reader.part.source in (None, reading.source)
    ]


def _in_one_scan(reader: PartReader, asked: Sequence[TallyRequest]) -> AbstractContextManager[None]:
    return reader.workspace.warehouse.together(
        reader.connection, reader.feature, [request for request in asked if _is_said(request)]
    )


def _is_said(request: TallyRequest) -> bool:
    """Whether the rows of the request's source have the columns that it names."""
    reading = metric(request.metric).reading(request.source)
    return all(has_group(reading, name) for name in (request.by, *dict(request.slice.where)))


def _within(part: Slice, whole: Slice) -> bool:
    """Whether a slice leaves open or repeats what another one says; then both can be asked of one scan."""
    said = dict(whole.where)
    return all(said.get(name, value) == value for name, value in part.where)
