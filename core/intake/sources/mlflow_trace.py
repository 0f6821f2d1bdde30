"""One MLflow trace out of its JSON or its columns, of version 2 or 3, with everything under one name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.intake.sources.error_texts import WITHOUT_MESSAGE, message_in, message_of
from core.intake.sources.export import Fields
from core.intake.sources.foreign_cells import number_of, object_of, objects_in, text_of, value_of
from core.intake.sources.otel_writing import identifier

_OWN = "mlflow."
_FAILED = {"STATUS_CODE_ERROR", "ERROR", "2"}
_SECONDS = re.compile(r"([0-9]+(?:\.[0-9]+)?)s")

_NEWER_NAMES = {
    "request_id": "trace_id",
    "timestamp_ms": "request_time",
    "execution_time_ms": "execution_duration_ms",
    "execution_duration": "execution_duration_ms",
    "status": "state",
    "request_metadata": "trace_metadata",
    "request": "request_preview",
    "response": "response_preview",
}
"""What version 2, and the tables of either version, call what the JSON of version 3 calls otherwise."""


@dataclass(frozen=True)
class Trace:
    """``info`` under the names of version 3, ``spans`` as they stand, and ``request`` and ``response`` as the
    trace's data (version 2) or its table states them in full."""

    info: Mapping[str, Any]
    spans: tuple[Mapping[str, Any], ...]
    request: Any = None
    response: Any = None

    @property
    def run_id(self) -> str | None:
        stated = text_of(self.info.get("trace_id"))
        found = (value_of(attributes_of(span).get("mlflow.traceRequestId")) for span in self.spans)
        return stated or next((one for one in found if isinstance(one, str)), None)

    @property
    def metadata(self) -> dict[str, Any]:
        return pairs_in(self.info.get("trace_metadata"))

    @property
    def tags(self) -> dict[str, Any]:
        return pairs_in(self.info.get("tags"))

    @property
    def assessments(self) -> list[dict[str, Any]]:
        """Those that count: one that was overridden is no longer valid."""
        return [one for one in objects_in(self.info.get("assessments")) if one.get("valid") is not False]

    @property
    def root(self) -> Mapping[str, Any]:
        """The first step without a parent; empty where the file does not have it."""
        return next((span for span in self.spans if parent_of(span) is None), {})

    @property
    def failed(self) -> bool:
        return (text_of(self.info.get("state")) or "").upper().endswith("ERROR")


def trace_in(fields: Fields) -> Trace:
    """The trace that a row of a table, or an object with “info” and “data”, holds.

    Of a table the column ``trace`` counts, because it is JSON also where the other columns are not.
    """
    whole = object_of(fields.get("trace"))
    info = object_of(whole.get("info") or fields.get("info"))
    data = object_of(whole.get("data") or fields.get("data"))
    if not info and not data:
        info = dict(fields)
    if not whole:
        data = {name: data.get(name) or fields.get(name) for name in ("spans", "request", "response")}
    spans = value_of(data.get("spans"))
    return Trace(
        _renamed(info),
        tuple(span for span in spans if isinstance(span, dict)) if isinstance(spans, list) else (),
        data.get("request"),
        data.get("response"),
    )


def attributes_of(span: Mapping[str, Any]) -> dict[str, Any]:
    return object_of(span.get("attributes"))


def parent_of(span: Mapping[str, Any]) -> str | None:
    return identifier(span.get("parent_span_id") or span.get("parent_id"))


def id_of(span: Mapping[str, Any]) -> str | None:
    return identifier(span.get("span_id") or object_of(span.get("context")).get("span_id"))


def times_of(span: Mapping[str, Any]) -> tuple[Any, Any]:
    """When a step began and ended, in nanoseconds since 1970."""
    return (
        span.get("start_time_unix_nano") or span.get("start_time"),
        span.get("end_time_unix_nano") or span.get("end_time"),
    )


def error_of(span: Mapping[str, Any]) -> str | None:
    """Why a step failed; None where it did not."""
    status = object_of(span.get("status"))
    code = text_of(status.get("code") or span.get("status_code"))
    if (code or "").upper() not in _FAILED:
        return None
    message = message_of(status.get("message") or span.get("status_message"))
    return message or _exception_of(span) or WITHOUT_MESSAGE


def pairs_in(stated: Any) -> dict[str, Any]:
    """Tags or metadata: an object, or the list of keys and values that the REST interface gives."""
    found = value_of(stated)
    if isinstance(found, list):
        listed = [one for one in found if isinstance(one, dict) and isinstance(one.get("key"), str)]
        return {one["key"]: one.get("value") for one in listed}
    return found if isinstance(found, dict) else {}


def own_of(pairs: Mapping[Any, Any]) -> dict[str, Any]:
    """The entries that a team made itself; those of MLflow begin with its name."""
    return {key: value for key, value in pairs.items() if isinstance(key, str) and not key.startswith(_OWN)}


def duration_of(info: Mapping[str, Any]) -> float | None:
    """Milliseconds, as the trace states them; the REST interface writes seconds as “0.291s”."""
    stated = info.get("execution_duration_ms")
    seconds = _SECONDS.fullmatch(stated) if isinstance(stated, str) else None
    return float(seconds[1]) * 1000 if seconds else number_of(stated)


def _exception_of(span: Mapping[str, Any]) -> str | None:
    for event in objects_in(span.get("events")):
        told = attributes_of(event)
        message, kind = (text_of(told.get(f"exception.{name}")) for name in ("message", "type"))
        if message or kind:
            return message_in(": ".join(part for part in (kind, message) if part))
    return None


def _renamed(info: Mapping[str, Any]) -> dict[str, Any]:
    renamed = dict(info)
    for older, newer in _NEWER_NAMES.items():
        if renamed.get(newer) in (None, "") and older in info:
            renamed[newer] = info[older]
    return renamed
