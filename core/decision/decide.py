"""The one function that says go.

It puts rows and conditions together; it opens nothing and knows no clock but the ``now`` it gets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.criteria.checklist import MeasuredItem
from core.criteria.floors import lacking_words
from core.criteria.judge import Row
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict, severity, worst
from core.decision.conditions import (
    Condition,
    long_enough,
    no_alarm,
    not_stopped,
    overruled,
    phase_shown,
    plan_holds,
)
from core.decision.override import OverrideLine, OverrideState
from core.decision.promises import PromiseLine, lapsed_rows, promises_kept
from core.decision.release import ReleaseFacts
from core.decision.sign_off import SignatureLine, SignOffs
from core.rollout.alarms import OpenAlarm
from core.rollout.lint import Finding
from core.rollout.standing import Standing


@dataclass(frozen=True)
class Bar:
    """The checklist that a decision was made against: a draft, or the version that was locked.

    ``since`` says for each measured row from when evidence counts, and ``strength_since`` from when the
    stakes have held.
    """

    checklist_number: int | None
    checklist_sha256: str | None
    stakes: Stakes
    locked_at: datetime | None
    locked_by: str | None
    amendments: int = 0
    commitment: int = 0
    since: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    strength_since: datetime | None = None

    @property
    def is_draft(self) -> bool:
        return self.locked_at is None


@dataclass(frozen=True)
class CommitmentLine:
    """A lock or an amendment as it is shown for ever; ``lines`` are the signatures on it.

    ``in_force``: it came into force. ``holds``: it is the one that holds now. ``waits``: it still can,
    with ``needed`` signatures. One that does neither was overtaken by a later one.
    """

    number: int
    at: datetime
    by: str
    reason: str
    evidence_seen: bool
    loosens: tuple[str, ...]
    in_force: bool
    holds: bool
    waits: bool
    needed: int
    lines: tuple[SignatureLine, ...]
    sha256: str = ""
    checklist_number: int = 0
    plan_number: int | None = None

    @property
    def is_marked(self) -> bool:
        """Whether it makes something easier after results were seen."""
        return bool(self.loosens) and self.evidence_seen


@dataclass(frozen=True)
class Decision:
    """The verdict on one feature at one moment, with everything that decided it.

    ``as_committed`` is the verdict against the bars as they were first locked; it differs from
    ``verdict`` only after an amendment. ``evidence_sha256`` names exactly what was counted.
    ``standing`` is where the rollout stands, ``phase_rows`` what its current phase must show beside the
    checklist, and ``plan_findings`` what the linter says about the plan that holds. ``commitments`` are
    every lock and amendment, the newest first; ``suite_changes`` says which bound eval sets are no
    longer those that were locked. ``overrides`` are all overrulings, the newest first. ``alarms`` are the
    early warnings that tripped and that nobody has acknowledged, the newest first. ``promises`` are all
    conditions of a GO, the oldest first; one that has lapsed is a row as well. ``release`` is what is known
    of the live release; None where nobody asked. ``evidence_notes`` are what the files behind the verdict are
    to be read with, such as rows that replaced others since the lock.
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
    standing: Standing = field(default_factory=Standing)
    phase_rows: tuple[Row, ...] = ()
    plan_findings: tuple[Finding, ...] = ()
    commitments: tuple[CommitmentLine, ...] = ()
    sign_offs: SignOffs = field(default_factory=SignOffs)
    suite_changes: tuple[str, ...] = ()
    overrides: tuple[OverrideLine, ...] = ()
    alarms: tuple[OpenAlarm, ...] = ()
    promises: tuple[PromiseLine, ...] = ()
    release: ReleaseFacts | None = None
    evidence_notes: tuple[str, ...] = ()

    @property
    def override(self) -> OverrideLine | None:
        """The overruling that lets the next phase begin now, though conditions lack."""
        return next((one for one in self.overrides if one.state is OverrideState.HOLDS), None)

    @property
    def waived(self) -> tuple[Row, ...]:
        """The rows that would decide and are set aside by a waiver."""
        return tuple(row for row in self.rows if row.waiver is not None)

    @property
    def not_asked(self) -> str:
        """What the stakes ask of every checklist and this one does not, in a sentence; "" where nothing."""
        return lacking_words([row.item for row in self.rows], self.bar.stakes)

    @property
    def is_approved(self) -> bool:
        """Whether the commitment and the next step are signed by enough people who did not write them."""
        return any(one.name == "signatures" and one.met for one in self.conditions)

    @property
    def state(self) -> str:
        return self.standing.state.value

    @property
    def phase(self) -> str | None:
        """The id of the current phase; of a roll back the one that it was rolled back from."""
        return self.standing.rollout.phase

    @property
    def exposure(self) -> float | None:
        """The largest share of users (0-1) that may meet the feature now; ``None``: nobody knows."""
        return self.standing.exposure

    @property
    def may_advance(self) -> bool:
        """Whether the next step may be taken: nothing lacks, or what lacks is overruled."""
        return not self.lacking or self.override is not None

    @property
    def lacking(self) -> tuple[Condition, ...]:
        """The conditions that are not met."""
        return tuple(condition for condition in self.conditions if not condition.met)

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
    signatures: SignOffs = field(default_factory=SignOffs)
    standing: Standing = field(default_factory=Standing)
    phase_rows: Sequence[Row] = ()
    plan_findings: Sequence[Finding] = ()
    commitments: Sequence[CommitmentLine] = ()
    suite_changes: Sequence[str] = ()
    overrides: Sequence[OverrideLine] = ()
    alarms: Sequence[OpenAlarm] = ()
    promises: Sequence[PromiseLine] = ()
    release: ReleaseFacts | None = None
    evidence_notes: Sequence[str] = ()


def decide(facts: Facts, now: datetime) -> Decision:
    """The decision: the worst counting row is the verdict; no counting row at all is NO DATA."""
    ranked = sorted(facts.rows, key=_rank)  # a stable sort: equals stay in the checklist's order
    rows = (*lapsed_rows(facts.promises), *ranked)
    verdict = worst(row.verdict for row in rows if row.counts)
    return Decision(
        feature=facts.feature,
        verdict=verdict,
        rows=rows,
        reasons=_tripped(facts) + _reasons(rows, verdict),
        conditions=_conditions(facts, verdict),
        bar=facts.bar,
        as_of=now,
        evidence_sha256=facts.evidence_sha256,
        as_committed=facts.as_committed,
        standing=facts.standing,
        phase_rows=tuple(facts.phase_rows),
        plan_findings=tuple(facts.plan_findings),
        commitments=tuple(facts.commitments),
        sign_offs=facts.signatures,
        suite_changes=tuple(facts.suite_changes),
        overrides=tuple(facts.overrides),
        alarms=tuple(facts.alarms),
        promises=tuple(facts.promises),
        release=facts.release,
        evidence_notes=tuple(facts.evidence_notes),
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
    return alone + tuple(f"{_protected(row)}{row.label.rstrip('.')}: {row.why}" for row in deciding)


def _is_measured(rows: Sequence[Row]) -> bool:
    return any(row.counts and isinstance(row.item, MeasuredItem) for row in rows)


def _protected(row: Row) -> str:
    return "Protected. " if getattr(row.item, "protected", False) and row.verdict is not Verdict.GO else ""


def _conditions(facts: Facts, verdict: Verdict) -> tuple[Condition, ...]:
    go = verdict is Verdict.GO
    locked = not facts.bar.is_draft
    is_measured = _is_measured(facts.rows)
    return (
        Condition("verdict", go, _rows_words(facts.rows) if go else "Not every deciding row is GO."),
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
        plan_holds(facts.standing, facts.plan_findings),
        not_stopped(facts.standing),
        no_alarm(facts.alarms),
        long_enough(facts.standing),
        phase_shown(facts.standing, facts.rows, facts.phase_rows),
        *(facts.release.conditions if facts.release else ()),
        *promises_kept(facts.promises),
        *overruled(facts.overrides),
        Condition("signatures", facts.signatures.is_met, facts.signatures.sentence),
    )


def _rows_words(rows: Sequence[Row]) -> str:
    waived = sum(row.waiver is not None for row in rows)
    if not waived:
        return "Every deciding row is GO."
    return f"Every deciding row is GO; {waived} {'is' if waived == 1 else 'are'} set aside by a waiver."


def _tripped(facts: Facts) -> tuple[str, ...]:
    """An early warning that tripped is told before all rows: it stopped users from being harmed."""
    return tuple(f"Early warning. {one.sentence}" for one in facts.alarms if one.holds_back)
