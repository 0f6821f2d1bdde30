"""Editing one part of the scope: its fields, the change in words before it is saved, and conflicts.

An edit replaces one part of the version that the person saw. What is typed is kept beside the
fields on every run, because Streamlit forgets a field that is not drawn: whoever looks at another
page meanwhile comes back to their own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.actions.scopes import ScopeView, needs_reason, save_scope
from core.criteria.scope import Scope
from core.criteria.scope_changes import changed_promise, changed_scope
from core.errors import Conflict, InvalidDocument
from core.rollout.scenario import Scenario
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.conflict import both_changes
from core.web.screens.scope_fields import changed_by, draw, entered, fill, first_body, is_filled
from core.web.widgets import flash, guarded

_EDIT = "scope_edit"
_TYPED = "scope_typed"
_CONFLICT = "scope_conflict"
_REASON = "scope_reason"


@dataclass(frozen=True)
class Edit:
    """The part under edit, of the version that the person saw."""

    slug: str
    part: str
    based_on: int | None


@dataclass(frozen=True)
class Change:
    """One part of a scope put in the place of what was there."""

    part: str
    body: Mapping[str, Any]

    def on(self, scope: Scope) -> Scope:
        """``scope`` with the change; :class:`InvalidDocument` where that cannot be."""
        return changed_by(scope, self.part, self.body)


def begin(page: PageContext, view: ScopeView, part: str) -> None:
    """Open the form of ``part`` with what is saved, or with what was typed there and left unsaved."""
    st.session_state[_EDIT] = Edit(page.slug, part, view.number)
    typed = _typed().get((page.slug, part))
    fill(typed or first_body(view.scope, part) | {"today": page.now.date()}, part)


def edited_part(page: PageContext) -> str | None:
    edit = st.session_state.get(_EDIT)
    return edit.part if isinstance(edit, Edit) and edit.slug == page.slug else None


def has_unsaved(page: PageContext, view: ScopeView, part: str) -> bool:
    """Whether somebody typed into the form of ``part`` and then opened another one."""
    typed = _typed().get((page.slug, part))
    return typed is not None and part != edited_part(page) and typed != first_body(view.scope, part)


def editor(page: PageContext, view: ScopeView, scenario: Scenario | None) -> None:
    """The fields of the part under edit, what saving would change, and the reason where one is due."""
    edit = st.session_state[_EDIT]
    if not is_filled(edit.part):
        fill(_typed().get((edit.slug, edit.part)) or first_body(view.scope, edit.part), edit.part)
    draw(edit.part, scenario)
    _typed()[edit.slug, edit.part] = entered(edit.part)
    seen = view.version(edit.based_on)
    try:
        wanted = Change(edit.part, entered(edit.part)).on(seen)
    except InvalidDocument as problem:
        st.error(lit(problem.sentence), icon=":material/error:")
        wanted = seen
    for sentence in changed_scope(seen, wanted):
        st.caption(f":material/change_circle: {lit(sentence)}")
    if needs_reason(seen, wanted, is_first=edit.based_on is None, is_locked=view.locked_at is not None):
        if changed_promise(seen, wanted):
            st.warning(
                "This changes the promise after the lock: it stays on this page and beside the verdict.",
                icon=":material/zoom_out_map:",
            )
        st.text_input("Why does the scope change? Everyone who decides reads it.", key=_REASON, max_chars=500)
    with st.container(horizontal=True):
        st.button(
            "Save",
            type="primary",
            key="save_scope",
            disabled=wanted == seen,
            on_click=guarded(partial(_save_edit, page, view, edit)),
        )
        st.button("Cancel", key="cancel_scope", on_click=_end, args=(edit.slug, edit.part))


def conflict(page: PageContext, view: ScopeView) -> None:
    """Somebody saved a newer version meanwhile: both changes side by side, nothing lost."""
    pending = st.session_state.get(_CONFLICT)
    if pending is None or pending["slug"] != page.slug:
        return
    base, change = view.version(pending["based_on"]), pending["change"]
    newest = view.history[0]
    both_changes(
        "scope",
        newest,
        changed_scope(base, view.scope),
        changed_scope(base, change.on(base)),
        drop=_drop_conflict,
        save=partial(_save, page, view.scope, change, view.number, pending["reason"]),
    )


def _save_edit(page: PageContext, view: ScopeView, edit: Edit) -> None:
    change = Change(edit.part, entered(edit.part))
    _save(page, view.version(edit.based_on), change, edit.based_on, st.session_state.get(_REASON, ""))


def _save(page: PageContext, seen: Scope, change: Change, based_on: int | None, reason: str) -> None:
    try:
        save_scope(
            page.workspace,
            page.caller,
            page.moment(),
            page.slug,
            change.on(seen),
            based_on=based_on,
            reason=reason,
        )
    except Conflict:
        pending = {"slug": page.slug, "change": change, "based_on": based_on, "reason": reason}
        st.session_state[_CONFLICT] = pending
        _end(page.slug, change.part)
        return
    _end(page.slug, change.part)
    _drop_conflict()
    flash("Saved.")


def _end(slug: str, part: str) -> None:
    _typed().pop((slug, part), None)
    for name in (_EDIT, _REASON):
        st.session_state.pop(name, None)


def _typed() -> dict[tuple[str, str], dict[str, Any]]:
    """What stands in the fields and is not saved, by feature and part."""
    kept: dict[tuple[str, str], dict[str, Any]] = st.session_state.setdefault(_TYPED, {})
    return kept


def _drop_conflict() -> None:
    st.session_state.pop(_CONFLICT, None)
