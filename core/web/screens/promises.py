"""The conditions of a GO on the page: the live ones with the ways to end them, and the past ones."""

from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.promises import PromisesView, meet_condition, release_condition, view_promises
from core.decision.promises import PromiseLine, PromiseState
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import permitted
from core.web.widgets import flash, guarded
from core.web.wording import write_count, write_date, write_moment

_BADGES = {
    PromiseState.OPEN: ":orange-badge[:material/pending_actions: OPEN]",
    PromiseState.LAPSED: ":red-badge[:material/event_busy: LAPSED]",
    PromiseState.MET: ":green-badge[:material/check: MET]",
    PromiseState.RELEASED: ":gray-badge[:material/lock_open: RELEASED]",
    PromiseState.WITHDRAWN: ":gray-badge[WITHDRAWN]",
}


def standing_line(page: PageContext) -> None:
    """Beside the sign buttons: on how many conditions the GO holds, or that it has lapsed."""
    live = view_promises(page.workspace, page.caller, page.now, page.slug).live
    if not live:
        return
    lapsed = [line for line in live if line.state is PromiseState.LAPSED]
    first = min(lapsed or live, key=lambda line: line.given.due)
    said = f"“{lit(first.given.words)}” ({lit(first.given.owner)}, until {write_date(first.given.due)})"
    if lapsed:
        st.markdown(f":small[:red[:material/event_busy:] The GO has lapsed: {said} · [Look](#go-conditions)]")
    else:
        st.markdown(
            f":small[:orange[:material/pending_actions:] The GO holds on "
            f"{write_count(len(live), 'condition')}: {said} · [Look](#go-conditions)]"
        )


def block(page: PageContext) -> None:
    """Every condition, the live ones first; nothing where nobody ever set one."""
    view = view_promises(page.workspace, page.caller, page.now, page.slug)
    if not view.lines:
        return
    st.header("Conditions of the GO", anchor="go-conditions")
    for line in view.live:
        with st.container(border=True, gap="xsmall", key=f"condition_{line.given.id}"):
            _line(page, view, line)
    past = [line for line in view.lines if line not in view.live]
    if past:
        title = f"{write_count(len(past), 'earlier condition')}"
        with st.expander(title, icon=":material/history:", expanded=not view.live, key="conditions_past"):
            for line in reversed(past):
                st.markdown(f"{_BADGES[line.state]} {lit(line.sentence)}")


def _line(page: PageContext, view: PromisesView, line: PromiseLine) -> None:
    one = line.given
    st.markdown(f"{_BADGES[line.state]} **{lit(one.words)}**")
    st.caption(
        f"{lit(one.owner)} sees to it, to the end of {write_date(one.due)} (UTC) · asked for by "
        f"{lit(one.given_by)}, {write_moment(one.given_at)}"
    )
    with st.container(horizontal=True, gap="small"):
        if view.may_meet:
            with st.popover("It is met", icon=":material/check:", key=f"condition_meet_popover_{one.id}"):
                st.text_area(
                    "How can that be seen? With a link, if there is one.",
                    key=f"condition_note_{one.id}",
                    max_chars=500,
                )
                st.button(
                    "Say that it is met",
                    key=f"condition_meet_{one.id}",
                    on_click=guarded(partial(_meet, page, one.id)),
                )
        if view.may_release:
            with st.popover(
                "Release it", icon=":material/lock_open:", key=f"condition_release_popover_{one.id}"
            ):
                st.caption("The GO then stands without it. Whoever asked for it may, or another signer.")
                st.text_input("Why?", key=f"condition_why_{one.id}", max_chars=500)
                st.button(
                    "Release the condition",
                    key=f"condition_release_{one.id}",
                    on_click=guarded(partial(_release, page, one.id)),
                )
    if not (view.may_meet or permitted(page, Act.SIGN)):
        st.caption(":material/lock: A product manager or a signer says when it is met.")


def _meet(page: PageContext, condition_id: int) -> None:
    note = st.session_state.get(f"condition_note_{condition_id}") or ""
    meet_condition(page.workspace, page.caller, page.moment(), page.slug, condition_id, note=note)
    flash("The condition is met. Your name stands with it.")


def _release(page: PageContext, condition_id: int) -> None:
    reason = st.session_state.get(f"condition_why_{condition_id}") or ""
    release_condition(page.workspace, page.caller, page.moment(), page.slug, condition_id, reason=reason)
    flash("The condition is released.", icon=":material/lock_open:")
