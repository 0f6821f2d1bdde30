"""Data sets of samples, as Inspect and OpenAI read them: an input and the answer that would be right."""

from core.evidence.columns import Kind
from core.intake.sources.conversations import question_in
from core.intake.sources.eval_rows import case_facts, case_id_in, right_answers
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import object_of
from core.intake.sources.source import Context


class SampleCases(ToolExport):
    """One row is one sample: a test case without a result. ``right`` is the field with the right answer."""

    def __init__(self, name: str, because: str, right: str, context: Context) -> None:
        became = {"case_id": "case_id", "id": "case_id", "input": "query", right: "ground_truth"}
        super().__init__(Kind.CASES, because, became, context)
        self.name = name
        self._right = right

    def _row(self, number: int, fields: Fields) -> Row:
        query, metadata = question_in(fields.get("input")), object_of(fields.get("metadata"))
        facts = case_facts(self._context.facts, "metadata", metadata)
        self._found("metadata", facts)
        stated = (fields.get("case_id"), metadata.get("case_id"), fields.get("id"))
        return {
            **facts,
            "case_id": case_id_in(*stated, query=query),
            "query": query,
            "ground_truth": right_answers(fields.get(self._right)),
        }
