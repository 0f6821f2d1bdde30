"""LangSmith datasets -> test cases: examples as JSON lines, or as a table with a column for each part."""

from collections.abc import Mapping
from typing import Any

from core.evidence.column import fold
from core.evidence.columns import Kind
from core.intake.mapping import known_column
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.eval_rows import case_facts, case_id_in
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import json_list, text_of, texts_in, value_of
from core.intake.sources.langsmith_experiments import parts_of, words_in
from core.intake.sources.source import Context
from core.intake.sources.tool_calls import tool_names

_BECAME = {
    "id": "case_id",
    "inputs": "query",
    "outputs": "ground_truth",
    "metadata": "part, tags",
    "split": "part",
    "dataset_name": "suite",
    "dataset_id": "suite",
    "source_run_id": "source_run_id",
}
_FIELDS = {
    "id", "inputs", "outputs", "metadata", "split", "splits", "dataset_id", "dataset_name", "created_at",
    "modified_at", "source_run_id", "attachments", "attachment_urls", "runs", "name", "as_of", "dataset",
}  # fmt: skip
_PARTS = {"inputs", "outputs", "metadata"}


class CasesExport(ToolExport):
    """One row is one example."""

    name = "langsmith"

    def __init__(self, context: Context) -> None:
        because = "This is a LangSmith dataset: examples with inputs and outputs, and no results."
        super().__init__(Kind.CASES, because, _BECAME, context)

    def became(self, header: str) -> str:
        return super().became(header) or super().became(header.partition(".")[0])

    def _row(self, number: int, fields: Fields) -> Row:
        given, gives, metadata = (parts_of(fields, name) for name in ("inputs", "outputs", "metadata"))
        query = words_in(given, question_in)
        facts = {**_stated(gives), **case_facts(self._context.facts, "metadata", metadata)}
        self._found("metadata", facts)
        return {
            **facts,
            "case_id": case_id_in(
                metadata.get("case_id"), gives.get("case_id"), fields.get("id"), query=query
            ),
            "suite": text_of(fields.get("dataset_name")) or text_of(fields.get("dataset_id")),
            "query": query,
            "ground_truth": words_in(_right_answer(gives), answer_in),
            "source_run_id": facts.get("source_run_id") or text_of(fields.get("source_run_id")),
            "part": _split(fields) or facts.get("part"),
        }


def is_dataset(names: Mapping[str, str]) -> bool:
    """Whether the columns are those of examples alone: inputs and outputs, and nothing of a result."""
    whole = {header for header in names if "." not in header}
    parts = {header.partition(".")[0] for header in names if "." in header}
    if not (whole <= _FIELDS and parts <= _PARTS and {"inputs", "outputs"} <= whole | parts):
        return False
    cells = [names[name] for name in ("inputs", "outputs") if name in whole]
    return all(not cell or isinstance(value_of(cell), dict) for cell in cells) and any([*cells, *parts])


def _stated(gives: Mapping[str, Any]) -> Row:
    """What the expected outputs say about the case beside the right answer."""
    found: Row = {}
    for key, stated in gives.items():
        name = _case_column(key)
        if name == "tools_expected" and (tools := tool_names(stated)):
            found[name] = json_list(tools)
        elif name in ("expected_behavior", "failure_observed") and not isinstance(stated, dict | list):
            found[name] = text_of(stated)
    return found


def _right_answer(gives: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the expected outputs that is the answer."""
    named = {key: stated for key, stated in gives.items() if _case_column(key) == "ground_truth"}
    others = {key: stated for key, stated in gives.items() if _case_column(key) is None}
    return {key: stated for key, stated in (named or others).items() if stated is not None}


def _case_column(key: str) -> str | None:
    """The column of a case that a part of the expected outputs is; None for an answer in other words."""
    folded = fold(key)
    for name in ("ground_truth", "expected_behavior", "failure_observed", "case_id"):
        if folded == fold(name):
            return name
    column = known_column(Kind.EVALS, key)
    return column.name if column is not None and column.name == "tools_expected" else None


def _split(fields: Fields) -> str | None:
    return ", ".join(texts_in(fields.get("split"))) or None
