"""The sign-off block of the Go / no-go page: what is signed, in plain words, by whom, and the two buttons."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from core.actions.policy import Act
from core.actions.sign_in_settings import SignInMode
from core.actions.signing import SignOffView, sign, withdraw_signature
from core.criteria.checklist import MeasuredItem
from core.decision.decide import Decision
from core.decision.sign_off import SignatureLine, SignOff
from core.web import wiring
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.commitments import signature_words
from core.web.screens.permitted import permitted
from core.web.screens.signers import who_can
from core.web.sign_in import settings
from core.web.widgets import flash, guarded, verdict_mark
from core.web.wording import stakes_words, write_count, write_date

UNSIGNED = "Unsigned: identity not verified. Ready for sign-off at most."
_SWITCH_ON = (
    "Here nobody signs in, so nobody can sign or approve. To let people sign, an administrator sets "
    "READYGATE_SIGN_IN to oidc or proxy and starts Readygate again."
)
_SHOWN_UNMET = 5
_SHOWN_BARS = 8


def strip(page: PageContext, view: SignOffView) -> None:
    """One line right below the verdict: how the signatures stand, and the way to the block."""
    if not _is_signed_in(page):
        st.markdown(f":gray[:material/no_accounts:] {UNSIGNED} [What that means](#sign-off)")
        return
    if not _all(view):
        return
    waits = [one for one in _all(view) if not one.is_met]
    if not waits:
        st.markdown(":green[:material/draw:] Signed by everybody it takes. [Look at the sign-off](#sign-off)")
        return
    mine = next((one for one in waits if _is_for(page, view, one)), None)
    words = "Read and sign" if mine else "Look at the sign-off"
    told = mine or waits[0]
    st.markdown(f":orange[:material/draw:] {lit(told.title)}: {lit(told.sentence)} **[{words}](#sign-off)**")


def block(page: PageContext, view: SignOffView, decision: Decision) -> None:
    """What there is to sign: a waiting amendment, the commitment, and the next step of the rollout."""
    st.subheader("Sign-off", anchor="sign-off")
    if not _is_signed_in(page):
        with st.container(border=True, gap="xsmall", key="unsigned"):
            st.markdown(f":gray[:material/no_accounts:] **{UNSIGNED}**")
            st.caption(_SWITCH_ON)
        return
    if not _all(view):
        st.caption("There is nothing to sign yet: lock the checklist first.")
    for one in _all(view):
        with st.container(border=True, gap="small", key=f"sign_off_{_name(one)}"):
            _one(page, view, one, decision)


def _one(page: PageContext, view: SignOffView, one: SignOff, decision: Decision) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{lit(one.title)}**", width="content")
        _badge(one)
    st.markdown(lit(one.sentence))
    for line in one.lines:
        _line(page, view, one, line)
    if one.is_met:
        with st.expander("What was signed", icon=":material/description:", key=f"signed_{_name(one)}"):
            _what_is_signed(page, one, decision)
        return
    if _is_for(page, view, one):
        _what_is_signed(page, one, decision)
    else:
        with st.expander("What is signed", icon=":material/description:", key=f"to_sign_{_name(one)}"):
            _what_is_signed(page, one, decision)
    _own_part(page, view, one)


def _own_part(page: PageContext, view: SignOffView, one: SignOff) -> None:
    """What this reader can do about it: sign, sign in afresh, or hear why not and who can."""
    who = page.caller.person_id
    if any(line.person_id == who for line in one.approvals):
        st.caption(":material/check: You have signed this.")
    elif any(line.counts and line.person_id == who for line in one.lines):
        st.caption(":material/cancel: You have refused this. Take your refusal back above to decide anew.")
    elif view.needs_fresh_sign_in:
        _sign_in_again(one)
    elif _is_for(page, view, one):
        _form(page, view, one)
    else:
        takes = ", ".join(one.named) or who_can(page, one)
        st.caption(f":material/person_raised_hand: {lit(view.bar_of(one))} It takes {lit(takes)}.")
        if one.sha256 in view.bars and permitted(page, Act.SIGN):
            _refusal(page, one)


def _is_for(page: PageContext, view: SignOffView, one: SignOff) -> bool:
    """Whether it waits for this reader: nothing but an old sign-in bars them, and they have not decided."""
    who = page.caller.person_id
    decided = any(line.counts and line.person_id == who for line in one.lines)
    return (view.may_sign or view.needs_fresh_sign_in) and one.sha256 not in view.bars and not decided


def _refusal(page: PageContext, one: SignOff) -> None:
    """Whoever may sign may also stop what they had a hand in."""
    if any(line.counts and line.person_id == page.caller.person_id for line in one.lines):
        return
    name = _name(one)
    with st.popover("Refuse", icon=":material/cancel:", key=f"sign_refuse_popover_{name}"):
        st.text_input("Why?", key=f"sign_reason_{name}", max_chars=500)
        st.button(
            "Refuse",
            key=f"sign_refuse_{name}",
            on_click=guarded(partial(_sign, page, one, "refuse")),
        )


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


def _what_is_signed(page: PageContext, one: SignOff, decision: Decision) -> None:
    """The text behind the hash, in plain words, and what changed since somebody last signed."""
    if one.about == "step":
        lines = _step_lines(one.statement, decision)
    else:
        lines = _commitment_lines(one.statement, _held_bars(one, decision))
    with st.container(gap="xxsmall", key=f"statement_{_name(one)}"):
        st.markdown("**What is signed**")
        for line in lines:
            st.markdown(line)
        if one.about != "step":
            link_to("checklist", feature=page.slug, label="Read the items on the Checklist page")
        voided = next((line for line in one.lines if _is_voided(line)), None)
        if voided is not None and not one.is_met:
            said = f"Since {voided.by} signed on {write_date(voided.at)}: {voided.why_not}."
            st.markdown(f":blue[:material/difference:] {lit(said)}")
        st.caption(f"Exactly this has the fingerprint `{one.sha256}`. Any change of it voids the signatures.")


def _is_voided(line: SignatureLine) -> bool:
    """Whether what it signed is no longer what stands; that an amendment came later, its line says."""
    return not line.counts and " after it" in line.why_not


def _step_lines(statement: Mapping[str, Any], decision: Decision) -> list[str]:
    """The verdict, what is not met, waivers and amendments; each a line of Markdown."""
    rows = {row.item.id: row for row in (*decision.rows, *decision.phase_rows)}
    verdict = f"Verdict: {verdict_mark(statement['verdict'])}"
    if statement.get("as_committed"):
        verdict += f", against the bars as first committed {verdict_mark(statement['as_committed'])}"
    lines = [verdict]
    open_rows = [
        row
        for said in statement["rows"]
        if said["verdict"] != "go" and (row := rows.get(said["id"])) is not None and row.counts
    ]
    for row in open_rows[:_SHOWN_UNMET]:
        lines.append(f"{verdict_mark(row.verdict)} {lit(row.label.rstrip('.'))}: {lit(row.why)}")
    if len(open_rows) > _SHOWN_UNMET:
        lines.append(f"and {write_count(len(open_rows) - _SHOWN_UNMET, 'more row')} that are not GO")
    unmet = [one for one in decision.lacking if one.name in statement["unmet"] and one.name != "verdict"]
    lines += [f":orange[:material/radio_button_unchecked:] {lit(one.sentence)}" for one in unmet]
    lines += [
        f":violet[:material/back_hand:] Waived until {write_date(date.fromisoformat(said['until'][:10]))} by "
        f"{lit(said['approved_by'])}: "
        f"{lit(rows[said['item']].label if said['item'] in rows else said['item'])}"
        for said in statement["waivers"]
    ]
    lines += [
        f":orange[:material/sync_problem:] {lit(sentence)}" for sentence in statement.get("suite_changes", ())
    ]
    number = statement["commitment"]["number"]
    if number > 1:
        lines.append(
            f":material/edit_note: {write_count(number - 1, 'amendment')} of the commitment, see above"
        )
    if not open_rows and not unmet:
        lines.append(":green[:material/check:] Every deciding row is GO and nothing else is open.")
    lines.append(f":small[:gray[{_with_it(statement)}]]")
    return lines


def _with_it(statement: Mapping[str, Any]) -> str:
    rows = write_count(len(statement["rows"]), "row")
    return (
        f"With it: the numbers of {rows}, the evidence {statement['evidence_sha256'][:12]}, checklist "
        f"{(statement.get('checklist_sha256') or 'none')[:12]}, phase plan {statement['plan_sha256'][:12]}, "
        f"Readygate {statement['program']}."
    )


def _held_bars(one: SignOff, decision: Decision) -> list[str]:
    """The items of the commitment that holds, in words; none of one that waits: its changes are told."""
    if not any(line.holds and line.number == one.commitment for line in decision.commitments):
        return []
    measured = [row for row in decision.rows if isinstance(row.item, MeasuredItem)]
    lines = [f"- {lit(f'{row.label}: {row.bar}')}" for row in measured[:_SHOWN_BARS]]
    if len(measured) > _SHOWN_BARS:
        lines.append(f"- and {write_count(len(measured) - _SHOWN_BARS, 'more bar')}")
    asked = len(decision.rows) - len(measured)
    if asked:
        lines.append(f"- {write_count(asked, 'item')} that people answer")
    return ["\n".join(lines)] if lines else []


def _commitment_lines(terms: Mapping[str, Any], bars: Sequence[str]) -> list[str]:
    """What the lock binds; each a line of Markdown."""
    plan = f"version {terms['plan_number']}" if terms.get("plan_number") else "none"
    suites = ", ".join(sorted(terms.get("suites") or {})) or "none"
    lines = [
        lit(f"Checklist version {terms['checklist_number']} ({terms['checklist_sha256'][:12]})"),
        *bars,
        f"{stakes_words(terms['stakes']).word} · phase plan: {plan} · eval sets: {lit(suites)}",
    ]
    if terms.get("reason"):
        lines.append(f"Reason: {lit(terms['reason'])}")
    if terms.get("loosens"):
        seen = " after results were seen" if terms.get("evidence_seen") else ""
        lines.append(
            f":orange[:material/trending_down:] Makes easier{seen}: {lit(' '.join(terms['loosens']))}"
        )
    return lines


def _form(page: PageContext, view: SignOffView, one: SignOff) -> None:
    """Typed, so that nobody signs without having read the verdict; a refusal says why."""
    name, word = _name(one), view.typed_for(one)
    is_ready = one.about != "step" or one.statement["verdict"] == "go"
    if not is_ready:
        st.caption(
            f":material/hourglass_top: The verdict is {word}. You can wait: new evidence changes what is "
            "signed, and voids what was signed before it."
        )
    with st.form(f"sign_form_{name}", border=False, enter_to_submit=False):
        st.text_input(
            f"Type {word} to show that you have read it",
            key=f"sign_typed_{name}",
            max_chars=40,
            autocomplete="off",
        )
        st.text_input("Why (needed to refuse)", key=f"sign_reason_{name}", max_chars=500)
        with st.container(horizontal=True):
            st.form_submit_button(
                "Approve",
                type="primary" if is_ready else "secondary",
                icon=":material/draw:",
                key=f"sign_approve_{name}",
                on_click=guarded(partial(_sign, page, one, "approve")),
            )
            st.form_submit_button(
                "Refuse",
                icon=":material/cancel:",
                key=f"sign_refuse_{name}",
                on_click=guarded(partial(_sign, page, one, "refuse")),
            )


def _sign_in_again(one: SignOff) -> None:
    if settings().mode is SignInMode.PROXY:
        st.caption(
            ":material/login: A signature takes a page that was opened in the last 15 minutes: the proxy "
            "looks who you are when a page is opened. Load this one again, then sign."
        )
        return
    st.caption("A signature takes a sign-in of the last 15 minutes. You come back to this page.")
    wiring.sign_in_again_button(key=f"sign_in_again_{_name(one)}")


def _sign(page: PageContext, one: SignOff, choice: str) -> None:
    typed, reason = f"sign_typed_{_name(one)}", f"sign_reason_{_name(one)}"
    sign(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        about=one.about,
        sha256=one.sha256,
        typed=st.session_state.get(typed) or "",
        choice=choice,
        reason=st.session_state.get(reason) or "",
    )
    st.session_state.pop(typed, None)
    st.session_state.pop(reason, None)
    flash("Signed." if choice == "approve" else "Refused, with your reason.", icon=":material/draw:")


def _withdraw(page: PageContext, line: SignatureLine) -> None:
    reason = st.session_state.get(f"sign_withdraw_reason_{line.id}") or ""
    withdraw_signature(page.workspace, page.caller, page.moment(), page.slug, line.id, reason=reason)
    whose = "Your signature" if line.person_id == page.caller.person_id else f"The refusal of {line.by}"
    flash(f"{whose} is taken back.", icon=":material/undo:")


def _name(one: SignOff) -> str:
    """One word for the keys of its widgets: "step", "commitment_2"."""
    return one.about if one.about == "step" else f"{one.about}_{one.commitment}"


def _all(view: SignOffView) -> tuple[SignOff, ...]:
    """What there is to sign, a waiting amendment first."""
    return tuple(one for one in (view.amendment, view.commitment, view.step) if one is not None)


def _is_signed_in(page: PageContext) -> bool:
    return page.caller.person_id is not None
