"""The slices section of the Health page: the five metrics for every value of a column."""

import streamlit as st

from core.actions.gauges import SLICE_COLUMNS, Health, Part, SliceCell, SliceTable
from core.actions.slices import view_slices
from core.criteria.wording import value_words
from core.metrics.catalogue import CATALOGUE
from core.metrics.measurement import Measurement, Source
from core.units import write
from core.web.charts.heat import HeatCell, HeatRow, heat_alt, heat_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.health_filters import pick_one
from core.web.screens.health_gauges import SOURCE_SHORT
from core.web.widgets import show_chart
from core.web.wording import SOURCE_WORDS

ROWS_SHOWN = 12
_COLUMN_WORDS = {
    "task_type": "Task type",
    "user_segment": "Segment",
    "user_role": "Role",
    "channel": "Channel",
    "route": "Route",
    "model": "Model",
    "prompt_version": "Prompt version",
    "release_bundle": "Release",
}
_SHORT = {
    "tool_selection_accuracy": "Tool",
    "retrieval_recall": "Recall",
    "answer_correctness": "Answer",
    "grounding_accuracy": "Grounding",
    "user_acceptance": "Accepted",
}


def section(page: PageContext, view: Health, part: Part) -> None:
    """The five for every value of a chosen column, the worst first."""
    gauges = [one.main for one in view.quality if one.main is not None and one.main.measured is not None]
    if not gauges:
        return
    st.subheader("Slices")
    column = pick_one(
        "by", "Split by", {name: _COLUMN_WORDS[name] for name in SLICE_COLUMNS}, "task_type", width=220
    )
    table = view_slices(page.workspace, page.caller, page.now, page.slug, part, column, gauges)
    if not [row for row in table.rows if row.value]:
        word = _COLUMN_WORDS[column].lower()
        st.caption(
            f"No row says its {word}. Upload traces with the column {lit(column)}, or split otherwise."
        )
        return
    heads = [(_SHORT[asked.id], SOURCE_SHORT[source]) for asked, source in table.heads]
    rows = heat_rows(table)
    shown = rows[:ROWS_SHOWN]
    show_chart(heat_chart(heads, shown), alt=heat_alt(heads, shown), key=f"health_slices_{column}")
    more = f" {len(rows) - ROWS_SHOWN:,} more rows are in the download." if len(rows) > ROWS_SHOWN else ""
    st.caption(
        "✓ shown above its bar · ✕ shown below · ? not settled · no sign: no bar · grey: worth fewer than 10 "
        f"independent cases. The worst row is first.{more} Among many slices some look bad by luck: a red "
        "one asks for a look."
    )
    download_row("All slices", _slice_lines(table), f"{page.slug}-by-{column}", key="slices")


def heat_rows(table: SliceTable) -> list[HeatRow]:
    """The rows of the heat table, in words."""
    return [
        HeatRow(row.value or "(not recorded)", tuple(_heat_cell(cell) for cell in row.cells))
        for row in table.rows
    ]


def _heat_cell(cell: SliceCell) -> HeatCell:
    found = cell.finding
    if not isinstance(found, Measurement):
        note = "this source does not say it" if found is None else found.sentence
        return HeatCell("not measured", note=note)
    worth = f", worth {found.effective_n:,.0f}" if found.effective_n < 0.95 * found.n else ""
    bar = f"; bar {write(cell.bar, found.unit)}" if cell.bar is not None else ""
    note = f"{value_words(found)}, n {found.n:,}{worth}{bar}"
    return HeatCell(cell.stands, write(found.value, found.unit), found.n, note)


def _slice_lines(table: SliceTable) -> Table:
    columns = (
        *(_COLUMN_WORDS[table.column], "Metric", "Source", "Value", "Low", "High", "n", "Effective n"),
        *("Bar", "Against the bar"),
    )
    rows: list[tuple[object, ...]] = []
    for row in table.rows:
        for (asked, source), cell in zip(table.heads, row.cells, strict=True):
            found = cell.finding if isinstance(cell.finding, Measurement) else None
            numbers = (
                (found.value, found.low, found.high, found.n, found.effective_n)
                if found
                else (None, None, None, 0, None)
            )
            head = (row.value or "(not recorded)", CATALOGUE[asked.id].label, SOURCE_WORDS[Source(source)])
            rows.append((*head, *numbers, cell.bar, cell.stands))
    return Table(columns, rows)
