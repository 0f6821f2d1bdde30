"""People and the roles they hold: rows are only added, or marked as ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from core.errors import WrongUsage
from core.store.tables import feature, person, role_grant

# Any number will do, as long as every Readygate takes the same one, and no other lock has it.
_EVERYBODY_LOCK = 7_232_301_003


@dataclass(frozen=True)
class Person:
    """Who signs in. The identity is ``issuer`` and ``subject``; both are None until the first sign-in
    of somebody who was invited by ``email``. ``name`` is unique, so that it can stand in a record.
    """

    id: int
    issuer: str | None
    subject: str | None
    name: str
    email: str
    added_by: str
    added_at: datetime
    last_seen_at: datetime | None
    removed_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.removed_at is None


@dataclass(frozen=True)
class RoleGrant:
    """``feature_id`` None: the role holds for every feature."""

    id: int
    person_id: int
    feature_id: int | None
    role: str
    granted_by: str
    granted_by_id: int | None
    granted_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


def add(
    connection: Connection,
    *,
    issuer: str | None,
    subject: str | None,
    name: str,
    email: str,
    added_by: str,
    now: datetime,
) -> Person:
    """A new person; a name that somebody has already gets the address, or a number, behind it."""
    row = {
        "issuer": issuer,
        "subject": subject,
        "name": _free_name(connection, name, email),
        "email": email,
        "added_by": added_by,
        "added_at": now,
    }
    return Person(**connection.execute(insert(person).values(row).returning(*person.c)).one()._asdict())


def by_id(connection: Connection, person_id: int) -> Person:
    """Raises WrongUsage where there is no such person."""
    found = _one(connection, select(person).where(person.c.id == person_id))
    if found is None:
        raise WrongUsage("There is no such person.", mend="Choose somebody from the list.")
    return found


def by_identity(connection: Connection, issuer: str, subject: str) -> Person | None:
    return _one(connection, select(person).where(person.c.issuer == issuer, person.c.subject == subject))


def invited(connection: Connection, email: str) -> Person | None:
    """Somebody who was invited by this address and has never signed in."""
    same = func.lower(person.c.email) == email.lower()
    waiting = select(person).where(same, person.c.subject.is_(None), person.c.removed_at.is_(None))
    return _one(connection, waiting.order_by(person.c.id).limit(1))


def by_email(connection: Connection, email: str) -> list[Person]:
    """Everybody active with this address, the oldest first."""
    same = select(person).where(func.lower(person.c.email) == email.lower(), person.c.removed_at.is_(None))
    return [Person(**row._asdict()) for row in connection.execute(same.order_by(person.c.id))]


def removed_by_email(connection: Connection, email: str) -> list[Person]:
    """Everybody with this address who was removed, the newest first."""
    same = select(person).where(func.lower(person.c.email) == email.lower(), person.c.removed_at.is_not(None))
    return [Person(**row._asdict()) for row in connection.execute(same.order_by(person.c.id.desc()))]


def lock_everybody(connection: Connection) -> None:
    """Until the transaction ends, nobody else adds people or changes who may do what: what is read next
    stays true, also while there is nobody yet.

    On SQLite every writing transaction is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_EVERYBODY_LOCK)))


def everybody(connection: Connection) -> list[Person]:
    """All people, also removed ones, by name."""
    rows = connection.execute(select(person).order_by(func.lower(person.c.name)))
    return [Person(**row._asdict()) for row in rows]


def bind(connection: Connection, person_id: int, issuer: str, subject: str, name: str = "") -> None:
    """The first sign-in of somebody who was invited; they get ``name`` if they had only an address so far."""
    values = {"issuer": issuer, "subject": subject}
    invited_as = by_id(connection, person_id)
    if name and invited_as.name == invited_as.email:
        values["name"] = _free_name(connection, name, invited_as.email)
    connection.execute(update(person).where(person.c.id == person_id).values(values))


def seen(connection: Connection, person_id: int, now: datetime) -> None:
    connection.execute(update(person).where(person.c.id == person_id).values(last_seen_at=now))


def change_email(connection: Connection, person_id: int, email: str) -> None:
    """Their sign-in service vouches for another address now."""
    connection.execute(update(person).where(person.c.id == person_id).values(email=email))


def mark_removed(connection: Connection, person_id: int, removed_at: datetime | None) -> None:
    """``None`` lets a removed person in again, with the roles that were not revoked."""
    connection.execute(update(person).where(person.c.id == person_id).values(removed_at=removed_at))


def grant(
    connection: Connection,
    *,
    person_id: int,
    feature_id: int | None,
    role: str,
    by: str,
    by_id: int | None,
    now: datetime,
) -> RoleGrant:
    row = {
        "person_id": person_id,
        "feature_id": feature_id,
        "role": role,
        "granted_by": by,
        "granted_by_id": by_id,
        "granted_at": now,
    }
    added = connection.execute(insert(role_grant).values(row).returning(*role_grant.c))
    return RoleGrant(**added.one()._asdict())


def grant_by_id(connection: Connection, grant_id: int) -> RoleGrant | None:
    row = connection.execute(select(role_grant).where(role_grant.c.id == grant_id)).one_or_none()
    return None if row is None else RoleGrant(**row._asdict())


def held_for_all(connection: Connection, role: str) -> list[Person]:
    """Every active person who holds ``role`` for all features, by id."""
    holds = select(role_grant.c.person_id).where(
        role_grant.c.role == role, role_grant.c.feature_id.is_(None), role_grant.c.revoked_at.is_(None)
    )
    query = select(person).where(person.c.id.in_(holds), person.c.removed_at.is_(None)).order_by(person.c.id)
    return [Person(**row._asdict()) for row in connection.execute(query)]


def revoke(connection: Connection, grant_id: int, *, by: str, now: datetime) -> None:
    ended = {"revoked_by": by, "revoked_at": now}
    held = update(role_grant).where(role_grant.c.id == grant_id, role_grant.c.revoked_at.is_(None))
    connection.execute(held.values(ended))


def grants_of(connection: Connection, person_id: int) -> list[RoleGrant]:
    """The grants that hold for an active person, the oldest first; none of one who was removed."""
    held = (
        select(role_grant)
        .join(person, person.c.id == role_grant.c.person_id)
        .where(
            role_grant.c.person_id == person_id,
            role_grant.c.revoked_at.is_(None),
            person.c.removed_at.is_(None),
        )
        .order_by(role_grant.c.id)
    )
    return [RoleGrant(**row._asdict()) for row in connection.execute(held)]


def roles_held(connection: Connection, person_id: int) -> list[tuple[str, str | None]]:
    """(role, slug of its feature, or None for all features) of an active person; of another one nothing."""
    held = (
        select(role_grant.c.role, feature.c.slug)
        .join(person, person.c.id == role_grant.c.person_id)
        .join(feature, feature.c.id == role_grant.c.feature_id, isouter=True)
        .where(
            role_grant.c.person_id == person_id,
            role_grant.c.revoked_at.is_(None),
            person.c.removed_at.is_(None),
        )
    )
    return [(row.role, row.slug) for row in connection.execute(held)]


def anybody_signs_in(connection: Connection) -> bool:
    """Whether anybody has ever signed in here; where nobody has, nothing can be signed."""
    return connection.scalar(select(person.c.id).where(person.c.subject.is_not(None)).limit(1)) is not None


def holders(connection: Connection, feature_id: int, role: str) -> frozenset[int]:
    """The ids of the active people who hold ``role`` for the feature, given by somebody else: an account
    with the same address is nobody else."""
    giver = person.alias()
    same = (giver.c.id == person.c.id) | (
        (person.c.email != "") & (func.lower(giver.c.email) == func.lower(person.c.email))
    )
    held = (
        select(role_grant.c.person_id)
        .join(person, person.c.id == role_grant.c.person_id)
        .join(giver, (giver.c.id == role_grant.c.granted_by_id) & same, isouter=True)
        .where(
            role_grant.c.role == role,
            role_grant.c.revoked_at.is_(None),
            person.c.removed_at.is_(None),
            person.c.subject.is_not(None),
            role_grant.c.feature_id.is_(None) | (role_grant.c.feature_id == feature_id),
            giver.c.id.is_(None),
        )
    )
    return frozenset(connection.scalars(held))


def emails(connection: Connection) -> dict[int, str]:
    """The address of everybody there ever was, by id."""
    rows = connection.execute(select(person.c.id, person.c.email))
    return {row.id: row.email for row in rows}


def every_grant(connection: Connection) -> list[RoleGrant]:
    """Every grant there ever was, the newest first."""
    rows = connection.execute(select(role_grant).order_by(role_grant.c.id.desc()))
    return [RoleGrant(**row._asdict()) for row in rows]


def _one(connection: Connection, query: Select[Any]) -> Person | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else Person(**row._asdict())


_RESERVED = frozenset({"local user", "readygate", "readygate demo", "command line"})
"""Names under which the program itself, or somebody without a sign-in, writes into the records."""

_RESERVED_START = "command line ("
"""How the names of accounts begin under which commands are run."""


def _free_name(connection: Connection, name: str, email: str) -> str:
    taken = {row.casefold() for row in connection.scalars(select(person.c.name))} | _RESERVED
    wanted = " ".join(name.split()) or email
    if wanted.casefold().startswith(_RESERVED_START):
        wanted = f"“{wanted}”"
    behind = email or "address not proven"
    choices = [wanted, f"{wanted} ({behind})"]
    choices += [f"{wanted} ({behind}, {n})" for n in range(2, len(taken) + 3)]
    return next(choice for choice in choices if choice.casefold() not in taken)
