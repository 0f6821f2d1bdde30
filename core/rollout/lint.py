"""The plan linter: every place where a phase plan will hurt, why, and how to mend it.

Every rule has its entry in docs/plan-rules.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.criteria.checklist import Checklist
from core.rollout import (
    criteria_rules,
    evidence_rules,
    exposure_rules,
    guardrail_rules,
    measured_rules,
    speed,
)
from core.rollout.edits import SetPhase
from core.rollout.plan import PhasePlan
from core.rollout.rule import Hit, Rule
from core.rollout.seen import NOTHING_SEEN, Seen
from core.rollout.traffic import with_measured

RULES: tuple[Rule, ...] = (
    *exposure_rules.RULES,
    *speed.RULES,
    *guardrail_rules.RULES,
    *evidence_rules.RULES,
    *criteria_rules.RULES,
    *measured_rules.RULES,
)
"""In the order in which they are told: who and how fast, what keeps them safe, what can be shown."""


class Severity(StrEnum):
    """Whether a finding keeps the phase from starting."""

    BLOCKS = "blocks"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """One rule broken in one place. ``phase_id`` is empty for the plan as a whole.

    ``mend`` says in words what to do; ``edit`` does it, where that is obvious.
    """

    rule: Rule
    severity: Severity
    phase_id: str
    sentence: str
    edit: SetPhase | None

    @property
    def mend(self) -> str:
        return self.rule.mend

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCKS


def lint(plan: PhasePlan, checklist: Checklist, seen: Seen = NOTHING_SEEN) -> tuple[Finding, ...]:
    """Every finding, those that block first. The checklist's stakes decide which ones block.

    What blocks follows from the documents alone; advice counts on the traffic that was ``seen`` as well.
    """
    found = [
        Finding(
            rule,
            Severity.BLOCKS if rule.blocks_at(checklist.stakes) else Severity.ADVICE,
            hit.phase_id,
            hit.sentence,
            hit.edit,
        )
        for rule in RULES
        for hit in _hits(rule, plan, checklist, seen)
    ]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def _hits(rule: Rule, plan: PhasePlan, checklist: Checklist, seen: Seen) -> list[Hit]:
    read = with_measured(plan, seen.traffic) if rule.blocks_from is None else plan
    measured = rule.measured(plan, checklist, seen) if rule.measured is not None else ()
    found = [*rule.check(read, checklist), *measured]
    if rule.blocks_from is not None:
        return found
    # Nobody can mend what is over, and how long the present phase takes is told by its own evidence.
    return [
        hit
        for hit in found
        if (hit.phase_id not in seen.over and (hit.phase_id != seen.runs or rule.id != "slow_criteria"))
        or not hit.phase_id
    ]
