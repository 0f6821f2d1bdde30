"""Phoenix annotations on their own: what its client and its API give as a table of judgements."""

from collections import Counter

from core.evidence.columns import Kind
from core.intake.cell_terms import Fault
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.otel_scores import annotation_row
from core.intake.sources.otel_writing import identifier
from core.intake.sources.source import Context

_OF_SESSION = Fault(
    "not_of_a_run",
    "The annotation is of a whole session, not of one run.",
    "Export the annotations of spans or traces; those of sessions cannot be used here.",
)

BECAME = {
    "span_id": "span_id",
    "trace_id": "run_id",
    "id": "score_id",
    "annotation_name": "name",
    "name": "name",
    "annotator_kind": "source",
    "user_id": "author",
    "identifier": "author",
    "updated_at": "scored_at",
    "created_at": "scored_at",
    "result": "value, label, comment",
    "result.label": "label",
    "result.score": "value",
    "result.explanation": "comment",
}


class AnnotationsExport(ToolExport):
    """One row is one annotation, of a span or of a whole trace. Spans alone name no run; the store finds it
    by the span."""

    name = "phoenix"

    def __init__(self, context: Context) -> None:
        because = (
            "These are Phoenix annotations: they have annotator_kind beside the id of a span or a trace."
        )
        super().__init__(Kind.SCORES, because, BECAME, context)
        self._count: Counter[str] = Counter()
        self._of_spans = 0

    def tell(self) -> None:
        if self._of_spans:
            sentence = (
                "Annotations that name a span but no run: {count}. They count once the spans themselves are"
                " uploaded too; the order does not matter."
            )
            self._notices.add("needs_spans", sentence, self._of_spans)

    def _row(self, number: int, fields: Fields) -> Row:
        run, span = identifier(fields.get("trace_id")), identifier(fields.get("span_id"))
        self._of_spans += run is None and span is not None
        return annotation_row(fields, run, span, self._feedback, self._count)

    def _fault(self, fields: Fields) -> Fault | None:
        has_place = identifier(fields.get("trace_id")) or identifier(fields.get("span_id"))
        return None if has_place or identifier(fields.get("session_id")) is None else _OF_SESSION
