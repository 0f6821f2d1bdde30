"""Conditions of a GO: those there are, and how they end: met, or released by a signer with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.gates import decide_on
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, noting_refusals, require
from core.actions.proven import proven
from core.actions.reasons import full_reason, one_line
from core.actions.signer_list import signer_list
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.decision.promises import (
    AskedCondition,
    Promise,
    PromiseLine,
    PromiseState,
    checked_conditions,
    promise_lines,
)
from core.decision.sign_off import APPROVE, STEP, bars_signing
from core.errors import NotAllowed, WrongUsage
from core.store import audit, features, signed_conditions
from core.store.database import Connection
from core.store.features import Feature
from core.store.signatures import Signature

_LIVE = (PromiseState.OPEN, PromiseState.LAPSED)


@dataclass(frozen=True)
class PromisesView:
    """Every condition there ever was, the oldest first, and what this caller may do about the live ones."""

    lines: tuple[PromiseLine, ...]
    may_meet: bool
    may_release: bool

    @property
    def live(self) -> tuple[PromiseLine, ...]:
        """Those that are open or have lapsed."""
        return tuple(line for line in self.lines if line.state in _LIVE)


def view_promises(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> PromisesView:
    """The conditions of every GO of the feature."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        given = signed_conditions.of_feature(connection, feature.id, until=now)
    signs_in = caller.person_id is not None and caller.verified
    return PromisesView(
        promise_lines(given, now),
        may_meet=may(workspace, caller, Act.MEET_CONDITION, slug),
        may_release=signs_in and may(workspace, caller, Act.SIGN, slug),
    )


def meet_condition(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, condition_id: int, *, note: str
) -> None:
    """Say that a condition is met; ``note`` says how that can be seen, with a link where there is one.

    Met after its day, it lets the GO stand again from now on. Who said so is told for ever.
    """
    require(workspace, caller, Act.MEET_CONDITION, slug)
    note = full_reason(
        one_line(note),
        "A condition that is met needs a note.",
        "Say how it can be seen that it is met, with a link: everyone reads it.",
    )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        one = _live(connection, feature, condition_id, now)
        signed_conditions.meet(
            connection, condition_id, by=caller.name, by_id=caller.person_id, note=note, now=now
        )
        _note(connection, caller, slug, now, "met", one, {"note": note})
    note_verdict(workspace, now, slug)


@noting_refusals(Act.SIGN)
def release_condition(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, condition_id: int, *, reason: str
) -> None:
    """A signer takes a condition back, their own or that of another one who signed: the GO stands without.

    As with a signature, nobody does so for a step that they had a hand in, unless they asked for it.
    """
    require(workspace, caller, Act.SIGN, slug)
    person_id = proven(caller, "no condition can be released")
    reason = full_reason(one_line(reason), "Releasing a condition needs a reason.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        one = _live(connection, feature, condition_id, now)
        _check_release(workspace, connection, feature, one, person_id, now)
        signed_conditions.release(
            connection, condition_id, by=caller.name, by_id=person_id, reason=reason, now=now
        )
        _note(connection, caller, slug, now, "released", one, {"reason": reason})
    note_verdict(workspace, now, slug)


def asked_conditions(
    about: str, choice: str, asked: Sequence[AskedCondition], now: datetime
) -> tuple[AskedCondition, ...]:
    """The conditions of a signature as they are kept; raises WrongUsage where it takes none."""
    if asked and (about != STEP or choice != APPROVE):
        raise WrongUsage(
            "Only the GO for a step takes conditions.",
            mend="What is wrong with the lock is refused, with a reason.",
        )
    return checked_conditions(asked, now)


def keep_conditions(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    given: Signature,
    wanted: Sequence[AskedCondition],
    now: datetime,
) -> None:
    """Each condition of the GO with an entry of its own."""
    for one in wanted:
        number = signed_conditions.add(
            connection,
            feature_id=feature.id,
            signature_id=given.id,
            words=one.words,
            owner=one.owner,
            due=one.due,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="condition set",
            subject=f"feature/{feature.slug}",
            payload={
                "condition": number,
                "signature": given.id,
                "words": one.words,
                "owner": one.owner,
                "due": one.due.isoformat(),
            },
            now=now,
        )


def _check_release(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    one: Promise,
    person_id: int,
    now: datetime,
) -> None:
    signers = signer_list(connection, feature)
    if person_id not in signers.holders:
        raise NotAllowed(
            "Your role as a signer was given by yourself, so that it does not count.",
            mend="Ask another signer.",
            code="not_a_signer_of_it",
        )
    if one.given_by_id == person_id:
        return
    step = decide_on(workspace, connection, feature, now).sign_offs.step
    if step is not None and bars_signing(step, person_id, signers):
        raise NotAllowed(
            f"{one.given_by} asked for this, and you cannot sign the step yourself.",
            mend=f"Ask {one.given_by} or another signer to release it, or meet it.",
            code="not_a_signer_of_it",
        )


def _live(connection: Connection, feature: Feature, condition_id: int, now: datetime) -> Promise:
    """The condition, where it can still be met or released."""
    one = signed_conditions.by_id(connection, feature.id, condition_id)
    state = one.state(now)
    if state not in _LIVE:
        raise WrongUsage(f"This condition is {state.value} already.", mend="There is nothing more to do.")
    return one


def _note(
    connection: Connection,
    caller: Caller,
    slug: str,
    now: datetime,
    done: str,
    one: Promise,
    said: dict[str, str],
) -> None:
    audit.append(
        connection,
        actor=caller.name,
        action=f"condition {done}",
        subject=f"feature/{slug}",
        payload={"condition": one.id, "words": one.words, "person": caller.person_id, **said},
        now=now,
    )
