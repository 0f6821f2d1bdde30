"""MLflow traces: one row is one trace with its steps and its assessments inside."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.beside_words import facts_beside_words
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import MILLISECONDS, time_text
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.fetched_documents import documents_in
from core.intake.sources.foreign_cells import number_text, objects_in, text_of, value_of
from core.intake.sources.mlflow_assessments import about_tools, expectations_of, score_row
from core.intake.sources.mlflow_spans import cost_in, kind_of, span_row, tokens_in, tokens_of
from core.intake.sources.mlflow_trace import (
    Trace,
    attributes_of,
    duration_of,
    error_of,
    own_of,
    times_of,
    trace_in,
)
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context

_PREVIEW = 1000
"""MLflow cuts previews of questions and answers at so many characters and ends them in three points."""

_ONE_PAGE = 100

_CUT = (
    "Questions or answers of which MLflow kept the first 1,000 characters only: {count}. Export the"
    " traces with their steps (include_spans=True), which hold the whole texts."
)
_NO_STEPS = (
    "Traces without their steps, so their tools and documents are not in this file: {count}. Export them with"
    " include_spans=True."
)
_UNFINISHED = "Traces that were still running when they were exported, without answer and latency: {count}."
_ONE_PAGE_ONLY = (
    "The file has exactly 100 traces, which is all that one search of MLflow's client gives by default: check"
    " that none are missing (max_results)."
)
_OF_EVALUATION = (
    "Traces that an evaluation of MLflow made, which answered its cases and no user: {count}. Export the"
    " traces of your users alone, and the evaluation as eval results."
)
_NO_VALUE = "Feedback without a value, because its judge failed, left out: {count}."

BECAME = {
    "trace_id": "run_id",
    "request_id": "run_id",
    "trace": "steps, scores",
    "info": "run_id, started_at, session_id, user_id",
    "data": "steps",
    "spans": "steps",
    "assessments": "scores",
    "state": "error",
    "status": "error",
    "request_time": "started_at",
    "timestamp_ms": "started_at",
    "execution_duration": "latency_ms",
    "execution_time_ms": "latency_ms",
    "request": "query",
    "response": "response",
    "request_preview": "query",
    "response_preview": "response",
    "trace_metadata": "session_id, user_id",
    "request_metadata": "session_id, user_id",
}
"""What each column becomes; ``tags`` and metadata also become what is found in them."""


class TracesExport(ToolExport):
    """One file of traces while its chunks pass."""

    name = "mlflow"

    def __init__(self, words: str, context: Context) -> None:
        super().__init__(Kind.TRACES, f"This is an MLflow {words}.", BECAME, context)
        self._read = 0

    def tell(self) -> None:
        if self._read == _ONE_PAGE:
            self._notices.add("row_limit", _ONE_PAGE_ONLY)

    def _row(self, number: int, fields: Fields) -> Row:
        self._read += 1
        trace = trace_in(fields)
        row = trace_row(trace)
        for place, facts in facts_of(trace, self._context.facts):
            row |= facts
            self._found(_column(place, fields), facts)
        for span in trace.spans:
            self._add(Kind.SPANS, number, span_row(span, trace.run_id))
        for place_in, assessment in enumerate(trace.assessments):
            score = score_row(assessment, trace, place_in, self._feedback)
            if score is not None:
                self._add(Kind.SCORES, number, score)
            elif "feedback" in assessment:
                self._notices.add("unscored", _NO_VALUE)
        self._note_limits(trace)
        return row

    def _note_limits(self, trace: Trace) -> None:
        if not trace.spans:
            self._notices.add("no_steps", _NO_STEPS)
        if (text_of(trace.info.get("state")) or "").upper().endswith("IN_PROGRESS"):
            self._notices.add("unfinished", _UNFINISHED)
        if "mlflow.eval.requestId" in trace.tags:
            self._notices.add("of_evaluation", _OF_EVALUATION)
        cut = sum(is_cut(trace, side) for side in ("request", "response"))
        if cut:
            self._notices.add("previews", _CUT, cut)


def trace_row(trace: Trace) -> Row:
    """One trace in canonical columns, without what its steps say better."""
    info, metadata, tags = trace.info, trace.metadata, trace.tags
    tokens, cost = _totals(trace)
    has_times = all(times_of(trace.root))
    return {
        "run_id": trace.run_id,
        "started_at": time_text(info.get("request_time"), MILLISECONDS),
        "session_id": text_of(metadata.get("mlflow.trace.session")),
        # “mlflow.user” is the developer who started the program.
        "user_id": text_of(metadata.get("mlflow.trace.user")),
        "route": text_of(tags.get("mlflow.traceName")),
        "query": question_in(said(trace, "request")),
        "response": answer_in(said(trace, "response")),
        "prompt_version": _prompts(tags),
        "release_bundle": text_of(metadata.get("mlflow.source.git.commit"))
        or text_of(metadata.get("mlflow.modelId")),
        "latency_ms": None if has_times else number_text(duration_of(info)),
        "input_tokens": number_text(tokens[0]),
        "output_tokens": number_text(tokens[1]),
        "cost_usd": number_text(cost),
        "error": run_error(trace),
    }


def facts_of(trace: Trace, facts: Facts) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What a team wrote beside the run: the place, and canonical columns. The later ones count."""
    given, gave = (("request", said(trace, "request")), ("response", said(trace, "response")))
    yield from facts_beside_words(facts, given, gave)
    yield "trace_metadata", facts.found("trace_metadata", own_of(trace.metadata))
    yield "tags", facts.found("tags", own_of(trace.tags))
    expected = expectations_of(trace)
    found = facts.found("assessments", about_tools(expected))
    relevant = documents_in(expected.get("expected_retrieved_context"))
    yield "assessments", found | ({"relevant_ids": text_of(relevant) or ""} if relevant else {})


def said(trace: Trace, side: str) -> Any:
    """What was asked (“request”) or answered (“response”), as whole as the file has it."""
    word = "Inputs" if side == "request" else "Outputs"
    in_full = value_of(attributes_of(trace.root).get(f"mlflow.span{word}"))
    if in_full is not None:
        return in_full
    stated = value_of(trace.request if side == "request" else trace.response)
    preview = value_of(trace.info.get(f"{side}_preview"))
    shortest = value_of(trace.metadata.get(f"mlflow.trace{word}"))
    return next((one for one in (stated, preview, shortest) if one is not None), None)


def is_cut(trace: Trace, side: str) -> bool:
    """Whether the question or the answer is a preview that was cut."""
    found = said(trace, side)
    return isinstance(found, str) and found.endswith("...") and len(found) >= _PREVIEW - len("...")


def run_error(trace: Trace) -> str | None:
    """Why the run failed; None where it did not."""
    if not trace.failed:
        return None
    return error_of(trace.root) or "State ERROR"


def _totals(trace: Trace) -> tuple[tuple[float | None, float | None], float | None]:
    """Tokens and cost of the whole trace, where its model calls do not say them: what the trace states
    itself would stand before their sum, and leaves out calls of models without a price."""
    calls = [attributes_of(span) for span in trace.spans]
    counted = [one for one in calls if kind_of(one) == "llm" and any(tokens_of(one))]
    if counted:
        return (None, None), None
    metadata = trace.metadata
    return tokens_in(metadata.get("mlflow.trace.tokenUsage")), cost_in(metadata.get("mlflow.trace.cost"))


def _prompts(tags: Mapping[str, Any]) -> str | None:
    """The prompts that the trace was linked to: “support v12”."""
    linked = objects_in(tags.get("mlflow.linkedPrompts"))
    named = [(text_of(one.get("name")), text_of(one.get("version"))) for one in linked]
    return ", ".join(f"{name} v{version}" if version else name for name, version in named if name) or None


def _column(place: str, fields: Fields) -> str:
    """The column of the file in which ``place`` of the trace stands."""
    if fields.get("trace") is not None:
        return "trace"
    return place if place in fields else "data" if place in ("request", "response") else "info"
