"""Waivers: a row set aside until a date, asked for by one person and approved by another one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.actions.committed import locked_checklist
from core.actions.held_waivers import ASKED, IN_FORCE, state_of
from core.actions.moments import not_before
from core.actions.people import Caller, Role
from core.actions.policy import Act, may, noting_refusals, require
from core.actions.reasons import full_reason, one_line
from core.actions.signer_list import everybody
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem
from core.criteria.commitment import item_sha256
from core.criteria.floors import FLOOR
from core.criteria.wording import label_of
from core.decision.sign_off import SignerList
from core.errors import NotAllowed, WrongUsage
from core.store import audit, commitments, features, people, waivers
from core.store.database import Connection
from core.store.features import Feature
from core.store.waivers import Waiver

MOST_DAYS = 90
"""A waiver ends after so many days at the latest."""


@dataclass(frozen=True)
class WaiverLine:
    """A waiver as it stands: "asked", "in force", "refused", "expired", "revoked" or "void: …".

    ``may_decide``: the caller can approve or refuse it now; ``why_not`` says why not, "" where they can.
    """

    id: int
    item_id: str
    label: str
    reason: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    decided_reason: str | None
    revoked_by: str | None
    revoked_at: datetime | None
    revoked_reason: str | None
    may_decide: bool
    why_not: str


def view_waivers(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> tuple[WaiverLine, ...]:
    """Every waiver there ever was, the newest first."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        checklist = _held(connection, feature, now)
        asked = [one for one in waivers.of_feature(connection, feature.id) if one.asked_at <= now]
        known = everybody(connection)
    may_decide = may(workspace, caller, Act.DECIDE_WAIVER, slug)
    return tuple(_line(one, checklist, caller, known, may_decide, now) for one in asked)


def ask_waiver(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    item_id: str,
    *,
    reason: str,
    until: date,
) -> Waiver:
    """Ask that a row of the locked checklist is set aside to the end of the day ``until`` (UTC).

    Until another person has approved it, nothing changes. The least that the stakes keep and a
    protected group are never set aside.
    """
    require(workspace, caller, Act.ASK_WAIVER, slug)
    reason = full_reason(one_line(reason), "A waiver needs a reason.")
    _check_days(until, now)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        checklist, item = _waivable(_held(connection, feature, now), item_id)
        label = label_of(item)
        _check_alone(connection, feature, checklist, item, now)
        asked = waivers.add(
            connection,
            feature_id=feature.id,
            item_id=item_id,
            item_sha256=item_sha256(item, checklist.stakes),
            label=label,
            reason=reason,
            asked_by=caller.name,
            asked_by_id=caller.person_id,
            expires_at=datetime.combine(until, time.max, UTC),
            now=now,
        )
        _note(
            connection,
            caller,
            "asked",
            slug,
            now,
            {
                "waiver": asked.id,
                "item": item_id,
                "item_sha256": asked.item_sha256,
                "label": label,
                "reason": reason,
                "until": until.isoformat(),
                "person": caller.person_id,
            },
        )
    return asked


@noting_refusals(Act.DECIDE_WAIVER)
def decide_waiver(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    waiver_id: int,
    *,
    choice: str,
    reason: str = "",
) -> None:
    """Approve or refuse a waiver that somebody else asked for; a refusal says why."""
    require(workspace, caller, Act.DECIDE_WAIVER, slug)
    if choice not in ("approve", "refuse"):
        raise WrongUsage(f"“{choice[:20]}” is no decision.", mend="Approve or refuse.")
    reason = (
        full_reason(one_line(reason), "A refusal needs a reason.") if choice == "refuse" else one_line(reason)
    )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        one = waivers.by_id(connection, feature.id, waiver_id)
        checklist = _held(connection, feature, now)
        stands = _state(one, checklist, now)
        if stands != ASKED:
            raise WrongUsage(f"This waiver is {stands}.", mend="Only one that is asked for can be decided.")
        why_not = _may_not_decide(one, caller, everybody(connection))
        if choice == "approve" and not why_not and not _is_holder(connection, feature, caller):
            why_not = "Your role as a signer was given by yourself, so that it does not count."
        if why_not:
            raise NotAllowed(why_not, mend="Ask another signer.", code="not_yours_to_decide")
        waivers.decide(
            connection,
            waiver_id,
            choice=choice,
            by=caller.name,
            by_id=caller.person_id,
            reason=reason,
            now=now,
        )
        done = "approved" if choice == "approve" else "refused"
        told = {"waiver": one.id, "label": one.label, "reason": reason, "person": caller.person_id}
        _note(connection, caller, done, slug, now, told)
    note_verdict(workspace, now, slug)


def revoke_waiver(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, waiver_id: int, *, reason: str
) -> None:
    """End a waiver before its day: from now on the row counts again."""
    require(workspace, caller, Act.REVOKE_WAIVER, slug)
    reason = full_reason(one_line(reason), "Revoking a waiver needs a reason.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        one = waivers.by_id(connection, feature.id, waiver_id)
        stands = _state(one, _held(connection, feature, now), now)
        if stands not in (ASKED, IN_FORCE):
            raise WrongUsage(f"This waiver is {stands}.", mend="There is nothing to revoke.")
        waivers.revoke(connection, waiver_id, by=caller.name, reason=reason, now=now)
        told = {"waiver": one.id, "label": one.label, "reason": reason}
        _note(connection, caller, "revoked", slug, now, told)
    note_verdict(workspace, now, slug)


def _note(
    connection: Connection, caller: Caller, done: str, slug: str, now: datetime, payload: dict[str, object]
) -> None:
    audit.append(
        connection,
        actor=caller.name,
        action=f"waiver {done}",
        subject=f"feature/{slug}",
        payload=payload,
        now=now,
    )


def _held(connection: Connection, feature: Feature, now: datetime) -> Checklist | None:
    """The checklist that holds; ``None`` while nothing is locked."""
    locks = commitments.in_force(connection, feature.id, now)
    return locked_checklist(connection, feature, locks[0]) if locks else None


def _state(one: Waiver, checklist: Checklist | None, now: datetime) -> str:
    item = checklist.item(one.item_id) if checklist else None
    # Without a checklist there is no item either, so that these stakes are never looked at.
    return state_of(one, item, (checklist or Checklist()).stakes, now)


def _line(
    one: Waiver,
    checklist: Checklist | None,
    caller: Caller,
    known: SignerList,
    may_decide: bool,
    now: datetime,
) -> WaiverLine:
    state = _state(one, checklist, now)
    why_not = "" if may_decide else "Deciding it takes the role signer."
    if state == ASKED and not why_not:
        why_not = _may_not_decide(one, caller, known)
    is_decided = one.decided_at is not None and one.decided_at <= now
    is_revoked = one.revoked_at is not None and one.revoked_at <= now
    return WaiverLine(
        id=one.id,
        item_id=one.item_id,
        label=one.label,
        reason=one.reason,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        expires_at=one.expires_at,
        state=state,
        decided_by=one.decided_by if is_decided else None,
        decided_at=one.decided_at if is_decided else None,
        decided_reason=one.decided_reason if is_decided else None,
        revoked_by=one.revoked_by if is_revoked else None,
        revoked_at=one.revoked_at if is_revoked else None,
        revoked_reason=one.revoked_reason if is_revoked else None,
        may_decide=state == ASKED and not why_not,
        why_not=why_not,
    )


def _may_not_decide(one: Waiver, caller: Caller, known: SignerList) -> str:
    """Why this caller cannot decide it, "" where they can: it takes two people whose names are proved."""
    if caller.person_id is None or not caller.verified:
        return "Nobody's identity is verified here, so nobody can approve a waiver."
    if one.asked_by_id is None:
        return "Nobody knows who asked for it: it was asked without a sign-in. Ask for it again."
    if known.is_among(caller.person_id, (one.asked_by_id,)):
        return "You asked for it, so somebody else has to decide."
    return ""


def _is_holder(connection: Connection, feature: Feature, caller: Caller) -> bool:
    return caller.person_id in people.holders(connection, feature.id, Role.SIGNER)


def _waivable(checklist: Checklist | None, item_id: str) -> tuple[Checklist, MeasuredItem | AttestedItem]:
    """The locked checklist with the item, where that can be set aside at all."""
    if checklist is None:
        raise WrongUsage(
            "Nothing is locked yet, so there is nothing to waive.", mend="Lock the checklist, then ask."
        )
    item = checklist.item(item_id)
    if item is None:
        raise WrongUsage(
            f"The locked checklist has no item “{item_id[:80]}”.", mend="Choose one of its rows."
        )
    if not item.decides:
        raise WrongUsage(
            f"“{label_of(item)}” is advisory: it keeps nothing back.", mend="No waiver is needed."
        )
    if item.floor is not None:
        raise WrongUsage(
            f"“{label_of(item)}” is part of the least that these stakes keep, so it is never waived. "
            f"{FLOOR[item.floor].why}",
            mend="If it does not apply here, answer it so, with a reason that everyone can read.",
        )
    if isinstance(item, MeasuredItem) and item.protected:
        raise WrongUsage(
            f"“{label_of(item)}” protects a group of users, so it is never waived.",
            mend="Mend what fails for them, or leave them out of the phase.",
        )
    return checklist, item


def _check_alone(
    connection: Connection,
    feature: Feature,
    checklist: Checklist,
    item: MeasuredItem | AttestedItem,
    now: datetime,
) -> None:
    for one in waivers.of_feature(connection, feature.id):
        state = _state(one, checklist, now)
        if one.item_id == item.id and state in (ASKED, IN_FORCE):
            words = "asked for" if state == ASKED else "in force"
            raise WrongUsage(
                f"A waiver for “{label_of(item)}” is {words} already.", mend="Revoke that one first."
            )


def _check_days(until: date, now: datetime) -> None:
    today = now.astimezone(UTC).date()
    if until < today:
        raise WrongUsage(f"{until.isoformat()} is over.", mend="Choose a day to come.")
    if until > today + timedelta(days=MOST_DAYS):
        raise WrongUsage(
            f"A waiver holds for {MOST_DAYS} days at most.",
            mend=f"Choose a day up to {(today + timedelta(days=MOST_DAYS)).isoformat()}.",
        )
