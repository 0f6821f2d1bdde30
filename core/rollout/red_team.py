"""Red-team findings: attacks that worked once, and whether each still does on the release that is live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from core.evidence.bundle_parts import BundlePart
from core.evidence.fingerprints import of_document
from core.rollout.bundle import ReleaseBundle

ATTACKED_PARTS = (
    BundlePart.MODEL,
    BundlePart.PROMPT,
    BundlePart.PARSER,
    BundlePart.RETRIEVER,
    BundlePart.TOOLS,
    BundlePart.POLICY,
)
"""The parts that decide whether an attack works: a change of one of them owes every attack another try."""

MOST_NAMED = 3
"""So many findings are named in a sentence; the page lists them all."""


class AttackKind(StrEnum):
    """What the attacker makes the feature do, or how."""

    INJECTION = "injection"
    JAILBREAK = "jailbreak"
    TOOL_OUTPUT = "tool_output"
    LEAKAGE = "leakage"
    SPEND = "spend"
    HARMFUL = "harmful"
    OTHER = "other"


KIND_LABELS: Mapping[AttackKind, str] = MappingProxyType(
    {
        AttackKind.INJECTION: "Prompt injection",
        AttackKind.JAILBREAK: "Jailbreak",
        AttackKind.TOOL_OUTPUT: "Injection through a tool's output",
        AttackKind.LEAKAGE: "Leakage across customers",
        AttackKind.SPEND: "Spend abuse",
        AttackKind.HARMFUL: "Harmful content",
        AttackKind.OTHER: "Other",
    }
)


class Severity(StrEnum):
    """How bad it is; the worst first. A minor one is shown and never blocks."""

    CRITICAL = "critical"
    SERIOUS = "serious"
    MINOR = "minor"


class FindingState(StrEnum):
    """Whether the attack works on the live release; the worst first."""

    OPEN = "open"
    TRY_AGAIN = "to be tried again"
    CLOSED = "closed"


@dataclass(frozen=True)
class Attack:
    """One try of the attack, that of the finding itself too: ``worked``, and the fingerprint of the attacked
    parts that were live then (None: no release was)."""

    at: datetime
    worked: bool
    parts_sha256: str | None


def attacked_sha256(bundle: ReleaseBundle) -> str:
    """The fingerprint of the parts that decide whether an attack works."""
    return of_document({part.value: bundle.part(part).fingerprint for part in ATTACKED_PARTS})


def state_of(attacks: Sequence[Attack], live_sha256: str | None) -> FindingState:
    """The state on the live release (None: there is none), by its tries in their order, the first included.

    What worked on the very release that is live is open, however it went on others since. What did not
    work on it, but has worked elsewhere later, is to be tried again.
    """
    newest = attacks[-1]
    if live_sha256 is None:
        return FindingState.OPEN if newest.worked else FindingState.CLOSED
    here = next((one for one in reversed(attacks) if one.parts_sha256 == live_sha256), None)
    if here is None:
        return FindingState.OPEN if newest.worked else FindingState.TRY_AGAIN
    if here.worked:
        return FindingState.OPEN
    return FindingState.TRY_AGAIN if newest.worked else FindingState.CLOSED


@dataclass(frozen=True)
class FindingStanding:
    """A finding as the gate sees it; its words stay where who may read them can."""

    number: int
    kind: AttackKind
    severity: Severity
    state: FindingState

    @property
    def name(self) -> str:
        return f"R-{self.number}"

    @property
    def blocks(self) -> bool:
        return self.severity is not Severity.MINOR and self.state is not FindingState.CLOSED

    @property
    def rank(self) -> tuple[int, int, int]:
        """The order of the list: what blocks first, then by state and severity, then by number."""
        states, severities = list(FindingState), list(Severity)
        return (not self.blocks, states.index(self.state) * 3 + severities.index(self.severity), self.number)


def attacks_stand(findings: Sequence[FindingStanding], *, is_live: bool = True) -> tuple[bool, str]:
    """(whether no attack stands in the way, the sentence that says so). Every single one counts: a share of
    closed findings says nothing about the one that is open. ``is_live``: a release is live."""
    if not findings:
        return True, "No red-team finding is recorded."
    blocking = sorted((one for one in findings if one.blocks), key=lambda one: one.rank)
    sentences = [
        f"{_named(own)} {one_words if len(own) == 1 else many_words}."
        for state, one_words, many_words in _BLOCKING_WORDS
        if (own := [one for one in blocking if one.state is state])
    ]
    closed = sum(one.state is FindingState.CLOSED for one in findings)
    if not blocking:
        is_closed = f"{_count(closed, 'red-team finding')} {'is' if closed == 1 else 'are'} closed"
        where = " on the live release" if is_live else ""
        sentences.append(f"{is_closed}{where}." if closed else "No attack that blocks is known.")
    if minor := len(findings) - len(blocking) - closed:
        verb = "is open or has" if minor == 1 else "are open or have"
        sentences.append(f"{_count(minor, 'minor finding')} {verb} to be tried again.")
    return not blocking, " ".join(sentences)


_BLOCKING_WORDS = (
    (FindingState.OPEN, "still works", "still work"),
    (
        FindingState.TRY_AGAIN,
        "has to be tried again on the live release",
        "have to be tried again on the live release",
    ),
)


def _named(findings: Sequence[FindingStanding]) -> str:
    shown = findings[:MOST_NAMED]
    words = [f"{one.name} ({one.severity}, {KIND_LABELS[one.kind].lower()})" for one in shown]
    more = len(findings) - len(shown)
    if more:
        words.append(f"{more} more")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
