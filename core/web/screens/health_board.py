"""The board of the Health page: a row for each metric and source, in groups, what is not measured folded."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.actions.baselines import BaselineView, view_baselines
from core.actions.gauges import Gauge, Health, Part, QualityGauge
from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.verdict import Verdict
from core.criteria.wording import interval_words, is_mean_of_few, value_words
from core.metrics.catalogue import Metric, metric
from core.metrics.diagnosis import Diagnosis
from core.metrics.drift import Drift, investigate
from core.metrics.drift_wording import drift_sentence, level_word
from core.metrics.measurement import Measurement
from core.units import write
from core.web.address import put
from core.web.charts import trend_points
from core.web.charts.meter import Meter, meter_alt, meter_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens import health_row
from core.web.screens.eval_baseline import baseline_words
from core.web.screens.health_gauges import (
    COLUMNS,
    SOURCE_SHORT,
    STANDS,
    STANDS_MEAN,
    count_words,
    line,
    name_of,
    provenance,
    why,
    why_not,
    write_bar,
)
from core.web.screens.health_order import BoardGroup, BoardRow, board_of
from core.web.widgets import show_chart
from core.web.wording import SOURCE_WORDS, source_title, verdict_words

_WIDTHS = (2.9, 1.3, 3.6, 2.2)
_FILTERS = {"user_segment": "segment", "task_type": "task", "user_role": "role", "channel": "channel"}
"""The columns that a filter of the page can limit to one value, and its name in the address."""


def board(page: PageContext, view: Health, part: Part) -> None:
    """How things stand in one line, the five, what they say together, and then every other row."""
    if not has_bars(page):
        _write_bars(page)
    _tally(view, with_bars=has_bars(page))
    _not_on_the_five(view, part)
    five = {one.metric.label for one in view.quality}
    groups = board_of(view)
    _draw(page, view, part, [group for group in groups if group.title in five])
    findings(view)
    for group in groups:
        if group.title not in five:
            st.header(group.title)
            _draw(page, view, part, [group])


def _draw(page: PageContext, view: Health, part: Part, groups: Sequence[BoardGroup]) -> None:
    without_ai = view_baselines(page.workspace, page.caller, page.slug)
    for group in groups:
        with st.container(gap="xsmall", key=f"group_{group.title.lower().replace(' ', '_')}"):
            for row in group.rows:
                _row(page, view, part, row, without_ai)


def findings(view: Health) -> None:
    """What the metrics say together, and which of them are getting worse; only what intervals support."""
    drifts = _drifts(view)
    for diagnosis in view.diagnoses:
        st.warning(_because(diagnosis), title=lit(diagnosis.rule.sentence), icon=":material/troubleshoot:")
    if drifts:
        title = f"Getting worse: {len(drifts)} " + ("number" if len(drifts) == 1 else "numbers")
        lines = [
            f"**{lit(_label(gauge.measured))}**: {lit(drift_sentence(drift))}" for gauge, drift in drifts
        ]
        st.warning(
            "\n\n".join([*lines, "This asks for a look; it is no verdict."]),
            title=title,
            icon=":material/trending_down:",
        )
    if not view.diagnoses and not drifts and not view.is_empty:
        st.caption(
            ":material/troubleshoot: The intervals support no diagnosis and no drift so far. "
            "That is not a clean bill of health: with few cases little can be seen."
        )


def missing(view: Health, part: Part) -> None:
    """What is not measured, folded: each with why, and what to upload; what has a bar comes first."""
    found = _missing(view)
    if not found:
        return
    barred = sum(any(gauge.row is not None for gauge in gauges) for _, gauges in found)
    title = f"Not measured yet: {len(found)} more" + (f", {barred} of them with a bar" if barred else "")
    with st.expander(title, icon=":material/help_center:", key="health_missing"):
        for asked, gauges in found:
            bars = [words for gauge in gauges if (words := write_bar(gauge))]
            bar = f" (bar: {bars[0]})" if bars else ""
            st.markdown(f"**{lit(asked.label + bar)}**: {lit(asked.sentence)}")
            for gauge in gauges:
                within = "".join(f"{value}: " for _, value in gauge.within.where)
                st.text(within + why_not(gauge))


def download(page: PageContext, view: Health, part: Part) -> None:
    """Every number of the page as one table, and the weeks that the board draws as another."""
    gauges = [*view.gauges, *view.slices]
    rows = [line(gauge, part) for gauge in gauges]
    download_row("All numbers", Table(COLUMNS, rows), f"{page.slug}-health", key="health")
    weeks = [
        (name_of(gauge), SOURCE_WORDS[gauge.source], point.week, point.value, point.low, point.high, point.n)
        for gauge in gauges
        for point in trend_points(gauge.weeks)
    ]
    columns = ("Metric", "Source", "Week", "Value", "Low", "High", "n")
    download_row("The weeks drawn", Table(columns, weeks), f"{page.slug}-health-weeks", key="board_weeks")


def has_bars(page: PageContext) -> bool:
    """Whether there is a checklist; without any, no row needs to say that it has no bar."""
    return page.progress is None or bool(page.progress.decision.rows)


def _write_bars(page: PageContext) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="board_no_checklist"):
        st.markdown(":material/checklist: No checklist yet: write the bars.", width="content")
        link_to("checklist", feature=page.slug, label="Go to the checklist")


def _tally(view: Health, *, with_bars: bool) -> None:
    """How many numbers stand where. No score: a count of rows says nothing about how bad one is."""
    rows = [row.gauge for group in board_of(view) for row in group.rows]
    parts = []
    for verdict in (Verdict.NO_GO, Verdict.STALE, Verdict.NOT_ENOUGH_EVIDENCE, Verdict.GO):
        count = sum(gauge.row is not None and gauge.row.verdict is verdict for gauge in rows)
        if count:
            words = verdict_words(verdict)
            parts.append(f":{words.colour}-badge[{words.icon} {STANDS[verdict]}: {count}]")
    without = sum(gauge.row is None for gauge in rows)
    if without and with_bars:
        parts.append(f":gray-badge[No bar: {without}]")
    if parts:
        st.markdown(" ".join(parts))


def _not_on_the_five(view: Health, part: Part) -> None:
    """Which of the five have no number, in a line: a card without one would stand before those with one."""
    if part.source is not None:
        for one in view.quality:
            if one.main is None:
                words = f"It is not measured from {SOURCE_WORDS[part.source]}."
                st.caption(f"**{lit(one.metric.label)}**: {lit(words)}")
    bare = [one.metric.label for one in view.quality if one.main is not None and not _is_measured(one)]
    if bare:
        st.caption(
            lit(f"Not measured yet: {', '.join(bare)}. Why, and what to upload, stands below the rows.")
        )


def _is_measured(one: QualityGauge) -> bool:
    return any(gauge.measured is not None for gauge in (one.main, *one.others) if gauge is not None)


def _row(page: PageContext, view: Health, part: Part, row: BoardRow, without_ai: BaselineView) -> None:
    gauge, found = row.gauge, row.gauge.measured
    if found is None:
        return
    key = "_".join([gauge.metric.id, gauge.source, *(f"{place}" for place in _place(view, gauge))])
    with st.container(border=True, gap="xsmall", key=f"row_{key}"):
        # Columns, because on a phone each takes the whole width and the row becomes a card.
        name, value, picture, stands = st.columns(_WIDTHS, gap="small", vertical_alignment="center")
        with name.container(gap="xxsmall"):
            _name(page, part, row, found, key)
        with value.container(gap="xxsmall"):
            _value(row, found)
            st.caption(lit(interval_words(found)))
        with picture:
            _picture(view, row, found, key)
        with stands.container(gap="xxsmall"):
            _stands(gauge, with_bars=has_bars(page))
            if not gauge.within.where and (words := baseline_words(without_ai, gauge.metric.id)):
                st.caption(lit(words))
        if health_row.is_open(gauge):
            health_row.opened(page, part, gauge)


def _value(row: BoardRow, found: Measurement) -> None:
    written = lit(write(found.value, found.unit))
    if row.is_large:
        st.metric(lit(name_of(row.gauge)), written, label_visibility="collapsed")
    else:
        st.markdown(f"### {written}")


def _place(view: Health, gauge: Gauge) -> list[int]:
    return [view.slices.index(gauge)] if gauge.within.where else []


def _name(page: PageContext, part: Part, row: BoardRow, found: Measurement, key: str) -> None:
    gauge = row.gauge
    size = "## " if row.is_large else ""
    arrow = ":material/subdirectory_arrow_right: " if gauge.within.where else ""
    st.markdown(f"{size}{arrow}**{lit(name_of(gauge))}**", help=lit(gauge.metric.sentence))
    words = SOURCE_WORDS if row.is_large else SOURCE_SHORT
    st.caption(lit(f"{count_words(found)} · {words[found.source]}"))
    if gauge.is_protected:
        st.markdown(":violet-badge[:material/shield: protected]")
    if row.same:
        st.caption(lit(row.same))
    with st.container(horizontal=True, gap="xsmall"):
        _where_from(gauge, part, key)
        health_row.open_button(gauge, key)
        _only_this_slice(gauge, key)


def _only_this_slice(gauge: Gauge, key: str) -> None:
    pairs = [(_FILTERS[name], value) for name, value in gauge.within.where if name in _FILTERS]
    if pairs and len(pairs) == len(gauge.within.where):
        st.button(
            "Only this",
            icon=":material/filter_alt:",
            type="tertiary",
            key=f"only_{key}",
            on_click=partial(_filter_by, pairs),
            help="Show the whole page for this slice alone.",
        )


def _filter_by(pairs: Sequence[tuple[str, str]]) -> None:
    for name, value in pairs:
        put(name, value)


def _picture(view: Health, row: BoardRow, found: Measurement, key: str) -> None:
    gauge = row.gauge
    points = trend_points(gauge.weeks)
    newest = max(view.newest.values())
    item = gauge.row.item if gauge.row is not None else None
    meter = Meter(
        value=found.value,
        low=None if is_mean_of_few(found) else found.low,
        high=None if is_mean_of_few(found) else found.high,
        unit=found.unit,
        bar=gauge.bar,
        above=isinstance(item, MeasuredItem) and item.direction is Direction.ABOVE,
        verdict=gauge.row.verdict if gauge.row is not None else "",
    )
    stands = STANDS[gauge.row.verdict] if gauge.row is not None else ""
    show_chart(
        meter_chart(meter, points, until=newest.date(), large=row.is_large),
        alt=meter_alt(name_of(gauge), value_words(found), write_bar(gauge), stands, points),
        key=f"meter_{key}",
    )


def _stands(gauge: Gauge, *, with_bars: bool) -> None:
    """How it stands against its bar, and why, in a sentence."""
    drift = investigate(gauge.weeks)
    if gauge.row is None:
        if with_bars:
            st.caption(lit(why(gauge)))
    else:
        words, verdict = verdict_words(gauge.row.verdict), gauge.row.verdict
        st.badge(STANDS[verdict], icon=words.icon, color=words.colour, help=STANDS_MEAN[verdict])  # type: ignore[arg-type]
        st.caption(lit(f"bar: {write_bar(gauge)}"))
        st.caption(lit(why(gauge)))
    if drift is not None:
        st.markdown(f":orange[:material/trending_down: {level_word(drift)}: getting worse]")


def _where_from(gauge: Gauge, part: Part, key: str) -> None:
    with st.popover("Where from?", type="tertiary", key=f"from_{key}"):
        st.text(gauge.metric.sentence)
        st.markdown(f"**{lit(source_title(gauge.source))}**")
        for sentence in provenance(gauge, part):
            st.text(sentence)


def _missing(view: Health) -> list[tuple[Metric, list[Gauge]]]:
    """Metrics without any number, and slices without one, each with the reasons; those with a bar first."""
    measured = {gauge.metric.id for gauge in view.gauges if gauge.measured is not None}
    found: dict[str, tuple[Metric, list[Gauge]]] = {}
    for gauge in view.gauges:
        if gauge.metric.id not in measured or (gauge.row is not None and gauge.measured is None):
            found.setdefault(gauge.metric.id, (gauge.metric, []))[1].append(gauge)
    for gauge in view.slices:
        if gauge.measured is None:
            found.setdefault(gauge.metric.id, (gauge.metric, []))[1].append(gauge)
    return sorted(found.values(), key=lambda one: all(gauge.row is None for gauge in one[1]))


def _drifts(view: Health) -> list[tuple[Gauge, Drift]]:
    rows = [row.gauge for group in board_of(view) for row in group.rows]
    return [(gauge, drift) for gauge in rows if (drift := investigate(gauge.weeks)) is not None]


def _because(diagnosis: Diagnosis) -> str:
    parts = []
    for found, condition in zip(diagnosis.because, diagnosis.rule.conditions, strict=True):
        limit = write(condition.limit, found.unit)
        parts.append(f"{_label(found)} {value_words(found)}, n {found.n:,}: shown {condition.side} {limit}")
    return lit("; ".join(parts) + ".")


def _label(found: Measurement | None) -> str:
    if found is None:
        return ""
    within = "".join(f", {value}" for _, value in found.slice.where)
    return f"{metric(found.metric).label}{within} ({SOURCE_WORDS[found.source]})"
