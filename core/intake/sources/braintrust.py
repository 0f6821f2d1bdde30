"""Braintrust, recognised by its columns: events have ``span_id`` and ``root_span_id``; those of experiments
also an ``experiment_id``, those of datasets a ``dataset_id``. Local runs have a document of their own."""

from core.intake.layouts.braintrust import LOCAL
from core.intake.sources.braintrust_evals import DatasetExport, ExperimentExport
from core.intake.sources.braintrust_logs import LogsExport
from core.intake.sources.source import Context, Head

_OF_EVENTS = ("span_attributes", "_xact_id", "span_parents", "log_id")
"""Of these any one shows that ids of steps are Braintrust's."""


def recognised(head: Head, context: Context) -> ExperimentExport | DatasetExport | LogsExport | None:
    """The export that a file with these columns is; None where it is none of Braintrust's."""
    if head.layout == LOCAL:
        words = "evaluation that was run locally: it has a summary and a list of results"
        return ExperimentExport(words, context, is_local=True)
    if head.samples.get("dataset_id") and head.has("input", "expected") and not _is_event(head):
        return DatasetExport(context) if head.has("id") or head.has("_xact_id") else None
    if not (head.has("span_id", "root_span_id") and any(head.has(name) for name in _OF_EVENTS)):
        return None
    if head.samples.get("experiment_id"):
        words = "export of an experiment: its events have an experiment_id and a root_span_id"
        return ExperimentExport(words, context, is_local=False)
    return LogsExport(context)


def _is_event(head: Head) -> bool:
    """Whether something ran: test cases have neither an output nor scores."""
    return any(head.samples.get(name) for name in ("output", "scores", "span_attributes", "experiment_id"))
