"""The gate and the metrics as plain JSON: the shapes of DESIGN section 8, the same everywhere."""

from typing import Any

from core.actions.rollout import Moved
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.decision.decide import CommitmentLine, Decision
from core.decision.override import OverrideLine
from core.decision.promises import PromiseLine
from core.decision.sign_off import SignatureLine, SignOff
from core.decision.statement import numbers_of
from core.metrics.measurement import Measurement, NotMeasured
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
        "not_asked": decision.not_asked or None,
        "locked_at": bar.locked_at.isoformat() if bar.locked_at else None,
        "amendments": bar.amendments,
        "as_committed": decision.as_committed.value if decision.as_committed else None,
        "as_of": decision.as_of.isoformat(),
        "hashes": {"checklist": bar.checklist_sha256, "evidence": decision.evidence_sha256},
        "commitments": [_commitment(line) for line in decision.commitments],
        "signatures": _sign_offs(decision),
        "waivers": [_waived(row) for row in decision.waived],
        "suite_changes": list(decision.suite_changes),
        "evidence_notes": list(decision.evidence_notes),
        "alarms": [
            {
                "warning": one.name,
                "tier": one.tier.value,
                "did": one.did,
                "noticed_at": one.noticed_at.isoformat(),
                "sentence": one.sentence,
            }
            for one in decision.alarms
        ],
        "release": _release(decision),
        "promises": [_promise(line) for line in decision.promises],
        "overruled": decision.override.sentence if decision.override else None,
        "overrides": [_override(line) for line in decision.overrides],
    }


def signature_as_json(line: SignatureLine) -> dict[str, Any]:
    """One signature; ``why_not`` says why it does not count."""
    return {
        "by": line.by,
        "at": line.at.isoformat(),
        "choice": line.choice,
        "reason": line.reason,
        "counts": line.counts,
        "why_not": line.why_not or None,
    }


def _commitment(line: CommitmentLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "amendment": line.number - 1 or None,
        "at": line.at.isoformat(),
        "by": line.by,
        "reason": line.reason,
        "evidence_seen": line.evidence_seen,
        "loosens": list(line.loosens),
        "in_force": line.in_force,
        "holds": line.holds,
        "waits_for_signatures": line.waits,
        "checklist": line.checklist_number,
        "plan": line.plan_number,
        "sha256": line.sha256,
        "signatures_needed": line.needed,
        "signatures": [signature_as_json(one) for one in line.lines],
    }


def _sign_offs(decision: Decision) -> dict[str, Any] | None:
    """What is signed and by whom; ``None`` where nobody signs in, so that nothing can be."""
    offs = decision.sign_offs
    if not offs.people_sign_in:
        return None
    return {
        "approved": decision.is_approved,
        "commitment": _sign_off(offs.commitment),
        "step": _sign_off(offs.step),
        "amendment": _sign_off(offs.amendment),
    }


def _sign_off(one: SignOff | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "about": one.about,
        "step": one.step,
        "title": one.title,
        "sha256": one.sha256,
        "needed": one.needed,
        "named": list(one.named),
        "given": one.given,
        "met": one.is_met,
        "refused": one.refused,
        "sentence": one.sentence,
        "signatures": [signature_as_json(line) for line in one.lines],
    }


def _waived(row: Row) -> dict[str, Any]:
    held = row.waiver
    return {
        "id": row.item.id,
        "label": row.label,
        "verdict": row.verdict.value,
        "until": held.until.isoformat() if held else None,
        "approved_by": held.approved_by if held else None,
        "reason": held.reason if held else None,
    }


def _release(decision: Decision) -> dict[str, Any] | None:
    """The release that is live; ``None`` where none is."""
    facts = decision.release
    live = facts.releases.live if facts else None
    if facts is None or live is None:
        return None
    since = facts.since.isoformat() if facts.since else None
    return {"name": live.name, "since": since, "sha256": live.sha256}


def _promise(line: PromiseLine) -> dict[str, Any]:
    """A condition of a GO; ``state`` is open, lapsed, met, released or withdrawn."""
    given = line.given
    return {
        "condition": given.words,
        "owner": given.owner,
        "due": given.due.isoformat(),
        "step": given.step,
        "state": line.state.value,
        "by": given.given_by,
        "at": given.given_at.isoformat(),
        "met_by": given.met_by,
        "met_at": given.met_at.isoformat() if given.met_at else None,
        "released_by": given.released_by,
        "released_reason": given.released_reason,
        "sentence": line.sentence,
    }


def _override(line: OverrideLine) -> dict[str, Any]:
    """An overruling; ``changed`` is what is not as it was when it was given, in words."""
    given = line.given
    return {
        "step": given.step,
        "title": given.title,
        "by": given.by,
        "at": given.at.isoformat(),
        "until": given.expires_at.isoformat(),
        "reason": given.reason,
        "state": line.state.value,
        "why_not": line.why_not or None,
        "changed": line.changed or None,
        "used_at": given.used_at.isoformat() if given.used_at else None,
        "ended_by": given.ended_by,
        "ended_at": given.ended_at.isoformat() if given.ended_at else None,
        "ended_reason": given.ended_reason,
        "verdict": given.statement.get("verdict"),
        "overrules": list(given.statement.get("overrules", ())),
        "sha256": given.sha256,
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
        "waived": row.waiver is not None,
        **numbers_of(row.finding),
        "source": row.finding.source.value if row.finding is not None else None,
        "bar": row.bar,
        "more_cases": row.more_cases,
        "more_cases_to": row.more_cases_to.value if row.more_cases_to else None,
        "why": row.why,
    }


def moved_as_json(feature: str, moved: Moved) -> dict[str, Any]:
    """What a step of the rollout, or a stop, left behind."""
    one = moved.transition
    return {
        "feature": feature,
        "state": moved.state.value,
        "phase": one.phase,
        "at": one.at.isoformat(),
        "by": one.by,
        "reason": one.reason,
    }


def finding_as_json(finding: Measurement | NotMeasured, group: str | None) -> dict[str, Any]:
    """One line of ``readygate metrics``; a metric that was not measured says why instead of a value."""
    return {
        "metric": finding.metric,
        "source": finding.source.value,
        "slice": str(finding.slice) if group is None else group or "not recorded",
        **numbers_of(finding),
        "results": finding.tally.n if isinstance(finding, Measurement) else 0,
        "passes": finding.tally.passes if isinstance(finding, Measurement) else None,
        "releases": list(finding.tally.bundles) if isinstance(finding, Measurement) else [],
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
