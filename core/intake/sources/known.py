"""Which tool a file comes from: the one source that recognises it, else none."""

from collections.abc import Mapping

from core.intake.answers import Answers
from core.intake.sources import langfuse
from core.intake.sources.source import Context, Source


def recognised(samples: Mapping[str, str], answers: Answers, context: Context) -> Source | None:
    """The source of a file; ``samples`` has every header with one of its cells.

    What the user said about the columns or the kind stands before any recognition.
    """
    if answers.columns or answers.check_columns:
        return None
    source = langfuse.recognised(samples, context)
    return source if source is None or answers.kind in (None, source.kind) else None
