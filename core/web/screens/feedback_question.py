"""The question which score is the users' own reaction, and what each of its values says."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.intake.feedback import REACTIONS, suggested_reactions
from core.web.safe import lit

_NONE = "None of them: users' reactions are not in this file"
_WORDS = {"accepted": "accepted", "edited": "edited", "rejected": "rejected", "": "says nothing"}


def feedback_question(key: str, question: Mapping[str, Any]) -> None:
    """Draw the question as the upload keeps it: the score, then one choice for each of its values.

    Every widget's key begins with ``key``; :func:`feedback_choice` reads what was chosen.
    """
    st.caption("Asked once: later files of this feature are read the same way.")
    values: Mapping[str, Sequence[str]] = question["values"]

    def words(score: str) -> str:
        return lit(f"{score} ({', '.join(values[score]) or 'no values'})") if score else _NONE

    score = st.radio("Score", [*values, ""], format_func=words, key=f"{key}_score")
    shown = list(values.get(score, ()))
    st.session_state[f"{key}_values"] = shown
    if not shown:
        return
    suggested = suggested_reactions(shown)
    st.markdown("What does each of its values say about the answer?")
    for place, value in enumerate(shown):
        st.segmented_control(
            lit(value),
            list(_WORDS),
            format_func=_WORDS.__getitem__,
            default=suggested[value],
            required=True,
            key=f"{key}_value_{score}_{place}",
        )


def feedback_choice(key: str) -> str:
    """The answer in words, such as “user_feedback accepted=1 rejected=0”; empty for "none of them"."""
    state = st.session_state
    score = state.get(f"{key}_score") or ""
    said = [
        (state.get(f"{key}_value_{score}_{place}"), value)
        for place, value in enumerate(state.get(f"{key}_values", ()))
    ]
    stated = [f"{reaction}={value}" for reaction in REACTIONS for one, value in said if one == reaction]
    return " ".join([score, *stated]) if score else ""
