"""MLflow's evaluation data sets -> test cases: records with inputs and expectations, and no result."""

from core.evidence.columns import Kind
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.eval_rows import case_facts, case_id_in
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import object_of, text_of, value_of
from core.intake.sources.mlflow_assessments import about_tools, expected_tools_in
from core.intake.sources.source import Context, Head

_BECAME = {
    "dataset_record_id": "case_id",
    "dataset_id": "suite",
    "inputs": "query",
    "expectations": "ground_truth, tools_expected, expected_behavior",
    "tags": "case_id",
}
_RIGHT = ("expected_response", "expected_answer", "ground_truth")
_RESULTS = {"outputs", "predictions", "trace_id", "score", "passed"}


class CasesExport(ToolExport):
    """One row is one record of a data set."""

    name = "mlflow"

    def __init__(self, context: Context) -> None:
        because = "This is an MLflow data set: its records have inputs and expectations, and no results."
        super().__init__(Kind.CASES, because, _BECAME, context)

    def _row(self, number: int, fields: Fields) -> Row:
        expected, tags = object_of(fields.get("expectations")), object_of(fields.get("tags"))
        query, facts = question_in(fields.get("inputs")), self._context.facts
        tools = {**about_tools(expected), "expected_tools": expected_tools_in(expected)}
        row: Row = {
            "case_id": case_id_in(tags.get("case_id"), fields.get("dataset_record_id"), query=query),
            "suite": text_of(fields.get("dataset_id")),
            "query": query,
            "ground_truth": next((answer_in(expected[key]) for key in _RIGHT if expected.get(key)), None),
            "expected_behavior": text_of(value_of(expected.get("guidelines"))),
        }
        return {**row, **case_facts(facts, "expectations", tools), **case_facts(facts, "tags", tags)}


def is_dataset(head: Head) -> bool:
    """Whether the columns are those of a data set: objects of inputs and of expectations."""
    if head.layout or not head.has("inputs", "expectations") or head.samples.keys() & _RESULTS:
        return False
    return all(object_of(head.samples[name]) for name in ("inputs", "expectations"))
