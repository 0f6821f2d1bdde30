"""Who may do what: one table, and everything that is not in it is refused."""

from datetime import UTC, datetime
from enum import StrEnum

from core.actions.people import Caller, Role
from core.actions.workspace import Workspace
from core.errors import NotAllowed, UnknownFeature
from core.store import audit, features, people, uploads


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
    READ_TEXTS = "read what people asked and were answered"
    REVEAL = "reveal personal data"
    SIGN = "sign or refuse"
    ASK_WAIVER = "ask for a waiver"
    DECIDE_WAIVER = "approve or refuse a waiver"
    REVOKE_WAIVER = "revoke a waiver"
    ASK_ERASURE = "ask for the erasure of a person"
    ERASE = "erase a person"
    MANAGE_PEOPLE = "say who may do what"


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
    Act.READ_TEXTS: _PM | {Role.REVIEWER, Role.SIGNER, Role.AUDITOR},
    Act.REVEAL: _PM | {Role.REVIEWER, Role.AUDITOR},
    Act.SIGN: frozenset({Role.SIGNER}),
    Act.ASK_WAIVER: _PM,
    Act.DECIDE_WAIVER: frozenset({Role.SIGNER}),
    Act.REVOKE_WAIVER: _PM | {Role.SIGNER},
    Act.ASK_ERASURE: _PM,
    Act.ERASE: frozenset({Role.ADMIN}),
    Act.MANAGE_PEOPLE: frozenset({Role.ADMIN}),
}


def roles_of(workspace: Workspace, caller: Caller, slug: str | None = None) -> frozenset[Role]:
    """The roles that hold for the feature ``slug``, or (None) for all features, as of this very moment."""
    if caller.person_id is None:
        return caller.roles
    with workspace.database.reading() as connection:
        feature_id = features.id_of(connection, slug) if slug is not None else None
        grants = people.grants_of(connection, caller.person_id)
    return frozenset(
        Role(one.role) for one in grants if one.feature_id is None or one.feature_id == feature_id
    )


def has_any_role(workspace: Workspace, caller: Caller) -> bool:
    """Whether the caller holds a role at all, for whatever feature."""
    if caller.person_id is None:
        return bool(caller.roles)
    with workspace.database.reading() as connection:
        return bool(people.grants_of(connection, caller.person_id))


def visible_to(workspace: Workspace, caller: Caller) -> frozenset[int] | None:
    """The ids of the features in which the caller holds a role; None: in all of them."""
    if caller.person_id is None:
        return None
    with workspace.database.reading() as connection:
        grants = people.grants_of(connection, caller.person_id)
    if any(one.feature_id is None for one in grants):
        return None
    return frozenset(one.feature_id for one in grants if one.feature_id is not None)


def may(workspace: Workspace, caller: Caller, act: Act, slug: str | None = None) -> bool:
    """Whether ``caller`` may do ``act`` to the feature ``slug``; None: to no feature in particular.

    What belongs to no feature takes a role that holds for all of them, except to look: any role will do.
    """
    if act is Act.SEE and slug is None:
        return has_any_role(workspace, caller)
    return bool(roles_of(workspace, caller, slug) & ALLOWED.get(act, frozenset()))


def require(workspace: Workspace, caller: Caller, act: Act, slug: str | None = None) -> None:
    """Refuse with :class:`NotAllowed` unless one of the caller's roles covers ``act``.

    For whoever has no role in a feature it does not exist: :class:`UnknownFeature`, as for a wrong name.
    What a signed-in person was refused is noted in the audit log.
    """
    if may(workspace, caller, act, slug):
        return
    if slug is not None and not roles_of(workspace, caller, slug) and has_any_role(workspace, caller):
        raise UnknownFeature(slug)
    needed = " or ".join(sorted(ALLOWED.get(act, frozenset())))
    if caller.person_id is not None and act is not Act.SEE:
        _note_refusal(workspace, caller, act, slug)
    raise NotAllowed(
        f"{caller.name} may not {act}.", mend=f"That takes the role {needed}; ask an administrator."
    )


def require_for_upload(workspace: Workspace, caller: Caller, act: Act, upload_id: str) -> str:
    """The slug of the upload's feature, for whoever may do ``act`` there.

    Whoever has no role in that feature hears what a wrong id hears.
    """
    with workspace.database.reading() as connection:
        slug = features.by_id(connection, uploads.by_id(connection, upload_id).feature_id).slug
    try:
        require(workspace, caller, act, slug)
    except UnknownFeature:
        raise uploads.unknown() from None
    return slug


def _note_refusal(workspace: Workspace, caller: Caller, act: Act, slug: str | None) -> None:
    with workspace.database.writing() as connection:
        audit.append(
            connection,
            actor=caller.name,
            action="refused",
            subject=f"feature/{slug}" if slug is not None else "readygate",
            payload={"act": act.value},
            # No reading depends on it: the moment of a refusal is only ever told.
            now=datetime.now(UTC),
        )
