"""Who may do what: one table, and everything that is not in it is refused."""

from enum import StrEnum

from core.actions.people import Caller, Role
from core.errors import NotAllowed


class Act(StrEnum):
    """The things that people do, in the words of the refusal."""

    SEE = "see this feature"
    CREATE_FEATURE = "create a feature"
    EDIT_SCOPE = "edit the scope"
    EDIT_CHECKLIST = "edit the checklist"
    LOCK_CHECKLIST = "lock the checklist"
    EDIT_PLAN = "edit the phase plan"
    ATTEST = "answer for an item"
    IMPORT = "upload evidence"
    WITHDRAW_UPLOAD = "withdraw an upload"
    SET_RETENTION = "set how long texts are kept"
    RECORD_COUNTS = "record weekly counts"
    START_PHASE = "start or advance a phase"
    RESUME_ROLLOUT = "resume the rollout"
    STOP_ROLLOUT = "pause or roll back the rollout"
    SEE_AUDIT = "see, verify and export the whole audit log"


_EVERYONE = frozenset(Role)
_PM = frozenset({Role.PM})

ALLOWED: dict[Act, frozenset[Role]] = {
    Act.SEE: _EVERYONE,
    Act.CREATE_FEATURE: _PM | {Role.ADMIN},
    Act.EDIT_SCOPE: _PM,
    Act.EDIT_CHECKLIST: _PM,
    Act.LOCK_CHECKLIST: _PM,
    Act.EDIT_PLAN: _PM,
    Act.ATTEST: _PM | {Role.REVIEWER},
    Act.IMPORT: _PM,
    Act.WITHDRAW_UPLOAD: _PM,
    Act.SET_RETENTION: frozenset({Role.ADMIN}),
    Act.RECORD_COUNTS: _PM,
    Act.START_PHASE: _PM,
    Act.RESUME_ROLLOUT: _PM,
    Act.STOP_ROLLOUT: _EVERYONE - {Role.VIEWER, Role.AUDITOR},
    Act.SEE_AUDIT: frozenset({Role.SIGNER, Role.ADMIN, Role.AUDITOR}),
}


def may(caller: Caller, act: Act) -> bool:
    return bool(caller.roles & ALLOWED.get(act, frozenset()))


def require(caller: Caller, act: Act) -> None:
    """Refuse with :class:`NotAllowed` unless one of the caller's roles covers ``act``."""
    if not may(caller, act):
        needed = " or ".join(sorted(ALLOWED.get(act, frozenset())))
        raise NotAllowed(
            f"{caller.name} may not {act}.", mend=f"That takes the role {needed}; ask an administrator."
        )
