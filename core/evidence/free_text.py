"""The columns of free text: what people and models wrote, where personal data may stand."""

from core.evidence.columns import Kind

FREE_TEXT = frozenset(
    {
        "query", "response", "context_summary", "tool_reason", "corrected_answer", "note", "fix", "comment",
        "input", "output", "error", "tool_error", "ground_truth", "expected_behavior", "failure_observed",
    }
)  # fmt: skip
"""Canonical columns, of any kind of evidence. Ids, names of tools and words that are counted are none."""

EXPIRING = (Kind.TRACES, Kind.SPANS, Kind.SCORES, Kind.EVALS)
"""Kinds in segments whose texts expire. Test cases are not among them: without its question a test is
worth nothing, and those made from traces have a time of their own."""

_EXPIRED = "[text expired on "


def expired_text(day: str) -> str:
    """What stands instead of a text from ``day`` (ISO date) on: that there was one still counts."""
    return f"{_EXPIRED}{day}]"


def expired_on(text: object) -> str | None:
    """The day on which a text expired; None for a text that is still there."""
    if isinstance(text, str) and text.startswith(_EXPIRED) and text.endswith("]"):
        return text[len(_EXPIRED) : -1]
    return None


EXPIRED_START = _EXPIRED
"""How every text that has expired begins."""

_ERASED = "[erased on "


def erased_text(day: str) -> str:
    """What stands instead of a text of somebody who was erased on ``day`` (ISO date): that there was one
    still counts."""
    return f"{_ERASED}{day}]"


def erased_on(text: object) -> str | None:
    """The day on which a text was erased with the person it was about; None for any other text."""
    if isinstance(text, str) and text.startswith(_ERASED) and text.endswith("]"):
        return text[len(_ERASED) : -1]
    return None


ERASED_START = _ERASED
"""How every text that was erased with its person begins."""

KEPT_BACK = "[texts are for reviewers]"
"""What stands instead of a text for people who may see numbers only."""
