"""The one function that says go.

It puts rows and conditions together; it opens nothing and knows no clock but the ``now`` it gets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict, severity, worst


@dataclass(frozen=True)
class Bar:
    """The checklist that a decision was made against: a draft, or the version that was locked."""

    checklist_number: int | None
    checklist_sha256: str | None
    stakes: Stakes
    locked_at: datetime | None
    locked_by: str | None
    amendments: int = 0

    @property
    def is_draft(self) -> bool:
        return self.locked_at is None


@dataclass(frozen=True)
class Condition:
    """Something that must hold before the feature may go on, beside the rows."""

    name: str
    met: bool
    sentence: str


@dataclass(frozen=True)
class Decision:
    """The verdict on one feature at one moment, with everything that decided it.

    ``as_committed`` is the verdict against the bars as they were first locked; it differs from
    ``verdict`` only after an amendment. ``evidence_sha256`` names exactly what was counted.
    """

    feature: str
    verdict: Verdict
    rows: tuple[Row, ...]
    reasons: tuple[str, ...]
    conditions: tuple[Condition, ...]
    bar: Bar
    as_of: datetime
    evidence_sha256: str
    as_committed: Verdict | None = None
    state: str = "not_started"
    phase: str | None = None
    exposure: float | None = None

    @property
    def may_advance(self) -> bool:
        return all(condition.met for condition in self.conditions)

    @property
    def hidden_verdict(self) -> Verdict | None:
        """The verdict against the bars as first committed, where it is worse than the amended one."""
        first = self.as_committed
        return first if first is not None and severity(first) < severity(self.verdict) else None

    @property
    def deciding(self) -> tuple[Row, ...]:
        """The counting rows that hold the verdict where it is."""
        return tuple(row for row in self.rows if row.counts and row.verdict is self.verdict)


ANSWERS_ALONE = "No deciding row is measured: the verdict rests on people's answers alone."
"""What a checklist without bars has to hear, whatever its verdict."""


@dataclass(frozen=True)
class Facts:
    """What a decision is made of, gathered beforehand."""

    feature: str
    rows: Sequence[Row]
    bar: Bar
    evidence_sha256: str
    as_committed: Verdict | None = None
    signatures: Sequence[str] = field(default_factory=tuple)


def decide(facts: Facts, now: datetime) -> Decision:
    """The decision: the worst counting row is the verdict; no counting row at all is NO DATA."""
    rows = tuple(sorted(facts.rows, key=_rank))  # a stable sort: equals stay in the checklist's order
    verdict = worst(row.verdict for row in rows if row.counts)
    return Decision(
        feature=facts.feature,
        verdict=verdict,
        rows=rows,
        reasons=_reasons(rows, verdict),
        conditions=_conditions(facts, verdict),
        bar=facts.bar,
        as_of=now,
        evidence_sha256=facts.evidence_sha256,
        as_committed=facts.as_committed,
    )


def _rank(row: Row) -> tuple[bool, int, bool]:
    """Counting rows first, worst first; a protected slice before the average it hides behind."""
    return (not row.counts, severity(row.verdict), not getattr(row.item, "protected", False))


def _reasons(rows: Sequence[Row], verdict: Verdict) -> tuple[str, ...]:
    """The rule that decided, one sentence a row that holds the verdict, the most telling first."""
    counting = [row for row in rows if row.counts]
    if not counting:
        return ("No item of the checklist decides anything yet. Fill in the checklist first.",)
    deciding = [row for row in counting if row.verdict is verdict]
    alone = () if _is_measured(rows) else (ANSWERS_ALONE,)
    return alone + tuple(f"{_protected(row)}{row.label}: {row.why}" for row in deciding)


def _is_measured(rows: Sequence[Row]) -> bool:
    return any(row.counts and isinstance(row.item, MeasuredItem) for row in rows)


def _protected(row: Row) -> str:
    return "Protected. " if getattr(row.item, "protected", False) and row.verdict is not Verdict.GO else ""


def _conditions(facts: Facts, verdict: Verdict) -> tuple[Condition, ...]:
    go = verdict is Verdict.GO
    locked = not facts.bar.is_draft
    signed = bool(facts.signatures)
    is_measured = _is_measured(facts.rows)
    return (
        Condition("verdict", go, "Every deciding row is GO." if go else "Not every deciding row is GO."),
        Condition(
            "locked",
            locked,
            "The checklist is locked."
            if locked
            else "The checklist is a draft: lock it, then gather evidence.",
        ),
        Condition(
            "measured",
            is_measured,
            "At least one deciding row is measured." if is_measured else ANSWERS_ALONE,
        ),
        Condition(
            "signatures",
            signed,
            f"Signed by {', '.join(facts.signatures)}."
            if signed
            else "Not signed. Without sign-in nobody's identity is verified: ready for sign-off at most.",
        ),
    )
