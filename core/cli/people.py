"""The sub-commands `people`, `grant` and `revoke`: who may do what, for the operator of the server.

They act without a sign-in, and the audit log says so; they are a way to the first administrator.
"""

import argparse
from argparse import Namespace
from datetime import datetime
from typing import Any

from core.actions.people import Role
from core.actions.people_views import FOR_ALL, PeopleView, PersonLine, view_people
from core.actions.roles import grant_role, invite_person, revoke_role
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.errors import WrongUsage


def add_options(command: argparse.ArgumentParser) -> None:
    """What `grant` and `revoke` are told."""
    command.add_argument("email", metavar="EMAIL", help="the address with which they sign in, or their name")
    command.add_argument("role", metavar="ROLE", choices=[role.value for role in Role], help=", ".join(Role))
    command.add_argument("--feature", metavar="SLUG", help="only for this feature (default: for all of them)")


def show_people(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    view = view_people(workspace, caller())
    if arguments.json:
        tell_json([_as_json(one) for one in view.people])
    elif not view.people:
        print("Nobody is in the list yet. `readygate grant EMAIL admin` makes the first administrator.")
    for one in [] if arguments.json else view.people:
        roles = ", ".join(f"{grant.role} for {grant.place}" for grant in one.grants) or "no role"
        print(f"{one.name:<28} {one.email:<32} {one.state:<8} {roles}")
    return 0


def give_role(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    """Whoever is found gets the role; an unknown address is invited."""
    role, slug = Role(arguments.role), arguments.feature
    found = _found(view_people(workspace, caller(), slug), arguments.email)
    if found is None:
        person_id = invite_person(workspace, caller(), now, slug, email=arguments.email, role=role)
    else:
        person_id = found.id
        grant_role(workspace, caller(), now, slug, person_id, role)
    return _tell(workspace, arguments, person_id)


def take_role(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    slug = arguments.feature
    found = _found(view_people(workspace, caller(), slug), arguments.email)
    if found is None:
        raise WrongUsage(f"Nobody has the address {arguments.email}.", mend="`readygate people` lists them.")
    held = [one for one in found.grants if one.role == arguments.role and one.slug == slug]
    if not held:
        place = f"the feature {slug}" if slug else FOR_ALL
        raise WrongUsage(
            f"{found.name} is not {arguments.role} for {place}.", mend="`readygate people` lists the roles."
        )
    revoke_role(workspace, caller(), now, slug, held[0].id)
    return _tell(workspace, arguments, found.id)


def _found(view: PeopleView, who: str) -> PersonLine | None:
    """The one person, not removed, with that address or exactly that name."""
    here = [one for one in view.people if one.state != "removed"]
    found = [one for one in here if one.email.casefold() == who.casefold()]
    found = found or [one for one in here if one.name == who]
    if len(found) > 1:
        names = ", ".join(f"“{one.name}”" for one in found)
        raise WrongUsage(
            f"{len(found):,} people have the address {who}: {names}.", mend="Give the name instead."
        )
    return found[0] if found else None


def _tell(workspace: Workspace, arguments: Namespace, person_id: int) -> int:
    one = next(one for one in view_people(workspace, caller()).people if one.id == person_id)
    if arguments.json:
        tell_json(_as_json(one))
    else:
        roles = ", ".join(f"{grant.role} for {grant.place}" for grant in one.grants) or "no role"
        through = f"signs in through {one.issuer}" if one.issuer else "has not signed in yet"
        print(f"{one.name} ({through}): {roles}.")
    return 0


def _as_json(one: PersonLine) -> dict[str, Any]:
    return {
        "name": one.name,
        "email": one.email,
        "state": one.state,
        "issuer": one.issuer,
        "last_seen_at": one.last_seen_at.isoformat() if one.last_seen_at else None,
        "roles": [{"role": grant.role.value, "feature": grant.slug} for grant in one.grants],
    }
