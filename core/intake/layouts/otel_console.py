"""Spans as OpenTelemetry's console exporter prints them: indented JSON objects one after the other."""

from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Records, value_or_none
from core.intake.peek import Peek
from core.intake.tables import Refusal

NAME = "otel console"

_SIGNS = ("context.trace_id", "context.span_id", "kind", "start_time")


def _fits(beginning: Peek) -> bool:
    places = ("", "[].")
    has_spans = any(beginning.has(*(place + sign for sign in _SIGNS)) for place in places)
    return has_spans and '"SpanKind.' in beginning.text


def _records(opened: Opened) -> Records:
    stream = opened.json()
    values = stream.items() if opened.sniffed.format is Format.JSON_LIST else stream.sequence()
    for number, raw in enumerate(values, start=1):
        span = value_or_none(raw)
        if isinstance(span, dict):
            yield number, span
        else:
            yield Refusal(number, None, "", "This is no span.", "Export it again.", "not_a_span", {})


LAYOUT = Layout(NAME, _fits, _records)
