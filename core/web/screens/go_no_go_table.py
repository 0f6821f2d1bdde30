"""The rows of a decision as a table to take away."""

from core.criteria.judge import Row
from core.decision.decide import Decision
from core.decision.statement import numbers_of
from core.metrics.measurement import Measurement
from core.web.downloads import Table
from core.web.wording import checklist_said, verdict_said, verdict_words

_ROW = ("Row", "Verdict", "Bar", "Value", "Low", "High", "n", "Source", "Tier", "More cases", "Why")
_WHOLE = ("Feature", "Verdict of the feature", "Checklist", "As of")


def table_of(decision: Decision, feature_name: str) -> Table:
    """The rows for a file; each also says what it was judged for, so that it can be passed on alone."""
    bar = decision.bar
    verdict = verdict_said(decision.verdict, draft=bar.is_draft)
    whole = (feature_name, verdict, checklist_said(bar.locked_at), decision.as_of)
    return Table((*_ROW, *_WHOLE), [(*_line(row), *whole) for row in decision.rows])


def _line(row: Row) -> tuple[object, ...]:
    found = row.finding if isinstance(row.finding, Measurement) else None
    said = numbers_of(row.finding)
    unit = f" ({found.unit})" if found else ""
    source = f"{row.finding.source}{unit}" if row.finding is not None else "person"
    word = verdict_words(row.verdict).word
    numbers = (said["value"], said["low"], said["high"], said["n"])
    return (row.label, word, row.bar, *numbers, source, row.item.tier, row.more_cases, row.why)
