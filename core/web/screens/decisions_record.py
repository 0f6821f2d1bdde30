"""The record of decisions: every step, what it rested on, and whether it was right."""

import streamlit as st

from core.actions.decisions_record import DecisionLine, DecisionsRecord, view_decisions_record
from core.decision.hindsight import HINDSIGHT_WORDS, Hindsight, LookBack, TrackRecord
from core.units import Unit, write
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import follow_ups
from core.web.widgets import verdict_mark
from core.web.wording import verdict_words, write_count, write_date, write_moment

_SHOWN_AT_FIRST = 5
_MARKS = {
    Hindsight.RIGHT: ":green-badge[:material/thumb_up: RIGHT]",
    Hindsight.WRONG: ":red-badge[:material/thumb_down: WRONG]",
    Hindsight.TOO_EARLY: ":gray-badge[:material/hourglass_top: TOO EARLY TO SAY]",
}


def block(page: PageContext) -> None:
    """Every step forward, the newest first, with the share that was right; nothing before the first."""
    record = view_decisions_record(page.workspace, page.caller, page.now, page.slug)
    if not record.lines:
        return
    st.header("Record of decisions", anchor="decisions")
    st.markdown(lit(track_words(record.track)))
    for line in record.lines[:_SHOWN_AT_FIRST]:
        _step(page, record, line)
    older = record.lines[_SHOWN_AT_FIRST:]
    if older:
        with st.expander(write_count(len(older), "earlier step"), key="decisions_older"):
            for line in older:
                _step(page, record, line)
    name = page.feature.name if page.feature else page.slug
    download_row("These decisions", table_of(record, name), f"{page.slug}-decisions", key="decisions")


def track_words(track: TrackRecord) -> str:
    """ "3 of 4 steps were right (90 % interval 25 % to 99 %); 1 is open." """
    open_words = f"; {track.open} {'is' if track.open == 1 else 'are'} open" if track.open else ""
    if track.interval is None:
        taken = f"{write_count(track.open, 'step')} taken here. " if track.open else ""
        return f"{taken}Nobody has looked back yet: a week after a step, say whether it was right."
    low, high = (write(end, Unit.SHARE) for end in (track.interval.low, track.interval.high))
    right = f"{track.right} of {write_count(track.n, 'step')} {'was' if track.n == 1 else 'were'} right"
    return f"{right} in hindsight (90 % interval {low} to {high}){open_words}."


def _step(page: PageContext, record: DecisionsRecord, line: DecisionLine) -> None:
    with st.container(border=True, gap="xxsmall", key=f"decision_{line.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{lit(line.title)}** :small[{write_moment(line.step.at)}]", width="content")
            if line.last_word is not None:
                st.markdown(_MARKS[line.last_word.hindsight], width="content")
        verdict = f"Verdict then: {verdict_mark(line.verdict)}" if line.verdict else ""
        st.markdown(" · ".join(filter(None, [verdict, lit(_rested_on(line))])))
        if line.step.reason:
            st.caption(lit(line.step.reason))
        for condition in line.conditions:
            st.markdown(f":small[:material/pending_actions: Condition: {lit(condition.sentence)}]")
        if line.rolled_back is not None:
            gone = line.rolled_back
            said = f"Rolled back {write_moment(gone.at)} by {gone.by}: {gone.reason}"
            st.markdown(f":small[:red[:material/undo:] {lit(said)}]")
        for one in line.look_backs:
            st.markdown(f":small[:material/history_edu: {lit(_looked_back(one))}]")
        _look_back(page, record, line)


def _look_back(page: PageContext, record: DecisionsRecord, line: DecisionLine) -> None:
    """The form, open while the look-back is due; later one may still know better."""
    if not record.may_record or line.is_afterwards or (line.due is None and not line.look_backs):
        return
    title = f"Look back: {line.due} days later" if line.due else "Say it anew"
    with st.expander(
        title,
        icon=":material/history_toggle_off:",
        expanded=line.due is not None,
        key=f"look_back_fold_{line.id}",
    ):
        follow_ups.form(page, line.id)


def _rested_on(line: DecisionLine) -> str:
    """Who took it and who answers for it."""
    if line.is_afterwards:
        return f"Recorded afterwards by {line.step.by}: it went through no gate here"
    parts = [f"taken by {line.step.by}"]
    if line.signed_by is None:
        parts.append("who signed it was erased from the log")
    elif line.signed_by:
        parts.append(f"signed by {', '.join(line.signed_by)}")
    elif line.agreed_outside:
        parts.append(f"agreed outside Readygate: {line.agreed_outside}")
    else:
        parts.append("signed by nobody")
    if line.overruled is not None:
        parts.append(f"overruled by {line.overruled.by}")
    return " · ".join(parts)


def _looked_back(one: LookBack) -> str:
    note = f": {one.note}" if one.note else ""
    return (
        f"{one.days} days later: {HINDSIGHT_WORDS[one.hindsight]}, says {one.by} ({write_date(one.at)}){note}"
    )


_COLUMNS = (
    "Feature",
    "Step",
    "At",
    "By",
    "Verdict then",
    "Signed by",
    "Agreed outside",
    "Overruled by",
    "Overruled because",
    "Conditions",
    "Reason",
    "Rolled back",
    "Was it right?",
    "Said by",
    "Note",
)


def table_of(record: DecisionsRecord, feature_name: str) -> Table:
    """Every step for a file, in the words of the page."""
    return Table(_COLUMNS, [(feature_name, *_cells(line)) for line in record.lines])


def _cells(line: DecisionLine) -> tuple[object, ...]:
    word = line.last_word
    return (
        line.title,
        line.step.at,
        line.step.by,
        verdict_words(line.verdict).word if line.verdict else "recorded afterwards",
        ", ".join(line.signed_by or ()),
        line.agreed_outside,
        line.overruled.by if line.overruled else "",
        line.overruled.reason if line.overruled else "",
        "; ".join(one.sentence for one in line.conditions),
        line.step.reason,
        line.rolled_back.at if line.rolled_back else None,
        HINDSIGHT_WORDS[word.hindsight] if word else "",
        word.by if word else "",
        word.note if word else "",
    )
