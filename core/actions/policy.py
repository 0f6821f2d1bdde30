"""Who may do what: one table, and everything that is not in it is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

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
    SET_RETENTION = "set how long texts, numbers, eval cases and the log are kept"
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
    OVERRIDE = "overrule the verdict"
    END_OVERRIDE = "end an overruling"
    REVIEW = "review traces"
    NAME_FAILURES = "say what kinds of failures there are"
    EDIT_CASES = "edit the eval set"
    LOCK_SUITE = "lock an eval set"
    ASK_ERASURE = "ask for the erasure of a person"
    ERASE = "erase a person"
    MANAGE_PEOPLE = "say who may do what"
    HOLD = "place or lift a legal hold"
    NOTIFY = "say which systems Readygate tells"
    BACK_UP = "make a backup"
    EDIT_BUNDLE = "edit the release bundle"
    PUT_LIVE = "say which release is live"
    REHEARSE = "record a rehearsal"
    RED_TEAM = "record a red-team finding"
    ASK = "ask before signing"
    ANSWER = "answer a question before signing"
    MEET_CONDITION = "say that a condition of the GO is met"
    FOLLOW_UP = "say whether a step was right"


_Asked = ParamSpec("_Asked")
_T = TypeVar("_T")

_LONGEST_NOTED = 64
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
    Act.OVERRIDE: frozenset({Role.SIGNER}),
    Act.END_OVERRIDE: _PM | {Role.SIGNER},
    Act.REVIEW: _PM | {Role.REVIEWER},
    Act.NAME_FAILURES: _PM | {Role.REVIEWER},
    Act.EDIT_CASES: _PM | {Role.REVIEWER},
    Act.LOCK_SUITE: _PM,
    Act.ASK_ERASURE: _PM,
    Act.ERASE: frozenset({Role.ADMIN}),
    Act.MANAGE_PEOPLE: frozenset({Role.ADMIN}),
    Act.HOLD: frozenset({Role.ADMIN}),
    Act.NOTIFY: frozenset({Role.ADMIN}),
    Act.BACK_UP: frozenset({Role.ADMIN}),
    Act.EDIT_BUNDLE: _PM,
    Act.PUT_LIVE: _PM,
    Act.REHEARSE: _PM | {Role.REVIEWER, Role.ADMIN},
    Act.RED_TEAM: _PM | {Role.REVIEWER},
    Act.ASK: _EVERYONE - {Role.VIEWER, Role.AUDITOR},
    Act.ANSWER: _PM,
    Act.MEET_CONDITION: _PM | {Role.SIGNER},
    Act.FOLLOW_UP: _PM | {Role.SIGNER},
}


def roles_of(workspace: Workspace, caller: Caller, slug: str | None = None) -> frozenset[Role]:
    """The roles that hold for the feature ``slug``, or (None) for all features, as of this very moment."""
    return _held(workspace, caller, slug)[0]


def has_any_role(workspace: Workspace, caller: Caller) -> bool:
    """Whether the caller holds a role at all, for whatever feature."""
    return _held(workspace, caller, None)[1]


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
    here, has_any = _held(workspace, caller, slug)
    return _covers(act, slug, here, has_any)


def require(workspace: Workspace, caller: Caller, act: Act, slug: str | None = None) -> None:
    """Refuse with :class:`NotAllowed` unless one of the caller's roles covers ``act``.

    For whoever has no role in a feature it does not exist: :class:`UnknownFeature`, as for a wrong name.
    What a signed-in person was refused is noted in the audit log, in both cases alike.
    """
    here, has_any = _held(workspace, caller, slug)
    if _covers(act, slug, here, has_any):
        return
    if slug is not None and not here:
        # It is no feature of theirs, so that the refusal is none of its own history either.
        _note_refusal(workspace, caller, act, None, slug[:_LONGEST_NOTED])
        if has_any:
            raise UnknownFeature(slug)
        raise _not_allowed(caller, act)
    _note_refusal(workspace, caller, act, slug)
    raise _not_allowed(caller, act)


def refuse(
    workspace: Workspace, caller: Caller, act: Act, slug: str | None, sentence: str, *, mend: str
) -> NoReturn:
    """Raise :class:`NotAllowed` for a reason beyond the roles; a signed-in person's try is noted."""
    _note_refusal(workspace, caller, act, slug)
    raise NotAllowed(sentence, mend=mend)


def noting_refusals(act: Act) -> Callable[[Callable[_Asked, _T]], Callable[_Asked, _T]]:
    """An action (workspace, caller, now, slug, …) whose refusals beyond the roles are noted as those are:
    whoever tries to approve their own work leaves a trace."""

    def noting(action: Callable[_Asked, _T]) -> Callable[_Asked, _T]:
        @wraps(action)
        def noted(*args: _Asked.args, **kwargs: _Asked.kwargs) -> _T:
            try:
                return action(*args, **kwargs)
            except NotAllowed as error:
                if error.code != NotAllowed.code:
                    workspace, caller, _, slug = args[:4]
                    _note_refusal(workspace, caller, act, slug)  # type: ignore[arg-type]
                raise

        return noted

    return noting


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


def _held(workspace: Workspace, caller: Caller, slug: str | None) -> tuple[frozenset[Role], bool]:
    """(roles that hold for ``slug`` or, with None, for all features; whether there is any role at all)."""
    if caller.person_id is None:
        return caller.roles, bool(caller.roles)
    with workspace.database.reading() as connection:
        held = people.roles_held(connection, caller.person_id)
    return frozenset(Role(role) for role, place in held if place in (None, slug)), bool(held)


def _covers(act: Act, slug: str | None, here: frozenset[Role], has_any: bool) -> bool:
    if act is Act.SEE and slug is None:
        return has_any
    return bool(here & ALLOWED.get(act, frozenset()))


def _not_allowed(caller: Caller, act: Act) -> NotAllowed:
    needed = " or ".join(sorted(ALLOWED.get(act, frozenset())))
    return NotAllowed(
        f"{caller.name} may not {act}.", mend=f"That takes the role {needed}; ask an administrator."
    )


def _note_refusal(
    workspace: Workspace, caller: Caller, act: Act, slug: str | None, asked_for: str | None = None
) -> None:
    """``asked_for`` is the name of a feature that the caller knows nothing of: it is no subject of theirs.

    Whoever only looked, and whoever nobody vouches for, leaves no note.
    """
    if caller.person_id is None or act is Act.SEE:
        return
    with workspace.database.writing() as connection:
        audit.append(
            connection,
            actor=caller.name,
            action="refused",
            subject=f"feature/{slug}" if slug is not None else "readygate",
            payload={"act": act.value, **({"asked_for": asked_for} if asked_for is not None else {})},
            # No reading depends on it: the moment of a refusal is only ever told.
            now=datetime.now(UTC),
        )
