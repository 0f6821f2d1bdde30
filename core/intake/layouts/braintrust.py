"""What Braintrust's SDK gives for an evaluation that was run locally: {"summary": …, "results": […]}."""

from core.errors import UnreadableFile
from core.intake.layouts.layout import Layout, Opened, Records, as_record
from core.intake.peek import Peek

LOCAL = "braintrust.local"

_OF_SUMMARY = ("experiment_id", "experiment_name", "project_name")


def _fits(beginning: Peek) -> bool:
    """Whether the head has a summary of an experiment, or results as the SDK writes them."""
    paths = beginning.paths
    has_summary = "summary.experiment_name" in paths or "summary.project_name" in paths
    return {"summary", "results"} <= paths and (has_summary or "results[].exc_info" in paths)


def _records(opened: Opened) -> Records:
    """Each result, with the experiment that the summary names."""
    try:
        summary = opened.json().around(("results",)).get("summary")
    except (ValueError, RecursionError):
        raise UnreadableFile(
            "The summary of the evaluation is damaged.", mend="Write the file again.", code="bad_json"
        ) from None
    named = {name: summary.get(name) for name in _OF_SUMMARY} if isinstance(summary, dict) else {}
    for number, raw in enumerate(opened.json().items_at("results"), start=1):
        yield as_record(number, raw, named)


LAYOUTS = (Layout(LOCAL, _fits, _records),)
