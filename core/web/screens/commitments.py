"""The commitment on the Go / no-go page: both verdicts after an amendment, what waits, every lock."""

from collections.abc import Sequence

import streamlit as st

from core.decision.decide import CommitmentLine, Decision
from core.decision.sign_off import SignatureLine
from core.web.safe import lit
from core.web.widgets import verdict_badge
from core.web.wording import write_count, write_date, write_moment


def both_verdicts(decision: Decision) -> None:
    """After an amendment: the verdict as amended beside that as first committed, and who amended what why."""
    applied = [one for one in decision.commitments if one.in_force and one.number > 1]
    if decision.as_committed is not None and applied:
        newest, first = applied[0], decision.commitments[-1]
        with st.container(border=True, gap="small", key="both_verdicts"):
            now, then = st.columns(2)
            with now:
                st.markdown(
                    f"**Against the bars as amended**  \n:small[{write_date(newest.at)}, {_name(newest)}]"
                )
                verdict_badge(decision.verdict)
            with then:
                st.markdown(f"**Against the bars as first committed**  \n:small[{write_date(first.at)}]")
                verdict_badge(decision.as_committed)
            for one in applied:
                _amendment(one)
    for one in decision.commitments:
        if one.waits:
            _waiting(one, decision)


def every_lock(decision: Decision) -> None:
    """Each lock and amendment, the newest first, with its signatures; none can ever be removed."""
    for one in decision.commitments:
        reason = f": {lit(one.reason)}" if one.reason else ""
        seen = " after results were seen" if one.evidence_seen else ""
        waits = ""
        if not one.in_force:
            waits = f" ({_stands(one)})"
        st.markdown(
            f":material/lock: {_name(one).capitalize()} {write_moment(one.at)} by {lit(one.by)}{seen}{waits}"
            f"{reason}"
        )
        signature_lines(one.lines)


def signature_lines(lines: Sequence[SignatureLine]) -> None:
    """Who signed or refused; one that no longer counts says why."""
    for line in lines:
        st.markdown(signature_words(line))


def signature_words(line: SignatureLine) -> str:
    """A signature as Markdown: icon, who, when, in which words; struck where it does not count."""
    verb = "approved" if line.choice == "approve" else "refused"
    reason = f": {lit(line.reason)}" if line.reason else ""
    said = f"{lit(line.by)} {verb} {write_moment(line.at)}{reason}"
    if not line.counts:
        return f":gray[:material/ink_eraser:] ~~{said}~~ :gray-badge[does not count] {lit(line.why_not)}"
    icon = ":green[:material/draw:]" if line.choice == "approve" else ":red[:material/cancel:]"
    gone = " :gray-badge[no longer a signer here]" if line.is_gone else ""
    return f"{icon} {said}{gone}"


def refusal_of(one: CommitmentLine) -> SignatureLine | None:
    """The refusal that keeps it from coming into force, if there is one."""
    return next((line for line in one.lines if line.counts and line.choice == "refuse"), None)


def waiting_words(one: CommitmentLine) -> str:
    """How an amendment that is not in force stands: "waits for signatures: 0 of 2", "is refused by Lea"."""
    no = refusal_of(one)
    if no is not None:
        return f"is refused by {no.by}: {no.reason.rstrip('.')}"
    given = sum(line.counts and line.choice == "approve" for line in one.lines)
    return f"waits for signatures: {given} of {one.needed}"


def _stands(one: CommitmentLine) -> str:
    if not one.waits:
        return "a later one took its place: never in force"
    return "refused, not in force" if refusal_of(one) else "waits for signatures"


def _amendment(one: CommitmentLine) -> None:
    reason = f": {lit(one.reason)}" if one.reason else ""
    st.markdown(f":material/edit_note: **{_name(one).capitalize()}** by {lit(one.by)}{reason} {_mark(one)}")
    for sentence in one.loosens:
        st.caption(f"· {lit(sentence)}")


def _mark(one: CommitmentLine) -> str:
    """The permanent mark: what was made easier once results were known."""
    if one.is_marked:
        return ":red-badge[:material/trending_down: made easier after results were seen]"
    if one.loosens:
        return ":orange-badge[:material/trending_down: made easier before any result]"
    return ":gray-badge[after results were seen]" if one.evidence_seen else ":gray-badge[before any result]"


def _waiting(one: CommitmentLine, decision: Decision) -> None:
    holds = next((earlier for earlier in decision.commitments if earlier.holds), None)
    since = f"The bars of {write_date(holds.at)} still hold. " if holds else ""
    with st.container(border=True, gap="xsmall", key=f"waiting_{one.number}"):
        st.markdown(
            f":orange[:material/pending_actions:] **{since}{_name(one).capitalize()} "
            f"{lit(waiting_words(one))}.**"
        )
        st.markdown(f"{lit(one.by)}, {write_moment(one.at)}: {lit(one.reason)} {_mark(one)}")
        if one.loosens:
            st.caption(
                lit(
                    f"It would make {write_count(len(one.loosens), 'thing')} easier: " + " ".join(one.loosens)
                )
            )


def _name(one: CommitmentLine) -> str:
    return "first lock" if one.number == 1 else f"amendment {one.number - 1}"
