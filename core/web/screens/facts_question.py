"""The question which of a team's own keys hold facts about the runs, such as the group of the user."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.intake.sources.run_facts import WANTED, suggested_fact
from core.web.safe import lit

_UNUSED = "not used"
_SHOWN = 12
"""How many keys are shown at once; the others are folded."""


def facts_question(key: str, question: Mapping[str, Any]) -> None:
    """Draw the question as the upload keeps it: one row for each key, with samples beside it.

    Every widget's key begins with ``key``; :func:`facts_choice` reads what was chosen.
    """
    st.caption("Asked once: later files of this feature are read the same way. Leave the others unused.")
    numbered = list(enumerate(question["values"].items()))
    for place, (name, samples) in numbered[:_SHOWN]:
        _row(f"{key}_{place}", name, samples)
    if len(numbered) > _SHOWN:
        with st.expander(f"{len(numbered) - _SHOWN} more keys", key=f"{key}_more"):
            for place, (name, samples) in numbered[_SHOWN:]:
                _row(f"{key}_{place}", name, samples)


def facts_choice(key: str, question: Mapping[str, Any]) -> str:
    """The answer as JSON text: each key that was shown, and the column it fills or nothing."""
    state = st.session_state
    chosen = {
        name: state.get(f"{key}_{place}", suggested_fact(name, samples))
        for place, (name, samples) in enumerate(question["values"].items())
    }
    return json.dumps(chosen)


def _row(key: str, name: str, samples: list[str]) -> None:
    """One key: what it is called, some of its values, and what it holds."""
    meanings = {"": _UNUSED} | {column: f"{column}: {meaning}" for column, meaning in WANTED.items()}
    columns = list(meanings)
    left, right = st.columns([2, 3], gap="xxsmall", vertical_alignment="center")
    left.markdown(f"**{lit(name)}**  \n:small[:gray[{lit(' · '.join(samples))}]]")
    right.selectbox(
        lit(f"What “{name}” holds"),
        columns,
        index=columns.index(suggested_fact(name, samples)),
        format_func=meanings.__getitem__,
        label_visibility="collapsed",
        key=key,
    )
