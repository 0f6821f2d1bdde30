"""The frame of the Go / no-go page: what stands on it before there is a checklist, and its weeks."""

import streamlit as st

from core.actions.gates import GateView
from core.criteria.checklist import MeasuredItem
from core.metrics.catalogue import metric
from core.web.charts import trend_alt, trend_chart, trend_points
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.screens import way
from core.web.widgets import show_chart, verdict_banner


def nothing_to_decide(page: PageContext) -> None:
    """There is no checklist yet: say what to do first, and lay out the way."""
    verdict_banner(
        "no_data", sentences=["There is no checklist, so there is nothing to hold the feature to yet."]
    )
    if page.progress is not None:
        way.the_way(page.slug, page.progress)


def by_week(view: GateView) -> None:
    """One row's weeks as a chart, drawn when somebody opens it; the row is chosen above it."""
    choices = {row.item.id: row for row in view.decision.rows if len(view.weeks.get(row.item.id, ())) > 1}
    if not choices:
        return
    fold = st.expander("Trend by week", icon=":material/show_chart:", key="by_week", on_change="rerun")
    if not fold.open:
        return
    with fold:
        chosen = st.selectbox(
            "Row",
            list(choices),
            format_func=lambda item_id: choices[item_id].label,
            key="trend_row",
            label_visibility="collapsed",
        )
        _weeks(view, chosen)


def _weeks(view: GateView, chosen: str) -> None:
    row = next(row for row in view.decision.rows if row.item.id == chosen)
    if not isinstance(row.item, MeasuredItem):
        return
    points, unit = trend_points(view.weeks[chosen]), metric(row.item.metric).unit
    show_chart(
        trend_chart(points, row.item.bar, unit=unit, bar_words=row.bar, label=row.label),
        alt=trend_alt(points, row.item.bar, unit=unit, bar_words=row.bar, label=row.label),
        key=f"trend_{chosen}",
    )
    table = Table(
        ("Week", "Value", "Low", "High", "n"),
        [(point.week, point.value, point.low, point.high, point.n) for point in points],
    )
    download_row("These weeks", table, f"{view.decision.feature}-{chosen}-by-week", key="weeks")
