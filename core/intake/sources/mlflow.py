"""MLflow, recognised by its columns: traces have ``info`` and ``data.spans``, tables of them a ``trace`` or
``trace_metadata``, results of evaluations columns that end in ``/value`` or ``/score``."""

import re

from core.intake.layouts.mlflow import FRAME, TRACES
from core.intake.sources.export import ToolExport
from core.intake.sources.mlflow_cases import CasesExport, is_dataset
from core.intake.sources.mlflow_evals import FAULT, SCORE, VALUE, GenaiExport, ModelsExport
from core.intake.sources.mlflow_traces import TracesExport
from core.intake.sources.source import Context, Head

_VERSIONED = re.compile(r".+/v[0-9]+/score")
_JUSTIFIED = "/justification"
_ANSWERED = ("outputs", "predictions")


def recognised(head: Head, context: Context) -> ToolExport | None:
    """The export that a file with these columns is; None where it is none of MLflow's."""
    headers = list(head.samples)
    if is_dataset(head):
        return CasesExport(context)
    if head.layout == TRACES:
        return TracesExport("file of traces: it has info about a trace and data with its spans", context)
    if (head.has("trace_id") or head.has("trace")) and any(one.endswith((VALUE, FAULT)) for one in headers):
        return GenaiExport(headers, context)
    if _is_of_models(head):
        return ModelsExport(headers, context)
    if _is_search(head):
        return TracesExport("table of traces: it has the columns of search_traces", context)
    return None


def _is_of_models(head: Head) -> bool:
    """Whether the columns are those of mlflow.models.evaluate: a metric has its version in its name, or
    its justification beside it."""
    scores = [header for header in head.samples if header.endswith(SCORE)]
    is_table = head.layout == FRAME and any(head.has(name) for name in _ANSWERED)
    justified = (header.removesuffix(SCORE) + _JUSTIFIED in head.samples for header in scores)
    return is_table or any(map(_VERSIONED.fullmatch, scores)) or any(justified)


def _is_search(head: Head) -> bool:
    """Whether the columns are those of search_traces, of version 3 or 2."""
    whole = '"info"' in head.samples.get("trace", "")
    newer = head.has("trace_id", "request_time", "state")
    older = head.has("request_id", "timestamp_ms", "status")
    if whole and (head.has("trace_id") or head.has("request_id")):
        return True
    return (newer and head.has("trace_metadata")) or (older and head.has("request_metadata"))
