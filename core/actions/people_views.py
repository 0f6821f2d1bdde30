"""Who may do what, as it is shown: everybody with their roles, and the one who asks with theirs."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.people import Caller, Role
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.store import features, people
from core.store.features import Feature
from core.store.people import Person, RoleGrant

FOR_ALL = "all features"


@dataclass(frozen=True)
class GrantLine:
    """A role that somebody has, or had. ``slug`` and ``feature`` (its name) are None for all features."""

    id: int
    role: Role
    slug: str | None
    feature: str | None
    given_by: str
    given_at: datetime
    ended_by: str | None
    ended_at: datetime | None

    @property
    def place(self) -> str:
        """What it holds for, in words."""
        return self.feature or FOR_ALL


@dataclass(frozen=True)
class PersonLine:
    """Somebody with their roles: ``grants`` hold (of a removed person: would hold again), ``ended`` held.

    ``issuer`` is the sign-in service that vouches for them, None until they have signed in once.
    """

    id: int
    name: str
    email: str
    issuer: str | None
    added_by: str
    added_at: datetime
    last_seen_at: datetime | None
    removed_at: datetime | None
    grants: tuple[GrantLine, ...]
    ended: tuple[GrantLine, ...]

    @property
    def state(self) -> str:
        if self.removed_at is not None:
            return "removed"
        return "invited" if self.issuer is None else "active"


@dataclass(frozen=True)
class PeopleView:
    """Everybody, by name. ``features`` are (slug, name) of those that a role may be given for.

    For one feature (``slug``) only its own grants and those for all features are shown.
    """

    slug: str | None
    people: tuple[PersonLine, ...]
    features: tuple[tuple[str, str], ...]


Place = tuple[str, str] | None
"""A feature as (slug, name); None: all features."""
RolesAt = tuple[tuple[Place, tuple[Role, ...]], ...]


@dataclass(frozen=True)
class Myself:
    """Who asks, and which roles they hold where; ``manages``: where they may say who may do what."""

    name: str
    email: str
    is_signed_in: bool
    roles: RolesAt
    manages: tuple[Place, ...]


def view_myself(workspace: Workspace, caller: Caller) -> Myself:
    """Who asks and what they may do. Whoever signed in may ask that, also without any role."""
    if caller.person_id is None:
        require(workspace, caller, Act.SEE)
        mine = tuple(role for role in Role if role in caller.roles)
        anywhere: RolesAt = ((None, mine),)
        return Myself(caller.name, "", False, anywhere, _managed(anywhere))
    with workspace.database.reading() as connection:
        person = people.by_id(connection, caller.person_id)
        grants = people.grants_of(connection, person.id)
        known = {one.id: one for one in features.everything(connection)}
    places = sorted({grant.feature_id for grant in grants}, key=lambda one: _by_name(known, one))
    roles = tuple((_place(known, place), _roles_at(grants, place)) for place in places)
    return Myself(person.name, person.email, True, roles, _managed(roles))


@dataclass(frozen=True)
class SignerLine:
    """Somebody with the role signer; one who has not signed in yet cannot sign before they do."""

    id: int
    name: str
    email: str
    has_signed_in: bool


def view_people(workspace: Workspace, caller: Caller, slug: str | None = None) -> PeopleView:
    """Everybody with their roles: all of them (None), or those that count for one feature."""
    require(workspace, caller, Act.MANAGE_PEOPLE, slug)
    with workspace.database.reading() as connection:
        everybody = people.everybody(connection)
        grants = people.every_grant(connection)
        known = {one.id: one for one in features.everything(connection)}
    shown = {one.id for one in known.values() if slug in (None, one.slug)}
    of_person: dict[int, list[GrantLine]] = {}
    for grant in sorted(grants, key=lambda one: (_by_name(known, one.feature_id), -one.id)):
        if grant.feature_id is None or grant.feature_id in shown:
            of_person.setdefault(grant.person_id, []).append(_grant_line(known, grant))
    offered = sorted((known[one] for one in shown), key=lambda one: one.name.casefold())
    return PeopleView(
        slug,
        tuple(_person_line(one, of_person.get(one.id, [])) for one in everybody),
        tuple((one.slug, one.name) for one in offered),
    )


def signers_of(workspace: Workspace, caller: Caller, slug: str) -> tuple[SignerLine, ...]:
    """Whoever may sign for the feature or will once they have signed in, by name: whoever sees the feature
    may know whom to ask."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        now = people.holders(connection, feature.id, Role.SIGNER.value)
        given = {
            grant.person_id
            for grant in people.every_grant(connection)
            if grant.role == Role.SIGNER
            and grant.revoked_at is None
            and grant.feature_id in (None, feature.id)
        }
        everybody = people.everybody(connection)
    invited = {one.id for one in everybody if one.id in given and one.is_active and one.issuer is None}
    found = [
        SignerLine(one.id, one.name, one.email, one.id in now) for one in everybody if one.id in now | invited
    ]
    return tuple(sorted(found, key=lambda one: (not one.has_signed_in, one.name.casefold())))


def _person_line(person: Person, grants: list[GrantLine]) -> PersonLine:
    return PersonLine(
        person.id,
        person.name,
        person.email,
        person.issuer,
        person.added_by,
        person.added_at,
        person.last_seen_at,
        person.removed_at,
        tuple(one for one in grants if one.ended_at is None),
        tuple(one for one in grants if one.ended_at is not None),
    )


def _grant_line(known: dict[int, Feature], grant: RoleGrant) -> GrantLine:
    slug, name = _place(known, grant.feature_id) or (None, None)
    return GrantLine(
        grant.id,
        Role(grant.role),
        slug,
        name,
        grant.granted_by,
        grant.granted_at,
        grant.revoked_by,
        grant.revoked_at,
    )


def _managed(roles: RolesAt) -> tuple[Place, ...]:
    return tuple(place for place, held in roles if Role.ADMIN in held)


def _place(known: dict[int, Feature], feature_id: int | None) -> Place:
    return None if feature_id is None else (known[feature_id].slug, known[feature_id].name)


def _by_name(known: dict[int, Feature], feature_id: int | None) -> tuple[bool, str]:
    """Sorts places: all features first, then by name."""
    return (False, "") if feature_id is None else (True, known[feature_id].name.casefold())


def _roles_at(grants: list[RoleGrant], place: int | None) -> tuple[Role, ...]:
    held = {one.role for one in grants if one.feature_id == place}
    return tuple(role for role in Role if role.value in held)
