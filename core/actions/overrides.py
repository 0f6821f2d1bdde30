"""Overruling the gate: a signer lets the next phase begin though conditions lack; who may, and why not."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.gates import decide_on
from core.actions.held_overrides import tripped_alarm
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, noting_refusals, require
from core.actions.proven import fresh, is_fresh, proven
from core.actions.reasons import full_reason, one_line
from core.actions.signer_list import signer_list
from core.actions.workspace import Workspace
from core.decision.conditions import Condition
from core.decision.decide import Decision
from core.decision.override import (
    OVERRIDE_HOURS,
    OVERRULE_WORD,
    OverrideLine,
    OverrideState,
    bars_overruling,
    expires,
    override_statement,
)
from core.decision.sign_off import SignerList, SignOff, bars_signing
from core.errors import Conflict, NotAllowed, WrongUsage
from core.evidence.fingerprints import of_document
from core.store import audit, features, overrides
from core.store.database import Connection
from core.store.features import Feature

SHORTEST_OVERRIDE_REASON = 30
"""Characters of the reason: it is what everyone will read who asks how this could happen."""

_BAR_WORDS = {
    "wrote what they signed": "You had a hand in it, so somebody else has to overrule it.",
    "not one of the named signers": "You are not one of those who are named as its signers.",
    "no longer a signer": "Your role as a signer was given by yourself, so that it does not count.",
}


@dataclass(frozen=True)
class OverrideView:
    """What can be overruled, and whether this caller can: ``why_not`` is "" where they can.

    ``step`` is what would be taken, ``lacking`` what keeps it from being taken, and ``sha256`` the hash of
    both; ``nobody``: nobody can, whoever asks. ``needs_fresh_sign_in``: nothing else stands in the way.
    """

    step: SignOff | None
    lacking: tuple[Condition, ...]
    sha256: str
    lines: tuple[OverrideLine, ...]
    why_not: str
    nobody: bool
    needs_fresh_sign_in: bool
    may_end: bool


def view_overrides(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> OverrideView:
    """Every overruling there ever was, and what stands in the way of one more."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        nobody = _barred(connection, feature, decision)
        signers = signer_list(connection, feature)
    step = decision.sign_offs.step
    why_not = nobody or _why_not(workspace, caller, slug, step, signers)
    stale = not why_not and not is_fresh(caller, now)
    return OverrideView(
        step=step,
        lacking=decision.lacking,
        sha256=_sha256(decision) if step else "",
        lines=decision.overrides,
        why_not="Overruling takes a sign-in of the last 15 minutes: sign in again." if stale else why_not,
        nobody=bool(nobody),
        needs_fresh_sign_in=stale,
        may_end=may(workspace, caller, Act.END_OVERRIDE, slug),
    )


@noting_refusals(Act.OVERRIDE)
def give_override(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    sha256: str,
    typed: str,
    reason: str,
) -> None:
    """Let the next phase begin within a day though conditions lack, as they were shown under ``sha256``.

    Never in single-user mode, after a roll back, or after an alarm that rolls back; never for what one had
    a hand in oneself. The verdict stays what it is, and the step stays marked for ever.
    """
    require(workspace, caller, Act.OVERRIDE, slug)
    person_id = proven(caller, "nothing can be overruled")
    fresh(caller, now, "Overruling")
    reason = one_line(reason)
    if len(reason) < SHORTEST_OVERRIDE_REASON:
        raise WrongUsage(
            f"Overruling takes a reason of {SHORTEST_OVERRIDE_REASON} characters at least.",
            mend="Say why it cannot wait, and what keeps users safe meanwhile: everyone reads it, for ever.",
        )
    if typed.strip().casefold() != OVERRULE_WORD.casefold():
        raise WrongUsage(
            f"“{typed.strip()[:40]}” is not what has to be typed here.",
            mend=f"Type {OVERRULE_WORD} to say that you know what you do.",
            code="typed_otherwise",
        )
    with workspace.database.reading() as connection:
        # Measured beforehand: inside the transaction, which others wait for, the answers are remembered.
        decide_on(workspace, connection, features.by_slug(connection, slug), now)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        decision = decide_on(workspace, connection, feature, now)
        step = _overrulable(connection, feature, decision)
        if bar := bars_signing(step, person_id, signer_list(connection, feature)):
            raise NotAllowed(_bar_words(bar), mend="Ask another signer.", code="not_a_signer_of_it")
        if sha256 != _sha256(decision):
            raise Conflict(
                "What you were shown is no longer what stands, so nothing was overruled.",
                newest=step.commitment,
                mend="Nothing was changed: read it again, then decide.",
            )
        _keep(connection, feature, caller, decision, step, reason, now)


def end_override(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, override_id: int, *, reason: str
) -> None:
    """End an overruling before its time; it stays on record. One on which the step was taken stands."""
    require(workspace, caller, Act.END_OVERRIDE, slug)
    reason = full_reason(one_line(reason), "Ending an overruling needs a reason.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        found = [one for one in overrides.of_feature(connection, feature.id) if one.id == override_id]
        if not found:
            raise WrongUsage("There is no such overruling.", mend="Choose one from the list.")
        state = found[0].state(now)
        if state is OverrideState.USED:
            raise WrongUsage(
                "The step was taken on this overruling, so it cannot be ended.",
                mend="Pause the rollout, or roll it back.",
            )
        if state is not OverrideState.HOLDS:
            raise WrongUsage(f"This overruling is over: {state.value}.", mend="There is nothing more to do.")
        overrides.end(connection, override_id, by=caller.name, reason=reason, now=now)
        told = {"override": override_id, "title": found[0].title, "reason": reason}
        _note(connection, caller, "override ended", slug, now, told)


def _keep(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    decision: Decision,
    step: SignOff,
    reason: str,
    now: datetime,
) -> None:
    """The overruling with its entry in the log, which tells every signer."""
    statement = override_statement(step, [one.name for one in decision.lacking])
    given = overrides.add(
        connection,
        feature_id=feature.id,
        step=str(step.step),
        reason=reason,
        given_by=caller.name,
        given_by_id=caller.person_id,
        expires_at=expires(now),
        sha256=of_document(statement),
        statement=statement,
        now=now,
    )
    told = {
        "override": given.id,
        "step": given.step,
        "title": given.title,
        "overrules": [one.sentence for one in decision.lacking],
        "verdict": decision.verdict.value,
        "until": given.expires_at.isoformat(),
        "sha256": given.sha256,
        "person": caller.person_id,
        "reason": reason,
    }
    _note(connection, caller, "override given", feature.slug, now, told)


def _barred(connection: Connection, feature: Feature, decision: Decision) -> str:
    """Why nobody can overrule anything now, "" where somebody can."""
    alarm = tripped_alarm(connection, feature, decision.standing)
    if barred := bars_overruling(decision.sign_offs, decision.standing, alarm):
        return barred
    if not decision.lacking:
        return "Nothing keeps the next step from being taken, so there is nothing to overrule."
    # One that waits in vain still counts: whoever wants another one ends it first, so that it is seen.
    now = decision.as_of
    if any(line.given.state(now) is OverrideState.HOLDS for line in decision.overrides):
        return "The gate is overruled already, and only one overruling is possible at a time."
    return ""


def _overrulable(connection: Connection, feature: Feature, decision: Decision) -> SignOff:
    barred = _barred(connection, feature, decision)
    step = decision.sign_offs.step
    if barred or step is None:
        raise WrongUsage(
            barred, mend=f"An overruling is for the next phase alone, and for {OVERRIDE_HOURS} h."
        )
    return step


def _sha256(decision: Decision) -> str:
    """The hash of what is overruled: the step as it stands, and what it lacks."""
    step = decision.sign_offs.step
    return of_document(override_statement(step, [one.name for one in decision.lacking])) if step else ""


def _why_not(
    workspace: Workspace, caller: Caller, slug: str, step: SignOff | None, signers: SignerList
) -> str:
    """Why this caller cannot, where somebody else could."""
    if caller.person_id is None or not caller.verified:
        return "Nobody's identity is verified here, so nothing can be overruled."
    if not may(workspace, caller, Act.OVERRIDE, slug):
        return "Overruling takes the role signer."
    bar = bars_signing(step, caller.person_id, signers) if step else ""
    return _bar_words(bar) if bar else ""


def _bar_words(bar: str) -> str:
    return _BAR_WORDS.get(bar, "You cannot overrule this.")


def _note(
    connection: Connection, caller: Caller, action: str, slug: str, now: datetime, payload: dict[str, object]
) -> None:
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=f"feature/{slug}",
        payload=payload,
        now=now,
    )
