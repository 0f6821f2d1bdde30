"""The gate and the metrics as plain JSON: the shapes of DESIGN section 8, the same everywhere."""

import math
from typing import Any

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.decision.decide import Decision
from core.metrics.measurement import Finding, FirstTraces, Measurement, NotMeasured
from core.rollout.lint import Finding as PlanFinding


def decision_as_json(decision: Decision) -> dict[str, Any]:
    """The gate's answer. Every field is always there; unknown is ``None``, never 0."""
    bar = decision.bar
    return {
        "feature": decision.feature,
        "verdict": decision.verdict.value,
        "state": decision.state,
        "phase": decision.phase,
        "exposure": decision.exposure,
        "reasons": list(decision.reasons),
        "rows": [row_as_json(row) for row in decision.rows],
        "may_advance": decision.may_advance,
        "conditions": [
            {"name": condition.name, "met": condition.met, "sentence": condition.sentence}
            for condition in decision.conditions
        ],
        "draft": bar.is_draft,
        "stakes": bar.stakes.value,
        "locked_at": bar.locked_at.isoformat() if bar.locked_at else None,
        "amendments": bar.amendments,
        "as_committed": decision.as_committed.value if decision.as_committed else None,
        "as_of": decision.as_of.isoformat(),
        "hashes": {"checklist": bar.checklist_sha256, "evidence": decision.evidence_sha256},
    }


def row_as_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.item.id,
        "kind": row.item.kind,
        "label": row.label,
        "tier": row.item.tier.value,
        "protected": isinstance(row.item, MeasuredItem) and row.item.protected,
        "verdict": row.verdict.value,
        "counts": row.counts,
        **_numbers(row.finding),
        "source": row.finding.source.value if row.finding is not None else None,
        "bar": row.bar,
        "more_cases": row.more_cases,
        "more_cases_to": row.more_cases_to.value if row.more_cases_to else None,
        "why": row.why,
    }


def finding_as_json(finding: Measurement | NotMeasured, group: str | None) -> dict[str, Any]:
    """One line of ``readygate metrics``; a metric that was not measured says why instead of a value."""
    return {
        "metric": finding.metric,
        "source": finding.source.value,
        "slice": str(finding.slice) if group is None else group or "not recorded",
        **_numbers(finding),
        "results": finding.tally.n if isinstance(finding, Measurement) else 0,
        "passes": finding.tally.passes if isinstance(finding, Measurement) else None,
        "not_measured": finding.sentence if isinstance(finding, NotMeasured) else None,
    }


def plan_finding_as_json(finding: PlanFinding) -> dict[str, Any]:
    """One finding of ``readygate lint``; ``set`` is what its mend button would set, where that is obvious."""
    return {
        "rule": finding.rule.id,
        "severity": finding.severity.value,
        "phase": finding.phase_id or None,
        "sentence": finding.sentence,
        "why": finding.rule.why,
        "mend": finding.mend,
        "set": dict(finding.edit.fields) if finding.edit else None,
    }


def _numbers(finding: Finding | None) -> dict[str, Any]:
    """Value, interval and counts of a finding; what it does not have is ``None``, never 0.

    JSON has no infinity: a latency that failed runs make endless is ``None`` as well.
    """
    value = low = high = n = effective_n = None
    match finding:
        case Measurement():
            value, low, high = finding.value, finding.low, finding.high
            n, effective_n = finding.n, finding.effective_n
        case FirstTraces():
            n = finding.reviewed
        case NotMeasured():
            n = 0
    said = {"value": value, "low": low, "high": high}
    finite = {name: one if one is not None and math.isfinite(one) else None for name, one in said.items()}
    return {**finite, "n": n, "effective_n": effective_n}
