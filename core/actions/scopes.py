"""The scope as people handle it: look at it, save a new version, see how it changed after the lock."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.scope import Scope, read_scope
from core.criteria.scope_changes import changed_promise, changed_scope
from core.errors import WrongUsage
from core.store import audit, commitments, documents, features
from core.store.documents import DocumentVersion


@dataclass(frozen=True)
class ScopeView:
    """What the Scope page shows; ``number`` is the newest version (``None``: nothing is saved yet).

    ``history`` has the newest first; ``locked_at`` is when the checklist was first locked: from then
    on every change of the scope needs a reason.
    """

    number: int | None
    scope: Scope
    history: tuple[DocumentVersion, ...]
    locked_at: datetime | None

    @property
    def amendments(self) -> tuple[DocumentVersion, ...]:
        """The versions that changed the scope after the first lock, newest first."""
        if self.locked_at is None:
            return ()
        return tuple(one for one in self.history if one.saved_at > self.locked_at and one.number > 1)

    @property
    def changed_promises(self) -> tuple[tuple[DocumentVersion, tuple[str, ...]], ...]:
        """The amendments that changed the workflow or its success signal, each with what it changed."""
        found = (
            (one, changed_promise(self.version(one.parent), read_scope(one.body))) for one in self.amendments
        )
        return tuple((one, tuple(changes)) for one, changes in found if changes)

    def version(self, number: int | None) -> Scope:
        """The scope of that version; an empty one where there was none."""
        body = next((version.body for version in self.history if version.number == number), None)
        return read_scope(body) if body is not None else Scope()


def view_scope(workspace: Workspace, caller: Caller, slug: str) -> ScopeView:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        history = documents.history(connection, feature.id, documents.SCOPE)
        locks = commitments.history(connection, feature.id)
    scope = read_scope(history[0].body) if history else Scope()
    return ScopeView(
        number=history[0].number if history else None,
        scope=scope,
        history=tuple(history),
        locked_at=locks[-1].locked_at if locks else None,
    )


def save_scope(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    scope: Scope,
    *,
    based_on: int | None,
    reason: str = "",
) -> DocumentVersion:
    """Save a new version. The same content again makes no new version.

    ``based_on`` is the version the user saw: a newer one by somebody else is a
    :class:`core.errors.Conflict`. Once the checklist is locked, changing a saved scope is an
    amendment and needs a reason, so that nobody widens the promise unseen.
    """
    require(workspace, caller, Act.EDIT_SCOPE, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        before = documents.newest(connection, feature.id, documents.SCOPE)
        was = read_scope(before.body) if before else Scope()
        is_locked = commitments.newest(connection, feature.id) is not None
        if needs_reason(was, scope, is_first=before is None, is_locked=is_locked) and not reason.strip():
            raise reason_missing()
        saved = documents.save(
            connection,
            feature_id=feature.id,
            kind=documents.SCOPE,
            body=scope.model_dump(mode="json"),
            based_on=based_on,
            author=caller.name,
            reason=reason.strip(),
            now=now,
            author_id=caller.person_id,
        )
        if before is None or saved.number != before.number:
            audit.append(
                connection,
                actor=caller.name,
                action="scope saved",
                subject=f"feature/{slug}",
                payload={
                    "number": saved.number,
                    "sha256": saved.sha256,
                    "reason": reason.strip(),
                    "changes": list(changed_scope(was, scope)),
                    "changes_promise": is_locked and before is not None and bool(changed_promise(was, scope)),
                },
                now=now,
            )
    return saved


def needs_reason(before: Scope, after: Scope, *, is_first: bool, is_locked: bool) -> bool:
    """Whether saving ``after`` amends a promise that others already rely on."""
    return is_locked and not is_first and before != after


def reason_missing() -> WrongUsage:
    return WrongUsage(
        "The checklist is locked, so changing the scope is an amendment, and an amendment needs a reason.",
        mend="Say why the scope changes; everyone who decides will read it.",
    )
