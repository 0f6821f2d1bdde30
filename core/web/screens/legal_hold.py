"""Legal holds in the block on how long texts are kept: what holds, since when, and lifting or placing one."""

from functools import partial

import streamlit as st

from core.actions.legal_holds import HoldsView, lift_hold, place_hold, view_holds
from core.store.legal_holds import LegalHold
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.widgets import flash, guarded
from core.web.wording import write_count, write_moment


def legal_holds(page: PageContext) -> None:
    """Nothing where there never was one, for whoever may not place one."""
    view = view_holds(page.workspace, page.caller, page.slug)
    if not (view.lines or view.may_hold):
        return
    st.markdown("**Legal hold**")
    if not view.standing:
        st.caption("None holds. A legal hold keeps everything as it is: nothing expires, nobody is erased.")
    for one in view.standing:
        with st.container(border=True, gap="xsmall", key=f"hold_{one.id}"):
            st.markdown(f":orange-badge[:material/gavel: LEGAL HOLD] {lit(_since(one))}")
            st.markdown(lit(one.reason))
            if view.may_hold:
                _lift(page, one)
    if view.may_hold:
        _place(page)
    _lifted(view)


def _since(one: LegalHold) -> str:
    return f"since {write_moment(one.placed_at)}, placed by {one.placed_by}"


def _lift(page: PageContext, one: LegalHold) -> None:
    with st.popover("Lift it", icon=":material/lock_open:", key=f"hold_lift_popover_{one.id}"):
        st.caption("What was due to expire meanwhile goes within a day; asked erasures can go on.")
        st.text_input("Why is it lifted?", key=f"hold_lift_reason_{one.id}", max_chars=500)
        st.button(
            "Lift the hold", key=f"hold_lift_{one.id}", on_click=guarded(partial(_lifted_now, page, one.id))
        )


def _place(page: PageContext) -> None:
    with st.popover("Place a legal hold", icon=":material/gavel:", key="hold_place_popover"):
        st.text_input(
            "Why must everything be kept?",
            key="hold_reason",
            max_chars=500,
            placeholder="Request of the authority of 3 May, file 17",
        )
        st.button("Hold everything", key="hold_place", on_click=guarded(partial(_placed, page)))


def _lifted(view: HoldsView) -> None:
    ended = [one for one in view.lines if not one.holds]
    if not ended:
        return
    st.caption(f"{write_count(len(ended), 'earlier hold')}:")
    for one in ended:
        when = write_moment(one.lifted_at) if one.lifted_at else ""
        st.caption(
            lit(f"{_since(one)}: {one.reason} · lifted on {when} by {one.lifted_by}: {one.lifted_reason}")
        )


def _placed(page: PageContext) -> None:
    reason = st.session_state.get("hold_reason") or ""
    place_hold(page.workspace, page.caller, page.moment(), page.slug, reason=reason)
    st.session_state["hold_reason"] = ""
    flash("Everything of this feature is held from now on.", icon=":material/gavel:")


def _lifted_now(page: PageContext, hold_id: int) -> None:
    reason = st.session_state.get(f"hold_lift_reason_{hold_id}") or ""
    lift_hold(page.workspace, page.caller, page.moment(), page.slug, hold_id, reason=reason)
    flash("The legal hold is lifted.", icon=":material/lock_open:")
