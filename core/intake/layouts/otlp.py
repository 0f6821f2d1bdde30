"""OpenTelemetry's own JSON (OTLP): spans inside scopes inside resources, in as many objects as were sent."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import Format
from core.intake.json_rows import JsonStream
from core.intake.layouts.layout import WHOLE_BYTES, Layout, Opened, Records, value_or_none
from core.intake.peek import Peek
from core.intake.report import shown
from core.intake.tables import Refusal

NAME = "otlp"

_OF_RESOURCES = ("resourceSpans", "resource_spans")
_OTHER_SIGNALS = {
    "resourceMetrics": "metrics",
    "resource_metrics": "metrics",
    "resourceLogs": "logs",
    "resource_logs": "logs",
    "resourceProfiles": "profiles",
    "resource_profiles": "profiles",
}
_SPANS = "spans"
_HOLDERS = frozenset(
    (
        *_OF_RESOURCES,
        "batches",
        "scopeSpans",
        "scope_spans",
        "instrumentationLibrarySpans",
        "data",
        "trace",
        _SPANS,
    )
)
"""The keys under which an object holds spans, or objects that do."""

_OF_A_LINE = ("bad_json", "too_deep")
_DEEPEST = 8
_DEEPEST_VALUE = 40
MORE_PAGES = (
    "The file is one page of an API, and there are more of them (next_cursor). Fetch the other pages too,"
    " else the numbers are those of a part, and the last runs may be cut."
)
_EXPORT_TRACES = "Export the traces; they are what this page reads."

_Found = tuple[Mapping[str, Any], Mapping[str, Any]] | str
"""A span and the attributes of its resource, or why an entry holds no span."""


def _fits(beginning: Peek) -> bool:
    if beginning.format is Format.DELIMITED:
        return _is_protobuf(beginning.text)
    top = {path.rsplit(".", 1)[-1] for path in beginning.paths if path.count(".") < 2}
    if top & {*_OF_RESOURCES, *_OTHER_SIGNALS} or {"batches", "scopeSpans"} <= top:
        return True
    # Single spans, as Phoenix gives them page by page, or one on each line.
    return any(
        beginning.has(f"{place}traceId", f"{place}startTimeUnixNano")
        or beginning.has(f"{place}trace_id", f"{place}start_time_unix_nano")
        for place in ("", "[].", "data[].")
    )


def _is_protobuf(text: str) -> bool:
    """Whether a text that is none begins like the binary form, where the attributes' names are legible."""
    head = text[:4_096]
    is_binary = any(character < "\t" or character == "\ufffd" for character in head)
    return is_binary and any(word in head for word in ("service.name", "telemetry.sdk", "gen_ai."))


def _records(opened: Opened) -> Records:
    if opened.sniffed.format is Format.DELIMITED:
        raise UnreadableFile(
            "The file is OpenTelemetry's binary form (protobuf), not text.",
            mend="Ask your engineers to set “format: json” in the collector's file exporter.",
            code="wrong_type",
        )
    limits = replace(opened.reading.limits, line_characters=WHOLE_BYTES)
    by_line = opened.sniffed.format is Format.JSON_LINES
    refused: set[str] = set()
    number = spans = 0
    stream = _SpanStream(opened.source(), limits)
    for found in stream.found(by_line):
        number += 1
        if isinstance(found, str):
            refused.add(found)
            yield _refusal(number, found)
            continue
        spans += 1
        yield number, _fields(*found)
    if stream.has_more_pages:
        opened.reading.notices.add("more_pages", MORE_PAGES)
    if not spans and refused:
        raise UnreadableFile(sorted(refused)[0], mend=_EXPORT_TRACES, code="wrong_type")


def _refusal(number: int, reason: str) -> Refusal:
    return Refusal(number, None, "", reason, _EXPORT_TRACES, "not_a_span", {})


class _SpanStream(JsonStream):
    """The spans of a file one by one, also where a single object holds all of them."""

    has_more_pages = False

    def found(self, by_line: bool) -> Iterator[_Found]:
        """Every span in order. A damaged line is told and passed over where each line stands for itself."""
        while True:
            try:
                if not self._peek():
                    return
                yield from self._document({}, _DEEPEST)
            except UnreadableFile as fault:
                if not by_line or fault.code not in _OF_A_LINE:
                    raise
                yield "The line is damaged or cut off."
                if not self._next_line():
                    return

    def _document(self, resource: Mapping[str, Any], depth: int) -> Iterator[_Found]:
        """The spans in the value that begins here."""
        first = self._peek()
        if first == "[" and depth:
            for _ in self._elements():
                yield from self._document(resource, depth - 1)
        elif first == "{" and depth:
            yield from self._object(resource, depth)
        else:
            yield _span(self._value(), resource)

    def _object(self, resource: Mapping[str, Any], depth: int) -> Iterator[_Found]:
        beside: dict[str, Any] = {}
        holds = False
        for key in self._keys():
            first = self._peek()
            if key in _HOLDERS and first in ("[", "{"):
                holds = True
                yield from self._held(key, first, _resource_in(beside) or resource, depth)
            elif key in _OTHER_SIGNALS:
                holds = True
                self._value()
                yield f"The entry holds {_OTHER_SIGNALS[key]} of OpenTelemetry, not traces."
            else:
                beside[key] = value_or_none(self._value())
        self.has_more_pages = self.has_more_pages or (holds and bool(beside.get("next_cursor")))
        if not holds:
            yield (beside, resource) if _is_span(beside) else "The entry holds no span."

    def _held(self, key: str, first: str, resource: Mapping[str, Any], depth: int) -> Iterator[_Found]:
        if key == _SPANS and first == "[":
            for _ in self._elements():
                yield _span(self._value(), resource)
        else:
            yield from self._document(resource, depth - 1)

    def _keys(self) -> Iterator[str]:
        """The keys of the object that begins here; the value of each is to be read before the next."""
        self._take("{")
        while self._peek() != "}":
            key = str(json.loads(self._value()))
            self._take(":")
            yield key
            if self._peek() != "}":
                self._take(",")
        self._take("}")

    def _elements(self) -> Iterator[None]:
        """The places of the values of the list that begins here; each is to be read before the next."""
        self._take("[")
        while self._peek() != "]":
            yield None
            if self._peek() != "]":
                self._take(",")
        self._take("]")

    def _next_line(self) -> bool:
        """Go to the beginning of the next line; False at the end of the file."""
        while (end := self._text.find("\n", self._at)) < 0:
            self._at = len(self._text)
            if not self._more():
                return False
        self._at = end + 1
        return True


def _span(raw: str, resource: Mapping[str, Any]) -> _Found:
    found = value_or_none(raw)
    if isinstance(found, dict) and _is_span(found):
        return found, resource
    return f"This is no span: {shown(raw)}"


def _is_span(found: Mapping[str, Any]) -> bool:
    return any(key in found for key in ("spanId", "span_id", "traceId", "trace_id"))


def _resource_in(beside: Mapping[str, Any]) -> Mapping[str, Any]:
    resource = beside.get("resource")
    return attributes_of(resource.get("attributes")) if isinstance(resource, dict) else {}


def _fields(span: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """One span with plain values, under the names of OTLP's JSON."""
    status = span.get("status")
    status = status if isinstance(status, dict) else {}
    events = span.get("events")
    return {
        "traceId": _of(span, "traceId", "trace_id"),
        "spanId": _of(span, "spanId", "span_id"),
        "parentSpanId": _of(span, "parentSpanId", "parent_span_id"),
        "name": span.get("name"),
        "startTimeUnixNano": _of(span, "startTimeUnixNano", "start_time_unix_nano"),
        "endTimeUnixNano": _of(span, "endTimeUnixNano", "end_time_unix_nano"),
        "status.code": status.get("code"),
        "status.message": status.get("message"),
        "attributes": attributes_of(span.get("attributes")),
        "events": [_event(one) for one in events if isinstance(one, dict)]
        if isinstance(events, list)
        else [],
        "resource": dict(resource),
    }


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": event.get("name"),
        "timestamp": _of(event, "timeUnixNano", "time_unix_nano"),
        "attributes": attributes_of(event.get("attributes")),
    }


def _of(found: Mapping[str, Any], *names: str) -> Any:
    return next((found[name] for name in names if found.get(name) is not None), None)


def attributes_of(stated: Any, depth: int = _DEEPEST_VALUE) -> dict[str, Any]:
    """Name -> plain value, from OTLP's list of keys with typed values; an object is taken as it is."""
    if isinstance(stated, dict):
        return stated
    pairs = [one for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []
    return {str(one["key"]): _plain(one.get("value"), depth) for one in pairs if one.get("key")}


def _plain(typed: Any, depth: int) -> Any:
    """The value inside ``{"intValue": "812"}``; some writers name all other types beside it, with null."""
    if not isinstance(typed, dict):
        return typed
    if depth <= 0:
        return None
    for name, value in typed.items():
        if value is None:
            continue
        match name.replace("_v", "V"):
            case "stringValue" | "boolValue" | "doubleValue" | "bytesValue":
                return value
            case "intValue":
                return _integer(value)
            case "arrayValue":
                values = value.get("values") if isinstance(value, dict) else value
                return [_plain(one, depth - 1) for one in values] if isinstance(values, list) else []
            case "kvlistValue":
                return attributes_of(value.get("values") if isinstance(value, dict) else value, depth - 1)
    return None


def _integer(value: Any) -> Any:
    """Whole numbers are texts in OTLP, because JavaScript would round them."""
    is_digits = isinstance(value, str) and len(value) < 20 and value.removeprefix("-").isdecimal()
    return int(value) if is_digits else value


LAYOUT = Layout(NAME, _fits, _records)
