"""The blocks of the Health page below its tiles: trend, slices, and the switch that keeps it fresh."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.actions.gauges import SLICE_COLUMNS, Gauge, Health, Part, SliceCell, SliceTable
from core.actions.health import evidence_version, view_slices, view_trend
from core.criteria.wording import value_words
from core.metrics.catalogue import CATALOGUE
from core.metrics.measurement import Measurement, Source, WeekPoint
from core.units import write
from core.web.charts import trend_alt, trend_chart, trend_points
from core.web.charts.heat import HeatCell, HeatRow, heat_alt, heat_chart
from core.web.charts.trend import Change
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.health_filters import part_words, pick_one
from core.web.screens.health_gauges import SOURCE_SHORT, write_bar
from core.web.widgets import empty_state, show_chart
from core.web.wording import SOURCE_WORDS, write_date, write_moment

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
_STEPS = {"week": "By week", "day": "By day"}


def intro(view: Health, part: Part, page: PageContext) -> None:
    """What the numbers are of, and which bars they stand against."""
    bars = "the locked checklist" if view.is_committed else "the draft of the checklist"
    counts = " and counts only what came after the lock" if view.is_committed else ""
    st.caption(
        lit(
            f"Each metric apart, each source apart. Now: {part_words(part)}. Bars are those of {bars}; the "
            f"decision itself stands on Go / no-go{counts}. As of {write_moment(page.now)}."
        )
    )


def nothing_yet(page: PageContext) -> None:
    """No evidence at all: which file gives which number."""
    with empty_state(
        "Nothing is measured yet",
        "Upload a file on the Evidence page. What each one gives:",
        icon=":material/monitor_heart:",
    ):
        st.markdown(
            "- **Traces** (an export of your tracing tool): time, cost, errors, hand-overs and what users "
            "did with the answers; retrieval recall where they name documents\n"
            "- **Labels** (a sheet with people's judgements): tool selection, answer correctness, grounding, "
            "hallucinations\n"
            "- **Eval results**: answer correctness and tool selection on your test cases"
        )
        link_to("evidence", feature=page.slug, label="Go to Evidence")


def trend(page: PageContext, view: Health, part: Part) -> None:
    """One metric by week or day, with the releases that came in between."""
    gauges = {f"{one.metric.id}.{one.source}": one for one in view.gauges if one.measured is not None}
    if not gauges:
        return
    st.subheader("Trend")
    names = {key: f"{gauge.metric.label} · {SOURCE_WORDS[gauge.source]}" for key, gauge in gauges.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = pick_one("trend", "Metric", names, _first_trend(view, gauges), width=380)
        step = pick_one("step", "Step", _STEPS, "week", width=140)
    gauge = gauges[chosen]
    points = view_trend(
        page.workspace, page.caller, page.now, page.slug, part, gauge.metric.id, gauge.source, step
    )
    changes = releases(points)
    drawn = trend_points(points)
    bar, label, unit = gauge.bar, gauge.metric.label, gauge.metric.unit
    words = write_bar(gauge)
    show_chart(
        trend_chart(drawn, bar, unit=unit, bar_words=words, label=label, step=step, changes=changes),
        alt=trend_alt(drawn, bar, unit=unit, bar_words=words, label=label, step=step, changes=changes),
        key=f"health_trend_{chosen}_{step}",
    )
    st.caption(
        "Thick line: where the true value can still lie. Hollow point: worth fewer than 10 independent "
        "cases. Circle at the foot: not measured. Dotted line: the first rows of a new release."
    )
    _trend_table(page, gauge, points, step)


def releases(points: Sequence[WeekPoint]) -> list[Change]:
    """The weeks in which a release is counted for the first time, but for the first week of all."""
    seen: set[str] = set()
    changes = []
    for point in points:
        if not isinstance(point.finding, Measurement):
            continue
        new = [bundle for bundle in point.finding.tally.bundles if bundle not in seen]
        if new and seen:
            changes.append(Change(point.week, ", ".join(new)))
        seen.update(new)
    return changes


def slices(page: PageContext, view: Health, part: Part) -> None:
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


def failures_of(part: Part, page: PageContext) -> str:
    """Which failures are counted while filters are set: notes of failures say their day, and no more."""
    since = part.window(page.now).since
    words = [] if since is None else [f"Failures found since {write_date(since)}."]
    if replace(part, weeks=None).narrows:
        words.append("The filters other than weeks do not apply here: these are failures of all traffic.")
    return " ".join(words)


def heat_rows(table: SliceTable) -> list[HeatRow]:
    """The rows of the heat table, in words."""
    return [
        HeatRow(row.value or "(not recorded)", tuple(_heat_cell(cell) for cell in row.cells))
        for row in table.rows
    ]


def keep_fresh(page: PageContext, view: Health) -> None:
    """A switch for a screen on the wall: the page is drawn anew when new evidence has come in."""
    if st.toggle("Keep this page fresh", key="health_fresh", help="Looks for new evidence every minute."):
        _watch(page, view.evidence_version)


@st.fragment(run_every="60s")
def _watch(page: PageContext, shown: int) -> None:
    # Only a change draws the page anew: whoever is reading or choosing is not disturbed.
    if evidence_version(page.workspace, page.caller, page.slug) != shown:
        st.rerun()
    st.caption(f"Looked for new evidence {write_moment(page.moment())}")


def _first_trend(view: Health, gauges: dict[str, Gauge]) -> str:
    """What falls is shown first, then answer correctness, then the first there is."""
    falling = [one.main for one in view.quality if one.drift is not None and one.main is not None]
    answers = [gauge for gauge in gauges.values() if gauge.metric.id == "answer_correctness"]
    first = next(iter([*falling, *answers, *gauges.values()]))
    return f"{first.metric.id}.{first.source}"


def _trend_table(page: PageContext, gauge: Gauge, points: Sequence[WeekPoint], step: str) -> None:
    rows: list[tuple[object, ...]] = []
    for point in points:
        found = point.finding
        if isinstance(found, Measurement):
            bundles = ", ".join(found.tally.bundles)
            numbers = (found.value, found.low, found.high, found.n, found.effective_n, bundles)
            rows.append((point.week, *numbers))
        else:
            rows.append((point.week, None, None, None, 0, None, None))
    unit = gauge.metric.unit.value
    columns = (step.capitalize(), f"Value ({unit})", "Low", "High", "n", "Effective n", "Releases")
    download_row(
        "These points", Table(columns, rows), f"{page.slug}-{gauge.metric.id}-by-{step}", key="trend"
    )


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
