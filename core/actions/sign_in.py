"""Who signed in: a person known by issuer and subject, bound to an invitation, or new and without roles."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.actions.people import Caller, Role
from core.actions.workspace import Workspace
from core.errors import NotAllowed
from core.store import audit, people
from core.store.database import Connection
from core.store.logged_people import identity_of
from core.store.people import Person

_SEEN_AGAIN = timedelta(minutes=15)
_LONGEST_NAME = 120
_LONGEST_ADDRESS = 254
_PROGRAM = "readygate"


@dataclass(frozen=True)
class _Claims:
    """What the sign-in service says. ``email`` is empty where it does not vouch for the address, which then
    is ``unproven``."""

    issuer: str
    subject: str
    name: str
    email: str
    unproven: str


def signed_in(
    workspace: Workspace,
    now: datetime,
    *,
    issuer: str,
    subject: str,
    name: str,
    email: str,
    email_verified: bool,
    signed_in_at: float,
    admins: Collection[str] = (),
    session_hours: float = 12.0,
) -> Caller:
    """The person behind a sign-in, asked anew at every run; raises NotAllowed for whoever was removed.

    ``signed_in_at`` is in seconds since 1970, 0 where nobody knows. An address counts only where the service
    vouches for it: then an invitation to it holds, and whoever is among ``admins`` (addresses in small
    letters) is an administrator, unless that was taken back. Each sign-in is noted once in the audit log.
    """
    address = email.strip()[:_LONGEST_ADDRESS]
    shown = _clean(name) or _clean(address) or _clean(subject)
    claims = _Claims(
        issuer, subject, shown, address if email_verified else "", "" if email_verified else address
    )
    began = (
        datetime.fromtimestamp(signed_in_at, UTC)
        if signed_in_at > 0
        else now - timedelta(hours=session_hours)
    )
    with workspace.database.reading() as connection:
        person = people.by_identity(connection, issuer, subject)
    seen = person.last_seen_at if person is not None else None
    if person is None or seen is None or seen < max(began, now - _SEEN_AGAIN) or _moved(person, claims):
        person = _welcome(workspace, now, claims, began)
    if not person.is_active:
        raise NotAllowed(
            f"{person.name} was removed from Readygate.",
            mend="If you should still have access, ask an administrator.",
            code="removed",
        )
    if claims.email.lower() in {*admins} - {""}:
        _make_first_admin(workspace, now, person)
    return Caller(person.name, verified=True, person_id=person.id, signed_in_at=signed_in_at)


def signed_out(workspace: Workspace, caller: Caller, now: datetime) -> None:
    """Note that somebody signed out."""
    if caller.person_id is None:
        return
    with workspace.database.writing() as connection:
        person = people.by_id(connection, caller.person_id)
        _note(connection, now, "signed out", person)


def who_gives_roles(workspace: Workspace) -> list[str]:
    """The names of the administrators for all features: whom to ask for a role."""
    with workspace.database.reading() as connection:
        return [one.name for one in people.held_for_all(connection, Role.ADMIN.value)]


def _clean(name: str) -> str:
    """A name that stands in records shows all it is made of: no hidden characters."""
    visible = "".join(character for character in name if character.isprintable() or character.isspace())
    return " ".join(visible.split())[:_LONGEST_NAME]


def _moved(person: Person, claims: _Claims) -> bool:
    """Whether the service vouches for another address than before."""
    return person.is_active and bool(claims.email) and claims.email != person.email


def _welcome(workspace: Workspace, now: datetime, claims: _Claims, began: datetime) -> Person:
    """Find, bind or add the person; say in the log that they came, if this sign-in is not there yet."""
    with workspace.database.writing() as connection:
        people.lock_everybody(connection)
        person = people.by_identity(connection, claims.issuer, claims.subject)
        person = person or _bound(connection, now, claims)
        new = {}
        if person is None:
            person = _added(connection, now, claims)
            new = {"identity": identity_of(claims.issuer, claims.subject), "email": person.email}
        is_noted = person.last_seen_at is not None and person.last_seen_at >= began
        if _moved(person, claims):
            people.change_email(connection, person.id, claims.email)
            _note(connection, now, "address changed", person, before=person.email, after=claims.email)
        # A service whose clock is ahead must not have its sign-in noted again and again until ours is there.
        people.seen(connection, person.id, max(now, began))
        if not is_noted:
            _note(connection, now, "signed in" if person.is_active else "sign-in refused", person, **new)
        return people.by_id(connection, person.id)


def _bound(connection: Connection, now: datetime, claims: _Claims) -> Person | None:
    """Whoever was invited by the address that the service vouches for, and comes for the first time."""
    person = people.invited(connection, claims.email) if claims.email else None
    if person is None:
        return None
    people.bind(connection, person.id, claims.issuer, claims.subject, claims.name)
    person = people.by_id(connection, person.id)
    identity = identity_of(claims.issuer, claims.subject)
    _note(connection, now, "invitation taken up", person, issuer=claims.issuer, identity=identity)
    return person


def _added(connection: Connection, now: datetime, claims: _Claims) -> Person:
    person = people.add(
        connection,
        issuer=claims.issuer,
        subject=claims.subject,
        name=claims.name,
        email=claims.email,
        added_by=_PROGRAM,
        now=now,
    )
    if claims.unproven and people.invited(connection, claims.unproven):
        _note(connection, now, "invitation not used", person, email=claims.unproven)
    return person


def _make_first_admin(workspace: Workspace, now: datetime, person: Person) -> None:
    """What the settings say holds once: a role that was taken back by people stays taken back."""
    with workspace.database.reading() as connection:
        if _was_admin(connection, person):
            return
    with workspace.database.writing() as connection:
        people.lock_everybody(connection)
        if _was_admin(connection, person):
            return
        before = sorted(
            {one.role for one in people.grants_of(connection, person.id) if one.feature_id is None}
        )
        people.grant(
            connection,
            person_id=person.id,
            feature_id=None,
            role=Role.ADMIN.value,
            by=_PROGRAM,
            by_id=None,
            now=now,
        )
        audit.append(
            connection,
            actor=_PROGRAM,
            action="role given",
            subject=f"person/{person.id}",
            payload={
                "person": person.name,
                "person_id": person.id,
                "role": Role.ADMIN.value,
                "place": "all features",
                "before": before,
                "after": sorted([*before, Role.ADMIN.value]),
                "by_id": None,
            },
            now=now,
        )


def _was_admin(connection: Connection, person: Person) -> bool:
    """Whether the person holds, or ever held, the role of an administrator for all features."""
    return any(
        grant.person_id == person.id and grant.feature_id is None and grant.role == Role.ADMIN
        for grant in people.every_grant(connection)
    )


def _note(connection: Connection, now: datetime, action: str, person: Person, **said: str) -> None:
    audit.append(
        connection,
        actor=person.name,
        action=action,
        subject=f"person/{person.id}",
        payload={"person": person.name, "person_id": person.id, **said},
        now=now,
    )
