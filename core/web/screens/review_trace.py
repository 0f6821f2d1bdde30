"""The trace under review: question, answer and outcome first and large, everything else folded.

Every text was written by users, models and tools: it is shown as text only, hidden characters marked.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.actions.traces import TraceView
from core.units import Unit
from core.web.safe import lit, printable
from core.web.screens.trace_steps import steps
from core.web.screens.trace_text import cost, listed, number, show_facts, show_text
from core.web.wording import write_count, write_moment

_FLAGS = {
    "abstained": "It declined to answer",
    "fallback": "The non-AI path took over",
    "escalated": "It was handed to a person",
}
_REACTIONS = {
    "accepted": "The user took the answer as it is",
    "edited": "The user changed the answer",
    "rejected": "The user rejected the answer",
}


def show_trace(item_id: int, view: TraceView) -> None:
    """What was asked, what was answered and what came of it; tools, context and steps on opening."""
    cells = view.record.values
    _text("Question", cells["query"], f"review_query_{item_id}")
    _text("Answer", cells["response"], f"review_response_{item_id}")
    _outcome(cells)
    if cells["corrected_answer"]:
        _text("As the user corrected it", cells["corrected_answer"], f"review_corrected_{item_id}")
    if cells["tool_expected"]:
        show_facts({"Tool that was expected": cells["tool_expected"], "Tool picked": cells["tool_selected"]})
    if view.masked:
        st.caption(
            f"{write_count(view.masked, 'piece')} of personal data masked, shown as [email …] or alike."
        )
    _folded(item_id, view)


def _text(title: str, text: object, key: str) -> None:
    st.caption(title)
    with st.container(border=True, key=key):
        if text is None or text == "":
            st.caption("Not recorded")
        else:
            show_text(str(text))


def _outcome(cells: Mapping[str, Any]) -> None:
    said = [_REACTIONS[cells["user_feedback"]]] if cells["user_feedback"] in _REACTIONS else []
    said += [words for name, words in _FLAGS.items() if cells[name]]
    if cells["schema_valid"] is False:
        said.append("The output did not have the agreed form")
    took = "" if cells["latency_ms"] is None else f"took {number(cells['latency_ms'], Unit.MILLISECONDS)}"
    spent = "" if cells["cost_usd"] is None else f"cost {cost(cells['cost_usd'])}"
    small = [part for part in (took, spent) if part]
    st.markdown(f":material/flag: **{lit('. '.join(said) or 'No reaction of the user is recorded')}.**")
    if small:
        st.caption(lit(" · ".join(small)))
    for title, name in (("Error", "error"), ("Tool error", "tool_error")):
        if cells[name]:
            st.markdown(f":material/error: **{title}**")
            show_text(str(cells[name]))


def _folded(item_id: int, view: TraceView) -> None:
    cells = view.record.values
    tools = {
        "Tool picked": cells["tool_selected"],
        "Tools considered": listed(cells["tools_considered"]),
        "Why this tool": cells["tool_reason"],
        "Tools called": listed(cells["tools_called"]),
        "Guardrails": listed(cells["guardrail_decisions"]),
    }
    context = {
        "Context": cells["context_summary"],
        "Fetched": listed(cells["retrieved_ids"]),
        "Needed": listed(cells["relevant_ids"]),
        "Cited": listed(cells["cited_ids"]),
    }
    for title, facts, icon in (
        ("Tools", tools, ":material/build:"),
        ("Context", context, ":material/description:"),
    ):
        if any(facts.values()):
            fold = st.expander(
                title, icon=icon, expanded=False, key=f"review_{title}_{item_id}", on_change="rerun"
            )
            if fold.open:
                with fold, st.container(gap="small"):
                    show_facts({name: value for name, value in facts.items() if value})
    if view.steps:
        fold = st.expander(
            write_count(len(view.steps), "step").capitalize(),
            icon=":material/account_tree:",
            key=f"review_steps_{item_id}",
            on_change="rerun",
        )
        if fold.open:
            with fold:
                steps(view.steps)
    facts = {
        "run": view.record.run_id,
        "at": write_moment(view.record.moment),
        "task": cells["task_type"],
        "user group": cells["user_segment"],
        "release": view.record.bundle,
    }
    st.caption(lit(printable(" · ".join(f"{name} {value}" for name, value in facts.items() if value))))
