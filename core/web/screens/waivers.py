"""Waivers on the Go / no-go page: ask for one at a blocking row, see each with its state, decide, revoke."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import streamlit as st

from core.actions.policy import Act, may
from core.actions.waivers import WaiverLine, ask_waiver, decide_waiver, revoke_waiver
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.decision.promises import PromisedItem
from core.errors import WrongUsage
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.widgets import flash, guarded
from core.web.wording import write_count, write_date, write_moment

_DAYS_AT_FIRST, _MOST_DAYS = 14, 90
_IN_FORCE, _ASKED = "in force", "asked"
_COLOURS = {_IN_FORCE: "violet", _ASKED: "orange"}
_STATE_WORDS = {_IN_FORCE: "WAIVED", _ASKED: "ASKED, NOT APPROVED"}


def count_words(lines: Sequence[WaiverLine]) -> str:
    """ "2 waivers in force, 1 asked for": what stands next to the verdict; "" where there is neither."""
    in_force, asked = (sum(one.state == state for one in lines) for state in (_IN_FORCE, _ASKED))
    parts = [f"{write_count(in_force, 'waiver')} in force"] if in_force else []
    if asked:
        parts.append(
            f"{write_count(asked, 'waiver')} asked for, not approved" if not parts else f"{asked} asked for"
        )
    return ", ".join(parts)


def way_to_decide(lines: Sequence[WaiverLine]) -> None:
    """Right below the verdict: the way to the waivers that are asked for; nothing where none is."""
    asked = [one for one in lines if one.state == _ASKED]
    if asked:
        words = "Decide" if any(one.may_decide for one in asked) else "Look at"
        what = "it" if len(asked) == 1 else "them"
        count = write_count(len(asked), "waiver")
        is_asked = "is" if len(asked) == 1 else "are"
        st.markdown(
            f":orange[:material/back_hand:] {count} {is_asked} asked for. **[{words} {what}](#waivers)**"
        )


def row_marks(row: Row) -> str:
    """The mark of a waived row, as Markdown; its true verdict stands beside it."""
    return (
        ""
        if row.waiver is None
        else f":violet-badge[:material/back_hand: WAIVED until {write_date(row.waiver.until)}] "
    )


def ask(page: PageContext, row: Row, lines: Sequence[WaiverLine]) -> None:
    """The form behind a button at a row that keeps the verdict from GO, unless one is asked or in force."""
    open_ones = [one for one in lines if one.item_id == row.item.id and one.state in (_IN_FORCE, _ASKED)]
    if (
        not _may_be_waived(page, row)
        or open_ones
        or not may(page.workspace, page.caller, Act.ASK_WAIVER, page.slug)
    ):
        return
    why, until = _keys(page, row.item.id)
    with st.popover("Ask for a waiver", icon=":material/back_hand:", key=f"waiver_{row.item.id}"):
        st.markdown(
            "A waiver sets this row aside until a date. Somebody else has to approve it; the row keeps its "
            "true verdict for everyone to see."
        )
        st.text_area(
            "Why can the next step be taken without it?",
            key=why,
            max_chars=500,
            placeholder="The fix is due on 12 March; until then a person reads every billing answer.",
        )
        first = (page.now + timedelta(days=_DAYS_AT_FIRST)).date()
        st.date_input(
            "Until (UTC)",
            value=first,
            min_value=(page.now + timedelta(days=1)).date(),
            max_value=(page.now + timedelta(days=_MOST_DAYS)).date(),
            format="YYYY-MM-DD",
            key=until,
        )
        if page.caller.person_id is None:
            st.caption("Nobody signs in here, so nobody can approve it: it is written down, and stays asked.")
        st.button(
            "Ask",
            type="primary",
            key=f"waiver_ask_{row.item.id}",
            on_click=guarded(partial(_ask, page, row)),
        )


def _may_be_waived(page: PageContext, row: Row) -> bool:
    """A locked row that keeps the verdict from GO; the least and a protected group are never set aside."""
    is_locked = page.progress is not None and not page.progress.decision.bar.is_draft
    is_kept = row.item.floor is not None or (isinstance(row.item, MeasuredItem) and row.item.protected)
    is_kept = is_kept or isinstance(row.item, PromisedItem)
    return is_locked and row.counts and row.verdict is not Verdict.GO and not is_kept


def listed(page: PageContext, lines: Sequence[WaiverLine]) -> None:
    """Every waiver there ever was, those that ask for something first; nothing where there is none."""
    if not lines:
        return
    st.header("Waivers", anchor="waivers")
    st.caption("A waived row does not count until the date named. Its true verdict and number stay on show.")
    open_ones = [one for one in lines if one.state in _COLOURS]
    ended = [one for one in lines if one.state not in _COLOURS]
    for one in sorted(open_ones, key=lambda line: line.state != _ASKED):
        with st.container(border=True, gap="xsmall", key=f"waiver_line_{one.id}"):
            _line(one)
            _act_on(page, one)
    if ended:
        with st.expander(f"{write_count(len(ended), 'earlier waiver')}", icon=":material/history:"):
            for one in ended:
                _line(one)
    download_row("These waivers", table_of(lines), f"{page.slug}-waivers", key="waivers")


def table_of(lines: Sequence[WaiverLine]) -> Table:
    """The waivers for a file, the newest first."""
    columns = (
        "Row",
        "State",
        "Why",
        "Asked by",
        "Asked at",
        "Until",
        "Decided by",
        "Decided at",
        "Revoked by",
    )
    rows = [
        (
            one.label,
            one.state,
            one.reason,
            one.asked_by,
            one.asked_at,
            write_date(one.expires_at),
            one.decided_by or "",
            one.decided_at,
            one.revoked_by or "",
        )
        for one in lines
    ]
    return Table(columns, rows)


def _line(one: WaiverLine) -> None:
    colour = _COLOURS.get(one.state, "gray")
    state = _STATE_WORDS.get(one.state, one.state.upper().split(":")[0])
    st.markdown(f":{colour}-badge[{state}] **{lit(one.label)}** until {write_date(one.expires_at)}")
    st.text(one.reason)
    said = [f"Asked {write_moment(one.asked_at)} by {one.asked_by}"]
    if one.decided_at is not None:
        verb = "refused" if one.state == "refused" else "approved"
        reason = f": {one.decided_reason}" if one.decided_reason else ""
        said.append(f"{verb} {write_moment(one.decided_at)} by {one.decided_by}{reason}")
    if one.revoked_at is not None:
        said.append(f"revoked {write_moment(one.revoked_at)} by {one.revoked_by}: {one.revoked_reason}")
    if one.state.startswith("void"):
        said.append("void: the item was changed")
    st.caption(lit(" · ".join(said)))


def _act_on(page: PageContext, one: WaiverLine) -> None:
    """What this reader can do to it: decide it, or end it, each with the words for it."""
    decides = one.state == _ASKED and one.may_decide
    if decides:
        st.text_input("Why (needed to refuse)", key=f"waiver_reason_{one.id}", max_chars=500)
    elif one.state == _ASKED and one.why_not:
        st.caption(f":material/person_raised_hand: {lit(one.why_not)}")
    with st.container(horizontal=True):
        if decides:
            st.button(
                "Approve the waiver",
                type="primary",
                key=f"waiver_approve_{one.id}",
                on_click=guarded(partial(_decide, page, one, "approve")),
            )
            st.button(
                "Refuse",
                key=f"waiver_refuse_{one.id}",
                on_click=guarded(partial(_decide, page, one, "refuse")),
            )
        if not decides and may(page.workspace, page.caller, Act.REVOKE_WAIVER, page.slug):
            with st.popover("Revoke", icon=":material/block:", key=f"waiver_revoke_popover_{one.id}"):
                st.text_input("Why is it taken back?", key=f"waiver_revoke_reason_{one.id}", max_chars=500)
                st.button(
                    "Revoke it", key=f"waiver_revoke_{one.id}", on_click=guarded(partial(_revoke, page, one))
                )


def _ask(page: PageContext, row: Row) -> None:
    why, until = _keys(page, row.item.id)
    day = st.session_state.get(until)
    if day is None:
        raise WrongUsage("A waiver ends on a day.", mend="Choose the last day on which it holds.")
    ask_waiver(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        row.item.id,
        reason=st.session_state.get(why) or "",
        until=day,
    )
    for key in (why, until):
        st.session_state.pop(key, None)
    flash("The waiver is asked for. Somebody else has to approve it.", icon=":material/back_hand:")


def _decide(page: PageContext, one: WaiverLine, choice: str) -> None:
    reason = st.session_state.get(f"waiver_reason_{one.id}") or ""
    decide_waiver(page.workspace, page.caller, page.moment(), page.slug, one.id, choice=choice, reason=reason)
    flash("The waiver is approved." if choice == "approve" else "The waiver is refused.")


def _revoke(page: PageContext, one: WaiverLine) -> None:
    reason = st.session_state.get(f"waiver_revoke_reason_{one.id}") or ""
    revoke_waiver(page.workspace, page.caller, page.moment(), page.slug, one.id, reason=reason)
    flash("The waiver is revoked: the row counts again.")


def _keys(page: PageContext, item_id: str) -> tuple[str, str]:
    return f"waiver_why_{page.slug}/{item_id}", f"waiver_until_{page.slug}/{item_id}"
