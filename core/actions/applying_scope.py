"""The [scope] section of an apply file: checked before anything is saved, saved where something changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.scopes import needs_reason, reason_missing, save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.scope import Scope, read_scope
from core.criteria.scope_changes import changed_scope


@dataclass(frozen=True)
class WantedScope:
    """The scope that a file asks for, and the version that stands (``None``: nothing saved yet)."""

    scope: Scope
    before: Scope
    number: int | None


def wanted_scope(
    workspace: Workspace, caller: Caller, slug: str | None, body: dict[str, Any] | None, *, reason: str
) -> WantedScope | None:
    """The scope that the section asks for, or ``None`` where it would change nothing.

    ``slug`` is ``None`` while the feature is new. Raises what saving would raise.
    """
    if body is None:
        return None
    require(workspace, caller, Act.EDIT_SCOPE, slug)
    scope = read_scope(body)
    if slug is None:
        return WantedScope(scope, Scope(), None)
    view = view_scope(workspace, caller, slug)
    if view.number is not None and view.scope == scope:
        return None
    is_first, is_locked = view.number is None, view.locked_at is not None
    if needs_reason(view.scope, scope, is_first=is_first, is_locked=is_locked) and not reason.strip():
        raise reason_missing()
    return WantedScope(scope, view.scope, view.number)


def apply_scope(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, wanted: WantedScope, *, reason: str
) -> list[str]:
    """Save the scope on top of the version that it was compared with; says what changed."""
    saved = save_scope(workspace, caller, now, slug, wanted.scope, based_on=wanted.number, reason=reason)
    changed = changed_scope(wanted.before, wanted.scope) if wanted.number is not None else ()
    changes = [change.rstrip(".") for change in changed]
    return [f"saved the scope as version {saved.number}", *changes]
