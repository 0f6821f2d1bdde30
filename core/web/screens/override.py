"""Overruling on the Go / no-go page: a line under the verdict, every one there ever was, and the form."""

from functools import partial

import streamlit as st

from core.actions.overrides import (
    SHORTEST_OVERRIDE_REASON,
    OverrideView,
    end_override,
    give_override,
)
from core.actions.policy import Act
from core.actions.sign_in_settings import SignInMode
from core.decision.override import OVERRIDE_HOURS, OVERRULE_WORD, OverrideLine, OverrideState
from core.decision.waiting import lack_words
from core.web import wiring
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import permitted
from core.web.sign_in import settings
from core.web.widgets import flash, guarded, verdict_mark
from core.web.wording import write_count

_BADGES = {
    OverrideState.HOLDS: ":red-badge[:material/gavel: OVERRULED]",
    OverrideState.USED: ":red-badge[:material/gavel: STEP TAKEN ON IT]",
    OverrideState.ENDED: ":gray-badge[ENDED]",
    OverrideState.EXPIRED: ":gray-badge[EXPIRED]",
    OverrideState.WITHOUT_EFFECT: ":orange-badge[WITHOUT EFFECT]",
}


def strip(view: OverrideView) -> None:
    """Right below the verdict: what is overruled now, and how often a step was taken on an overruling."""
    for line in view.lines:
        if line.state is OverrideState.HOLDS:
            st.markdown(f":red[:material/gavel:] **{lit(line.sentence)}** [Look at it](#overruled)")
    used = sum(line.state is OverrideState.USED for line in view.lines)
    if used:
        steps = "1 step was" if used == 1 else f"{write_count(used, 'step')} were"
        st.markdown(f":red[:material/gavel:] {steps} taken against the gate. [Which](#overruled)")


def block(page: PageContext, view: OverrideView) -> None:
    """What was overruled, for ever; for signers, in a fold, the way to overrule."""
    may_try = page.caller.person_id is not None and permitted(page, Act.OVERRIDE)
    if not (view.lines or may_try):
        return
    st.header("Overruling the gate", anchor="overruled")
    for line in view.lines:
        with st.container(border=True, gap="xsmall", key=f"override_{line.given.id}"):
            _line(page, view, line)
    if may_try:
        with st.expander(
            "Let the next phase begin all the same", icon=":material/gavel:", key="override_form"
        ):
            _form(page, view)


def _line(page: PageContext, view: OverrideView, line: OverrideLine) -> None:
    given = line.given
    st.markdown(f"{_BADGES[line.state]} **{lit(given.title)}**")
    st.markdown(lit(line.sentence))
    was = given.statement
    lacked = "; ".join(lack_words(str(name)) for name in was.get("overrules", ()))
    st.markdown(f"The verdict then: {verdict_mark(was.get('verdict', 'no_data'))} It lacked {lit(lacked)}.")
    if line.changed:
        st.markdown(f":blue[:material/difference:] {lit(f'Since then: {line.changed}.')}")
    st.caption(f"Exactly what was overruled has the fingerprint `{given.sha256}`.")
    is_open = line.state in (OverrideState.HOLDS, OverrideState.WITHOUT_EFFECT)
    if is_open and view.may_end:
        with st.popover("End it now", icon=":material/block:", key=f"override_end_popover_{given.id}"):
            st.text_input("Why is it ended?", key=f"override_end_reason_{given.id}", max_chars=500)
            st.button(
                "End the overruling",
                key=f"override_end_{given.id}",
                on_click=guarded(partial(_end, page, given.id)),
            )


def _form(page: PageContext, view: OverrideView) -> None:
    st.markdown(
        "For an emergency only. The verdict stays what it is; the next phase may begin against it, once, "
        f"within {OVERRIDE_HOURS} hours. Every signer sees it on every page of this feature, and the step "
        "stays marked in the rollout, in reports and in the audit log for ever."
    )
    if view.needs_fresh_sign_in:
        st.caption(f":material/login: {lit(view.why_not)}")
        if settings().mode is not SignInMode.PROXY:
            wiring.sign_in_again_button(key="sign_in_again_override")
        return
    if view.why_not or view.step is None:
        st.caption(f":material/lock: {lit(view.why_not)}")
        return
    st.markdown(f"**{lit(view.step.title)}** would begin although this is so:")
    for one in view.lacking:
        st.markdown(f":orange[:material/radio_button_unchecked:] {lit(one.sentence)}")
    with st.form("override_give_form", border=False, enter_to_submit=False):
        st.text_area(
            "Why can it not wait, and what keeps users safe meanwhile?",
            key="override_reason",
            max_chars=500,
            help=f"At least {SHORTEST_OVERRIDE_REASON} characters; everyone reads it.",
        )
        st.text_input(
            f"Type {OVERRULE_WORD}", key="override_typed", max_chars=40, autocomplete="off", width=260
        )
        st.form_submit_button(
            "Overrule the gate",
            icon=":material/gavel:",
            key="override_give",
            on_click=guarded(partial(_give, page, view.sha256)),
        )


def _give(page: PageContext, sha256: str) -> None:
    give_override(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        sha256=sha256,
        typed=st.session_state.get("override_typed") or "",
        reason=st.session_state.get("override_reason") or "",
    )
    for key in ("override_typed", "override_reason"):
        st.session_state.pop(key, None)
    flash("The gate is overruled for the next phase. All signers are told.", icon=":material/gavel:")


def _end(page: PageContext, override_id: int) -> None:
    reason = st.session_state.get(f"override_end_reason_{override_id}") or ""
    end_override(page.workspace, page.caller, page.moment(), page.slug, override_id, reason=reason)
    flash("The overruling is ended.", icon=":material/block:")
