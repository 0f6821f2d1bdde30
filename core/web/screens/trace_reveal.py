"""Personal data on the Traces page: what is masked is said, and few may see it as it was, with a reason."""

from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.reasons import SHORTEST_REASON
from core.actions.revealing import reveal_trace
from core.actions.traces import TraceView
from core.web.opening import PageContext
from core.web.screens.permitted import permitted
from core.web.widgets import flash, guarded
from core.web.wording import write_count

_REVEALED = "trace_revealed"
"""(feature, run id, view) of the one trace that was revealed last; another one takes its place."""

_REASON = "trace_reveal_reason"


def as_revealed(page: PageContext, run_id: str) -> TraceView | None:
    """The trace as it was, where this visitor has just given a reason for it and still may see it."""
    slug, run, view = st.session_state.get(_REVEALED, ("", "", None))
    if (slug, run) == (page.slug, run_id) and permitted(page, Act.REVEAL):
        return view if isinstance(view, TraceView) else None
    forget_revealed()
    return None


def forget_revealed() -> None:
    """Nothing that was revealed stays in the session once its trace is left."""
    st.session_state.pop(_REVEALED, None)


def may_be_masked(page: PageContext, view: TraceView) -> None:
    """What was masked, and the way to see it; that texts are not for this reader; or that this is all."""
    if not view.has_texts:
        st.info(
            "Texts are for reviewers: you see the numbers and the steps.", icon=":material/visibility_off:"
        )
        return
    run_id = view.record.run_id
    if st.session_state.get(_REVEALED, ("", "", None))[2] is view:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(":orange-badge[:material/visibility: Shown as it was] The log says that you saw it.")
            st.button("Mask it again", key="trace_mask", on_click=forget_revealed)
        return
    if not view.masked:
        return
    words = (
        f"{write_count(view.masked, 'piece')} of personal data {'is' if view.masked == 1 else 'are'} masked."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/visibility_off: {words}")
        if permitted(page, Act.REVEAL):
            with st.popover("Show as it was", icon=":material/visibility:", key="trace_reveal_popover"):
                st.markdown("The audit log keeps your name, the trace and the reason, but no text.")
                st.text_input(
                    "What do you need it for?",
                    key=_REASON,
                    max_chars=300,
                    help=f"At least {SHORTEST_REASON} characters, such as the number of a complaint.",
                )
                st.button(
                    "Show this trace as it was",
                    key="trace_reveal",
                    on_click=guarded(partial(_reveal, page, run_id)),
                )


def _reveal(page: PageContext, run_id: str) -> None:
    reason = str(st.session_state.get(_REASON, ""))
    view = reveal_trace(page.workspace, page.caller, page.moment(), page.slug, run_id, reason=reason)
    st.session_state[_REVEALED] = (page.slug, run_id, view)
    st.session_state[_REASON] = ""
    flash("Shown as it was; the log says so.", icon=":material/visibility:")
