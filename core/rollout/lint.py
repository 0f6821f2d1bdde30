"""The plan linter: every place where a phase plan will hurt, why, and how to mend it.

Every rule has its entry in docs/plan-rules.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.criteria.checklist import Checklist
from core.rollout import evidence_rules, exposure_rules, guardrail_rules
from core.rollout.edits import SetPhase
from core.rollout.plan import PhasePlan
from core.rollout.rule import Rule

RULES: tuple[Rule, ...] = (*exposure_rules.RULES, *guardrail_rules.RULES, *evidence_rules.RULES)
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


def lint(plan: PhasePlan, checklist: Checklist) -> tuple[Finding, ...]:
    """Every finding, those that block first. The checklist's stakes decide which ones block."""
    found = [
        Finding(
            rule,
            Severity.BLOCKS if rule.blocks_at(checklist.stakes) else Severity.ADVICE,
            hit.phase_id,
            hit.sentence,
            hit.edit,
        )
        for rule in RULES
        for hit in rule.check(plan, checklist)
    ]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))
