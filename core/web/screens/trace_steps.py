"""The steps of one trace, each under the one that called it, folded until somebody opens it."""

from collections.abc import Sequence

import streamlit as st

from core.actions.traces import Step
from core.units import Unit, write
from core.web.safe import lit, printable
from core.web.screens.trace_text import NOT_RECORDED, cost, listed, number, one_line, show_text
from core.web.wording import write_count, write_moment

_DEEPEST_INDENT = 6


def steps(found: Sequence[Step]) -> None:
    """Kind, name, duration, tokens, cost and error of each step; its texts on opening."""
    if not found:
        return
    st.markdown(f"**{write_count(len(found), 'step')}**")
    with st.container(gap="xxsmall"):
        for place, step in enumerate(found):
            _folded(place, step)


def _folded(place: int, step: Step) -> None:
    mark = ":material/error: " if step.span.error else ""
    # Spaces at the beginning of a label would be lost.
    indent = "· " * min(step.depth, _DEEPEST_INDENT)
    fold = st.expander(f"{mark}{indent}{lit(step_words(step))}", key=f"step_{place}", on_change="rerun")
    # A folded step costs nothing: its texts are sent when somebody opens it.
    if fold.open:
        with fold:
            _step(step)


def step_words(step: Step) -> str:
    """ "tool · search_orders · 1.2 s · 310 tokens · $0.002", as far as it is recorded."""
    span = step.span
    tokens = [count for count in (span.input_tokens, span.output_tokens) if count is not None]
    parts = [
        span.span_kind or "step",
        span.name or "",
        "" if step.took_ms is None else write(step.took_ms, Unit.MILLISECONDS),
        f"{sum(tokens):,} tokens" if tokens else "",
        "" if span.cost_usd is None else cost(span.cost_usd),
    ]
    return " · ".join(printable(part) for part in parts if part)


def _step(step: Step) -> None:
    span = step.span
    facts = {
        "Began": write_moment(span.started_at) if span.started_at else NOT_RECORDED,
        "Took": number(step.took_ms, Unit.MILLISECONDS),
        "Tokens in": number(span.input_tokens, Unit.COUNT),
        "Tokens out": number(span.output_tokens, Unit.COUNT),
        "Cost": cost(span.cost_usd),
        "Model": one_line(span.model),
    }
    st.text(" · ".join(f"{name}: {value}" for name, value in facts.items()))
    for title, text in (
        ("Error", span.error),
        ("Was given", span.input),
        ("Gave back", span.output),
        ("Tools called", listed(span.tools_called)),
        ("Fetched", listed(span.retrieved_ids)),
    ):
        if text:
            st.caption(title)
            show_text(text)
