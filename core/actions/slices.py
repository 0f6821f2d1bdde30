"""Slices: the metrics of a page for every value of one column."""

from collections.abc import Sequence
from datetime import datetime

from core.actions.gauges import Gauge, Part, SliceCell, SliceRow, SliceTable
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace


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
        reader = PartReader.of(workspace, connection, slug, part, now)
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


def _worst_first(row: SliceRow) -> tuple[int, int, float, str, str]:
    """Rows shown to miss a bar first, then those nearest to missing one; those too small to say last."""
    margins = [
        found.value - (cell.bar if cell.bar is not None else 1.0)
        for cell in row.cells
        if (found := cell.counts) is not None
    ]
    below = sum(cell.stands == "below" for cell in row.cells)
    return (0 if margins else 1), -below, min(margins, default=0.0), row.value.casefold(), row.value
