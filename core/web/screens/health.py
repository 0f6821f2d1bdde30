"""The frame of the Health page: what it is of, how fresh that is, its empty state, and the look for more."""

from datetime import datetime, timedelta

import streamlit as st

from core.actions.gauges import Health, Part
from core.actions.health import evidence_version
from core.metrics.measurement import Source
from core.web.address import one_in, put
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.health_filters import part_words
from core.web.screens.health_gauges import SOURCE_SHORT
from core.web.screens.health_words import what_words_mean
from core.web.widgets import empty_state, refresh
from core.web.wording import write_age, write_date, write_moment

OLD_AFTER = timedelta(days=7)
"""Evidence without a new row for so long says nothing about this week."""

_REDRAW_AFTER = timedelta(minutes=15)
"""A page on a wall is drawn anew so often, because ages and windows go on without new evidence."""

_FRESH = "health_fresh"


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


def freshness(view: Health, part: Part, page: PageContext) -> None:
    """How old the newest evidence of each source is; plainly so where it is old."""
    newest = view.newest
    if not newest:
        return
    latest = max(newest.values())
    words = ", ".join(
        f"{SOURCE_SHORT[source]} {_age(newest[source], page.now)}" for source in Source if source in newest
    )
    ended = part.phase is not None and part.phase.ended is not None
    if page.now - latest > OLD_AFTER and not ended:
        st.warning(
            lit(f"By source: {words}. What the feature does today is not in these numbers."),
            title=lit(f"No new evidence since {write_date(latest)}, {write_age(latest, page.now)} ago"),
            icon=":material/update_disabled:",
        )
    else:
        st.caption(f":material/update: {lit(f'Newest evidence: {words}.')}")


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


def keep_fresh(page: PageContext, view: Health) -> None:
    """Looks for new evidence every minute. Only who asks for it has the page drawn anew under their eyes."""
    st.session_state[_FRESH] = one_in("fresh", ("yes",), "") == "yes"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="health_keep_fresh"):
        st.toggle(
            "Draw new evidence by itself",
            key=_FRESH,
            on_change=_keep,
            help="For a screen on a wall; it stands in the address. Without it the page says when there is "
            "something new, and waits.",
        )
        _watch(page, view.evidence_version)
        what_words_mean()


def _keep() -> None:
    put("fresh", "yes" if st.session_state.get(_FRESH) else "")


@st.fragment(run_every="60s")
def _watch(page: PageContext, shown: int) -> None:
    moment = page.moment()
    is_new = evidence_version(page.workspace, page.caller, page.slug) != shown
    if st.session_state.get(_FRESH) and (is_new or moment - page.now > _REDRAW_AFTER):
        refresh()
    if is_new and st.button(
        "New evidence has come in: show it", icon=":material/refresh:", key="health_show_new", type="primary"
    ):
        # A press inside a fragment draws only the fragment; this asks for the whole page.
        st.rerun(scope="app")
    st.caption(f"Looked for new evidence {write_moment(moment)}")


def _age(then: datetime, now: datetime) -> str:
    return f"{write_date(then)} ({write_age(then, now)}{'' if write_age(then, now) == 'now' else ' ago'})"
