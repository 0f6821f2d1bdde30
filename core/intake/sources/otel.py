"""OpenTelemetry, recognised by its documents: OTLP JSON, and what the console exporter prints."""

from typing import Any

from core.intake.layouts import otel_console, otlp
from core.intake.sources.export import Fields
from core.intake.sources.foreign_cells import object_of, objects_in, text_of
from core.intake.sources.otel_attributes import Attributes
from core.intake.sources.otel_export import SpanExport
from core.intake.sources.otel_steps import Event, Step
from core.intake.sources.otel_writing import identifier, instant, state
from core.intake.sources.source import Context, Head

_OTLP = {
    "traceId": "run_id",
    "spanId": "span_id",
    "parentSpanId": "parent_id",
    "name": "name, route",
    "startTimeUnixNano": "started_at",
    "endTimeUnixNano": "ended_at",
    "status.code": "error",
    "status.message": "error",
    "events": "error, scores",
    "resource": "release_bundle",
}
_CONSOLE = {
    "context": "run_id, span_id",
    "parent_id": "parent_id",
    "name": "name, route",
    "start_time": "started_at",
    "end_time": "ended_at",
    "status": "error",
    "events": "error, scores",
    "resource": "release_bundle",
}


def recognised(head: Head, context: Context) -> SpanExport | None:
    """The export that a file of this layout is; None where it is none of OpenTelemetry's."""
    if head.layout == otlp.NAME:
        return OtlpExport(
            "These are OpenTelemetry spans in OTLP JSON: they have resourceSpans.", _OTLP, context
        )
    if head.layout == otel_console.NAME:
        because = "These are OpenTelemetry spans from the console exporter: their kinds begin with SpanKind."
        return ConsoleExport(because, _CONSOLE, context)
    return None


class OtlpExport(SpanExport):
    """One row is one span of an OTLP document."""

    name = "opentelemetry"

    def _step(self, fields: Fields) -> Step:
        failed = state(fields.get("status.code"))
        return Step(
            run=identifier(fields.get("traceId")),
            span=identifier(fields.get("spanId")),
            parent=identifier(fields.get("parentSpanId")),
            name=text_of(fields.get("name")),
            kind=None,
            begun=instant(fields.get("startTimeUnixNano")),
            ended=instant(fields.get("endTimeUnixNano")),
            failed=None if failed is None else failed == "error",
            message=text_of(fields.get("status.message")),
            attributes=Attributes(object_of(fields.get("attributes"))),
            events=events_in(fields.get("events")),
            resource=Attributes(object_of(fields.get("resource"))),
        )


class ConsoleExport(SpanExport):
    """One row is one span as the console exporter prints it."""

    name = "opentelemetry"

    def _step(self, fields: Fields) -> Step:
        context, status = object_of(fields.get("context")), object_of(fields.get("status"))
        resource = object_of(fields.get("resource"))
        failed = state(status.get("status_code"))
        return Step(
            run=identifier(context.get("trace_id")),
            span=identifier(context.get("span_id")),
            parent=identifier(fields.get("parent_id")),
            name=text_of(fields.get("name")),
            kind=None,
            begun=instant(fields.get("start_time")),
            ended=instant(fields.get("end_time")),
            failed=None if failed is None else failed == "error",
            message=text_of(status.get("description")),
            attributes=Attributes(object_of(fields.get("attributes"))),
            events=events_in(fields.get("events")),
            resource=Attributes(object_of(resource.get("attributes"))),
        )


def events_in(cell: Any) -> list[Event]:
    """What happened during a step."""
    return [
        Event(
            text_of(one.get("name")),
            instant(one.get("timestamp")),
            Attributes(object_of(one.get("attributes"))),
        )
        for one in objects_in(cell)
    ]
