"""Editing one item of the checklist: the form, the change in words before it is saved, and conflicts.

An edit is an operation on the version the person saw. When somebody saved a newer one meanwhile,
nothing is overwritten: both changes are shown side by side, and the person chooses.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.actions.checklists import ChecklistView, save_checklist
from core.criteria.bar_source import with_own_source
from core.criteria.changes import changed_items
from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem, read_checklist
from core.criteria.planning import needed_for
from core.errors import Conflict, InvalidDocument
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.conflict import both_changes
from core.web.screens.item_form import attested_fields, entered, fill, is_filled, measured_fields
from core.web.widgets import flash, guarded

_EDIT = "checklist_edit"
_CONFLICT = "checklist_conflict"


@dataclass(frozen=True)
class Edit:
    """What is being edited: an item (``None``: a new one) of the version that the person saw."""

    slug: str
    item_id: str | None
    kind: str
    based_on: int | None


@dataclass(frozen=True)
class Change:
    """One operation on a checklist: add an item, put one in its place (or back), or take one out."""

    item_id: str
    item: Mapping[str, Any] | None
    is_new: bool = False

    def on(self, checklist: Checklist, ever_used: Collection[str] = ()) -> Checklist:
        """``checklist`` with the change; :class:`InvalidDocument` where that cannot be.

        An added item replaces nothing: where its id is taken, in ``checklist`` or among
        ``ever_used``, it gets a free one.
        """
        items = [item.model_dump(mode="json") for item in checklist.items]
        places = [place for place, item in enumerate(items) if item["id"] == self.item_id]
        if self.item is None:
            items = [item for item in items if item["id"] != self.item_id]
        elif self.is_new:
            taken = {item["id"] for item in items} | set(ever_used)
            free = self.item_id if self.item_id not in taken else _free_id(self.item, taken)
            items.append({**self.item, "id": free})
        elif places:
            items[places[0]] = dict(self.item)
        else:
            items.append(dict(self.item))
        return read_checklist(checklist.model_dump(mode="json") | {"items": items})


def begin_edit(page: PageContext, view: ChecklistView, item_id: str) -> None:
    item = view.checklist.item(item_id)
    if item is not None:
        _begin(Edit(page.slug, item_id, item.kind, view.number), item)


def begin_new(page: PageContext, view: ChecklistView, kind: str) -> None:
    _begin(Edit(page.slug, None, kind, view.number), None)


def remove_item(page: PageContext, view: ChecklistView, item_id: str) -> None:
    change = Change(item_id, None)
    _save(page, change.on(view.checklist), change, view.number)


def edited_item(page: PageContext) -> str | None:
    """The id of the item under edit on this page; ``None`` for a new one, and where there is none."""
    edit = st.session_state.get(_EDIT)
    return edit.item_id if isinstance(edit, Edit) and edit.slug == page.slug else None


def editor(page: PageContext, view: ChecklistView) -> None:
    """The form of the item under edit, with what would change and what evidence that needs."""
    edit = st.session_state.get(_EDIT)
    if not isinstance(edit, Edit) or edit.slug != page.slug:
        return
    seen = _version(view, edit.based_on)
    before = seen.item(edit.item_id) if edit.item_id else None
    if not is_filled():
        fill(before)
    with st.container(border=True, key="editor"):
        st.markdown("#### " + ("Change this item" if edit.item_id else "New item"))
        if edit.kind == "measured":
            measured_fields(before if isinstance(before, MeasuredItem) else None)
        else:
            attested_fields()
        try:
            wanted = _entered(page, edit, seen, view).on(seen)
        except InvalidDocument as problem:
            st.error(lit(problem.sentence), icon=":material/error:")
            wanted = seen
        _say_change(seen, wanted, edit)
        with st.container(horizontal=True):
            st.button(
                "Save",
                type="primary",
                key="save_item",
                disabled=wanted == seen,
                on_click=guarded(partial(_save_edit, page, view, edit)),
            )
            st.button("Cancel", key="cancel_edit", on_click=_end)


def conflict(page: PageContext, view: ChecklistView) -> None:
    """Somebody saved a newer version: both changes side by side, nothing lost."""
    pending = st.session_state.get(_CONFLICT)
    if pending is None or pending["slug"] != page.slug:
        return
    base, change = _version(view, pending["based_on"]), pending["change"]
    newest = view.history[0]
    both_changes(
        "checklist",
        newest,
        changed_items(base, view.checklist),
        changed_items(base, change.on(base)),
        drop=_drop_conflict,
        save=partial(_save_on_theirs, page, view, change),
    )


def _begin(edit: Edit, item: MeasuredItem | AttestedItem | None) -> None:
    st.session_state[_EDIT] = edit
    fill(item)


def _say_change(seen: Checklist, wanted: Checklist, edit: Edit) -> None:
    """What saving would change, in words, and the evidence that the new bar would need."""
    for sentence in changed_items(seen, wanted):
        st.markdown(f":material/change_circle: {lit(sentence)}")
    item = next((item for item in wanted.items if item not in seen.items), None)
    if isinstance(item, MeasuredItem) and (needed := needed_for(item, wanted.stakes)) is not None:
        st.info(f"To show this: {lit(needed.sentence)}", icon=":material/straighten:")
    if edit.item_id and wanted == seen:
        st.caption("Nothing is changed yet.")


def _entered(page: PageContext, edit: Edit, seen: Checklist, view: ChecklistView) -> Change:
    """The operation that the fields stand for now; a new item gets an id that was never used."""
    before = seen.item(edit.item_id) if edit.item_id else None
    body = entered(edit.kind, before)
    if edit.item_id:
        return Change(edit.item_id, with_own_source(before, body, page.caller.name))
    item_id = _free_id(body, _ever_used(view))
    return Change(item_id, body | {"id": item_id}, is_new=True)


def _free_id(item: Mapping[str, Any], taken: Collection[str]) -> str:
    """A readable id for a new item: its metric (or "question"), numbered where that is taken."""
    stem = "question" if item["kind"] == "attested" else item["metric"]
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (stem, *numbered) if name not in taken)


def _ever_used(view: ChecklistView) -> frozenset[str]:
    """The ids of every version: an answer to an item that is gone must not count for a new one."""
    return frozenset(item["id"] for version in view.history for item in version.body["items"])


def _version(view: ChecklistView, number: int | None) -> Checklist:
    body = next((version.body for version in view.history if version.number == number), None)
    return read_checklist(body) if body is not None else Checklist(stakes=view.checklist.stakes)


def _save_edit(page: PageContext, view: ChecklistView, edit: Edit) -> None:
    seen = _version(view, edit.based_on)
    change = _entered(page, edit, seen, view)
    _save(page, change.on(seen), change, edit.based_on)


def _save_on_theirs(page: PageContext, view: ChecklistView, change: Change) -> None:
    _save(page, change.on(view.checklist, _ever_used(view)), change, view.number)


def _save(page: PageContext, wanted: Checklist, change: Change, based_on: int | None) -> None:
    try:
        save_checklist(page.workspace, page.caller, page.moment(), page.slug, wanted, based_on=based_on)
    except Conflict:
        st.session_state[_CONFLICT] = {"slug": page.slug, "change": change, "based_on": based_on}
        _end()
        return
    _end()
    _drop_conflict()
    flash("Saved.")


def _end() -> None:
    st.session_state.pop(_EDIT, None)


def _drop_conflict() -> None:
    st.session_state.pop(_CONFLICT, None)
