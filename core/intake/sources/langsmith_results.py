"""LangSmith experiments -> eval results: one row for each run of each example."""

from collections.abc import Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.layouts.langsmith import EXPERIMENT, UPLOAD
from core.intake.mapping import known_column
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.eval_rows import (
    called,
    case_id_in,
    metrics_cell,
    result_facts,
    score_of,
    tools_under,
)
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import json_list, text_of
from core.intake.sources.langsmith_experiments import (
    REFERENCES,
    of_run,
    of_table,
    of_upload,
    words_in,
)
from core.intake.sources.source import Context
from core.intake.sources.tool_calls import tools_in_messages

_BECAME = {
    "id": "source_trace",
    "example_id": "case_id",
    "row_id": "case_id",
    "inputs": "query",
    "outputs": "response",
    "actual_outputs": "response",
    "error": "error, error_kind",
    "execution_time": "latency_ms",
    "start_time": "started_at",
    "end_time": "latency_ms",
    "feedback_stats": "metrics",
    "evaluation_scores": "metrics",
    "session_id": "eval_run_id",
    "experiment_name": "eval_run_id",
    "experiment_id": "eval_run_id",
    "dataset_name": "suite_version",
    "dataset_id": "suite_version",
    "total_tokens": "tokens",
    "total_cost": "cost_usd",
}
_BY_PREFIX = {"inputs": "query", "input": "query", "outputs": "response"}
_TOOLS = ("tool_selected", "tools_called")
_BY_PART = {"outputs": _TOOLS, **dict.fromkeys(REFERENCES, ("tools_expected",))}


class ResultsExport(ToolExport):
    """One row is one run of one example; LangSmith has scores, and does not say what passed."""

    name = "langsmith"

    def __init__(self, words: str, layout: str, context: Context) -> None:
        super().__init__(Kind.EVALS, f"These are LangSmith's {words}.", _BECAME, context)
        self._read = of_upload if layout == UPLOAD else of_run if layout == EXPERIMENT else of_table
        self._words: dict[str, None] = {}
        self._errors = self._without_run = 0

    def became(self, header: str) -> str:
        prefix, point, part = header.partition(".")
        column = known_column(Kind.EVALS, part) if point else None
        if column is not None and column.name in _BY_PART.get(prefix, ()):
            return column.name
        return super().became(header) or (_BY_PREFIX.get(prefix, "") if point else "")

    def tell(self) -> None:
        if self._words:
            names = ", ".join(f"“{name}”" for name in list(self._words)[:10])
            self._notices.add(
                "unscored", f"Feedback that is words, not numbers, and so cannot decide what passed: {names}."
            )
        if self._errors:
            sentence = "Results whose run failed, so that their feedback does not count: {count}."
            self._notices.add("errored_scores", sentence, self._errors)
        if self._without_run:
            sentence = "Examples without a run in this experiment, left out: {count}."
            self._notices.add("missing_cases", sentence, self._without_run)

    def _row(self, number: int, fields: Fields) -> Row | None:
        found = self._read(fields)
        if found is None:
            self._without_run += 1
            return None
        query = words_in(found.given, question_in)
        reference = found.reference if isinstance(found.reference, dict) else {}
        ids = (reference.get("case_id"), found.metadata.get("case_id"), *found.case_ids)
        facts, expected = self._context.facts, tools_under(reference, "tools_expected")
        answer = found.gave if isinstance(found.gave, dict) else {}
        row: Row = {
            **result_facts(facts, "metadata", found.metadata),
            **({"tools_expected": json_list(expected)} if expected else {}),
            "case_id": case_id_in(*ids, query=query),
            "query": query,
            "response": words_in(found.gave, answer_in),
            **called(tools_under(answer, *_TOOLS) or tools_in_messages(answer.get("messages"))),
            **found.stated,
        }
        if found.error is not None:
            # The judge graded an answer that was never given.
            self._errors += bool(found.scores)
            return {**row, "error": found.error, "error_kind": "run"}
        return {**row, "metrics": metrics_cell(self._metrics(found.scores))}

    def _metrics(self, scores: Mapping[str, Any]) -> dict[str, float]:
        found = {}
        for name, stated in scores.items():
            score = score_of(stated)
            if score is not None:
                found[name] = score
                self._found(f"feedback.{name}", ["metrics"])
                self._found(name, ["metrics"])
            elif text_of(stated) is not None:
                self._words[name] = None
        return found
