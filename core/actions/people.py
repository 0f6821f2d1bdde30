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
    """Who asks for an action. ``verified`` is true only where a sign-in proved the name."""

    name: str
    roles: frozenset[Role]
    verified: bool = False


LOCAL_CALLER = Caller("local user", frozenset(Role))
"""Single-user mode: everything is allowed, nothing is ever "approved"."""
