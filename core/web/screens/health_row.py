"""One row of the board, opened where it stands: its weeks, its slices, and the traces behind it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

import streamlit as st

from core.actions.gauges import FEWEST_IN_A_SLICE, Gauge, Part, SliceCell
from core.actions.health import SliceOfRow, slices_of_row
from core.actions.trends import view_trend
from core.criteria.verdict import Verdict
from core.criteria.wording import value_words
from core.metrics.catalogue import Better, Shape
from core.metrics.measurement import Source
from core.units import write
from core.web.address import one_in, put, text_in, writes
from core.web.charts import trend_alt, trend_chart, trend_points, whisker_chart
from core.web.charts.canvas import Figure
from core.web.charts.whisker import WhiskerRow
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import printable
from core.web.screens.health_gauges import STANDS, name_of, write_bar
from core.web.screens.provenance import worth_words
from core.web.widgets import show_chart
from core.web.wording import verdict_words

_COLUMNS = {
    "task_type": "Task type",
    "user_segment": "Segment",
    "user_role": "Role",
    "channel": "Channel",
    "route": "Route",
    "model": "Model",
    "prompt_version": "Prompt version",
    "release_bundle": "Release",
}
_STANDS = {
    "go": STANDS[Verdict.GO],
    "no_go": STANDS[Verdict.NO_GO],
    "not_enough_evidence": STANDS[Verdict.NOT_ENOUGH_EVIDENCE],
    "no_data": "No bar, or too few cases",
}
_NAME = "open"
_SLICES = 8


def is_open(gauge: Gauge) -> bool:
    """Whether the address asks for this row; rows of slices are opened with the filter instead."""
    return not gauge.within.where and text_in(_NAME) == gauge.key


def open_button(gauge: Gauge, key: str) -> None:
    """Opens the row, or closes it, in the address."""
    if gauge.within.where:
        return
    opened_now = is_open(gauge)
    st.button(
        "Close" if opened_now else "Open",
        icon=":material/expand_less:" if opened_now else ":material/expand_more:",
        type="tertiary",
        key=f"open_{key}",
        on_click=partial(put, _NAME, "" if opened_now else gauge.key),
        help="Its weeks, its slices and the traces behind it.",
    )


def opened(page: PageContext, part: Part, gauge: Gauge) -> None:
    """The weeks, the slices and the traces of one number."""
    _traces_behind(page, part, gauge)
    weeks, slices = st.columns(2, gap="medium")
    with weeks:
        _weeks(page, part, gauge)
    with slices:
        _slices(page, part, gauge)


def _traces_behind(page: PageContext, part: Part, gauge: Gauge) -> None:
    if gauge.source is Source.EVAL:
        st.caption(
            "It counts cases of the eval set, not traces: open the file that brought them, on Evidence."
        )
        return
    query = {**trace_filters(page.now, part), "behind": gauge.key}
    with st.container(horizontal=True, gap="small"):
        link_to("traces", feature=page.slug, label="The traces it counts", query=query)
        if gauge.metric.shape is not Shape.MEAN:
            link_to(
                "traces",
                feature=page.slug,
                label="Only those that count against it",
                icon=":material/error_outline:",
                query={**query, "against": "yes"},
            )


def trace_filters(now: datetime, part: Part) -> dict[str, str]:
    """The part as the filters of the Traces page say it in the address; days are whole, in UTC."""
    window = part.window(now)
    asked = {
        "task": part.task,
        "segment": part.segment,
        "role": part.role,
        "channel": part.channel,
        "bundle": part.bundle,
        "from": None if window.since is None else window.since.date().isoformat(),
        "to": None if part.phase is None or window.until is None else _last_day(window.until).isoformat(),
    }
    return {name: value for name, value in asked.items() if value}


def _last_day(until: datetime) -> date:
    """The last day of a window that ends just before ``until``."""
    return (until - timedelta(microseconds=1)).date()


def _weeks(page: PageContext, part: Part, gauge: Gauge) -> None:
    points = trend_points(
        view_trend(
            page.workspace, page.caller, page.now, page.slug, part, gauge.metric.id, gauge.source, "week"
        )
    )
    bar, label, unit, words = gauge.bar, name_of(gauge), gauge.metric.unit, write_bar(gauge)
    st.markdown("**Its weeks**")
    show_chart(
        trend_chart(points, bar, unit=unit, bar_words=words, label=label),
        alt=trend_alt(points, bar, unit=unit, bar_words=words, label=label),
        key="row_weeks",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        asked = {"show": "trend", "trend": gauge.key, "step": "day"}
        _below("By day, with releases and phases, below", ":material/show_chart:", asked)
    rows = [(point.week, point.value, point.low, point.high, point.n) for point in points]
    table = Table(("Week", f"Value ({unit})", "Low", "High", "n"), rows)
    download_row("", table, f"{page.slug}-{gauge.key}-by-week", key="row_weeks")


def _slices(page: PageContext, part: Part, gauge: Gauge) -> None:
    st.session_state["row_by"] = one_in("by", _COLUMNS, "task_type")
    st.markdown("**Its slices**")
    column = st.selectbox(
        "Split by",
        list(_COLUMNS),
        format_func=lambda name: _COLUMNS.get(name, name),
        key="row_by",
        label_visibility="collapsed",
        on_change=writes("by", "row_by", default="task_type"),
    )
    found = slices_of_row(page.workspace, page.caller, page.now, page.slug, part, gauge, column)
    if not found or not [one for one in found if one.value]:
        st.caption(f"No row says its {_COLUMNS[column].lower()}. Split it otherwise.")
        return
    rows = [_whisker(one, gauge) for one in found[:_SLICES]]
    said = " ".join(f"{printable(row.label)}: {row.numbers}, bar {row.bar_words}." for row in rows)
    show_chart(
        _without_verdicts(whisker_chart(rows)),
        alt=f"{name_of(gauge)} by slice, the worst first. {said}",
        key="row_slices",
    )
    cut = (
        f" The worst {_SLICES} of {len(found):,} are drawn; all are in the file."
        if len(found) > _SLICES
        else ""
    )
    st.caption(f"○ no bar, or worth fewer than {FEWEST_IN_A_SLICE} independent cases. The worst first.{cut}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _below("All metrics by slice, below", ":material/grid_on:", {"show": "slices"})
    download_row("", _slice_table(column, found), f"{page.slug}-{gauge.key}-by-{column}", key="row_slices")


def _whisker(one: SliceOfRow, gauge: Gauge) -> WhiskerRow:
    found, above = one.finding, gauge.metric.better is Better.HIGHER
    bar = "" if one.bar is None else f"{'above' if above else 'below'} {write(one.bar, found.unit)}"
    return WhiskerRow(
        label=one.value or "(not recorded)",
        verdict=_stands(one, above=above),
        bar_words=bar or "none",
        value_words=value_words(found),
        unit=found.unit,
        above=above,
        bar=one.bar,
        value=found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        note=f"worth {worth_words(found.effective_n)}",
    )


def _stands(one: SliceOfRow, *, above: bool) -> str:
    """A slice has no verdict: this is the sign of where its interval lies against its bar."""
    match SliceCell(one.finding, one.bar).stands:
        case "above":
            return "go" if above else "no_go"
        case "below":
            return "no_go" if above else "go"
        case "unclear":
            return "not_enough_evidence"
        case _:
            return "no_data"


def _without_verdicts(figure: Figure) -> Figure:
    """The chart with Health's words on hovering: here filters count too, so nothing is decided."""
    for trace in figure["data"]:
        for verdict, words in _STANDS.items():
            said = f"<br>{verdict_words(verdict).word}: "
            trace["hovertext"] = [text.replace(said, f"<br>{words}: ") for text in trace["hovertext"]]
    return figure


def _slice_table(column: str, found: Sequence[SliceOfRow]) -> Table:
    rows = [
        (
            one.value or "(not recorded)",
            one.finding.value,
            one.finding.low,
            one.finding.high,
            one.finding.unit.value,
            one.finding.n,
            one.finding.effective_n,
            one.bar,
        )
        for one in found
    ]
    return Table((_COLUMNS[column], "Value", "Low", "High", "Unit", "n", "Effective n", "Bar"), rows)


def _below(label: str, icon: str, asked: dict[str, str]) -> None:
    """Chooses a section below the board, in the address."""
    key = f"row_below_{asked['show']}"
    st.button(label, icon=icon, type="tertiary", key=key, on_click=partial(_show, asked))


def _show(asked: dict[str, str]) -> None:
    for name, value in asked.items():
        put(name, value)
