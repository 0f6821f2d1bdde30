"""What the gate command says of the commitment: amendments, waivers and signatures, a line each."""

from core.cli.telling import verdict_word
from core.decision.decide import CommitmentLine, Decision
from core.decision.sign_off import SignatureLine


def commitment_lines(decision: Decision) -> list[str]:
    """Alarms, amendments, waivers, changed eval sets, notes on the evidence, overrulings, signatures; the
    newest first."""
    lines = [f"Alarm of {one.noticed_at:%Y-%m-%d}: {one.sentence}" for one in decision.alarms]
    lines += [_amendment(one) for one in decision.commitments if one.number > 1]
    for row in decision.waived:
        if row.waiver is not None:
            until = f"{row.waiver.until:%Y-%m-%d}"
            lines.append(
                f"Waived until {until} by {row.waiver.approved_by}: {row.label} "
                f"({verdict_word(row.verdict)}): {row.waiver.reason}"
            )
    lines += [*decision.suite_changes, *decision.evidence_notes]
    lines += [f"{line.sentence}{_changed(line.changed)}" for line in decision.overrides]
    offs = decision.sign_offs
    if offs.people_sign_in:
        for one in offs.open:
            lines += [f"{one.title}: {one.sentence}", *map(_signature, one.lines)]
    return lines


def _amendment(one: CommitmentLine) -> str:
    state = "" if one.in_force else " (waits for signatures)" if one.waits else " (never in force)"
    seen = ", after results were seen" if one.evidence_seen else ""
    easier = "".join(f" {sentence}" for sentence in one.loosens)
    return f"Amendment {one.number - 1}{state} by {one.by} on {one.at:%Y-%m-%d}{seen}: {one.reason}{easier}"


def _changed(words: str) -> str:
    return f" (since then: {words})" if words else ""


def _signature(line: SignatureLine) -> str:
    verb = "approved" if line.choice == "approve" else "refused"
    counts = "" if line.counts else f" (does not count: {line.why_not})"
    reason = f": {line.reason}" if line.reason else ""
    return f"  {line.by} {verb} on {line.at:%Y-%m-%d}{reason}{counts}"
