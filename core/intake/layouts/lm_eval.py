"""The summary of lm-evaluation-harness has averages only: it is refused with what to upload instead."""

from core.errors import UnreadableFile
from core.intake.layouts.layout import Layout, Opened, Records
from core.intake.peek import Peek

NAME = "lm_eval.results"


def _fits(beginning: Peek) -> bool:
    return beginning.has("results", "configs", "versions") or beginning.has("results", "n-samples")


def _records(opened: Opened) -> Records:
    raise UnreadableFile(
        "This is the summary of a run of lm-evaluation-harness: averages over all cases, and no single case.",
        mend="Run it with --log_samples and upload the samples_….jsonl file beside it.",
        code="wrong_type",
    )


SUMMARY = Layout(NAME, _fits, _records)
