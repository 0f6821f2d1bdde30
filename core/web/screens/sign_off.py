"""Signing on the Go / no-go page: the row of buttons at its top, and the block with every signature."""

from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.signing import SignOffView, withdraw_signature
from core.decision.decide import Decision
from core.decision.sign_off import SignatureLine, SignOff
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import follow_ups, promises, questions, sign_dialog
from core.web.screens.commitments import signature_words
from core.web.screens.permitted import permitted
from core.web.screens.signed_text import name_of, what_is_signed
from core.web.screens.signers import who_can
from core.web.widgets import flash, guarded

UNSIGNED = "Unsigned: identity not verified. Ready for sign-off at most."
_SWITCH_ON = (
    "Here nobody signs in, so nobody can sign or approve. To let people sign, an administrator sets "
    "READYGATE_SIGN_IN to oidc or proxy and starts Readygate again."
)


def first_screen(page: PageContext, signatures: SignOffView, decision: Decision) -> None:
    """One row: sign, refuse or ask; who has signed, and how many it takes. It wraps on a phone."""
    mine = [one for one in _all(signatures) if _is_for(page, signatures, one)]
    refusable = [one for one in _all(signatures) if _may_refuse(page, signatures, one)]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="first_screen"):
        why_not = "" if mine else _why_not(page, signatures)
        is_ready = bool(mine) and (mine[0].about != "step" or signatures.word == "GO")
        if st.button(
            "Sign: go",
            icon=":material/draw:",
            type="primary" if is_ready else "secondary",
            disabled=not mine,
            help=why_not or None,
            key="first_go",
        ):
            sign_dialog.ask_go(page, signatures, mine, decision)
        if st.button(
            "Sign: no-go",
            icon=":material/cancel:",
            disabled=not refusable,
            help=None if refusable else why_not or "You have refused it already.",
            key="first_no_go",
        ):
            sign_dialog.ask_no_go(page, refusable)
        questions.ask_button(page)
        st.markdown(_standing_words(page, signatures), width="content")
    promises.standing_line(page)
    questions.waiting_line(page)
    follow_ups.due_line(page)


def block(page: PageContext, signatures: SignOffView, decision: Decision) -> None:
    """What there is to sign with its signatures, the conditions of the GO, and the questions before it."""
    _to_sign(page, signatures, decision)
    promises.block(page)
    questions.block(page)


def _to_sign(page: PageContext, signatures: SignOffView, decision: Decision) -> None:
    """A waiting amendment, the commitment, and the next step of the rollout."""
    st.header("Sign-off", anchor="sign-off")
    if not _is_signed_in(page):
        with st.container(border=True, gap="xsmall", key="unsigned"):
            st.markdown(f":gray[:material/no_accounts:] **{UNSIGNED}**")
            st.caption(_SWITCH_ON)
        return
    if not _all(signatures):
        st.caption("There is nothing to sign yet: lock the checklist first.")
    for one in _all(signatures):
        with st.container(border=True, gap="small", key=f"sign_off_{name_of(one)}"):
            _one(page, signatures, one, decision)


def _standing_words(page: PageContext, view: SignOffView) -> str:
    """A refusal before all else; else who has signed what waits first, and how many it takes. Where nobody
    can sign, one line says why."""
    if not _is_signed_in(page):
        return f":small[:gray[:material/no_accounts:] {UNSIGNED} [What that means](#sign-off)]"
    if not _all(view):
        return ":small[Nothing to sign yet: [lock the checklist](#sign-off) first]"
    waits = [one for one in _all(view) if not one.is_met]
    if not waits:
        return ":small[:green[:material/draw:] Signed by everybody it takes. [Look at it](#sign-off)]"
    refused = next((one for one in waits if one.refused), None)
    told = refused or next((one for one in waits if _is_for(page, view, one)), waits[0])
    if refused is not None:
        return f":small[:red[:material/cancel:] {lit(f'{told.title}: {told.sentence}')} [Read it](#sign-off)]"
    by = ", ".join(line.by for line in told.approvals) or "–"
    of = f" of {', '.join(told.named)}" if told.named else " signers" if told.needed > 1 else " signer"
    words = f"{told.title} · signed by: {by} · required: {told.needed}{of}"
    return f":small[{lit(words)} · [Look at it](#sign-off)]"


def _why_not(page: PageContext, view: SignOffView) -> str:
    """Why the reader has nothing to sign now."""
    if not _is_signed_in(page):
        return "Nobody signs in here, so nobody's name could stand for it."
    if view.why_not:
        return view.why_not
    barred = [view.bars[one.sha256] for one in _all(view) if one.sha256 in view.bars and not one.is_met]
    return barred[0] if barred else "You have decided everything that there is to sign."


def _one(page: PageContext, view: SignOffView, one: SignOff, decision: Decision) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{lit(one.title)}**", width="content")
        _badge(one)
    st.markdown(lit(one.sentence))
    for line in one.lines:
        _line(page, view, one, line)
    title = "What was signed" if one.is_met else "What is signed"
    with st.expander(title, icon=":material/description:", key=f"to_sign_{name_of(one)}"):
        what_is_signed(page, view, one, decision, key=f"statement_{name_of(one)}")
    if not one.is_met:
        _own_part(page, view, one, decision)


def _own_part(page: PageContext, view: SignOffView, one: SignOff, decision: Decision) -> None:
    """What this reader can do about it: sign, sign in afresh, or hear why not and who can."""
    who = page.caller.person_id
    if any(line.person_id == who for line in one.approvals):
        st.caption(":material/check: You have signed this.")
    elif any(line.counts and line.person_id == who for line in one.lines):
        st.caption(":material/cancel: You have refused this. Take your refusal back above to decide anew.")
    elif view.needs_fresh_sign_in:
        _sign_in_again(one)
    elif _is_for(page, view, one):
        with st.container(horizontal=True, gap="small"):
            if st.button("Read and sign", icon=":material/draw:", key=f"sign_open_{name_of(one)}"):
                sign_dialog.ask_go(page, view, [one], decision)
            _refuse_button(page, one)
    else:
        takes = ", ".join(one.named) or who_can(page, one)
        st.caption(f":material/person_raised_hand: {lit(view.bar_of(one))} It takes {lit(takes)}.")
        if _may_refuse(page, view, one):
            _refuse_button(page, one)


def _refuse_button(page: PageContext, one: SignOff) -> None:
    if st.button("Refuse", icon=":material/cancel:", key=f"sign_no_{name_of(one)}"):
        sign_dialog.ask_no_go(page, [one])


def _is_for(page: PageContext, view: SignOffView, one: SignOff) -> bool:
    """Whether it waits for this reader: nothing but an old sign-in bars them, and they have not decided."""
    is_open = view.may_sign or view.needs_fresh_sign_in
    return is_open and one.sha256 not in view.bars and not _has_decided(page, one) and not one.is_met


def _may_refuse(page: PageContext, view: SignOffView, one: SignOff) -> bool:
    """Whoever may sign may also stop what they had a hand in, and what others have signed already."""
    is_signer = _is_signed_in(page) and permitted(page, Act.SIGN)
    return is_signer and not any(
        line.counts and line.choice == "refuse" and line.person_id == page.caller.person_id
        for line in one.lines
    )


def _has_decided(page: PageContext, one: SignOff) -> bool:
    return any(line.counts and line.person_id == page.caller.person_id for line in one.lines)


def _badge(one: SignOff) -> None:
    if one.refused:
        st.badge("REFUSED", icon=":material/cancel:", color="red")
    elif one.is_met:
        st.badge("SIGNED", icon=":material/draw:", color="green")
    else:
        st.badge(f"{one.given} OF {one.needed} SIGNED", icon=":material/draw:", color="orange")


def _line(page: PageContext, view: SignOffView, one: SignOff, line: SignatureLine) -> None:
    """A signature; one's own can be taken back, and the refusal of somebody who is gone, with a reason."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(signature_words(line), width="stretch")
        if line.counts and line.person_id == page.caller.person_id:
            with st.popover("Take back", icon=":material/undo:", key=f"sign_withdraw_popover_{line.id}"):
                st.text_input("Why?", key=f"sign_withdraw_reason_{line.id}", max_chars=500)
                st.button(
                    "Take my signature back",
                    key=f"sign_withdraw_{line.id}",
                    on_click=guarded(partial(_withdraw, page, line)),
                )
        elif line.counts and line.is_gone and line.choice == "refuse" and not view.bar_of(one):
            with st.popover("Answer it", icon=":material/undo:", key=f"sign_withdraw_popover_{line.id}"):
                st.caption("Whoever refused is no longer a signer here, so another one says how it ended.")
                st.text_input(
                    "What became of what they found?", key=f"sign_withdraw_reason_{line.id}", max_chars=500
                )
                st.button(
                    "Withdraw their refusal",
                    key=f"sign_withdraw_{line.id}",
                    on_click=guarded(partial(_withdraw, page, line)),
                )


def _sign_in_again(one: SignOff) -> None:
    sign_dialog.sign_in_afresh(key=f"sign_in_again_{name_of(one)}")


def _withdraw(page: PageContext, line: SignatureLine) -> None:
    reason = st.session_state.get(f"sign_withdraw_reason_{line.id}") or ""
    withdraw_signature(page.workspace, page.caller, page.moment(), page.slug, line.id, reason=reason)
    whose = "Your signature" if line.person_id == page.caller.person_id else f"The refusal of {line.by}"
    flash(f"{whose} is taken back.", icon=":material/undo:")


def _all(view: SignOffView) -> tuple[SignOff, ...]:
    """What there is to sign, a waiting amendment first."""
    return tuple(one for one in (view.amendment, view.commitment, view.step) if one is not None)


def _is_signed_in(page: PageContext) -> bool:
    return page.caller.person_id is not None
