"""The fields of each part of the scope: a saved form, a way into the fields, the fields, and a way out."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.criteria.calendar import USUAL_WEEKS
from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, SEGMENT_QUESTIONS, Scope, read_scope
from core.criteria.scope_parts import AUTONOMY_WORDS, OWNER_WORDS, PROFILE_QUESTIONS, REACH_WORDS
from core.rollout.scenario import Scenario
from core.web.safe import lit
from core.web.screens.scope_tables import TABLES, WHOLE, draw_table, entered_rows, fill_table, table_key

_YES_NO: dict[Any, str] = {True: "Yes", False: "No"}
_LINES = "critical_cases"
"""The field that is typed one entry a line."""


def saved_body(scope: Scope, part: str) -> dict[str, Any]:
    """What is saved of ``part``, in the shape of its fields."""
    if part in DECISIONS:
        body = scope.decision(part).model_dump()
        return body | ({"success_signal": scope.success_signal} if part == "workflow" else {})
    table = TABLES.get(part)
    if table and part in WHOLE:
        return {table.lines: [table.cells(row.model_dump()) for row in getattr(scope, part)]}
    found: dict[str, Any] = getattr(scope, part).model_dump()
    if table:
        found[table.lines] = [table.cells(row) for row in found[table.lines]]
    if _LINES in found:
        found[_LINES] = "\n".join(found[_LINES])
    return found


def changed_by(scope: Scope, part: str, body: Mapping[str, Any]) -> Scope:
    """``scope`` with ``body`` in the place of ``part``; InvalidDocument where that cannot be."""
    whole = scope.model_dump(mode="json")
    table = TABLES.get(part)
    if part in DECISIONS:
        decision = {name: value for name, value in body.items() if name != "success_signal"}
        whole["decisions"] = whole["decisions"] | {part: decision}
        whole["success_signal"] = body.get("success_signal", whole["success_signal"])
        return read_scope(whole)
    wanted = dict(body)
    if table:
        wanted[table.lines] = [table.body(cells) for cells in body[table.lines]]
    if _LINES in wanted:
        wanted[_LINES] = [line for line in map(str.strip, (body[_LINES] or "").splitlines()) if line]
    whole[part] = wanted[table.lines] if table and part in WHOLE else wanted
    return read_scope(whole)


def first_body(scope: Scope, part: str) -> dict[str, Any]:
    """What the fields begin with: what is saved, and for a new calendar the usual weeks."""
    body = saved_body(scope, part)
    if part == "calendar" and scope.calendar == type(scope.calendar)():
        body["steps"] = [TABLES[part].cells(step.model_dump()) for step in USUAL_WEEKS]
    return body


def fill(body: Mapping[str, Any], part: str) -> None:
    """Put ``body`` into the fields; a decision without a date is made ``today``, where that is given."""
    state, table = st.session_state, TABLES.get(part)
    for name, value in body.items():
        if table and name == table.lines:
            fill_table(part, value)
        elif name != "today":
            state[_key(part, name)] = value
    if part in DECISIONS and body.get("decided_on") is None and "today" in body:
        state[_key(part, "decided_on")] = body["today"]


def entered(part: str) -> dict[str, Any]:
    """What the fields hold now."""
    table = TABLES.get(part)
    return {
        name: entered_rows(part) if table and name == table.lines else st.session_state.get(_key(part, name))
        for name in saved_body(Scope(), part)
    }


def is_filled(part: str) -> bool:
    """Whether the fields of ``part`` still hold something; Streamlit forgets those it does not draw."""
    name = next(iter(saved_body(Scope(), part)))
    return (table_key(part) if part in TABLES else _key(part, name)) in st.session_state


def draw(part: str, scenario: Scenario | None) -> None:
    """The fields; ``scenario`` gives hints, where the scope was started from one."""
    if part in DECISIONS:
        _draw_decision(part)
        return
    match part:
        case "segment":
            st.text_area("Who exactly?", key=_key(part, "who"), max_chars=2_000)
            _questions(part, SEGMENT_QUESTIONS)
            st.checkbox(
                "Nobody is added until the criteria hold", key=_key(part, "stays_until_criteria_hold")
            )
        case "worst_case":
            _draw_worst_case(part, scenario)
        case "fragile":
            _questions(part, FRAGILE_QUESTIONS)
        case "stakes_profile":
            choices: dict[str, Mapping[Any, str]] = {
                "reach": REACH_WORDS,
                "autonomy": AUTONOMY_WORDS,
                "regulated": _YES_NO,
            }
            for name, choice in choices.items():
                _choice(PROFILE_QUESTIONS[name], choice, _key(part, name))
        case "investment":
            st.text_area("The decision in short", key=_key(part, "words"), max_chars=2_000)
            st.text_input("Link (https://…)", key=_key(part, "link"), max_chars=500)
        case "regression_rule":
            _draw_regression(part)
        case "permitted":
            draw_table(part)
            _choice(
                "Are its roles the same in every environment?", _YES_NO, _key(part, "same_roles_everywhere")
            )
        case "owners":
            columns = st.columns(2)
            for place, (name, words) in enumerate(OWNER_WORDS.items()):
                columns[place % 2].text_input(words, key=_key(part, name), max_chars=200)
        case "calendar":
            st.date_input("First day of week 0", key=_key(part, "begins_on"), value=None)
            draw_table(part)
        case _:
            draw_table(part)


def _draw_decision(part: str) -> None:
    st.text_area(DECISIONS[part].question, key=_key(part, "answer"), max_chars=2_000)
    st.caption(lit(DECISIONS[part].hint))
    if part == "workflow":
        st.text_area(
            "The one main success signal",
            key=_key(part, "success_signal"),
            max_chars=2_000,
            height=80,
            placeholder="Refund questions settled without a person, per week",
        )
    left, right = st.columns(2)
    left.text_input("Owner of this decision", key=_key(part, "owner"), max_chars=200)
    right.date_input("Decided on", key=_key(part, "decided_on"), value=None)


def _draw_worst_case(part: str, scenario: Scenario | None) -> None:
    st.text_area("In words", key=_key(part, "words"), max_chars=2_000)
    if scenario and scenario.worst_case_hint:
        st.caption(lit(f"Think of: {scenario.worst_case_hint}"))
    left, right = st.columns(2)
    left.number_input("US dollars (optional)", min_value=0.0, step=1_000.0, key=_key(part, "usd"))
    right.number_input("People hurt (optional)", min_value=0, step=1, key=_key(part, "people"))


def _draw_regression(part: str) -> None:
    st.number_input(
        "Margin: a rate may be so many percentage points lower than before",
        step=0.5,
        format="%.1f",
        value=None,
        key=_key(part, "margin_points"),
    )
    st.markdown("Slices that may not get worse, whatever the whole does")
    draw_table(part)
    st.text_area(
        "Cases that must never fail, one a line (an id or a few words)", key=_key(part, "critical_cases")
    )


def _questions(part: str, questions: Mapping[str, str]) -> None:
    for name, question in questions.items():
        _choice(question, _YES_NO, _key(part, name))


def _choice(question: str, words: Mapping[Any, str], key: str) -> None:
    st.segmented_control(lit(question), list(words), format_func=words.__getitem__, key=key)


def _key(part: str, name: str) -> str:
    return f"scope_{part}_{name}"
