"""The end of a review: what was found, which kinds are new, what to do about it."""

from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.review_queue import title_of
from core.actions.reviews import Found, is_failure, what_was_found
from core.units import Unit, write
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens.permitted import permitted
from core.web.screens.promote import promote_button
from core.web.screens.review import close_review
from core.web.screens.review_keys import QUESTIONS
from core.web.screens.trace_text import as_columns, one_line
from core.web.widgets import empty_state
from core.web.wording import write_count

_MOST_FAILED = 20


def is_asked(session_id: int) -> bool:
    """Whether the visitor wants to see what was found, also before the end of the queue."""
    return bool(st.session_state.get(f"review_end_{session_id}"))


def end(page: PageContext, session_id: int) -> None:
    """What the labels of the review say, and the ways on from here."""
    found = what_was_found(page.workspace, page.caller, page.slug, session_id)
    session = found.session
    st.header(lit(title_of(session)))
    with st.container(horizontal=True, gap="small"):
        st.button(
            "All reviews",
            icon=":material/arrow_back:",
            key="review_done",
            on_click=_leave,
            args=(session_id,),
        )
        if session.reviewed < session.size and permitted(page, Act.REVIEW):
            st.button(
                f"Go on: {session.size - session.reviewed:,} left",
                icon=":material/play_arrow:",
                key="review_go_on",
                on_click=partial(_go_on, session_id),
            )
        link_to("failures", feature=page.slug, label="See all failures")
    if not found.labels:
        with empty_state("Nothing is reviewed yet", "Label the first trace, then look here again."):
            pass
        return
    _summary(found)
    _kinds(found)
    _failed(page, found)
    _labels(page, found)


def _leave(session_id: int) -> None:
    _go_on(session_id)
    close_review()


def _go_on(session_id: int) -> None:
    st.session_state.pop(f"review_end_{session_id}", None)


def _summary(found: Found) -> None:
    session = found.session
    with st.container(horizontal=True, gap="medium"):
        st.metric("Reviewed", f"{session.reviewed:,} of {session.size:,}", width="content")
        if found.judged:
            right = f"{found.right:,} of {found.judged:,} ({write(found.right / found.judged, Unit.SHARE)})"
            st.metric("Answers right", right, width="content")
        st.metric("With a failure", f"{len(found.failed_runs):,}", width="content")
    if session.sampling == "worst":
        st.caption("These traces were picked because they looked bad: the shares say nothing about the rest.")
    if session.reviewed < session.size and session.sampling != "worst":
        left = write_count(session.size - session.reviewed, "trace")
        st.caption(
            f"{left} of this review without a label. The order was nobody's choice, so the reviewed ones may "
            "stand for all of them, unless the hard ones were deferred: come back to those."
        )


def _kinds(found: Found) -> None:
    if not found.types:
        st.markdown(":material/check_circle: No kind of failure was named.")
        return
    new = set(found.new)
    st.markdown("**What went wrong**")
    for word, count in found.types:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{count:,} × {lit(word)}", width="content")
            if word in new:
                st.badge(
                    "new", color="orange", icon=":material/new_releases:", help="Nobody had named it before."
                )
    if new:
        st.caption(
            "New kinds are still coming up: look at more traces before you believe to have seen them all."
        )


def _failed(page: PageContext, found: Found) -> None:
    """The traces with a failure, each to become an eval case."""
    if not found.failed_runs:
        return
    st.markdown("**Turn these failures into tests**")
    said = {one.run_id: one for one in found.labels if is_failure(one.cells)}
    for place, run_id in enumerate(found.failed_runs[:_MOST_FAILED]):
        cells = said[run_id].cells
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            link_to("traces", feature=page.slug, label=printable(run_id), query={"trace": run_id})
            words = cells.get("failure_type") or cells.get("note")
            st.text(one_line(words, "")[:120], width="content")
        # Its form opens below the line; while traces are labelled it is not offered, as it tells what others
        # have said.
        promote_button(page, run_id, f"review_promote_{place}")
    if len(found.failed_runs) > _MOST_FAILED:
        st.caption(
            f"The first {_MOST_FAILED} of {len(found.failed_runs):,}; the others are on the Failures page."
        )


def _labels(page: PageContext, found: Found) -> None:
    with st.expander("All labels of this review", icon=":material/table:"):
        rows = [
            {
                "Run ID": printable(one.run_id),
                "By": one_line(one.reviewer),
                **{
                    full: {True: "yes", False: "no"}.get(one.cells[name], "")
                    for name, (_, _, full) in QUESTIONS.items()
                },
                "Failure type": one_line(one.cells["failure_type"], ""),
                "Root cause": one_line(one.cells["root_cause"], ""),
                "Severity": one_line(one.cells["severity"], ""),
                "Note": one_line(one.cells["note"], ""),
                "Corrected answer": one_line(one.cells["corrected_answer"], ""),
            }
            for one in found.labels
        ]
        st.dataframe(as_columns(rows), hide_index=True, key="review_labels")
        table = Table(tuple(rows[0]), [tuple(row.values()) for row in rows])
        download_row("Labels", table, f"{page.slug}-review-{found.session.id}", key="review_labels_download")
