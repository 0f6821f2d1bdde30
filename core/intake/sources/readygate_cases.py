"""Readygate's own eval sets (JSONL): what one installation handed out, another takes in as it is."""

from core.evidence.columns import Kind
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.source import Context, Head

_TEXTS = (
    "case_id", "query", "ground_truth", "expected_behavior", "failure_observed", "source_run_id", "part",
    "task_type", "user_segment", "tools_expected", "tags",
)  # fmt: skip
_VERSION = "1"


def recognised(head: Head, context: Context) -> "OwnCases | None":
    """The source of the file, if these are lines of ours of a version that is known here."""
    if head.layout or not head.has("schema_version", "case_id", "query", "part", "tools_expected"):
        return None
    if head.has("passed"):
        # Somebody who runs our lines and writes beside each whether it passed hands in results.
        return None
    return OwnCases(context) if head.samples["schema_version"] == _VERSION else None


class OwnCases(ToolExport):
    """One row is one case; its texts are taken to the letter."""

    # Not plain "readygate": so the sets are called that were locked here.
    name = "readygate_set"

    def __init__(self, context: Context) -> None:
        because = "This is an eval set of Readygate: its lines have a schema_version and whole cases."
        super().__init__(Kind.CASES, because, {name: name for name in _TEXTS}, context)

    def _row(self, number: int, fields: Fields) -> Row:
        return {name: cell for name in _TEXTS if isinstance(cell := fields.get(name), str)}
