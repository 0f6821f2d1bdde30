"""The words of a report: verdicts, moments and people's own text, the same in every format."""

from datetime import UTC, datetime

from core.criteria.checklist import Tier
from core.criteria.verdict import Verdict

VERDICT_WORDS = {
    Verdict.GO: "GO",
    Verdict.NO_GO: "NO-GO",
    Verdict.NOT_ENOUGH_EVIDENCE: "NOT ENOUGH EVIDENCE",
    Verdict.STALE: "STALE",
    Verdict.NO_DATA: "NO DATA",
}
VERDICT_SIGNS = {
    Verdict.GO: "✓",
    Verdict.NO_GO: "✕",
    Verdict.NOT_ENOUGH_EVIDENCE: "?",
    Verdict.STALE: "↺",
    Verdict.NO_DATA: "○",
}
"""One character each, so that a print without colours tells them apart."""

TIER_WORDS = {
    Tier.ROLL_BACK: "rolls back",
    Tier.PAUSE: "pauses",
    Tier.BLOCKS: "blocks",
    Tier.ADVISORY: "advisory",
}


def verdict_said(verdict: Verdict, *, draft: bool = False) -> str:
    """ "GO"; a draft has no verdict yet: "Draft: would be GO"."""
    word = VERDICT_WORDS[verdict]
    return f"Draft: would be {word}" if draft else word


def moment_words(moment: datetime) -> str:
    """ "14 Oct 2026, 09:05 UTC"."""
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
