"""Adoption by segment, on the Health page: who came, week by week."""

import streamlit as st

from core.actions.gauges import Part
from core.actions.slices import Adoption, view_adoption
from core.metrics.concentration import NOT_RECORDED
from core.web.charts.adoption import MOST_WEEKS, AdoptionRow, adoption_alt, adoption_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.screens.health_filters import pick_one
from core.web.widgets import show_chart

_COUNTED = {"users": "Users", "traces": "Traces"}


def adoption(page: PageContext, part: Part) -> None:
    """Distinct users (or traces) a week by segment."""
    found = view_adoption(page.workspace, page.caller, page.now, page.slug, part)
    st.header("Adoption by segment")
    if not found.weeks:
        st.caption("No trace in this part yet.")
        return
    if not any(users for week in found.weeks for _, users in week.counts):
        st.caption(
            "No trace says its user, so only traces can be counted. Upload traces with the column user\\_id."
        )
        noun = "traces"
    else:
        noun = pick_one("count", "Count", _COUNTED, "users", width=140)
    place = 1 if noun == "users" else 0
    rows = [
        AdoptionRow(_name(segment), tuple(week.counts[number][place] for week in found.weeks))
        for number, segment in enumerate(found.segments)
    ]
    weeks = [week.week for week in found.weeks]
    show_chart(
        adoption_chart(weeks, rows, noun), alt=adoption_alt(weeks, rows, noun), key=f"health_adoption_{noun}"
    )
    older = (
        f" The last {MOST_WEEKS} weeks are drawn; the download has all." if len(weeks) > MOST_WEEKS else ""
    )
    st.caption(
        "Counted as recorded in the traces, test runs left out; a user counts once a week and segment. All "
        "rows "
        f"share one scale. The last week may not be over yet.{older}"
    )
    download_row("Every week", _lines(found), f"{page.slug}-adoption", key="adoption")


def _name(segment: str | None) -> str:
    return "(all others)" if segment is None else segment or NOT_RECORDED


def _lines(found: Adoption) -> Table:
    rows = [
        (week.week, _name(segment), traces, users)
        for week in found.weeks
        for segment, (traces, users) in zip(found.segments, week.counts, strict=True)
    ]
    return Table(("Week of", "Segment", "Traces", "Users"), rows)
