"""One trace opened: what was asked, what was answered, what came of it, then everything behind it.

Every text here was written by users, models and tools: it goes to `st.text` and `st.code` only, with
hidden characters made visible.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.actions.traces import TraceView, open_trace
from core.evidence.columns import VERDICT_COLUMNS, Kind
from core.evidence.failure_words import distinct_words
from core.store.failures import LoggedFailure
from core.store.traces import Origin, ScoreRecord, TraceRecord
from core.units import Unit
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable, visible
from core.web.screens.promote import promote_button
from core.web.screens.trace_reveal import as_revealed, may_be_masked
from core.web.screens.trace_steps import step_words, steps
from core.web.screens.trace_text import (
    LONGEST_SHOWN,
    NOT_RECORDED,
    as_columns,
    cost,
    instead_of,
    listed,
    number,
    one_line,
    show_facts,
    show_text,
)
from core.web.screens.traces import close_trace, search_for
from core.web.widgets import empty_state
from core.web.wording import write_moment

_ROWS_NAMED = 12
_HOLDS = {
    Kind.TRACES: "Trace",
    Kind.SPANS: "Steps",
    Kind.SCORES: "Scores",
    Kind.LABELS: "Labels",
    Kind.FAILURES: "Failure log",
}
_QUESTIONS = {
    "tool_right": "right tool",
    "context_right": "right context",
    "answer_right": "right answer",
    "grounded": "grounded",
    "hallucination": "hallucination",
}


def one_trace(page: PageContext, run_id: str) -> None:
    """The run with this id, or a sentence where there is none."""
    st.button("Back to the list", icon=":material/arrow_back:", key="trace_close", on_click=close_trace)
    view = open_trace(page.workspace, page.caller, page.slug, run_id)
    if view is None:
        with empty_state(
            "No such trace",
            "This feature has no trace with that id. Its upload may have been withdrawn, or the address "
            "may be cut off.",
            icon=":material/search_off:",
        ):
            st.code(printable(run_id), language=None, wrap_lines=True)
        return
    view = as_revealed(page, run_id) or view
    record = view.record
    _heading(page.slug, view)
    promote_button(page, record.run_id, key="trace_promote")
    may_be_masked(page, view)
    _words("Question", record.values["query"], "trace_query")
    _words("Answer", record.values["response"], "trace_response")
    if record.values["corrected_answer"]:
        _words("As the user corrected it", record.values["corrected_answer"], "trace_corrected")
    _outcome(record)
    steps(view.steps)
    _tools_and_context(record.values)
    _judgements(record.labels)
    _failures(record)
    _scores(record)
    _provenance(view)
    download_row("This trace", _table(view), f"{page.slug}-trace", key="trace_download")


def _heading(slug: str, view: TraceView) -> None:
    record = view.record
    st.header(write_moment(record.moment))
    user = record.values["user_id"]
    facts = {
        "user": user,
        "session": record.values["session_id"],
        "task": record.values["task_type"],
        "release": record.bundle,
    }
    if any(facts.values()):
        st.text(printable(" · ".join(f"{name} {value}" for name, value in facts.items() if value)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Run id", width="content")
        st.code(printable(record.run_id), language=None, wrap_lines=True, width="content")
        if user and view.has_texts:
            st.button(
                "All traces of this user",
                icon=":material/person_search:",
                key="trace_same_user",
                on_click=partial(search_for, user=user),
            )
    with st.popover("Link to this trace", icon=":material/link:"):
        st.caption("Whoever may see this feature opens the trace with the address of this page:")
        st.code(_address(slug, record.run_id), language=None, wrap_lines=True)


def _address(slug: str, run_id: str) -> str:
    base = str(st.context.url or "").split("?")[0]
    return f"{base}?{urlencode({'feature': slug, 'trace': run_id})}"


def _words(title: str, text: object, key: str) -> None:
    """A text in full width, in its own lines; how many hidden characters it holds is said below it."""
    st.markdown(f"**{title}**")
    if text is None or text == "":
        st.caption(NOT_RECORDED.capitalize())
        return
    with st.container(border=True, key=key):
        show_text(str(text))


def _outcome(record: TraceRecord) -> None:
    """What came of it, as small figures; what nobody recorded is said to be so."""
    st.markdown("**Outcome**")
    cells = record.values
    figures = {
        "Feedback": str(cells.get("user_feedback") or NOT_RECORDED),
        "Latency": number(cells.get("latency_ms"), Unit.MILLISECONDS),
        "Cost": cost(cells.get("cost_usd")),
        "Tokens in": number(cells.get("input_tokens"), Unit.COUNT),
        "Tokens out": number(cells.get("output_tokens"), Unit.COUNT),
        "Confidence": number(cells.get("confidence"), Unit.SHARE),
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures.items():
            with st.container(width="content", gap=None):
                st.caption(name)
                st.text(value)
    flags = {
        "abstained": "declined to answer",
        "fallback": "the non-AI path took over",
        "escalated": "handed to a person",
    }
    said = [words for name, words in flags.items() if cells.get(name)]
    if cells.get("schema_valid") is False:
        said.append("the output did not have the agreed form")
    if said:
        st.markdown(f":material/flag: {lit('; '.join(said).capitalize())}.")
    for title, name in (("Error", "error"), ("Tool error", "tool_error")):
        if cells.get(name):
            st.markdown(f":material/error: **{title}**")
            if instead_of(cells[name]):
                show_text(str(cells[name]))
            else:
                st.code(visible(str(cells[name])[:LONGEST_SHOWN])[0], language=None, wrap_lines=True)


def _tools_and_context(cells: Mapping[str, Any]) -> None:
    """What it could have used, what it used and why; what it was given to work with."""
    tools = {
        "Tools considered": listed(cells.get("tools_considered")),
        "Tool picked": cells.get("tool_selected"),
        "Tool expected": cells.get("tool_expected"),
        "Why this tool": cells.get("tool_reason"),
        "Tools called": listed(cells.get("tools_called")),
        "Guardrails": listed(cells.get("guardrail_decisions")),
    }
    context = {
        "Context": cells.get("context_summary"),
        "Fetched": listed(cells.get("retrieved_ids")),
        "Needed": listed(cells.get("relevant_ids")),
        "Cited": listed(cells.get("cited_ids")),
    }
    for title, facts, icon in (
        ("Tools", tools, ":material/build:"),
        ("Context", context, ":material/description:"),
    ):
        if any(facts.values()):
            with st.expander(title, icon=icon, expanded=True), st.container(gap="small"):
                show_facts(facts)


def _judgements(labels: Sequence[Mapping[str, Any]]) -> None:
    """What people, and apart from them AI judges, said about this run."""
    for title, is_judge in (("Labels by people", False), ("Labels by an AI judge", True)):
        rows = [_label_row(label) for label in labels if bool(label["is_judge"]) is is_judge]
        if rows:
            st.markdown(f"**{title}**")
            st.dataframe(as_columns(rows), hide_index=True, key=f"labels_{is_judge}")


def _label_row(label: Mapping[str, Any]) -> dict[str, str]:
    said = [
        f"{_QUESTIONS[name]}: {'yes' if label[name] else 'no'}"
        for name in VERDICT_COLUMNS
        if label.get(name) is not None
    ]
    when = label.get("labelled_at")
    return {
        "By": one_line(label.get("reviewer")),
        "Said": ", ".join(said) or "",
        "Failure type": one_line(label.get("failure_type"), ""),
        "Root cause": one_line(label.get("root_cause"), ""),
        "Note": one_line(label.get("note"), ""),
        "Corrected answer": one_line(label.get("corrected_answer"), ""),
        "At": write_moment(when) if when else NOT_RECORDED,
    }


def _failures(record: TraceRecord) -> None:
    """What the failure log says about this run; what reviewers say stands with their labels."""
    types = [one.failure_type for one in record.failures]
    types += [label["failure_type"] for label in record.labels if label["failure_type"]]
    if not types:
        return
    if record.failures:
        st.markdown("**Failure log**")
        rows = [_failure_row(one) for one in record.failures]
        st.dataframe(as_columns(rows), hide_index=True, key="trace_failures")
    with st.container(horizontal=True, gap="small"):
        for place, word in enumerate(distinct_words(types)):
            st.button(
                f"All with “{lit(word)}”",
                icon=":material/manage_search:",
                key=f"trace_same_failure_{place}",
                on_click=partial(search_for, failure=word),
            )


def _failure_row(failure: LoggedFailure) -> dict[str, str]:
    return {
        "Failure type": one_line(failure.failure_type),
        "Root cause": one_line(failure.root_cause),
        "Fix": one_line(failure.fix),
        "Owner": one_line(failure.owner, ""),
        "Found": write_moment(failure.found_at) if failure.found_at else NOT_RECORDED,
        "Note": one_line(failure.note, ""),
    }


def _scores(record: TraceRecord) -> None:
    """The scores file by file; where there is none, what the trace itself carries as JSON."""
    if not record.scores and not record.values["scores"]:
        return
    with st.expander("Scores", icon=":material/star:", expanded=True):
        if record.scores:
            rows = [_score_row(score) for score in record.scores]
            st.dataframe(as_columns(rows), hide_index=True, key="trace_scores")
        else:
            st.code(visible(str(record.values["scores"]))[0], language=None, wrap_lines=True)


def _score_row(score: ScoreRecord) -> dict[str, str]:
    number = "" if score.value is None else f"{score.value:g}"
    return {
        "Score": one_line(score.name),
        "Value": one_line(" ".join(part for part in (number, score.label) if part)),
        "From": one_line(score.source),
        "By": one_line(score.author, ""),
        "Of the step": one_line(score.span_id, ""),
        "Remark": one_line(score.comment, ""),
    }


def _provenance(view: TraceView) -> None:
    record = view.record
    fold = st.expander("Where from?", icon=":material/info:", expanded=True)
    with fold, st.container(gap="xxsmall"):
        for origin in record.origins:
            st.text(_origin_words(view, origin))
        facts = {
            "Release": record.bundle,
            "Model": record.values["model"],
            "Prompt version": record.values["prompt_version"],
        }
        for name, value in facts.items():
            st.text(f"{name}: {one_line(value)}")


def _origin_words(view: TraceView, origin: Origin) -> str:
    """ "Trace: march.csv, row 12, handed in 1 Mar 2026, 10:00 UTC by Ada." """
    rows = [f"{row:,}" for row in origin.rows[:_ROWS_NAMED]]
    rows += ["…"] if len(origin.rows) > _ROWS_NAMED else []
    place = f", {'row' if len(rows) == 1 else 'rows'} {', '.join(rows)}" if rows else ""
    handed_in = view.handed_in[origin.upload_id]
    words = f"{_HOLDS[origin.kind]}: {origin.file_name}{place}, handed in {write_moment(handed_in.at)}"
    return printable(f"{words} by {handed_in.by}.")


def _table(view: TraceView) -> Table:
    """The whole trace, one fact a row, with the texts uncut."""
    facts: list[tuple[str, object]] = [("moment", view.record.moment)]
    facts += [
        (name, listed(value) if isinstance(value, list | tuple) else value)
        for name, value in view.record.values.items()
    ]
    for place, step in enumerate(view.steps, start=1):
        facts += [
            (f"step {place}", step_words(step)),
            (f"step {place} input", step.span.input),
            (f"step {place} output", step.span.output),
            (f"step {place} error", step.span.error),
        ]
    return Table(("What", "Value"), [fact for fact in facts if fact[1] is not None])
