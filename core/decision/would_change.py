"""What would change the verdict: for each row that holds it where it is, what is missing and for how long."""

from collections.abc import Mapping

from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.decision.journey import more_words
from core.rollout.forecast import span_words

Days = Mapping[str, tuple[int, int]]
"""How many days more of today's traffic a row takes, from low to high, by the id of its item."""


def would_change(decision: Decision, days: Days) -> tuple[str, ...]:
    """A sentence a row that holds the verdict, in their order; none where the verdict is GO already."""
    if decision.verdict is Verdict.GO:
        return ()
    return tuple(_sentence(row, days.get(row.item.id)) for row in decision.deciding)


def _sentence(row: Row, days: tuple[int, int] | None) -> str:
    label = row.label.rstrip(".?")
    if row.verdict is Verdict.NO_GO:
        return row.item.when_it_fails or f"{label} has to be mended, and shown anew."
    if row.verdict is Verdict.STALE:
        return f"Newer evidence for {label}."
    words = more_words(row)
    at_this_rate = f", at today's rate in about {span_words(days)}" if days is not None else ""
    return f"{words[:1].upper()}{words[1:]}{at_this_rate}."
