"""Phoenix traces with their spans inside, as its command line (px) and its API with ``include_spans`` give
them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.intake.formats import Format
from core.intake.json_rows import JsonStream
from core.intake.layouts.layout import WHOLE_BYTES, Layout, Opened, Records, value_or_none
from core.intake.layouts.otlp import MORE_PAGES
from core.intake.peek import Peek
from core.intake.tables import Refusal

NAME = "phoenix traces"

_PLACES = ("", "[].", "data[].")


def _fits(beginning: Peek) -> bool:
    return any(
        beginning.has(f"{place}traceId", f"{place}spans[].context.trace_id")
        or beginning.has(f"{place}traceId", f"{place}spans", f"{place}rootSpan")
        or beginning.has(f"{place}trace_id", f"{place}project_id", f"{place}spans[].span_kind")
        for place in _PLACES
    )


def _records(opened: Opened) -> Records:
    limits = replace(opened.reading.limits, line_characters=WHOLE_BYTES)
    number = 0
    for trace in _traces(JsonStream(opened.source(), limits), opened):
        spans = trace.get("spans") if isinstance(trace, dict) else None
        if not isinstance(spans, list):
            number += 1
            yield _refusal(number, "The entry is no trace with its spans.")
            continue
        for place, span in enumerate(spans):
            number += 1
            if isinstance(span, dict):
                yield number, _fields(trace, span, is_first=place == 0)
            else:
                yield _refusal(number, "This is no span.")


def _traces(stream: JsonStream, opened: Opened) -> Iterator[Any]:
    shape = opened.sniffed.format
    if shape is Format.JSON_LIST:
        values = stream.items()
    elif shape is Format.JSON_WRAPPED:
        yield from _unwrapped(stream, opened)
        return
    else:
        values = stream.sequence()
    for raw in values:
        yield value_or_none(raw)


def _unwrapped(stream: JsonStream, opened: Opened) -> Iterator[Any]:
    """One trace, or an object around a list of them."""
    for raw in stream.sequence():
        found = value_or_none(raw)
        inside = found.get("data") if isinstance(found, dict) else None
        if isinstance(found, dict) and found.get("next_cursor"):
            opened.reading.notices.add("more_pages", MORE_PAGES)
        yield from inside if isinstance(inside, list) else [found]


def _fields(trace: Mapping[str, Any], span: Mapping[str, Any], is_first: bool) -> dict[str, Any]:
    """A span as Phoenix's API gives it alone, with what is known of its trace."""
    stated = span.get("context")
    context = {
        "trace_id": trace.get("traceId") or trace.get("trace_id"),
        "span_id": span.get("span_id"),
        **(stated if isinstance(stated, dict) else {}),
    }
    fields = {key: value for key, value in span.items() if key != "notes"}
    fields["context"] = context
    if is_first and trace.get("annotations"):
        fields["trace_annotations"] = trace["annotations"]
    return fields


def _refusal(number: int, reason: str) -> Refusal:
    return Refusal(number, None, "", reason, "Export it again.", "not_a_span", {})


LAYOUT = Layout(NAME, _fits, _records)
