"""The [scope] section of an apply file: checked before anything is saved, saved where something changes."""

from datetime import datetime
from typing import Any

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.scopes import needs_reason, reason_missing, save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.scope import Scope, read_scope
from core.criteria.scope_review import changed_scope


def wanted_scope(
    workspace: Workspace, caller: Caller, slug: str | None, body: dict[str, Any] | None, *, reason: str
) -> Scope | None:
    """The scope that the section asks for, or ``None`` where it would change nothing.

    ``slug`` is ``None`` while the feature is new. Raises what saving would raise.
    """
    if body is None:
        return None
    require(caller, Act.EDIT_SCOPE)
    scope = read_scope(body)
    if slug is None:
        return scope
    view = view_scope(workspace, caller, slug)
    if view.number is not None and view.scope == scope:
        return None
    is_first, is_locked = view.number is None, view.locked_at is not None
    if needs_reason(view.scope, scope, is_first=is_first, is_locked=is_locked) and not reason.strip():
        raise reason_missing()
    return scope


def apply_scope(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, scope: Scope, *, reason: str
) -> list[str]:
    """Save the scope on top of the newest version; says what changed."""
    before = view_scope(workspace, caller, slug)
    saved = save_scope(workspace, caller, now, slug, scope, based_on=before.number, reason=reason)
    changes = (
        [] if before.number is None else [change.rstrip(".") for change in changed_scope(before.scope, scope)]
    )
    return [f"saved the scope as version {saved.number}", *changes]
