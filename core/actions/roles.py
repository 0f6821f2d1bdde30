"""Who may do what, given and taken back: people are invited, get roles, lose them, and leave.

Nothing is deleted: a grant ends, a person is marked as removed, and both stay readable.
"""

import re
from datetime import datetime

from core.actions.people import Caller, Role
from core.actions.people_views import FOR_ALL
from core.actions.policy import Act, refuse, require
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import audit, features, people
from core.store.database import Connection
from core.store.features import Feature
from core.store.people import Person

_ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]\\]+@[^\s@<>\"',;:()\[\]\\]+")
_LONGEST_ADDRESS = 254
_LONGEST_NAME = 120
_LONGEST_REASON = 500


def invite_person(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str | None = None,
    *,
    email: str,
    name: str = "",
    role: Role | None = None,
) -> int:
    """Let somebody in who will sign in with ``email``; returns the person's id.

    They get ``role`` for the feature ``slug`` (None: for all features); for one feature there must be one.
    """
    require(workspace, caller, Act.MANAGE_PEOPLE, slug)
    email, name = _checked_address(email), _checked_name(name)
    if role is None and slug is not None:
        raise WrongUsage("Which role should they have?", mend="Choose a role for this feature.")
    _refuse_own_signer(workspace, caller, role, slug, by_email=email)
    with workspace.database.writing() as connection:
        people.lock_everybody(connection)
        _refuse_known(connection, email)
        person = people.add(
            connection, issuer=None, subject=None, name=name, email=email, added_by=caller.name, now=now
        )
        _note(connection, caller, now, "person invited", f"person/{person.id}", person, email=email)
        if role is not None:
            _grant(connection, caller, now, person, role, _feature(connection, slug))
    return person.id


def grant_role(
    workspace: Workspace, caller: Caller, now: datetime, slug: str | None, person_id: int, role: Role
) -> None:
    """Give a role for the feature ``slug`` (None: for all features); it holds from the next action on.

    Nobody makes themselves a signer.
    """
    require(workspace, caller, Act.MANAGE_PEOPLE, slug)
    _refuse_own_signer(workspace, caller, role, slug, person_id=person_id)
    with workspace.database.writing() as connection:
        people.lock_everybody(connection)
        person = people.by_id(connection, person_id)
        if not person.is_active:
            raise WrongUsage(f"{person.name} was removed.", mend="Let them in again first.")
        _grant(connection, caller, now, person, role, _feature(connection, slug))


def revoke_role(workspace: Workspace, caller: Caller, now: datetime, slug: str | None, grant_id: int) -> None:
    """End a grant for the feature ``slug`` (None: one for all features); the next action feels it.

    The last administrator keeps the role.
    """
    require(workspace, caller, Act.MANAGE_PEOPLE, slug)
    with workspace.database.writing() as connection:
        people.lock_everybody(connection)
        feature = _feature(connection, slug)
        grant = people.grant_by_id(connection, grant_id)
        if grant is None or grant.feature_id != (feature.id if feature else None):
            raise WrongUsage("There is no such role to take back.", mend="Choose one from the list.")
        person = people.by_id(connection, grant.person_id)
        if grant.revoked_at is not None:
            raise WrongUsage(
                f"{person.name} does not have this role any more.", mend="Look at the list again."
            )
        if grant.feature_id is None and grant.role == Role.ADMIN:
            _keep_an_admin(connection, person)
        before = _held(connection, person, feature)
        people.revoke(connection, grant_id, by=caller.name, now=now)
        _note_roles(connection, caller, now, "role taken back", person, Role(grant.role), feature, before)


def remove_person(
    workspace: Workspace, caller: Caller, now: datetime, person_id: int, *, reason: str
) -> None:
    """Let somebody do nothing any more. What they did and signed stays, and says that they left."""
    require(workspace, caller, Act.MANAGE_PEOPLE)
    reason = _checked_reason(reason)
    with workspace.database.writing() as connection:
        people.lock_everybody(connection)
        person = people.by_id(connection, person_id)
        if not person.is_active:
            raise WrongUsage(f"{person.name} was removed already.", mend="Look at the list again.")
        _keep_an_admin(connection, person)
        people.mark_removed(connection, person_id, now)
        _note(connection, caller, now, "person removed", f"person/{person_id}", person, reason=reason)


def let_in_again(workspace: Workspace, caller: Caller, now: datetime, person_id: int, *, reason: str) -> None:
    """Undo a removal; the roles that were not taken back hold again."""
    require(workspace, caller, Act.MANAGE_PEOPLE)
    reason = _checked_reason(reason)
    with workspace.database.writing() as connection:
        people.lock_everybody(connection)
        person = people.by_id(connection, person_id)
        if person.is_active:
            raise WrongUsage(f"{person.name} is not removed.", mend="Look at the list again.")
        others = [one.name for one in people.by_email(connection, person.email)]
        if person.subject is None and others:
            raise WrongUsage(
                f"{others[0]} has the address {person.email} by now.", mend="Give the roles to them."
            )
        people.mark_removed(connection, person_id, None)
        _note(connection, caller, now, "person let in again", f"person/{person_id}", person, reason=reason)


def _grant(
    connection: Connection, caller: Caller, now: datetime, person: Person, role: Role, feature: Feature | None
) -> None:
    before = _held(connection, person, feature)
    place = feature.name if feature else FOR_ALL
    if role.value in before:
        raise WrongUsage(f"{person.name} is {role} for {place} already.", mend="Nothing was changed.")
    people.grant(
        connection,
        person_id=person.id,
        feature_id=feature.id if feature else None,
        role=role.value,
        by=caller.name,
        by_id=caller.person_id,
        now=now,
    )
    _note_roles(connection, caller, now, "role given", person, role, feature, before)


def _keep_an_admin(connection: Connection, leaving: Person) -> None:
    """Refuse where nobody would be left to say who may do what, or only somebody who never came."""
    admins = people.held_for_all(connection, Role.ADMIN.value)
    if leaving.id not in {one.id for one in admins}:
        return
    left = [one for one in admins if one.id != leaving.id]
    if leaving.subject is not None:
        left = [one for one in left if one.subject is not None]
    if not left:
        raise WrongUsage(
            f"{leaving.name} is the last administrator, and without one nobody could give roles.",
            mend="Make somebody else who has signed in an administrator for all features first.",
            code="last_admin",
        )


def _refuse_own_signer(
    workspace: Workspace,
    caller: Caller,
    role: Role | None,
    slug: str | None,
    *,
    person_id: int | None = None,
    by_email: str = "",
) -> None:
    """Nobody makes themselves a signer: neither directly, nor another account of their own address, nor
    by inviting it."""
    if role is not Role.SIGNER or caller.person_id is None:
        return
    with workspace.database.reading() as connection:
        own = people.by_id(connection, caller.person_id).email
        email = by_email if person_id is None else people.by_id(connection, person_id).email
    if person_id != caller.person_id and (not own or own.lower() != email.lower()):
        return
    refuse(
        workspace,
        caller,
        Act.MANAGE_PEOPLE,
        slug,
        "Nobody can make themselves a signer.",
        mend="Another administrator has to give you this role.",
    )


def _refuse_known(connection: Connection, email: str) -> None:
    """An address that is in the list already is somebody: who, and what to do, is said."""
    active = people.by_email(connection, email)
    if active:
        raise WrongUsage(
            f"{active[0].name} has the address {email} and is in the list already.",
            mend="Give them the role there.",
            code="known_person",
        )
    removed = people.removed_by_email(connection, email)
    if removed:
        raise WrongUsage(
            f"{removed[0].name} has the address {email} and was removed.",
            mend="An administrator for all features can let them in again.",
            code="known_person",
        )


def _feature(connection: Connection, slug: str | None) -> Feature | None:
    return features.by_slug(connection, slug) if slug is not None else None


def _held(connection: Connection, person: Person, feature: Feature | None) -> list[str]:
    """The roles that the person holds at exactly this place."""
    place = feature.id if feature else None
    return sorted({one.role for one in people.grants_of(connection, person.id) if one.feature_id == place})


def _note_roles(
    connection: Connection,
    caller: Caller,
    now: datetime,
    action: str,
    person: Person,
    role: Role,
    feature: Feature | None,
    before: list[str],
) -> None:
    subject = f"feature/{feature.slug}" if feature else f"person/{person.id}"
    place = feature.name if feature else FOR_ALL
    after = _held(connection, person, feature)
    _note(
        connection, caller, now, action, subject, person, role=role.value, place=place, before=before,
        after=after, by_id=caller.person_id,
    )  # fmt: skip


def _note(
    connection: Connection,
    caller: Caller,
    now: datetime,
    action: str,
    subject: str,
    person: Person,
    **said: str | list[str] | int | None,
) -> None:
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=subject,
        payload={"person": person.name, "person_id": person.id, **said},
        now=now,
    )


def _checked_address(email: str) -> str:
    email = email.strip()
    if len(email) > _LONGEST_ADDRESS or not email.isprintable() or not _ADDRESS.fullmatch(email):
        raise WrongUsage(
            "This is not an e-mail address.", mend="Give the one they sign in with, such as ada@example.com."
        )
    return email


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise WrongUsage(
            f"A name has at most {_LONGEST_NAME} characters, all of which can be seen.",
            mend="Give the name by which colleagues know them, or leave it empty.",
        )
    return name


def _checked_reason(reason: str) -> str:
    reason = " ".join(reason.split())[:_LONGEST_REASON]
    if not reason:
        raise WrongUsage("This needs a reason.", mend="Say in one line why; it stays in the audit log.")
    return reason
