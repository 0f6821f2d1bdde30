"""The trend section of the Health page: one metric by week or day, with the releases in between."""

from collections.abc import Sequence

import streamlit as st

from core.actions.gauges import Gauge, Health, Part
from core.actions.trends import view_trend
from core.metrics.measurement import Measurement, WeekPoint
from core.web.charts import trend_alt, trend_chart, trend_points
from core.web.charts.trend import Change
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.screens.health_filters import pick_one
from core.web.screens.health_gauges import write_bar
from core.web.widgets import show_chart
from core.web.wording import SOURCE_WORDS

_STEPS = {"week": "By week", "day": "By day"}


def section(page: PageContext, view: Health, part: Part) -> None:
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
