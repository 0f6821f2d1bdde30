"""What is signed before a step of a rollout: the verdict with everything that it rests on, as plain JSON."""

import math
from collections.abc import Mapping
from typing import Any

from core.criteria.judge import PersonsAnswer, Row
from core.criteria.wording import is_mean_of_few
from core.decision.decide import Decision
from core.evidence.fingerprints import of_document
from core.metrics.measurement import Finding, FirstTraces, Measurement, NotMeasured
from core.rollout.standing import Standing, reach_words
from core.rollout.transitions import State

VERDICT_STEP = "verdict"
"""What can be signed where no phase is ahead: the verdict as it stands."""


def step_ahead(standing: Standing) -> tuple[str, str]:
    """The next step of the rollout: its id, such as "start:beta", and its words."""
    coming = standing.next
    if standing.state in (State.NOT_STARTED, State.ROLLED_BACK) and coming is not None:
        return f"start:{coming.id}", f"Start {coming.name} ({reach_words(coming)})"
    if standing.state in (State.RUNNING, State.PAUSED):
        if coming is not None:
            return f"advance:{coming.id}", f"Go on to {coming.name} ({reach_words(coming)})"
        if standing.is_in_last_phase:
            return f"complete:{standing.rollout.phase}", "Complete the rollout"
    return VERDICT_STEP, "The verdict as it stands"


def step_statement(
    decision: Decision, step: str, *, commitment: int, sha256: str, program: str
) -> dict[str, Any]:
    """Exactly what a signature on ``step`` says; ``commitment`` and its ``sha256`` are what holds now.

    Conditions are named, not told, because their sentences count days.
    """
    as_committed = decision.as_committed
    bundle = decision.release.as_statement if decision.release else None
    return {
        "feature": decision.feature,
        "step": step,
        "commitment": {"number": commitment, "sha256": sha256},
        "checklist_sha256": decision.bar.checklist_sha256,
        "plan_sha256": of_document(decision.standing.plan.model_dump(mode="json")),
        "moves": decision.standing.moves,
        "evidence_sha256": decision.evidence_sha256,
        "suite_changes": list(decision.suite_changes),
        "verdict": decision.verdict.value,
        "as_committed": as_committed.value if as_committed else None,
        "rows": [_row(row) for row in (*decision.rows, *decision.phase_rows)],
        "waivers": [
            {
                "item": row.item.id,
                "until": row.waiver.until.isoformat(),
                "approved_by": row.waiver.approved_by,
            }
            for row in decision.waived
            if row.waiver is not None
        ],
        "unmet": [one.name for one in decision.lacking if one.name != "signatures"],
        "program": program,
        **({"bundle": dict(bundle)} if bundle is not None else {}),
    }


def numbers_of(finding: Finding | None) -> dict[str, Any]:
    """Value, interval and counts of a finding; what it does not have is ``None``, never 0.

    JSON has no infinity: a latency that failed runs make endless is ``None`` as well. So is the interval of a
    mean of few tasks, which would look surer than it is.
    """
    value = low = high = n = effective_n = None
    match finding:
        case Measurement():
            value = finding.value
            if not is_mean_of_few(finding):
                low, high = finding.low, finding.high
            n, effective_n = finding.n, finding.effective_n
        case FirstTraces():
            n = finding.reviewed
        case NotMeasured():
            n = 0
    said = {"value": value, "low": low, "high": high}
    finite = {name: one if one is not None and math.isfinite(one) else None for name, one in said.items()}
    return {**finite, "n": n, "effective_n": effective_n}


def _row(row: Row) -> Mapping[str, Any]:
    numbers = numbers_of(row.finding)
    kept = {name: numbers[name] for name in ("value", "low", "high", "n")}
    unit = row.finding.unit.value if isinstance(row.finding, Measurement) else None
    named = {"id": row.item.id, "label": row.label, "unit": unit}
    said = {**named, "verdict": row.verdict.value, **kept, "bar": row.bar}
    return said if row.answer is None else {**said, "answer": _answer(row.answer)}


def _answer(given: PersonsAnswer) -> Mapping[str, Any]:
    """An answer with all that it rests on. Its words enter as their hash, so that no name stays in them."""
    return {
        "answer": given.answer.value,
        "by": given.by,
        "at": given.at.isoformat(),
        "words_sha256": of_document({"why": given.why, "link": given.link}),
        "files": list(given.files),
    }
