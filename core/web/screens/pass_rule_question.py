"""The question what passed, where results have scores only: which of them decide, and from where on."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.errors import WrongUsage
from core.web.safe import lit, plain

_SIDES = {"at_least": "at least", "at_most": "at most"}
_NEEDS = {"and": "All of them", "or": "Any of them"}
_MOST = 20


def pass_rule_question(key: str, question: Mapping[str, Any]) -> None:
    """Draw the question as the upload keeps it: a line for each score that decides.

    Every widget's key begins with ``key``; :func:`pass_rule_choice` reads what was chosen.
    """
    st.caption(
        "A case that passes counts as right in “Eval pass rate” and “Answer correctness”; choose the score"
        " that says whether the answer was right."
    )
    st.caption(
        "A result that lacks a score which decides is neither passed nor failed. Asked once: later files of"
        " this feature with the same scores on the same scale are read the same way."
    )
    scores = list(question["options"])
    lines: list[int] = st.session_state.setdefault(f"{key}_lines", [0])
    for place, line in enumerate(lines):
        _line(f"{key}_{line}", place, scores, question, on_remove=partial(_remove, key, line))
    if len(lines) > 1:
        st.radio(
            "What has to be met?",
            list(_NEEDS),
            format_func=_NEEDS.__getitem__,
            key=f"{key}_need",
            horizontal=True,
        )
    if len(lines) < min(_MOST, len(scores)):
        st.button(
            "Add another score",
            icon=":material/add:",
            key=f"{key}_add",
            on_click=partial(_add, key),
            type="tertiary",
        )


def pass_rule_choice(key: str) -> str:
    """The answer in words, such as “faithfulness at_least 0.8 and toxicity at_most 0.1”. Raises WrongUsage
    where a number is missing."""
    state = st.session_state
    bars = []
    for line in state[f"{key}_lines"]:
        score = state[f"{key}_{line}_score"]
        side, number = (state.get(f"{key}_{line}_{part}_{score}") for part in ("side", "number"))
        if number is None:
            raise WrongUsage(
                f"It is not said yet from which value of “{score}” on a result passes.",
                mend="Write the number beside it.",
            )
        bars.append(f"{score} {side} {number!r}")
    return f" {state.get(f'{key}_need') or 'and'} ".join(bars)


def _line(
    key: str, place: int, scores: Sequence[str], question: Mapping[str, Any], *, on_remove: Any
) -> None:
    """One score with its bar; what is likely for the chosen score stands there already."""
    box, side, number, remove = st.columns([4, 2, 2, 2], vertical_alignment="bottom")
    first = min(place, len(scores) - 1)
    score = box.selectbox("Score that decides", scores, index=first, format_func=plain, key=f"{key}_score")
    likely, bar, *_ = question["values"].get(score) or ("at_least", "")
    side.selectbox(
        "Passes when it is",
        list(_SIDES),
        index=list(_SIDES).index(likely),
        format_func=_SIDES.__getitem__,
        key=f"{key}_side_{score}",
    )
    number.number_input(
        "This number",
        value=float(bar) if bar else None,
        step=None,
        format="%g",
        placeholder="Number",
        key=f"{key}_number_{score}",
    )
    if place:
        remove.button(
            "Remove", icon=":material/close:", key=f"{key}_remove", on_click=on_remove, type="tertiary"
        )
    st.caption(lit(question["options"][score]))


def _add(key: str) -> None:
    lines = st.session_state[f"{key}_lines"]
    st.session_state[f"{key}_lines"] = [*lines, max(lines) + 1]


def _remove(key: str, line: int) -> None:
    lines = st.session_state[f"{key}_lines"]
    st.session_state[f"{key}_lines"] = [one for one in lines if one != line]
