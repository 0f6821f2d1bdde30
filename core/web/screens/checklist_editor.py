"""Editing one item of the checklist: the form, the change in words before it is saved, and conflicts.

An edit is an operation on the version the person saw. When somebody saved a newer one meanwhile,
nothing is overwritten: both changes are shown side by side, and the person chooses.
"""

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core.actions.checklist_help import usable_lately
from core.actions.checklists import ChecklistView, save_checklist
from core.criteria.bar_source import with_own_source
from core.criteria.changes import changed_items
from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem, read_checklist
from core.criteria.planning import measured_rows, needed_for, outlook_words
from core.criteria.wording import item_sentence
from core.errors import Conflict, InvalidDocument
from core.web import form_drafts
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.checklist_change import Change, free_id
from core.web.screens.conflict import both_changes
from core.web.screens.item_form import (
    attested_fields,
    entered,
    fill,
    is_filled,
    measured_fields,
    take,
    typed,
)
from core.web.widgets import flash, guarded
from core.web.wording import write_moment

_EDIT = "checklist_edit"
_BEGUN = "checklist_edit_begun"
_CONFLICT = "checklist_conflict"


@dataclass(frozen=True)
class Edit:
    """What is being edited: an item (``None``: a new one) of the version that the person saw."""

    slug: str
    item_id: str | None
    kind: str
    based_on: int | None


def begin_edit(page: PageContext, view: ChecklistView, item_id: str) -> None:
    item = view.checklist.item(item_id)
    if item is not None:
        _begin(page, view, Edit(page.slug, item_id, item.kind, view.number), item)


def begin_new(page: PageContext, view: ChecklistView, kind: str) -> None:
    _begin(page, view, Edit(page.slug, None, kind, view.number), None)


def unfinished(page: PageContext, view: ChecklistView) -> None:
    """The half-filled forms of this person, to go on with: a reload or a closed tab loses none."""
    if edited(page) is not None or st.session_state.get(_CONFLICT) is not None:
        return
    forms = [(item.id, item.kind) for item in view.checklist.items] + [(None, "measured"), (None, "attested")]
    for item_id, kind in forms:
        draft = form_drafts.kept(page, _form(item_id, kind))
        if draft is None:
            continue
        key = item_id or f"new_{kind}"
        begin = partial(begin_edit, page, view, item_id) if item_id else partial(begin_new, page, view, kind)
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"unfinished_{key}"):
            st.markdown(
                f":material/edit_note: You were not done with **{lit(_about(view, item_id, kind))}** "
                f":small[(kept {write_moment(draft.kept_at)})]",
                width="stretch",
            )
            st.button("Go on", key=f"go_on_{key}", type="primary", on_click=begin)
            forget = partial(form_drafts.drop, page, _form(item_id, kind))
            st.button("Throw it away", key=f"forget_{key}", on_click=forget)


def edited(page: PageContext) -> Edit | None:
    """What is under edit on this page."""
    edit = st.session_state.get(_EDIT)
    return edit if isinstance(edit, Edit) and edit.slug == page.slug else None


def remove_item(page: PageContext, view: ChecklistView, item_id: str) -> None:
    change = Change(item_id, None)
    _save(page, change.on(view.checklist), change, view.number)


def edited_item(page: PageContext) -> str | None:
    """The id of the item under edit on this page; ``None`` for a new one, and where there is none."""
    edit = edited(page)
    return edit.item_id if edit else None


def editor(page: PageContext, view: ChecklistView) -> None:
    """The form of the item under edit, with what would change and what evidence that needs."""
    edit = edited(page)
    if edit is None:
        return
    seen = _version(view, edit.based_on)
    before = seen.item(edit.item_id) if edit.item_id else None
    if not is_filled():
        _fill(page, edit, before)
    with st.container(border=True, key="editor"):
        st.markdown("## " + ("Change this item" if edit.item_id else "New item"))
        if edit.kind == "measured":
            measured_fields(before if isinstance(before, MeasuredItem) else None)
        else:
            attested_fields()
        try:
            wanted = _entered(page, edit, seen, view).on(seen)
        except InvalidDocument as problem:
            st.error(lit(problem.sentence), icon=":material/error:")
            wanted = seen
        else:
            _say_change(page, seen, wanted, edit)
        with st.container(horizontal=True):
            st.button(
                "Save",
                type="primary",
                key="save_item",
                disabled=wanted == seen,
                on_click=guarded(partial(_save_edit, page, view, edit)),
            )
            st.button("Cancel", key="cancel_edit", on_click=partial(_cancel, page, edit))
        _keep(page, edit)


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
        drop=partial(_drop_mine, page, pending["edit"]),
        save=partial(_save_on_theirs, page, view, change, pending["edit"]),
    )


def _begin(
    page: PageContext, view: ChecklistView, edit: Edit, item: MeasuredItem | AttestedItem | None
) -> None:
    """Open the form; with what was typed last time, on the version that it was typed on."""
    draft = form_drafts.kept(page, _form(edit.item_id, edit.kind))
    number = draft.fields.get("based_on") if draft else None
    if draft is not None and (number is None or number in {version.number for version in view.history}):
        edit = replace(edit, based_on=number)
        item = _version(view, number).item(edit.item_id) if edit.item_id else None
    st.session_state[_EDIT] = edit
    _fill(page, edit, item)


def _fill(page: PageContext, edit: Edit, item: MeasuredItem | AttestedItem | None) -> None:
    fill(item)
    st.session_state[_BEGUN] = typed()
    draft = form_drafts.kept(page, _form(edit.item_id, edit.kind))
    if draft is not None and draft.fields.get("based_on") == edit.based_on:
        take(draft.fields.get("typed", {}))


def _keep(page: PageContext, edit: Edit) -> None:
    """Keep what is typed so far, and say so."""
    now, form = typed(), _form(edit.item_id, edit.kind)
    begun = st.session_state.get(_BEGUN, {})
    if all(begun.get(name) == value for name, value in now.items()):
        form_drafts.drop(page, form)
        return
    kept_at = form_drafts.keep(page, form, {"based_on": edit.based_on, "typed": now})
    st.caption(
        f":material/cloud_done: Kept as typed on {write_moment(kept_at)}: a reload or a closed tab loses "
        "nothing. It counts once you press Save."
    )


def _form(item_id: str | None, kind: str) -> str:
    """The name of a form among the drafts."""
    return f"checklist item {item_id}" if item_id else f"new {kind} item"


def _about(view: ChecklistView, item_id: str | None, kind: str) -> str:
    item = view.checklist.item(item_id) if item_id else None
    if item is None:
        return "a new question" if kind == "attested" else "a new measured item"
    return item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence


def _say_change(page: PageContext, seen: Checklist, wanted: Checklist, edit: Edit) -> None:
    """What saving would change, in words, and the evidence that the new bar would need."""
    for sentence in changed_items(seen, wanted):
        st.markdown(f":material/change_circle: {lit(sentence)}")
    item = wanted.item(edit.item_id) if edit.item_id else next(iter(wanted.items[-1:]), None)
    rows = measured_rows(wanted)
    if isinstance(item, MeasuredItem) and (needed := needed_for(item, wanted.stakes, rows)) is not None:
        lately = usable_lately(page.workspace, page.caller, page.now, page.slug, item)
        st.info(lit(outlook_words(needed, wanted.stakes, item.source, lately)), icon=":material/straighten:")
    if edit.item_id and wanted == seen:
        st.caption("Nothing is changed yet.")


def _entered(page: PageContext, edit: Edit, seen: Checklist, view: ChecklistView) -> Change:
    """The operation that the fields stand for now; a new item gets an id that was never used."""
    before = seen.item(edit.item_id) if edit.item_id else None
    body = entered(edit.kind, before)
    if edit.item_id:
        return Change(edit.item_id, with_own_source(before, body, page.caller.name))
    item_id = free_id(body, _ever_used(view))
    return Change(item_id, body | {"id": item_id}, is_new=True)


def _ever_used(view: ChecklistView) -> frozenset[str]:
    """The ids of every version: an answer to an item that is gone must not count for a new one."""
    return frozenset(item["id"] for version in view.history for item in version.body["items"])


def _version(view: ChecklistView, number: int | None) -> Checklist:
    body = next((version.body for version in view.history if version.number == number), None)
    return read_checklist(body) if body is not None else Checklist(stakes=view.checklist.stakes)


def _save_edit(page: PageContext, view: ChecklistView, edit: Edit) -> None:
    seen = _version(view, edit.based_on)
    change = _entered(page, edit, seen, view)
    _save(page, change.on(seen), change, edit.based_on, edit)


def _save_on_theirs(page: PageContext, view: ChecklistView, change: Change, edit: Edit | None) -> None:
    _save(page, change.on(view.checklist, _ever_used(view)), change, view.number, edit)


def _save(
    page: PageContext, wanted: Checklist, change: Change, based_on: int | None, edit: Edit | None = None
) -> None:
    try:
        save_checklist(page.workspace, page.caller, page.moment(), page.slug, wanted, based_on=based_on)
    except Conflict:
        st.session_state[_CONFLICT] = {
            "slug": page.slug,
            "change": change,
            "based_on": based_on,
            "edit": edit,
        }
        _end()
        return
    _drop_mine(page, edit)
    _end()
    flash("Saved.")


def _cancel(page: PageContext, edit: Edit) -> None:
    form_drafts.drop(page, _form(edit.item_id, edit.kind))
    _end()


def _end() -> None:
    st.session_state.pop(_EDIT, None)


def _drop_mine(page: PageContext, edit: Edit | None) -> None:
    """Forget a conflict, and what was typed for it."""
    if edit is not None:
        form_drafts.drop(page, _form(edit.item_id, edit.kind))
    st.session_state.pop(_CONFLICT, None)
