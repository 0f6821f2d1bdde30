"""Editing one part of the scope: its fields, the change in words before it is saved, and conflicts.

An edit replaces one part of the version that the person saw. What is typed is kept beside the
fields on every run, because Streamlit forgets a field that is not drawn: whoever looks at another
page meanwhile comes back to their own words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.actions.scopes import ScopeView, needs_reason, save_scope
from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, SEGMENT_QUESTIONS, Scope, read_scope
from core.criteria.scope_review import changed_scope
from core.errors import Conflict, InvalidDocument
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.conflict import both_changes
from core.web.widgets import flash, guarded

_EDIT = "scope_edit"
_TYPED = "scope_typed"
_CONFLICT = "scope_conflict"
_REASON = "scope_reason"
_YES_NO = {True: "Yes", False: "No"}
_MEMBER_FIELDS = {
    "user_id": "User id",
    "role": "Role",
    "use_case": "Main use case",
    "feedback_channel": "Feedback channel",
}


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
        whole = scope.model_dump(mode="json")
        if self.part in DECISIONS:
            decision = {name: value for name, value in self.body.items() if name != "success_signal"}
            whole["decisions"] = whole["decisions"] | {self.part: decision}
            whole["success_signal"] = self.body.get("success_signal", whole["success_signal"])
        else:
            whole[self.part] = self.body["people"] if self.part == "cohort" else dict(self.body)
        return read_scope(whole)


def begin(page: PageContext, view: ScopeView, part: str) -> None:
    """Open the form of ``part`` with what is saved, or with what was typed there and left unsaved."""
    st.session_state[_EDIT] = Edit(page.slug, part, view.number)
    typed = _typed().get((page.slug, part))
    _fill(typed or _saved(view.scope, part) | {"today": page.now.date()}, part)


def edited_part(page: PageContext) -> str | None:
    edit = st.session_state.get(_EDIT)
    return edit.part if isinstance(edit, Edit) and edit.slug == page.slug else None


def has_unsaved(page: PageContext, view: ScopeView, part: str) -> bool:
    """Whether somebody typed into the form of ``part`` and then opened another one."""
    typed = _typed().get((page.slug, part))
    return typed is not None and part != edited_part(page) and typed != _saved(view.scope, part)


def editor(page: PageContext, view: ScopeView) -> None:
    """The fields of the part under edit, what saving would change, and the reason where one is due."""
    edit = st.session_state[_EDIT]
    if _marker(edit.part) not in st.session_state:
        _fill(_typed().get((edit.slug, edit.part)) or _saved(view.scope, edit.part), edit.part)
    _draw(edit.part)
    _typed()[edit.slug, edit.part] = _entered(edit.part)
    seen = view.version(edit.based_on)
    try:
        wanted = Change(edit.part, _entered(edit.part)).on(seen)
    except InvalidDocument as problem:
        st.error(lit(problem.sentence), icon=":material/error:")
        wanted = seen
    for sentence in changed_scope(seen, wanted):
        st.caption(f":material/change_circle: {lit(sentence)}")
    if needs_reason(seen, wanted, is_first=edit.based_on is None, is_locked=view.locked_at is not None):
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
    change = Change(edit.part, _entered(edit.part))
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


# The fields. Each part has a saved form, a way into the fields, the fields themselves, and a way out.


def _saved(scope: Scope, part: str) -> dict[str, Any]:
    if part in DECISIONS:
        body = scope.decision(part).model_dump()
        return body | ({"success_signal": scope.success_signal} if part == "workflow" else {})
    if part == "cohort":
        return {"people": [member.model_dump() for member in scope.cohort]}
    found: dict[str, Any] = getattr(scope, part).model_dump()
    return found


def _fill(body: Mapping[str, Any], part: str) -> None:
    """Put ``body`` into the fields; a decision that has no date yet is made today."""
    state = st.session_state
    if part == "cohort":
        # The table keeps only what differs from the rows that it was given.
        state["scope_cohort_rows"] = list(body["people"])
        state.pop("scope_cohort_table", None)
        return
    for name, value in body.items():
        if name != "today":
            state[_key(part, name)] = value
    if part in DECISIONS and body.get("decided_on") is None and "today" in body:
        state[_key(part, "decided_on")] = body["today"]


def _draw(part: str) -> None:
    if part in DECISIONS:
        _draw_decision(part)
    elif part == "cohort":
        _draw_cohort()
    elif part == "segment":
        st.text_area("Who exactly?", key=_key(part, "who"), max_chars=2_000)
        _draw_questions(part, SEGMENT_QUESTIONS)
        st.checkbox("Nobody is added until the criteria hold", key=_key(part, "stays_until_criteria_hold"))
    elif part == "worst_case":
        st.text_area("In words", key=_key(part, "words"), max_chars=2_000)
        left, right = st.columns(2)
        left.number_input("US dollars (optional)", min_value=0.0, step=1_000.0, key=_key(part, "usd"))
        right.number_input("People hurt (optional)", min_value=0, step=1, key=_key(part, "people"))
    else:
        _draw_questions(part, FRAGILE_QUESTIONS)


def _draw_decision(part: str) -> None:
    st.text_area(DECISIONS[part].question, key=_key(part, "answer"), max_chars=2_000)
    st.caption(lit(DECISIONS[part].hint))
    if part == "workflow":
        st.text_area(
            "The one main success signal",
            key=_key(part, "success_signal"),
            max_chars=2_000,
            height=80,
            placeholder="Refund questions settled without a person, per week",
        )
    left, right = st.columns(2)
    left.text_input("Owner of this decision", key=_key(part, "owner"), max_chars=200)
    right.date_input("Decided on", key=_key(part, "decided_on"), value=None)


def _draw_cohort() -> None:
    rows = st.session_state["scope_cohort_rows"]
    table = {label: [row[name] for row in rows] for name, label in _MEMBER_FIELDS.items()}
    st.data_editor(
        # Of a table without rows Streamlit could not tell that its columns hold text.
        pd.DataFrame(table, dtype="string"),
        key="scope_cohort_table",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            label: st.column_config.TextColumn(label, max_chars=200) for label in _MEMBER_FIELDS.values()
        },
    )
    st.caption("One line a person. Click the last, empty line to add one; mark a line to delete it.")


def _draw_questions(part: str, questions: Mapping[str, str]) -> None:
    for name, question in questions.items():
        st.segmented_control(
            lit(question), list(_YES_NO), format_func=_YES_NO.__getitem__, key=_key(part, name)
        )


def _entered(part: str) -> dict[str, Any]:
    """What the fields hold now."""
    state = st.session_state
    if part == "cohort":
        return {"people": _people(state["scope_cohort_rows"], state.get("scope_cohort_table") or {})}
    names = list(_saved(Scope(), part))
    return {name: state.get(_key(part, name)) for name in names}


def _people(rows: Sequence[Mapping[str, Any]], edits: Mapping[str, Any]) -> list[dict[str, str]]:
    """The lines of the table with what was changed, added and deleted; blank lines are no people."""
    people = [dict(row) for row in rows]
    names = {label: name for name, label in _MEMBER_FIELDS.items()}
    for place, cells in (edits.get("edited_rows") or {}).items():
        people[int(place)] |= {names[label]: value for label, value in cells.items() if label in names}
    deleted = set(edits.get("deleted_rows") or [])
    people = [person for place, person in enumerate(people) if place not in deleted]
    for cells in edits.get("added_rows") or []:
        people.append({names[label]: value for label, value in cells.items() if label in names})
    filled = [{name: str(person.get(name) or "").strip() for name in _MEMBER_FIELDS} for person in people]
    return [person for person in filled if any(person.values())]


def _marker(part: str) -> str:
    """A field that is there as long as the form of ``part`` is drawn."""
    return "scope_cohort_table" if part == "cohort" else _key(part, next(iter(_saved(Scope(), part))))


def _key(part: str, name: str) -> str:
    return f"scope_{part}_{name}"
