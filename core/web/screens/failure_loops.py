"""Open loops: incidents that have not ended in anything, the oldest first, and what the others ended in."""

from datetime import UTC, datetime, time
from functools import partial
from urllib.parse import quote

import streamlit as st

from core.actions.incidents import (
    LONGEST_LINK,
    LONGEST_STORY,
    IncidentsView,
    close_incident,
    report_incident,
    view_incidents,
)
from core.actions.policy import Act
from core.store.incidents import Incident
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.permitted import only_for
from core.web.widgets import flash, guarded
from core.web.wording import write_age, write_count, write_date

ENDS = {"rubric": "rubric", "runbook": "runbook", "eval_case": "eval case"}
_WEEK_OLD = 7


def loops(page: PageContext) -> None:
    """What happened, and whether anything was learnt from it."""
    st.header("Open loops", anchor="loops")
    view = view_incidents(page.workspace, page.caller, page.slug)
    st.markdown(lit(loop_words(view)))
    _report(page)
    for one in view.open:
        with st.container(border=True, gap="xsmall", key=f"incident_{one.id}"):
            _open(page, one)
    if view.closed:
        with st.expander(f"{write_count(len(view.closed), 'closed incident')}", icon=":material/task_alt:"):
            for one in view.closed:
                _closed(one)
    if view.open or view.closed:
        download_row("All incidents", table_of(view), f"{page.slug}-incidents", key="incidents")


def loop_words(view: IncidentsView) -> str:
    if not view.open and not view.closed:
        return (
            "No incident is written down. When something goes badly wrong for users, write it down here: it "
            "stays open until it has changed the rubric, the runbook or the eval set."
        )
    closed = f"; {len(view.closed):,} ended in something" if view.closed else ""
    if not view.open:
        return f"No loop is open{closed}."
    verb = "has" if len(view.open) == 1 else "have"
    return f"{write_count(len(view.open), 'incident')} {verb} changed nothing yet{closed}."


def _report(page: PageContext) -> None:
    key = f"incident_new_{page.slug}"
    with st.popover(
        "Write down an incident",
        icon=":material/add_alert:",
        key="incident_popover",
        **only_for(page, Act.NAME_FAILURES),
    ):
        st.text_area("What happened?", key=f"{key}/what", max_chars=LONGEST_STORY)
        st.date_input(
            "When (UTC)",
            value=page.now.date(),
            max_value=page.now.date(),
            format="YYYY-MM-DD",
            key=f"{key}/day",
        )
        st.text_input("Who sees to it?", key=f"{key}/owner", max_chars=80)
        st.text_input("Run ID (optional)", key=f"{key}/run", max_chars=200)
        st.button("Save", type="primary", key=f"{key}/save", on_click=guarded(partial(_save, page, key)))


def _open(page: PageContext, one: Incident) -> None:
    days = (page.now - one.happened_at).days
    colour = "orange" if days >= _WEEK_OLD else "gray"
    # Incidents have a day and no hour: on their first day nothing is told of hours.
    age = f"for {write_age(one.happened_at, page.now)}" if days else "since today"
    st.markdown(f":{colour}-badge[:material/all_inclusive: OPEN {age}] **{lit(one.owner)}** sees to it")
    st.text(one.what)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(lit(f"{write_date(one.happened_at)}, written down by {one.reported_by}"), width="content")
        if one.run_id:
            link_to("traces", feature=page.slug, label="Its trace", query={"trace": one.run_id})
        _close(page, one)


def _close(page: PageContext, one: Incident) -> None:
    key = f"incident_{page.slug}/{one.id}"
    with st.popover(
        "Close the loop",
        icon=":material/task_alt:",
        key=f"incident_close_{one.id}",
        **only_for(page, Act.NAME_FAILURES),
    ):
        st.radio(
            "What did it change?", list(ENDS), format_func=ENDS.__getitem__, key=f"{key}/end", index=None
        )
        st.text_input(
            "Where can that be seen?",
            key=f"{key}/link",
            max_chars=LONGEST_LINK,
            placeholder="https://… or the id of the eval case",
        )
        st.button(
            "Close", type="primary", key=f"{key}/close", on_click=guarded(partial(_end, page, one, key))
        )


def _closed(one: Incident) -> None:
    end = ENDS[one.ended_in or "rubric"]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f":green-badge[{end.upper()}] {write_date(one.happened_at)}", width="content")
        link = one.link or ""
        if link.startswith(("https://", "http://")):
            address = quote(link, safe=":/?#@!&'()*+,;=%~")
            st.link_button("See the change", address, icon=":material/open_in_new:", type="tertiary")
        else:
            st.markdown(lit(link), width="content")
    st.text(one.what)
    if one.closed_at is not None:
        st.caption(lit(f"Closed by {one.closed_by} on {write_date(one.closed_at)}; {one.owner} saw to it."))


def _save(page: PageContext, key: str) -> None:
    said, now = st.session_state, page.moment()
    day = said.get(f"{key}/day") or now.date()
    report_incident(
        page.workspace,
        page.caller,
        now,
        page.slug,
        what=said.get(f"{key}/what") or "",
        happened_at=min(datetime.combine(day, time.min, UTC), now),
        owner=said.get(f"{key}/owner") or "",
        run_id=said.get(f"{key}/run") or "",
    )
    for name in ("what", "owner", "run"):
        said.pop(f"{key}/{name}", None)
    flash("The incident is written down.", icon=":material/add_alert:")


def _end(page: PageContext, one: Incident, key: str) -> None:
    said = st.session_state
    close_incident(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        one.id,
        ended_in=said.get(f"{key}/end") or "",
        link=said.get(f"{key}/link") or "",
    )
    flash("The loop is closed.", icon=":material/task_alt:")


def table_of(view: IncidentsView) -> Table:
    """The incidents for a file, open ones first."""
    columns = (
        "What",
        "Happened",
        "Run ID",
        "Owner",
        "Written down by",
        "Ended in",
        "Link",
        "Closed by",
        "Closed at",
    )
    rows = [
        (
            *(one.what, one.happened_at, one.run_id, one.owner, one.reported_by),
            *(ENDS[one.ended_in] if one.ended_in else "", one.link, one.closed_by, one.closed_at),
        )
        for one in (*view.open, *view.closed)
    ]
    return Table(columns, rows)
