"""The fields of one label on the page: their keys in the session, what they hold, and back again."""

from dataclasses import asdict
from typing import Any

import streamlit as st

from core.actions.reviews import Judged
from core.actions.traces import TraceView

RIGHT, WRONG, UNSURE = "right", "wrong", "cannot tell"
CHOICES = (RIGHT, WRONG, UNSURE)
YES_NO = ("no", "yes", UNSURE)

QUESTIONS = {
    "answer_right": ("Answer", "A", "Is the answer right?"),
    "tool_right": ("Tool", "T", "Was the right tool picked?"),
    "context_right": ("Context", "X", "Was the right context fetched?"),
    "grounded": ("Grounding", "G", "Is the answer supported by its sources?"),
    "hallucination": ("Invents", "H", "Does the answer invent anything?"),
}
"""Each question: its short name, its key on the keyboard, and the question in full."""

TEXTS = ("failure_type", "root_cause", "severity", "note", "corrected_answer")


def options_of(question: str) -> tuple[str, ...]:
    """What can be said to a question; the first is the good answer."""
    return YES_NO if question == "hallucination" else CHOICES


def field(item_id: int, name: str) -> str:
    """The key of a field of the trace with this number."""
    return f"review_{item_id}_{name}"


def fill(item_id: int, judged: Judged) -> None:
    """Put a label into the fields; call it before they are drawn, or in a callback."""
    for question in QUESTIONS:
        value = getattr(judged, question)
        options = options_of(question)
        good = value if question != "hallucination" else not value
        word = None if value is None else options[0] if good else options[1]
        if word is None and judged.unsure:
            word = UNSURE
        st.session_state[field(item_id, question)] = word
    for name in TEXTS:
        empty = None if name in ("root_cause", "severity") else ""
        st.session_state[field(item_id, name)] = getattr(judged, name) or empty


def judged_on_page(item_id: int) -> Judged:
    """What the fields say."""
    words = {question: st.session_state.get(field(item_id, question)) for question in QUESTIONS}
    said: dict[str, Any] = {name: st.session_state.get(field(item_id, name)) or "" for name in TEXTS}
    for question, word in words.items():
        options = options_of(question)
        if word in options[:2]:
            said[question] = (word == options[0]) != (question == "hallucination")
    return Judged(**said, unsure=UNSURE in words.values())


_NOW = "_readygate_review_now"


def now_at(item_id: int, trace: TraceView | None) -> None:
    """Which trace the keys are for."""
    st.session_state[_NOW] = (item_id, trace)


def item_now() -> int:
    found: int = st.session_state[_NOW][0]
    return found


def trace_now() -> TraceView | None:
    found: TraceView | None = st.session_state[_NOW][1]
    return found


_PRESSED = "_readygate_review_pressed"


def first_time(button: str) -> bool:
    """Whether a press of this button is not done yet. Keys that are pressed fast come in one run, in no order
    that can be relied on: saving does first what was pressed with it, and nothing is done twice."""
    done: set[str] = st.session_state.setdefault(_PRESSED, set())
    if button in done:
        return False
    done.add(button)
    return True


def all_done() -> None:
    """The presses of this run are done; call it when the page is drawn."""
    st.session_state[_PRESSED] = set()


def next_word(question: str, word: str | None) -> str | None:
    """What a question says after one more press of its key: good, bad, cannot tell, nothing."""
    turn: list[str | None] = [None, *options_of(question)]
    return turn[(turn.index(word) + 1) % len(turn)] if word in turn else turn[1]


def as_draft(run_id: str, judged: Judged) -> dict[str, Any]:
    """What is kept of a label that is not saved yet; with its run, so that it goes with the user of that."""
    return {"run_id": run_id, **asdict(judged)}


def from_draft(fields: Any) -> Judged:
    """A draft as it was kept; what is no label is left out."""
    known = {name: value for name, value in dict(fields).items() if name in Judged.__dataclass_fields__}
    return Judged(**known)
