"""The form of a label: five questions, then the failure type as chips, the cause, the severity, the words.

The button that saves stands between the two: most traces are right, and need no more than the questions.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import streamlit as st

from core.actions.failure_words import OfferedWord, add_word, offered_words
from core.actions.review_labels import LONGEST_ANSWER, LONGEST_NOTE, LONGEST_WORD, SEVERITIES
from core.actions.reviews import Judged, ReviewTask
from core.evidence.failure_words import WordKind, fold_words
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import review_keys as keys
from core.web.widgets import guarded

_CHIPS = 9
_DETAILS = ("root_cause", "severity", "note", "corrected_answer")
_WORDS = "_readygate_review_words"


def label_form(page: PageContext, task: ReviewTask) -> None:
    """What is said of every trace."""
    item = task.item.id
    with st.container(gap="xsmall"):
        for question in keys.QUESTIONS:
            _question(item, question)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "All right",
            shortcut="O",
            key="review_all_right",
            icon=":material/done_all:",
            on_click=_all_right,
        )
        last = st.session_state.get(f"_readygate_review_{task.item.session_id}_last")
        st.button(
            "Same as last",
            shortcut="L",
            key="review_same",
            icon=":material/content_copy:",
            disabled=last is None,
            on_click=partial(_same, last),
        )


def details(page: PageContext, task: ReviewTask) -> None:
    """What is said of a trace where something went wrong; what takes writing is folded."""
    item, words = task.item.id, _words(page)
    _types(item, [one for one in words if one.kind is WordKind.TYPE])
    is_filled = any(st.session_state.get(keys.field(item, name)) for name in _DETAILS)
    # One for all traces, so that it stays as it is left. Folded or not, its fields are there.
    with st.expander(
        "Cause, severity, note, right answer" + (" (filled in)" if is_filled else ""),
        icon=":material/edit_note:",
        key="review_details",
    ):
        _more(item, [one for one in words if one.kind is WordKind.CAUSE])


def _question(item: int, question: str) -> None:
    name, key, full = keys.QUESTIONS[question]
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key=f"review_row_{question}"
    ):
        st.button(
            name,
            shortcut=key,
            help=full,
            key=f"review_key_{question}",
            width=116,
            on_click=partial(_press, question),
        )
        # Buttons, which hold nothing in the browser: there, a field would still say what it said before a
        # key was pressed, and a quick Enter would save that.
        chosen = st.session_state.get(keys.field(item, question))
        for place, word in enumerate(keys.options_of(question)):
            st.button(
                word,
                key=f"review_say_{question}_{place}",
                type="primary" if word == chosen else "secondary",
                on_click=partial(_say, question, None if word == chosen else word),
            )


def _say(question: str, word: str | None) -> None:
    st.session_state[keys.field(keys.item_now(), question)] = word


def _press(question: str) -> None:
    """One more press of the key of a question; a widget callback."""
    if not keys.first_time(f"review_key_{question}"):
        return
    at = keys.field(keys.item_now(), question)
    st.session_state[at] = keys.next_word(question, st.session_state.get(at))


def _all_right() -> None:
    """Everything right of what the trace records: without a tool or a context there is none to judge."""
    if not keys.first_time("review_all_right"):
        return
    item, trace = keys.item_now(), keys.trace_now()
    cells = trace.record.values if trace else {}
    has_tool = bool(cells.get("tool_selected") or cells.get("tools_called"))
    has_context = bool(cells.get("context_summary") or cells.get("retrieved_ids"))
    right = Judged(
        tool_right=True if has_tool else None,
        context_right=True if has_context else None,
        answer_right=True,
        grounded=True if has_context else None,
        hallucination=False,
    )
    said = keys.judged_on_page(item)
    keys.fill(item, replace(right, note=said.note, corrected_answer=said.corrected_answer))


def _same(last: Judged | None) -> None:
    """What was said of the trace before, without its texts."""
    if last is not None and keys.first_time("review_same"):
        item = keys.item_now()
        said = keys.judged_on_page(item)
        keys.fill(item, replace(last, note=said.note, corrected_answer=said.corrected_answer))


def _words(page: PageContext) -> tuple[OfferedWord, ...]:
    """The words that are offered, read once for a visit: counting their uses goes through all failures."""
    kept = st.session_state.get(_WORDS)
    if kept is None or kept[0] != page.slug:
        kept = (page.slug, offered_words(page.workspace, page.caller, page.slug))
        st.session_state[_WORDS] = kept
    found: tuple[OfferedWord, ...] = kept[1]
    return found


def _types(item: int, offered: Sequence[OfferedWord]) -> None:
    chosen = st.session_state.get(keys.field(item, "failure_type")) or ""
    st.caption("What kind of failure?")
    with st.container(horizontal=True, gap="xsmall", key="review_types"):
        for place, one in enumerate(offered[:_CHIPS], start=1):
            is_chosen = fold_words(one.word) == fold_words(chosen)
            st.button(
                lit(one.word),
                shortcut=str(place),
                key=f"review_type_{place}",
                type="primary" if is_chosen else "secondary",
                help=_meaning(one),
                on_click=partial(_choose_type, f"review_type_{place}", one.word),
            )
    others = [one.word for one in offered[_CHIPS:]]
    known = {fold_words(one.word) for one in offered[:_CHIPS]}
    if chosen and fold_words(chosen) not in known:
        others = list(dict.fromkeys([chosen, *others]))
    at = keys.field(item, "other_type")
    st.session_state[at] = chosen if chosen in others else None
    st.selectbox(
        "Another kind",
        others,
        key=at,
        index=None,
        accept_new_options=True,
        placeholder="Another kind: choose, or write a new one",
        label_visibility="collapsed",
        on_change=guarded(partial(_other_type, item)),
    )


def _meaning(one: OfferedWord) -> str | None:
    parts = [one.definition, f"For example: {one.example}" if one.example else ""]
    return lit(" ".join(part for part in parts if part)) or None


def _choose_type(button: str, word: str) -> None:
    """One press of a chip: chosen, or chosen no more; a widget callback."""
    if keys.first_time(button):
        at = keys.field(keys.item_now(), "failure_type")
        is_chosen = fold_words(word) == fold_words(st.session_state.get(at) or "")
        st.session_state[at] = "" if is_chosen else word


def _other_type(item: int) -> None:
    written = st.session_state.get(keys.field(item, "other_type")) or ""
    st.session_state[keys.field(item, "failure_type")] = " ".join(written.split())[:LONGEST_WORD]


def _more(item: int, causes: Sequence[OfferedWord]) -> None:
    meanings = {one.word: one for one in causes}
    at = keys.field(item, "root_cause")
    known = list(meanings)
    written = st.session_state.get(at)
    if written and written not in known:
        known.append(written)
    st.selectbox(
        "Root cause",
        known,
        key=at,
        index=None,
        accept_new_options=True,
        placeholder="Why did it happen? Choose, or write a new one",
    )
    if written in meanings and (words := _meaning(meanings[written])):
        st.caption(words)
    st.segmented_control("Severity", SEVERITIES, key=keys.field(item, "severity"))
    st.text_area("Note", key=keys.field(item, "note"), max_chars=LONGEST_NOTE, height=80)
    st.text_area(
        "What the answer should have been",
        key=keys.field(item, "corrected_answer"),
        max_chars=LONGEST_ANSWER,
        height=80,
        help="Becomes the right answer of the eval case, where this trace becomes one.",
    )


def do_pressed(page: PageContext, session_id: int) -> None:
    """What was pressed together with the key that saves; call it in the callback that saves."""

    def is_pressed(button: str) -> bool:
        return st.session_state.get(button) is True

    if is_pressed("review_all_right"):
        _all_right()
    if is_pressed("review_same"):
        _same(st.session_state.get(f"_readygate_review_{session_id}_last"))
    for question in keys.QUESTIONS:
        if is_pressed(f"review_key_{question}"):
            _press(question)
    types = [one for one in _words(page) if one.kind is WordKind.TYPE]
    for place, one in enumerate(types[:_CHIPS], start=1):
        if is_pressed(f"review_type_{place}"):
            _choose_type(f"review_type_{place}", one.word)


def save_new_words(page: PageContext, now: datetime, session_id: int, judged: Judged) -> Judged:
    """The label with the words as the feature has them; new ones are added to its own."""
    offered = _words(page)
    said = {WordKind.TYPE: judged.failure_type, WordKind.CAUSE: judged.root_cause}
    became = dict(said)
    for kind, word in said.items():
        known = {fold_words(one.word): one.word for one in offered if one.kind is kind}
        if word and fold_words(word) not in known:
            became[kind] = add_word(page.workspace, page.caller, now, page.slug, kind, word)
            st.session_state.pop(_WORDS, None)
    return replace(judged, failure_type=became[WordKind.TYPE], root_cause=became[WordKind.CAUSE])
