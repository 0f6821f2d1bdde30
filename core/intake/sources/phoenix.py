"""Arize Phoenix and Arize AX, recognised by their columns: spans have ``context.trace_id`` and
``context.span_id`` (or an object ``context`` with both, beside ``span_kind``), annotations
``annotator_kind``."""

from core.intake.layouts import otel_console, otlp
from core.intake.sources.export import ToolExport
from core.intake.sources.foreign_cells import object_of
from core.intake.sources.otel_scores import SCORE_COLUMNS
from core.intake.sources.phoenix_annotations import AnnotationsExport
from core.intake.sources.phoenix_spans import PhoenixExport, field_of
from core.intake.sources.source import Context, Head

_SPANS = "These are Phoenix spans: they have context.trace_id and context.span_id."
_OBJECTS = "These are Phoenix spans: they have span_kind, start_time and a context with trace_id and span_id."
_OF_ARIZE = (
    "These are Arize AX spans: beside context.trace_id they have latency_ms, or columns of evaluations such"
    " as eval.correctness.label."
)
_LABELS = (".label", ".score")


def recognised(head: Head, context: Context) -> ToolExport | None:
    """The export that a file with these columns is; None where it is neither Phoenix's nor Arize's."""
    if head.layout in (otlp.NAME, otel_console.NAME):
        return None
    names = {field_of(header) for header in head.samples}
    if {"context.trace_id", "context.span_id"} <= names:
        if "latency_ms" in names or any(map(_is_score, names)):
            return PhoenixExport("arize", _OF_ARIZE, context)
        return PhoenixExport("phoenix", _SPANS, context)
    if {"context", "span_kind", "start_time"} <= names and "trace_id" in object_of(head.samples["context"]):
        return PhoenixExport("phoenix", _OBJECTS, context)
    has_name = "annotation_name" in names or "name" in names
    if "annotator_kind" in names and has_name and names & {"span_id", "trace_id", "session_id"}:
        return AnnotationsExport(context)
    return None


def _is_score(header: str) -> bool:
    return header.split(".", 1)[0] in SCORE_COLUMNS and header.endswith(_LABELS)
