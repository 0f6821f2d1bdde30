"""The trend section of the Health page: one metric by week or day, its drift, and how its days swing."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import streamlit as st

from core.actions.gauges import Gauge, Health, Part
from core.actions.trends import RateTrend, phase_starts, view_drifts, view_trend
from core.metrics.change_words import interval_points
from core.metrics.daily import swing_words
from core.metrics.drift_wording import HONESTY, level_word
from core.metrics.like_for_like import verdict_sentence
from core.metrics.measurement import Measurement, Source, WeekPoint
from core.statistics.drift import Level
from core.web.charts import trend_alt, trend_chart, trend_points
from core.web.charts.trend_marks import Change, Marks, mark_trend, marks_alt
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.drift_words import level_line
from core.web.screens.health_filters import pick_one
from core.web.screens.health_gauges import write_bar
from core.web.screens.health_row import trace_filters
from core.web.widgets import show_chart
from core.web.wording import SOURCE_WORDS, write_date

_STEPS = {"week": "By week", "day": "By day"}


def section(page: PageContext, view: Health, part: Part) -> None:
    """One metric by week or day with what came in between, and the level of each of the five."""
    gauges = {one.key: one for one in view.gauges if one.measured is not None}
    if not gauges:
        return
    st.header("Trend")
    names = {key: f"{gauge.metric.label} · {SOURCE_WORDS[gauge.source]}" for key, gauge in gauges.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = pick_one("trend", "Metric", names, _first_trend(view, gauges), width=380)
        step = pick_one("step", "Step", _STEPS, "week", width=140)
    gauge = gauges[chosen]
    main = {one.main.key: one.main for one in view.quality if one.main is not None}
    trends = {
        f"{one.metric.id}.{one.source}": one
        for one in view_drifts(
            page.workspace, page.caller, page.now, page.slug, part, list({**main, chosen: gauge}.values())
        )
    }
    points = view_trend(
        page.workspace, page.caller, page.now, page.slug, part, gauge.metric.id, gauge.source, step
    )
    _what_it_says(gauge, trends.get(chosen))
    _chart(page, gauge, points, step, trends.get(chosen))
    _days(trends.get(chosen))
    _to_traces(page, gauge, points, part, step)
    _others({key: trend for key, trend in trends.items() if key != chosen}, names)
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


def marks_of(
    points: Sequence[WeekPoint], phases: Sequence[Change], trend: RateTrend | None, step: str
) -> Marks:
    """What is marked on the chart of ``points``; only phases that began within it have a place there."""
    shown = [
        one for one in phases if points and points[0].week <= one.day < points[-1].week + timedelta(days=7)
    ]
    if trend is None:
        return Marks(releases(points), shown)
    return Marks(
        releases=releases(points),
        phases=shown,
        compared=tuple(point.week for point in trend.drift.compared),
        level=trend.drift.level,
        word=level_word(trend.drift),
        stand_out=trend.swing.stand_out if trend.swing is not None and step == "day" else (),
        by_day=step == "day",
    )


def _what_it_says(gauge: Gauge, trend: RateTrend | None) -> None:
    if trend is None:
        st.caption(
            f"{lit(gauge.metric.label)} is an amount: its weeks are shown. Drift is tested for rates only."
        )
        return
    level_line(trend.drift)
    if trend.same_kinds is not None:
        st.caption(
            lit(
                "The last of these weeks against the first, on the same kinds of tasks: "
                f"{interval_points(trend.same_kinds.interval)}. {verdict_sentence(trend.same_kinds)}"
            )
        )
    if trend.unwatched:
        st.caption(lit(trend.unwatched))


def _chart(
    page: PageContext, gauge: Gauge, points: Sequence[WeekPoint], step: str, trend: RateTrend | None
) -> None:
    began = [Change(one.day, one.name) for one in phase_starts(page.workspace, page.caller, page.slug)]
    marks = marks_of(points, began, trend, step)
    drawn = trend_points(points)
    bar, label, unit = gauge.bar, gauge.metric.label, gauge.metric.unit
    words = write_bar(gauge)
    figure = trend_chart(drawn, bar, unit=unit, bar_words=words, label=label, step=step)
    alt = trend_alt(drawn, bar, unit=unit, bar_words=words, label=label, step=step)
    show_chart(
        mark_trend(figure, drawn, marks),
        alt=f"{alt} {marks_alt(marks)}".strip(),
        key=f"health_trend_{gauge.key}_{step}",
    )
    st.caption(_legend(marks))


def _legend(marks: Marks) -> str:
    """What the signs on this chart mean; only those that it has."""
    words = [
        "Thick line: where the true value can still lie. Hollow point: worth fewer than 10 independent "
        "cases. Circle at the foot: not measured."
    ]
    if marks.releases:
        words.append("▸ and a dotted line: the first rows of a new release.")
    if marks.phases:
        words.append("⚑ and a line: a phase begins.")
    if marks.level is not Level.QUIET and marks.compared:
        words.append("Tinted ground: the weeks that the word above speaks of.")
    if marks.stand_out:
        words.append("Red ring: a day that stands out of the others.")
    return lit(" ".join(words))


def _days(trend: RateTrend | None) -> None:
    """Whether days swing more than luck, and which of them stand out."""
    if trend is None or trend.swing is None:
        return
    swing = trend.swing
    icon = ":material/waves:" if swing.beyond_luck else ":material/calendar_view_day:"
    out = ""
    if swing.stand_out:
        days = ", ".join(write_date(day) for day in swing.stand_out[:5])
        more = f" and {len(swing.stand_out) - 5} more" if len(swing.stand_out) > 5 else ""
        out = f" Standing out: {days}{more}."
    fall = ""
    if swing.beyond_luck and trend.drift.level is not Level.QUIET:
        fall = " A part of it may be the fall itself."
    span = f"{write_date(swing.first)} to {write_date(swing.last)}"
    st.markdown(f"{icon} **Day to day**, {span}: {lit(swing_words(swing) + fall + out)}")


def _to_traces(page: PageContext, gauge: Gauge, points: Sequence[WeekPoint], part: Part, step: str) -> None:
    """A point leads to its traces: the newest one first, since that is what people ask about."""
    if gauge.source is Source.EVAL:
        return
    measured = [point.week for point in reversed(points) if isinstance(point.finding, Measurement)]
    if not measured:
        return
    choices = {day.isoformat(): f"{'week of ' * (step == 'week')}{write_date(day)}" for day in measured}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = pick_one("point", "Look at the traces of", choices, next(iter(choices)), width=240)
        day = next(one for one in measured if one.isoformat() == chosen)
        last = day + timedelta(days=6 if step == "week" else 0)
        filters = trace_filters(page.now, part)
        # A part may begin or end within the week of its point; days compare as they are written.
        first_day = max(day.isoformat(), filters.get("from", ""))
        last_day = min(last.isoformat(), filters.get("to", last.isoformat()))
        query = {**filters, "from": first_day, "to": last_day, "behind": gauge.key}
        link_to("traces", feature=page.slug, label="Open these traces", query=query)


def _others(trends: Mapping[str, RateTrend], names: Mapping[str, str]) -> None:
    """The level of the others of the five, and what such words are worth."""
    if trends:
        st.markdown("**How loudly the others of the five speak**")
        with st.container(border=True, gap="small", key="trend_levels"):
            for key, trend in trends.items():
                level_line(trend.drift, names[key])
    st.caption(HONESTY)


def _first_trend(view: Health, gauges: Mapping[str, Gauge]) -> str:
    """What falls is shown first, then answer correctness, then the first there is."""
    falling = [one.main for one in view.quality if one.drift is not None and one.main is not None]
    answers = [gauge for gauge in gauges.values() if gauge.metric.id == "answer_correctness"]
    return next(iter([*falling, *answers, *gauges.values()])).key


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
