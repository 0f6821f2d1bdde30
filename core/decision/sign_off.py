"""Signing off: exactly what is signed, by whom it may be, and which signatures count."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.criteria.commitment import Signers
from core.decision.signed_bundle import changed_bundle
from core.decision.signed_changes import changed_rows, stood
from core.evidence.fingerprints import of_document

STEP_SIGNATURE_DAYS = 14
"""So long a signature on a step counts; one on a commitment counts as long as its text stands."""

APPROVE, REFUSE = "approve", "refuse"
COMMITMENT, STEP = "commitment", "step"


@dataclass(frozen=True)
class GivenSignature:
    """A signature as it was given; ``commitment`` is the number of the commitment it rests on."""

    id: int
    about: str
    commitment: int
    step: str | None
    choice: str
    reason: str
    person_id: int
    by: str
    at: datetime
    sha256: str
    statement: Mapping[str, Any] = field(hash=False)
    withdrawn: str | None = None
    """The reason of its withdrawal; ``None`` where it was not withdrawn."""


@dataclass(frozen=True)
class SignerList:
    """Who may sign now (``holders``, by id), and the e-mail address of everybody, by id."""

    holders: frozenset[int] = frozenset()
    emails: Mapping[int, str] = field(default_factory=dict, hash=False)

    def human(self, person_id: int) -> str:
        """One word for a person: two accounts with the same address are the same one."""
        email = self.emails.get(person_id, "").strip().casefold()
        return email or f"#{person_id}"

    def is_among(self, person_id: int, people: Iterable[int]) -> bool:
        return self.human(person_id) in {self.human(one) for one in people}


@dataclass(frozen=True)
class ToSign:
    """What is to be signed: its text, who must sign, and who has a hand in it (by person id)."""

    about: str
    step: str | None
    commitment: int
    title: str
    statement: Mapping[str, Any] = field(hash=False)
    signers: Signers
    wrote: frozenset[int]

    @property
    def sha256(self) -> str:
        return of_document(self.statement)


@dataclass(frozen=True)
class SignatureLine:
    """One signature as it stands now; ``why_not`` says why it does not count, "" where it does."""

    id: int
    about: str
    step: str | None
    choice: str
    reason: str
    by: str
    at: datetime
    counts: bool
    why_not: str
    person_id: int = 0
    commitment: int = 0
    is_gone: bool = False
    """Whether whoever gave it is no longer a signer here. A refusal stays all the same."""


@dataclass(frozen=True)
class SignOff:
    """A commitment or a step with its signatures, the newest first; ``statement`` is what is signed."""

    about: str
    step: str | None
    title: str
    statement: Mapping[str, Any] = field(hash=False)
    sha256: str
    needed: int
    named: tuple[str, ...]
    lines: tuple[SignatureLine, ...]
    commitment: int = 0
    wrote: frozenset[int] = frozenset()

    @property
    def approvals(self) -> tuple[SignatureLine, ...]:
        return tuple(line for line in self.lines if line.counts and line.choice == APPROVE)

    @property
    def given(self) -> int:
        """How many different people who did not write it have approved exactly this."""
        return len(self.approvals)

    @property
    def refused(self) -> bool:
        return any(line.counts and line.choice == REFUSE for line in self.lines)

    @property
    def is_met(self) -> bool:
        return self.given >= self.needed and not self.refused

    @property
    def sentence(self) -> str:
        no = next((line for line in self.lines if line.counts and line.choice == REFUSE), None)
        if no is not None:
            gone = " (no longer a signer here)" if no.is_gone else ""
            return f"Refused by {no.by}{gone}: {no.reason.rstrip('.')}."
        have = f"{self.given} of {self.needed} signature{'' if self.needed == 1 else 's'}."
        missing = self.needed - self.given
        if missing <= 0:
            return have
        if self.named:
            return f"{have} Still needed: {missing} of {', '.join(self.named)}."
        who = "one signer" if missing == 1 else f"{missing} signers"
        return f"{have} Still needed: {who} who did not write it."


@dataclass(frozen=True)
class SignOffs:
    """The two things to sign before a step: the commitment that holds, and the step itself.

    ``amendment`` is the newest amendment while it waits for its signatures. ``people_sign_in`` is false
    where nobody's identity was ever proved: there, nothing can be signed.
    """

    commitment: SignOff | None = None
    step: SignOff | None = None
    amendment: SignOff | None = None
    people_sign_in: bool = False

    @property
    def open(self) -> tuple[SignOff, ...]:
        """What can be signed now."""
        return tuple(one for one in (self.commitment, self.step, self.amendment) if one is not None)

    @property
    def is_met(self) -> bool:
        if not self.people_sign_in or self.commitment is None or self.step is None:
            return False
        return self.commitment.is_met and self.step.is_met

    @property
    def sentence(self) -> str:
        if not self.people_sign_in:
            return "Not signed. Without sign-in nobody's identity is verified: ready for sign-off at most."
        if self.commitment is None or self.step is None:
            return "Not signed: only what is locked can be signed."
        if self.is_met:
            names = dict.fromkeys(line.by for line in (*self.commitment.approvals, *self.step.approvals))
            return f"Signed by {', '.join(names)}."
        lacking = [one for one in (self.commitment, self.step) if not one.is_met]
        return " ".join(f"{one.title}: {one.sentence}" for one in lacking)


def sign_off(
    to_sign: ToSign, signatures: Sequence[GivenSignature], people: SignerList, now: datetime
) -> SignOff:
    """``to_sign`` with those of ``signatures`` (the newest first) that are about it, also as it was."""
    mine = [
        one
        for one in signatures
        if (one.about, one.step) == (to_sign.about, to_sign.step) and one.commitment <= to_sign.commitment
    ]
    lines, heard = [], set[str]()
    for one in mine:
        why_not = _why_not(one, to_sign, people, now)
        human = people.human(one.person_id)
        if not why_not and human in heard:
            why_not = "decided anew later"
        if not why_not:
            heard.add(human)
        lines.append(
            SignatureLine(
                one.id, one.about, one.step, one.choice, one.reason, one.by, one.at, not why_not, why_not,
                one.person_id, one.commitment, one.person_id not in people.holders,
            )
        )  # fmt: skip
    return SignOff(
        about=to_sign.about,
        step=to_sign.step,
        title=to_sign.title,
        statement=to_sign.statement,
        sha256=to_sign.sha256,
        needed=to_sign.signers.needed,
        named=to_sign.signers.named,
        lines=tuple(lines),
        commitment=to_sign.commitment,
        wrote=to_sign.wrote,
    )


def bars_signing(to_sign: ToSign | SignOff, person_id: int, people: SignerList) -> str:
    """Why an approval of this person would not count, "" where it would: rules R1 and the named signers."""
    if person_id not in people.holders:
        return "no longer a signer"
    if people.is_among(person_id, to_sign.wrote):
        return "wrote what they signed"
    named = to_sign.signers.named if isinstance(to_sign, ToSign) else to_sign.named
    if named and people.human(person_id) not in {one.casefold() for one in named}:
        return "not one of the named signers"
    return ""


def _why_not(one: GivenSignature, to_sign: ToSign, people: SignerList, now: datetime) -> str:
    if one.withdrawn is not None:
        return f"withdrawn: {one.withdrawn}"
    if one.sha256 != to_sign.sha256:
        return _what_changed(one, to_sign)
    if to_sign.about == STEP and now - one.at > timedelta(days=STEP_SIGNATURE_DAYS):
        return f"older than {STEP_SIGNATURE_DAYS} days"
    if one.choice == REFUSE:
        # Whoever may sign may also stop it, whether or not they had a hand in it. They could when they did,
        # and taking their role away takes no answer to what they found: that is for a signer to give.
        return ""
    return bars_signing(to_sign, one.person_id, people)


_CHANGES = (
    ("commitment", "the commitment was amended after it"),
    ("plan_sha256", "the phase plan changed after it"),
    ("suite_changes", "an eval set changed after it"),
    ("waivers", "the waivers changed after it"),
    # A move changes what the step waits for as well.
    ("moves", "the rollout moved after it"),
    ("unmet", "what the step waits for changed after it"),
)


def _what_changed(one: GivenSignature, to_sign: ToSign) -> str:
    if one.commitment < to_sign.commitment:
        return f"signed before amendment {one.commitment}"
    return changed_since(one.statement, to_sign.statement)


def changed_since(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What a statement says otherwise than an earlier one, in words; "" where they are alike."""
    if was == now:
        return ""
    if other := changed_bundle(was.get("bundle"), now.get("bundle")):
        return other
    changed = changed_rows(was.get("rows"), now.get("rows"))
    rows = f"{len(changed)} row{'' if len(changed) == 1 else 's'}"
    is_other_evidence = was.get("evidence_sha256") != now.get("evidence_sha256")
    if was.get("program") != now.get("program") and not is_other_evidence:
        return "the program was updated after it"
    if changed and is_other_evidence:
        return f"the evidence changed after it: {rows} ({_told(changed)})"
    if changed and all(before.get("answer") != after.get("answer") for before, after in changed):
        return f"the answers changed after it: {rows}"
    if changed:
        return f"time or a waiver changed {rows} after it ({_told(changed)})"
    for name, words in _CHANGES:
        if was.get(name) != now.get(name):
            return words
    if is_other_evidence:
        return "the evidence changed after it: no row"
    return "what was signed changed after it"


_TOLD_AT_MOST = 3


def _told(changed: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> str:
    """ "Answer correctness: GO, 92.1 %, n 700 → GO, 91.9 %, n 730", the first few of them."""
    told = [
        f"{str(new.get('label') or old.get('label') or 'a row').rstrip('.?')}: {stood(old)} → {stood(new)}"
        for old, new in changed[:_TOLD_AT_MOST]
    ]
    more = len(changed) - len(told)
    return "; ".join([*told, *([f"and {more} more"] if more else [])])
