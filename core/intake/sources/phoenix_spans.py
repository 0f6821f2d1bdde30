"""Phoenix and Arize spans: rows of a dataframe with a column for each attribute, or objects of the API."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.sources.epochs import later
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import number_of, object_of, objects_in, text_of
from core.intake.sources.otel import events_in
from core.intake.sources.otel_attributes import Attributes
from core.intake.sources.otel_export import SpanExport
from core.intake.sources.otel_scores import SCORE_COLUMNS, annotation_row, column_scores
from core.intake.sources.otel_steps import Step
from core.intake.sources.otel_writing import identifier, instant, state
from core.intake.sources.source import Context

PREFIX = "attributes."

_USUAL_LIMIT = 1_000
_CUT = (
    "The file has exactly 1,000 spans, as many as Phoenix's client gives where nobody asks for more: other"
    " runs are missing, and the last one may be cut. Export again with a larger limit."
)

_BECAME = {
    "context.trace_id": "run_id",
    "context.span_id": "span_id",
    "context": "run_id, span_id",
    "parent_id": "parent_id",
    "name": "name, route",
    "span_kind": "span_kind",
    "start_time": "started_at",
    "end_time": "ended_at",
    "latency_ms": "ended_at",
    "status_code": "error",
    "status_message": "error",
    "events": "error, scores",
    "annotations": "scores",
    "trace_annotations": "scores",
    **{
        f"{PREFIX}{name}": became
        for name, became in {
            "openinference.span.kind": "span_kind",
            "input.value": "input",
            "output.value": "output",
            "llm.input_messages": "input",
            "llm.output_messages": "output, tools_called",
            "llm.model_name": "model",
            "embedding.model_name": "model",
            "llm.token_count.prompt": "input_tokens",
            "llm.token_count.completion": "output_tokens",
            "llm.token_count.total": "input_tokens, output_tokens",
            "llm.cost.total": "cost_usd",
            "llm.tools": "tools_considered",
            "llm.prompt_template.version": "prompt_version",
            "session.id": "session_id",
            "user.id": "user_id",
            "tool.name": "name",
            "tool.parameters": "input",
            "retrieval.documents": "retrieved_ids, output",
            "retrieval.documents.ids": "retrieved_ids",
        }.items()
    },
}


class PhoenixExport(SpanExport):
    """One row is one span; ``name`` is phoenix, or arize for the columns of Arize AX."""

    def __init__(self, name: str, because: str, context: Context) -> None:
        super().__init__(because, _BECAME, context)
        self.name = name

    def tell(self) -> None:
        super().tell()
        if self._rows_read == _USUAL_LIMIT:
            self._notices.add("row_limit", _CUT)

    def _field(self, header: str) -> str:
        return field_of(header)

    def _step(self, fields: Fields) -> Step:
        context = object_of(fields.get("context"))
        begun = instant(fields.get("start_time"))
        failed = state(fields.get("status_code"))
        stated = {key[len(PREFIX) :]: cell for key, cell in fields.items() if key.startswith(PREFIX)}
        return Step(
            run=identifier(fields.get("context.trace_id") or context.get("trace_id")),
            span=identifier(fields.get("context.span_id") or context.get("span_id")),
            parent=identifier(fields.get("parent_id")),
            name=text_of(fields.get("name")),
            kind=text_of(fields.get("span_kind")),
            begun=begun,
            ended=instant(fields.get("end_time")) or later(begun, number_of(fields.get("latency_ms"))),
            failed=None if failed is None else failed == "error",
            message=text_of(fields.get("status_message")),
            attributes=Attributes({**object_of(fields.get("attributes")), **stated}),
            events=events_in(fields.get("events")),
        )

    def _scores_beside(self, step: Step, fields: Fields) -> list[Row]:
        count: Counter[str] = Counter()
        listed = [
            annotation_row(one, step.run, span, self._feedback, count)
            for name, span in (("annotations", step.span), ("trace_annotations", None))
            for one in objects_in(fields.get(name))
        ]
        in_columns = list(column_scores(fields, step.run, step.span, self._feedback))
        for header in self._score_headers(fields):
            self._found(header, ["scores"])
        return listed + in_columns

    def _score_headers(self, fields: Fields) -> Iterator[str]:
        return (header for header in fields if header.split(".", 1)[0] in SCORE_COLUMNS and "." in header)

    def _facts(self, place: str, stated: Any) -> Mapping[str, str]:
        facts = super()._facts(place, stated)
        self._found(PREFIX + ("tag.tags" if place == "tags" else place), facts)
        return facts


def field_of(header: str) -> str:
    """The field in a column: pandas writes ``context.span_id`` twice, as index and as column."""
    name, _, place = header.partition(" (column ")
    name = name if place.endswith(")") else header
    return "context.span_id" if name == "context.span_id.1" else name
