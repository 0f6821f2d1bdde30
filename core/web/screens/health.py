"""The frame of the Health page: what it is of, its empty state, and the switch that keeps it fresh."""

import streamlit as st

from core.actions.gauges import Health, Part
from core.actions.health import evidence_version
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.health_filters import part_words
from core.web.widgets import empty_state
from core.web.wording import write_moment


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
