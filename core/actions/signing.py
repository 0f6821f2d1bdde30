"""Signing: approve or refuse exactly what is shown, withdraw it again; who may, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.actions.committed import committed_by
from core.actions.gates import decide_on
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, noting_refusals, require
from core.actions.promises import asked_conditions, keep_conditions
from core.actions.proven import FRESH_SECONDS, fresh, is_fresh, proven
from core.actions.reasons import full_reason, one_line
from core.actions.signed_before import SinceSigned, since_signed
from core.actions.signer_list import signer_list
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.decision.decide import Decision
from core.decision.promises import AskedCondition
from core.decision.sign_off import APPROVE, COMMITMENT, REFUSE, SignerList, SignOff, SignOffs, bars_signing
from core.errors import Conflict, NotAllowed, WrongUsage
from core.store import audit, commitments, features, signatures, uploads
from core.store.database import Connection
from core.store.features import Feature
from core.store.signatures import Signature

_NOTHING = "nothing can be signed"
_VERDICT_WORDS = {"go": "GO", "no_go": "NO-GO"}


@dataclass(frozen=True)
class SignOffView:
    """What there is to sign, and whether this caller may: ``why_not`` is "" where they may.

    ``amendment`` is the newest amendment while it waits for signatures. ``needs_fresh_sign_in``: nothing
    else stands in the way but a sign-in that is too old. ``since`` has by the hash of what is to be signed
    how it differs from what was signed last.
    """

    commitment: SignOff | None
    step: SignOff | None
    amendment: SignOff | None
    may_sign: bool
    why_not: str
    needs_fresh_sign_in: bool
    word: str
    bars: Mapping[str, str]
    since: Mapping[str, SinceSigned] = field(default_factory=dict)

    def bar_of(self, one: SignOff) -> str:
        """Why the caller cannot approve ``one``, "" where they can."""
        return self.why_not or self.bars.get(one.sha256, "")

    def typed_for(self, one: SignOff) -> str:
        """The word that an approval of ``one`` has to be typed with."""
        return self.word if one.about != COMMITMENT else _commitment_word(one)


def view_sign_off(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> SignOffView:
    """The commitment and the next step with their signatures, as the caller may sign them."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        signers = signer_list(connection, feature)
        given = signatures.of_feature(connection, feature.id, until=now)
    offs = decision.sign_offs
    bars = {}
    if caller.person_id is not None:
        found = {one.sha256: bars_signing(one, caller.person_id, signers) for one in offs.open}
        bars = {sha256: _BAR_WORDS[bar] for sha256, bar in found.items() if bar}
    why_not, is_stale = _in_the_way(workspace, caller, now, slug, offs, bars)
    return SignOffView(
        commitment=offs.commitment,
        step=offs.step,
        amendment=offs.amendment,
        may_sign=not why_not,
        why_not=why_not,
        needs_fresh_sign_in=is_stale,
        word=verdict_word(decision),
        bars=bars,
        since={
            one.sha256: told for one in offs.open if (told := since_signed(one, given, caller)) is not None
        },
    )


@noting_refusals(Act.SIGN)
def sign(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    about: str,
    sha256: str,
    typed: str = "",
    choice: str,
    reason: str = "",
    conditions: Sequence[AskedCondition] = (),
) -> None:
    """Approve or refuse what has the hash ``sha256``, as the page showed it; anything newer is a Conflict.

    An approval is ``typed``: LOCK or AMEND for a commitment, the verdict's word for a step. A refusal
    says why. Whoever wrote it, locked it, uploaded the evidence or holds no role as a signer cannot
    approve. The last signature that an amendment waited for puts it in force. The approval of a step may
    have ``conditions``: it counts, and one that is not met in time makes the verdict NO-GO.
    """
    require(workspace, caller, Act.SIGN, slug)
    reason = one_line(reason)
    if choice not in (APPROVE, REFUSE):
        raise WrongUsage(f"“{choice[:20]}” is no decision.", mend="Approve or refuse.")
    person_id = proven(caller, _NOTHING)
    fresh(caller, now, "A signature")
    if choice == REFUSE:
        full_reason(reason, "A refusal needs a reason.")
    wanted = asked_conditions(about, choice, conditions, now)
    with workspace.database.reading() as connection:
        # Measured beforehand: inside the transaction, which others wait for, the answers are remembered.
        decide_on(workspace, connection, features.by_slug(connection, slug), now)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        decision = decide_on(workspace, connection, feature, now)
        to_sign, signers = _found(decision, about, sha256), signer_list(connection, feature)
        if person_id not in signers.holders:
            raise _cannot_sign(bars_signing(to_sign, person_id, signers))
        if choice == APPROVE:
            _check_approval(decision, to_sign, signers, person_id, typed)
        given = _keep(connection, feature, caller, decision, to_sign, choice, reason, now)
        keep_conditions(connection, feature, caller, given, wanted, now)
    note_verdict(workspace, now, slug)


def _keep(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    decision: Decision,
    signed: SignOff,
    choice: str,
    reason: str,
    now: datetime,
) -> Signature:
    """The signature with its entry in the log, and what it puts in force."""
    given = signatures.add(
        connection,
        feature_id=feature.id,
        about=signed.about,
        commitment_number=signed.commitment,
        step=signed.step,
        choice=choice,
        reason=reason,
        person_id=proven(caller, _NOTHING),
        signed_by=caller.name,
        sha256=signed.sha256,
        statement=signed.statement,
        now=now,
    )
    is_in_force = _put_in_force(connection, feature, decision, signed, now)
    done = "signed" if choice == APPROVE else "refused"
    audit.append(
        connection,
        actor=caller.name,
        action=f"commitment {done}" if signed.about == COMMITMENT else f"step {done}",
        subject=f"feature/{feature.slug}",
        payload={
            "signature": given.id,
            "commitment": signed.commitment,
            "step": signed.step,
            "title": signed.title,
            "sha256": signed.sha256,
            "person": given.person_id,
            "reason": reason,
            "verdict": decision.verdict.value,
            "in_force": is_in_force,
        },
        now=now,
    )
    return given


@noting_refusals(Act.SIGN)
def withdraw_signature(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, signature_id: int, *, reason: str
) -> None:
    """Take one's own signature back; it stays on record, with the reason.

    The refusal of somebody who is no longer a signer is withdrawn by another one, who could approve it.
    """
    require(workspace, caller, Act.SIGN, slug)
    person_id = proven(caller, _NOTHING)
    reason = full_reason(one_line(reason), "Withdrawing a signature needs a reason.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        mine = [one for one in signatures.of_feature(connection, feature.id) if one.id == signature_id]
        if not mine:
            raise WrongUsage("There is no such signature.", mend="Choose one from the list.")
        if mine[0].person_id != person_id:
            _check_gone(workspace, connection, feature, mine[0], person_id, now)
            reason = f"by {caller.name}: {reason}"
        if mine[0].withdrawn_at is not None:
            raise WrongUsage("This signature is withdrawn already.", mend="Sign again, if it should stand.")
        signatures.withdraw(connection, signature_id, reason=reason, now=now)
        audit.append(
            connection,
            actor=caller.name,
            action="signature withdrawn",
            subject=f"feature/{slug}",
            payload={"signature": signature_id, "about": mine[0].about, "reason": reason},
            now=now,
        )
    note_verdict(workspace, now, slug)


def _check_gone(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    given: Signature,
    person_id: int,
    now: datetime,
) -> None:
    """Refuse unless it is a refusal of somebody who is gone, on what ``person_id`` could approve."""
    signers = signer_list(connection, feature)
    if given.choice != REFUSE or given.person_id in signers.holders:
        raise NotAllowed(
            f"{given.signed_by} gave this signature, so only they can withdraw it.",
            mend="Refuse it yourself, where you think it should not stand.",
            code="not_yours",
        )
    open_ones = decide_on(workspace, connection, feature, now).sign_offs.open
    about = [one for one in open_ones if any(line.id == given.id for line in one.lines)]
    bars = [bars_signing(one, person_id, signers) for one in about] or ["no longer a signer"]
    if any(bars):
        raise _cannot_sign(next(filter(None, bars)))


def verdict_word(decision: Decision) -> str:
    """The verdict as an approval of a step has to be typed: "GO", "NOT ENOUGH EVIDENCE"."""
    verdict = decision.verdict.value
    return _VERDICT_WORDS.get(verdict, verdict.replace("_", " ").upper())


def _commitment_word(one: SignOff) -> str:
    return "LOCK" if one.commitment == 1 else "AMEND"


def _in_the_way(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    offs: SignOffs,
    bars: Mapping[str, str],
) -> tuple[str, bool]:
    """Why the caller can sign nothing, "" where they can; and whether a fresh sign-in is all that lacks."""
    if caller.person_id is None or not caller.verified:
        return "Nobody signs in here, so nothing can be signed.", False
    if not may(workspace, caller, Act.SIGN, slug):
        return "You are not a signer of this feature.", False
    if not offs.open:
        return "Nothing is locked yet, and only what is locked can be signed.", False
    if all(one.sha256 in bars for one in offs.open):
        return bars[offs.open[0].sha256], False
    if not is_fresh(caller, now):
        minutes = FRESH_SECONDS // 60
        return f"A signature takes a sign-in of the last {minutes} minutes: sign in again.", True
    return "", False


_BAR_WORDS = {
    "wrote what they signed": "You had a hand in what is to be signed, so somebody else has to sign it.",
    "not one of the named signers": "You are not one of those who are named as its signers.",
    "no longer a signer": "Your role as a signer was given by yourself, so that it does not count.",
}


def _found(decision: Decision, about: str, sha256: str) -> SignOff:
    """What is to be signed with this hash; Conflict where it is no longer what stands."""
    mine = [one for one in decision.sign_offs.open if one.about == about]
    if not mine:
        raise WrongUsage("There is nothing of this kind to sign.", mend="Lock the checklist first.")
    found = next((one for one in mine if one.sha256 == sha256), None)
    if found is None:
        raise Conflict(
            "What you were shown is no longer what stands, so it was not signed.",
            newest=mine[0].commitment,
            mend="Nothing was changed: read it again, then sign.",
        )
    return found


def _cannot_sign(bar: str) -> NotAllowed:
    words = _BAR_WORDS.get(bar, "You cannot sign this.")
    return NotAllowed(words, mend="Ask another signer.", code="not_a_signer_of_it")


def _check_approval(
    decision: Decision, to_sign: SignOff, signers: SignerList, person_id: int, typed: str
) -> None:
    bar = bars_signing(to_sign, person_id, signers)
    if bar:
        raise _cannot_sign(bar)
    word = _commitment_word(to_sign) if to_sign.about == COMMITMENT else verdict_word(decision)
    if _plain(typed) != _plain(word):
        raise WrongUsage(
            f"“{typed.strip()[:40]}” is not what has to be typed here.",
            mend=f"Type {word} to say that you have read it.",
            code="typed_otherwise",
        )
    if any(line.person_id == person_id for line in to_sign.approvals):
        raise WrongUsage("You have signed exactly this already.", mend="There is nothing more to do.")


def _put_in_force(
    connection: Connection, feature: Feature, decision: Decision, signed: SignOff, now: datetime
) -> bool:
    """Whether the signature was the last one that a waiting amendment needed; then it holds from now on."""
    waits = decision.sign_offs.amendment
    if waits is None or signed.about != COMMITMENT or signed.commitment != waits.commitment:
        return False
    held = committed_by(connection, feature, now, uploads.of_feature(connection, feature.id))
    if held.waits is None or not held.sign_offs[held.waits.number].is_met:
        return False
    commitments.put_in_force(connection, held.waits.id, now)
    return True


def _plain(word: str) -> str:
    return " ".join(word.replace("-", " ").replace("_", " ").split()).casefold()
