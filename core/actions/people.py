"""Who acts: a person with roles. Without sign-in there is one local person, identity not verified."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    REVIEWER = "reviewer"
    PM = "pm"
    SIGNER = "signer"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Caller:
    """Who asks for an action.

    Whoever signed in has a ``person_id``; their roles are read from the database at every action, and
    ``roles`` says nothing about them. Everybody else has ``roles``, for every feature.
    ``verified`` is true only where a sign-in proved the name. ``signed_in_at`` is when that was, in
    seconds since 1970; 0 where nobody knows.
    """

    name: str
    roles: frozenset[Role] = frozenset()
    verified: bool = False
    person_id: int | None = None
    signed_in_at: float = 0.0


LOCAL_CALLER = Caller("local user", frozenset(Role))
"""Single-user mode: everything is allowed, nothing is ever "approved"."""

COMMAND_LINE = "command line"
"""How the name of whoever runs a command begins; no person who signs in may be called so."""

ITSELF = "Readygate"
"""The name in the log where the program acts and nobody asked it to: what was kept long enough goes."""


def command_caller(account: str) -> Caller:
    """Whoever runs a command on the server, as this account of its operating system: the local user by
    another name, whom nobody vouches for either."""
    return Caller(f"{COMMAND_LINE} ({account})", LOCAL_CALLER.roles)
