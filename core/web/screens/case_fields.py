"""The fields of an eval case, as people fill them in: for a new case, a promoted one and a change."""

from dataclasses import replace

import streamlit as st

from core.evidence.eval_case import EvalCase, Part
from core.web.safe import lit

PARTS = {
    Part.GOLD: "Gold: what users usually ask",
    Part.ADVERSARIAL: "Adversarial: hard or hostile on purpose",
    Part.REGRESSION: "Regression: what once went wrong",
}


def case_fields(case: EvalCase, key: str, *, short: bool = False) -> None:
    """Draw the fields with what the case says; ``short`` leaves out what most people never fill in."""
    _text("Question", case.query, f"{key}_query", "What the feature is asked, word for word.")
    _text("Right answer", case.ground_truth, f"{key}_ground_truth", "The answer, or the short fact in it.")
    st.text_input(
        "Expected tools",
        value=", ".join(case.tools_expected),
        key=f"{key}_tools",
        help="The tools that have to be called, with commas between them.",
    )
    _text(
        "Expected behaviour",
        case.expected_behavior,
        f"{key}_behavior",
        "What a good answer does, in words: “asks which order is meant”.",
        height=80,
    )
    _text("Failure observed", case.failure_observed, f"{key}_failure", "What went wrong.", height=80)
    st.selectbox(
        "Part of the set",
        list(Part),
        index=list(Part).index(case.part),
        format_func=lambda part: PARTS[part],
        key=f"{key}_part",
    )
    if not short:
        left, right = st.columns(2)
        left.text_input("Task type", value=case.task_type or "", key=f"{key}_task", max_chars=200)
        right.text_input("User segment", value=case.user_segment or "", key=f"{key}_segment", max_chars=200)
        left.text_input("Failure type", value=case.failure_type or "", key=f"{key}_type", max_chars=200)
        right.text_input(
            "Tags", value=", ".join(case.tags), key=f"{key}_tags", help="With commas between them."
        )
    st.checkbox("Critical: this case may never break", value=case.is_critical, key=f"{key}_critical")


def filled_case(case: EvalCase, key: str) -> EvalCase:
    """The case as the fields say it now; what has no field stays as it is in ``case``."""
    state = st.session_state
    said = replace(
        case,
        query=_kept(case.query, state.get(f"{key}_query")) or "",
        ground_truth=_kept(case.ground_truth, state.get(f"{key}_ground_truth")),
        expected_behavior=_kept(case.expected_behavior, state.get(f"{key}_behavior")),
        failure_observed=_kept(case.failure_observed, state.get(f"{key}_failure")),
        tools_expected=_list(case.tools_expected, state.get(f"{key}_tools")),
        part=Part(state.get(f"{key}_part", case.part)),
        is_critical=bool(state.get(f"{key}_critical", case.is_critical)),
    )
    if f"{key}_task" not in state:
        return said
    return replace(
        said,
        task_type=state[f"{key}_task"] or None,
        user_segment=state[f"{key}_segment"] or None,
        failure_type=state[f"{key}_type"] or None,
        tags=_list(case.tags, state[f"{key}_tags"]),
    )


def field_lines(case: EvalCase) -> list[str]:
    """What a case says, a line a field, for the two sides of a conflict."""
    facts = {
        "Question": case.query,
        "Right answer": case.ground_truth,
        "Expected tools": ", ".join(case.tools_expected),
        "Expected behaviour": case.expected_behavior,
        "Failure observed": case.failure_observed,
        "Part": case.part.value,
        "Task type": case.task_type,
        "User segment": case.user_segment,
        "Failure type": case.failure_type,
        "Tags": ", ".join(case.tags),
        "Critical": "yes" if case.is_critical else "no",
    }
    return [f"{name}: {value}" for name, value in facts.items() if value]


def _text(label: str, value: str | None, key: str, help: str, height: int = 100) -> None:
    st.text_area(lit(label), value=value or "", key=key, help=help, height=height)


def _kept(before: str | None, typed: str | None) -> str | None:
    """What was typed; a browser writes line ends its own way, which is no change."""
    if typed is None:
        return before
    if before is not None and typed.replace("\r\n", "\n") == before.replace("\r\n", "\n"):
        return before
    return typed or None


def _list(before: tuple[str, ...], typed: str | None) -> tuple[str, ...]:
    if typed is None or typed == ", ".join(before):
        return before
    return tuple(word.strip() for word in typed.split(",") if word.strip())
