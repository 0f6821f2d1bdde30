"""DeepEval's goldens (JSON, JSONL, CSV): each becomes a test case."""

from core.evidence.columns import Kind
from core.intake.sources.conversations import question_in
from core.intake.sources.eval_rows import case_facts, case_id_in
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import camel, json_list, list_of, object_of, text_of, value_of
from core.intake.sources.source import Context, Head
from core.intake.sources.tool_calls import tool_names

_FIELDS = {
    "input", "actualOutput", "expectedOutput", "retrievalContext", "context", "name", "comments",
    "sourceFile", "toolsCalled", "expectedTools", "tokenCost", "completionTime", "inputTokenCount",
    "outputTokenCount", "additionalMetadata", "customColumnKeyValues", "expectations", "multimodal",
    "imagesMapping", "scenario", "turns", "expectedOutcome", "userDescription", "persona", "chatbotRole",
}  # fmt: skip
_SIGNS = {"expectedTools", "additionalMetadata", "sourceFile", "customColumnKeyValues", "retrievalContext"}

_OF_METADATA = "case_id, part, tags, source_run_id, failure_observed, expected_behavior, tools_expected"
_BECAME = {
    "name": "case_id",
    "input": "query, case_id",
    "scenario": "query, case_id",
    "expectedOutput": "ground_truth",
    "expectedOutcome": "expected_behavior",
    "expectedTools": "tools_expected",
    "comments": "expected_behavior",
    "additionalMetadata": _OF_METADATA,
    "metadata": _OF_METADATA,
    "tags": "tags",
}


def are_goldens(head: Head) -> bool:
    """Whether a plain table is a file of goldens: it has their fields, and none that says what passed."""
    if head.layout:
        return False
    fields = {camel(header) for header in head.samples}
    if head.samples.get("input", "").lstrip().startswith("{"):
        return False  # An input of several parts: the data set of another tool.
    is_turn = "input" in fields and bool(fields & {"expectedOutput", "expectedTools"})
    is_conversation = fields >= {"scenario", "expectedOutcome"}
    if not (is_turn or is_conversation):
        return False
    return fields <= _FIELDS or (
        len(fields & _SIGNS) > 1 and not fields & {"passed", "success", "score", "metricsData"}
    )


class Goldens(ToolExport):
    """One row is one golden, of a question or of a conversation."""

    name = "deepeval"

    def __init__(self, context: Context) -> None:
        because = "These are goldens of DeepEval: they have an input and what is expected of it."
        super().__init__(Kind.CASES, because, _BECAME, context)

    def _field(self, header: str) -> str:
        return camel(header)

    def _row(self, number: int, fields: Fields) -> Row:
        metadata = {**object_of(fields.get("metadata")), **object_of(fields.get("additionalMetadata"))}
        facts = case_facts(self._context.facts, "metadata", metadata)
        query = (
            text_of(fields.get("input"))
            or text_of(fields.get("scenario"))
            or question_in(fields.get("turns"))
        )
        expected = tool_names(value_of(fields.get("expectedTools")))
        behaviour = facts.pop("expected_behavior", None)
        tags = [text for one in list_of(fields.get("tags")) if (text := text_of(one)) is not None]
        row: Row = {
            "case_id": case_id_in(metadata.get("case_id"), fields.get("name"), fields.get("id"), query=query),
            "query": query,
            "ground_truth": text_of(fields.get("expectedOutput")),
            "expected_behavior": behaviour
            or text_of(fields.get("expectedOutcome"))
            or text_of(fields.get("comments")),
            "suite_version": text_of(metadata.get("suite_version")),
            **facts,
        }
        if expected:
            row["tools_expected"] = json_list(expected)
        if tags and "tags" not in facts:
            row["tags"] = json_list(tags)
        return row
