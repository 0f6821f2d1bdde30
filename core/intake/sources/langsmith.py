"""LangSmith, recognised by its fields: runs have ``run_type`` with ``dotted_order`` or what else a run has,
feedback ``run_id``, ``key`` and ``feedback_source``, results of experiments ``example_id``, datasets nothing
but ``inputs`` and ``outputs``."""

from collections.abc import Mapping

from core.intake.layouts.langsmith import EXPERIMENT, RUNS, UPLOAD
from core.intake.sources.langsmith_cases import CasesExport, is_dataset
from core.intake.sources.langsmith_experiments import result_words
from core.intake.sources.langsmith_export import FeedbackExport, RunsExport
from core.intake.sources.langsmith_results import ResultsExport
from core.intake.sources.langsmith_runs import RUN_TYPES
from core.intake.sources.source import Context, Head, Source

_OF_RUN = {
    "dotted_order", "parent_run_id", "parent_run_ids", "is_root", "project_id", "session_id", "thread_id",
    "latency_seconds", "app_path", "feedback_stats",
}  # fmt: skip
_OF_COMMAND = {"custom_metadata", "duration_ms", "token_usage", "parent_run_id"}
_OF_FEEDBACK = {"feedback_source", "correction", "feedback_group_id", "feedback_config"}
_WORDS = {
    UPLOAD: "results of an experiment, as they are uploaded to it: they have row_id and evaluation_scores",
    EXPERIMENT: "results of an experiment: examples with their runs",
}


def recognised(head: Head, context: Context) -> Source | None:
    """The export that a file with these fields is; None where it is none of LangSmith's."""
    if head.layout in _WORDS:
        return ResultsExport(_WORDS[head.layout], head.layout, context)
    if head.layout not in ("", RUNS):
        return None
    names = head.samples
    if words := _run_words(names):
        return RunsExport(words, names, context)
    if head.has("run_id", "key") and names.keys() & _OF_FEEDBACK and names.keys() & {"score", "value"}:
        return FeedbackExport(context)
    for words in result_words(names):
        return ResultsExport(words, "", context)
    return CasesExport(context) if is_dataset(names) else None


def _run_words(names: Mapping[str, str]) -> str:
    """What kind of runs a file with these fields has, in words; "" where they are none."""
    if names.get("run_type", "").strip().lower() not in RUN_TYPES:
        return ""
    if "id" in names and names.keys() & _OF_RUN:
        sign = next(name for name in ("dotted_order", *sorted(_OF_RUN)) if name in names)
        return f"runs: they have run_type and {sign}"
    if {"run_id", "trace_id"} <= names.keys() and names.keys() & _OF_COMMAND:
        return "runs, as its command-line tool writes them: they have run_id, trace_id and run_type"
    return ""
