"""Erasing a person, on the Evidence page: search, ask, the open requests, and doing it."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.actions.erasure import (
    ErasureLine,
    ErasuresView,
    ask_erasure,
    cancel_erasure,
    erase,
    find_person,
    view_erasures,
)
from core.actions.reasons import SHORTEST_REASON
from core.store.erased_rows import LONGEST_ID
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.widgets import confirm, flash, guarded
from core.web.wording import write_count, write_moment

_WANTED, _FOUND, _REASON = "erasure_wanted", "erasure_found", "erasure_reason"
_PLURALS = {
    "traces": "trace",
    "steps": "step",
    "scores": "score",
    "results": "eval result",
    "cases": "test case",
    "labels": "label",
    "failures": "noted failure",
    "incidents": "incident",
    "mentions": "mention elsewhere",
}
"""The counts that are about the person, in the singular."""


def erase_a_person(page: PageContext) -> None:
    """The fold below how long texts are kept; open where a request waits for somebody."""
    view = view_erasures(page.workspace, page.caller, page.slug)
    waiting = [line for line in view.lines if line.request.is_open]
    if not (view.may_ask or view.may_erase or view.lines):
        return
    words = f": {write_count(len(waiting), 'open request')}" if waiting else ""
    with st.expander(
        f"Erase a person{words}", icon=":material/person_remove:", key="erasure", expanded=bool(waiting)
    ):
        st.markdown(
            "Somebody may ask you to forget them. Erasing a user removes their texts, their user id, their "
            "sessions and every mention of the id: in traces, steps, results, remarks, reports of uploads "
            "and the audit log. **Numbers and verdicts stay exactly as they are**: their rows still count as "
            "those of one user. If a later file brings them again, their texts and id are dropped again."
        )
        st.caption(
            "One person asks, another one does it. Nobody can bring anything back. Backups made before still "
            "hold it until they expire. What was signed or locked cannot change: a name in it is counted and "
            "left. Files that wait for an answer are discarded."
        )
        for line in waiting:
            _open_request(page, view, line)
        if view.may_ask:
            _search(page)
        _closed(page, [line for line in view.lines if not line.request.is_open])


def _search(page: PageContext) -> None:
    with st.container(border=True, key="erasure_search"):
        st.text_input(
            "User id, whole, as the traces have it",
            key=_WANTED,
            max_chars=LONGEST_ID,
            help="Or the code that it became, such as [user 3f9a1c2e77aa].",
        )
        st.button(
            "Look for this user",
            icon=":material/person_search:",
            key="erasure_look",
            on_click=guarded(partial(_look, page)),
        )
        slug, wanted, counts = st.session_state.get(_FOUND, ("", "", {}))
        if slug != page.slug or not wanted:
            return
        st.markdown(f"**{lit(printable(wanted))}**: {lit(_counts_words(counts))}")
        st.text_input(
            "Why is this person to be erased?",
            key=_REASON,
            max_chars=300,
            placeholder="Request number 17 of 3 May",
            help=f"At least {SHORTEST_REASON} characters. It stays, so leave the user id out of it.",
        )
        st.button(
            "Ask for the erasure",
            type="primary",
            key="erasure_ask",
            on_click=guarded(partial(_ask, page, wanted)),
        )


def _counts_words(counts: Mapping[str, int]) -> str:
    """ "12 traces, 3 labels and 2 mentions elsewhere", with what is left."""
    parts = [write_count(counts[name], noun) for name, noun in _PLURALS.items() if counts.get(name)]
    if counts.get("mentions", 0) > 1:
        parts[-1] = f"{counts['mentions']:,} mentions elsewhere"
    words = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    left = counts.get("left", 0)
    where = "place that cannot be changed names" if left == 1 else "places that cannot be changed name"
    also = f" {left:,} {where} them." if left else ""
    return f"{words or 'nothing here is of this user, but a later file may be'}.{also}"


def _look(page: PageContext) -> None:
    wanted = str(st.session_state.get(_WANTED, "")).strip()
    counts = find_person(page.workspace, page.caller, page.moment(), page.slug, wanted)
    st.session_state[_FOUND] = (page.slug, wanted, dict(counts))


def _ask(page: PageContext, wanted: str) -> None:
    reason = str(st.session_state.get(_REASON, ""))
    ask_erasure(page.workspace, page.caller, page.moment(), page.slug, wanted=wanted, reason=reason)
    for name in (_WANTED, _REASON):
        st.session_state[name] = ""
    st.session_state.pop(_FOUND, None)
    flash("The erasure is asked for. Now another person has to do it.", icon=":material/person_remove:")


def _open_request(page: PageContext, view: ErasuresView, line: ErasureLine) -> None:
    asked = line.request
    with st.container(border=True, key=f"erasure_{asked.id}"):
        whom = f"**{lit(printable(line.wanted))}**" if line.wanted else "A person"
        st.markdown(
            f":orange-badge[:material/hourglass_top: Request {asked.id}] {whom}: "
            f"{lit(_counts_words(asked.counts or {}))}"
        )
        st.caption(
            lit(f"Asked for by {asked.asked_by} on {write_moment(asked.asked_at)}. Reason: {asked.reason}")
        )
        with st.container(horizontal=True, gap="small"):
            if line.may_erase and st.button(
                "Erase this person", icon=":material/person_remove:", key=f"erase_{asked.id}", type="primary"
            ):
                _confirm(page, line)
            if view.may_ask:
                st.button(
                    "Take the request back",
                    key=f"erasure_cancel_{asked.id}",
                    on_click=guarded(partial(_cancel, page, asked.id)),
                )
        if line.why_not:
            st.caption(f":material/group: {lit(line.why_not)}")
        elif not view.may_erase:
            st.caption(":material/group: An administrator who did not ask for it does it.")


def _confirm(page: PageContext, line: ErasureLine) -> None:
    confirm(
        "Erase this person?",
        [
            f"{line.wanted or 'The person'}: {_counts_words(line.request.counts or {})}",
            "Their texts and their id go for good. Numbers and verdicts stay as they are.",
        ],
        action="Erase for good",
        on_confirm=partial(_erase, page, line.request.id),
        key=f"erase_confirm_{line.request.id}",
        icon=":material/person_remove:",
    )


def _erase(page: PageContext, erasure_id: int) -> None:
    counts = erase(page.workspace, page.caller, page.moment(), page.slug, erasure_id)
    flash(f"Erased: {_counts_words(counts)}", icon=":material/person_remove:")


def _cancel(page: PageContext, erasure_id: int) -> None:
    cancel_erasure(page.workspace, page.caller, page.moment(), page.slug, erasure_id)
    flash("The request is taken back; the user id that it held is removed.")


def _closed(page: PageContext, lines: list[ErasureLine]) -> None:
    """What became of every earlier request; no id stands in it."""
    if not lines:
        return
    columns = ("Request", "Asked by", "Asked", "Reason", "Became", "Removed")
    rows = [_row(line) for line in lines]
    st.markdown("**Earlier requests**")
    st.dataframe(
        {name: [row[place] for row in rows] for place, name in enumerate(columns)},
        hide_index=True,
        key="erasures_closed",
    )
    download_row("All of them", Table(columns, rows), f"{page.slug}-erasures", key="erasures")


def _row(line: ErasureLine) -> tuple[object, ...]:
    asked = line.request
    if asked.done_at is None:
        when = f" on {write_moment(asked.cancelled_at)}" if asked.cancelled_at else ""
        became, removed = f"taken back by {asked.cancelled_by}{when}", ""
    else:
        alone = "" if line.two_people else "; that two people acted is not shown"
        became = f"erased by {asked.done_by} on {write_moment(asked.done_at)}{alone}"
        removed = _counts_words(asked.counts or {})
    return (
        asked.id,
        printable(asked.asked_by),
        write_moment(asked.asked_at),
        printable(asked.reason),
        printable(became),
        removed,
    )
