"""Labels by whoever wrote the bar: they count, but they cannot be the only ones behind a GO."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.criteria.judge import Row
from core.criteria.verdict import Verdict


@dataclass(frozen=True)
class LabelHands:
    """The people's labels that a row counts: how many, how many of them are by the ``authors`` of its
    checklist or plan, and who of these labelled."""

    labels: int
    by_authors: int
    authors: Sequence[str] = ()

    @property
    def only_authors(self) -> bool:
        return self.labels > 0 and self.by_authors == self.labels


def seen_by_others(row: Row, hands: LabelHands) -> Row:
    """The row as it counts: a GO that rests on labels of the authors alone is not enough evidence."""
    if row.verdict is not Verdict.GO or not hands.only_authors:
        return row
    *first, last = hands.authors
    names = f"{', '.join(first)} and {last}" if first else last
    what = "The only label is" if hands.labels == 1 else f"All {hands.labels:,} labels are"
    sentence = f"{what} by {names}, who wrote the checklist or the plan: somebody else has to look at some."
    return replace(row, verdict=Verdict.NOT_ENOUGH_EVIDENCE, why=f"{sentence} {row.why}")
