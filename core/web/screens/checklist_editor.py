"""Editing one item of the checklist: the form, the change in words before it is saved, and conflicts.

An edit is an operation on the version the person saw. When somebody saved a newer one meanwhile,
nothing is overwritten: both changes are shown side by side, and the person chooses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.actions.checklists import ChecklistView, save_checklist
from core.criteria.changes import changed_items
from core.criteria.checklist import (
    AttestedItem,
    Checklist,
    Direction,
    MeasuredItem,
    Tier,
    read_checklist,
)
from core.criteria.planning import needed_for
from core.errors import Conflict, InvalidDocument
from core.metrics.catalogue import CATALOGUE, Metric, Shape, metric
from core.units import Unit
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.widgets import flash, guarded
from core.web.wording import SOURCE_WORDS, tier_words, write_moment

_EDIT = "checklist_edit"
_CONFLICT = "checklist_conflict"
_SLICE_COLUMNS = ("", "task_type", "user_segment", "user_role", "route", "channel", "model", "prompt_version")


@dataclass(frozen=True)
class Edit:
    """What is being edited: an item (``None``: a new one) of the version that the person saw."""

    slug: str
    item_id: str | None
    kind: str
    based_on: int | None


@dataclass(frozen=True)
class Change:
    """One operation on a checklist: put an item in its place (or at the end), or take one out."""

    item_id: str
    item: Mapping[str, Any] | None

    def on(self, checklist: Checklist) -> Checklist:
        """``checklist`` with the change; :class:`InvalidDocument` where that cannot be."""
        items = [item.model_dump(mode="json") for item in checklist.items]
        places = [place for place, item in enumerate(items) if item["id"] == self.item_id]
        if self.item is None:
            items = [item for item in items if item["id"] != self.item_id]
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
    _save(page, view.checklist, Change(item_id, None), view.number)


def editor(page: PageContext, view: ChecklistView) -> None:
    """The form of the item under edit, with what would change and what evidence that needs."""
    edit = st.session_state.get(_EDIT)
    if not isinstance(edit, Edit) or edit.slug != page.slug:
        return
    seen = _version(view, edit.based_on)
    with st.container(border=True, key="editor"):
        st.markdown("#### " + ("Change this item" if edit.item_id else "New item"))
        if edit.kind == "measured":
            _measured_fields(edit)
        else:
            _attested_fields()
        try:
            change = Change(*_entered(edit, seen))
            wanted = change.on(seen)
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
                on_click=guarded(partial(_save_edit, page, seen, edit)),
            )
            st.button("Cancel", key="cancel_edit", on_click=_end)


def conflict(page: PageContext, view: ChecklistView) -> None:
    """Somebody saved a newer version: both changes side by side, nothing lost."""
    pending = st.session_state.get(_CONFLICT)
    if pending is None or pending["slug"] != page.slug:
        return
    base, change = _version(view, pending["based_on"]), pending["change"]
    newest = view.history[0]
    with st.container(border=True, key="conflict"):
        st.error(
            f"{lit(newest.author)} saved version {newest.number} on {write_moment(newest.saved_at)}, "
            "after you began. Nothing of yours is saved yet, and nothing of theirs is lost.",
            title="Two people changed this checklist",
            icon=":material/call_split:",
        )
        theirs, yours = st.columns(2)
        with theirs:
            st.markdown(f"**Theirs (version {newest.number})**")
            for sentence in changed_items(base, view.checklist):
                st.text(sentence)
        with yours:
            st.markdown("**Yours**")
            for sentence in changed_items(base, change.on(base)):
                st.text(sentence)
        with st.container(horizontal=True):
            st.button("Keep theirs, drop mine", key="keep_theirs", on_click=_drop_conflict)
            st.button(
                "Save mine on top of theirs",
                type="primary",
                key="save_mine",
                on_click=guarded(partial(_save, page, view.checklist, change, view.number)),
            )


def _begin(edit: Edit, item: MeasuredItem | AttestedItem | None) -> None:
    """Fill the form's fields, so that they show the item (or a sensible start)."""
    start: dict[str, Any] = item.model_dump(mode="json") if item else {}
    asked = metric(start.get("metric", "answer_correctness"))
    where = next(iter(start.get("slice", {}).items()), ("", ""))
    st.session_state[_EDIT] = edit
    st.session_state.update(
        {
            "item_metric": asked.id,
            "item_source": start.get("source", asked.readings[0].source.value),
            "item_direction": start.get("direction", "above"),
            "item_bar": _shown_bar(asked, start.get("bar")),
            "item_count": start.get("count") or 100,
            "item_minimum_n": start.get("minimum_n", 0),
            "item_window_days": start.get("window_days") or 0,
            "item_valid_days": start.get("valid_days") or 0,
            "item_tier": start.get("tier", Tier.BLOCKS.value),
            "item_owner": start.get("owner", ""),
            "item_sentence": start.get("sentence", ""),
            "item_slice_column": where[0],
            "item_slice_value": where[1],
            "item_protected": start.get("protected", False),
        }
    )


def _measured_fields(edit: Edit) -> None:
    left, right = st.columns(2)
    with left:
        chosen = st.selectbox(
            "Metric",
            list(CATALOGUE),
            format_func=lambda metric_id: CATALOGUE[metric_id].label,
            key="item_metric",
            disabled=edit.item_id is not None,
            on_change=_metric_changed,
        )
        asked = metric(chosen)
        st.caption(lit(asked.sentence))
        sources = [reading.source.value for reading in asked.readings]
        st.selectbox("Measured from", sources, format_func=SOURCE_WORDS.__getitem__, key="item_source")
        st.caption(lit(f"Counted: {asked.reading(_chosen_source(asked)).denominator}"))
    with right:
        _bar_fields(asked)
        st.selectbox(
            "If it fails", list(Tier), format_func=lambda tier: tier_words(tier).word, key="item_tier"
        )
        st.text_input("Owner", key="item_owner", max_chars=120)
    with st.expander("Only a part of the traffic, and how fresh"):
        columns = list(_SLICE_COLUMNS)
        if st.session_state.get("item_slice_column") not in columns:
            columns.append(st.session_state["item_slice_column"])
        st.selectbox(
            "Only where this column",
            columns,
            format_func=lambda name: name or "(all traffic)",
            key="item_slice_column",
        )
        st.text_input("has this value", key="item_slice_value", max_chars=200)
        st.checkbox("Protected: a good average cannot make up for it", key="item_protected")
        st.number_input("At least this many cases", 0, 1_000_000, step=10, key="item_minimum_n")
        st.number_input(
            "Only the last so many days (0: all since the lock)", 0, 3_650, step=1, key="item_window_days"
        )
        st.number_input(
            "Evidence counts for so many days (0: for ever)", 0, 3_650, step=1, key="item_valid_days"
        )


def _bar_fields(asked: Metric) -> None:
    if asked.shape is Shape.NONE_IN_FIRST:
        st.number_input("None in the first so many traces", 1, 100_000, step=10, key="item_count")
        return
    if asked.shape is Shape.RATE:
        st.segmented_control(
            "The rate must be", [side.value for side in Direction], key="item_direction", required=True
        )
    unit = {Unit.SHARE: "%", Unit.MILLISECONDS: "seconds"}.get(asked.unit, "")
    st.number_input(f"Bar ({unit})", min_value=0.0, step=1.0, format="%g", key="item_bar")


def _attested_fields() -> None:
    st.text_input("Question or statement to answer with yes or no", key="item_sentence", max_chars=300)
    st.text_input("Owner", key="item_owner", max_chars=120)
    st.selectbox(
        "If it is not so", list(Tier), format_func=lambda tier: tier_words(tier).word, key="item_tier"
    )
    st.number_input(
        "An answer counts for so many days (0: for ever)", 0, 3_650, step=1, key="item_valid_days"
    )


def _say_change(seen: Checklist, wanted: Checklist, edit: Edit) -> None:
    """What saving would change, in words, and the evidence that the new bar would need."""
    for sentence in changed_items(seen, wanted):
        st.markdown(f":material/change_circle: {lit(sentence)}")
    item = next((item for item in wanted.items if item not in seen.items), None)
    if isinstance(item, MeasuredItem) and (needed := needed_for(item, wanted.stakes)) is not None:
        st.info(f"To show this: {lit(needed.sentence)}", icon=":material/straighten:")
    if edit.item_id and wanted == seen:
        st.caption("Nothing is changed yet.")


def _entered(edit: Edit, seen: Checklist) -> tuple[str, dict[str, Any]]:
    """(id, item) as the fields stand now, on top of what the form does not show."""
    state = st.session_state
    before = seen.item(edit.item_id) if edit.item_id else None
    body: dict[str, Any] = before.model_dump(mode="json") if before else {"kind": edit.kind}
    body |= {
        "tier": state["item_tier"],
        "owner": state["item_owner"],
        "valid_days": state["item_valid_days"] or None,
    }
    if edit.kind == "attested":
        body |= {"sentence": state["item_sentence"]}
        body["id"] = edit.item_id or _free_id("question", seen)
        return body["id"], body
    asked = metric(state["item_metric"])
    first = asked.shape is Shape.NONE_IN_FIRST
    column, value = state.get("item_slice_column", ""), state.get("item_slice_value", "").strip()
    above = asked.shape is Shape.RATE and state.get("item_direction") != Direction.BELOW
    body |= {
        "metric": asked.id,
        "source": _chosen_source(asked).value,
        "direction": Direction.ABOVE.value if above else Direction.BELOW.value,
        "bar": None if first else _stored_bar(asked, state.get("item_bar", 0.0)),
        "count": state.get("item_count") if first else None,
        "minimum_n": state.get("item_minimum_n", 0),
        "window_days": state.get("item_window_days") or None,
        "slice": {column: value} if column and value else {},
        "protected": state.get("item_protected", False),
    }
    body["id"] = edit.item_id or _free_id(asked.id, seen)
    return body["id"], body


def _chosen_source(asked: Metric) -> Any:
    sources = [reading.source for reading in asked.readings]
    chosen = st.session_state.get("item_source")
    return next((source for source in sources if source.value == chosen), sources[0])


def _metric_changed() -> None:
    asked = metric(st.session_state["item_metric"])
    st.session_state["item_source"] = asked.readings[0].source.value
    st.session_state["item_bar"] = _shown_bar(asked, None)


def _shown_bar(asked: Metric, bar: float | None) -> float:
    """The bar as people type it: per cent, seconds."""
    if asked.unit is Unit.SHARE:
        return round((bar if bar is not None else 0.9) * 100, 6)
    if asked.unit is Unit.MILLISECONDS:
        return (bar if bar is not None else 8_000) / 1_000
    return bar or 0.0


def _stored_bar(asked: Metric, typed: float) -> float:
    if asked.unit is Unit.SHARE:
        return round(typed / 100, 8)
    return typed * 1_000 if asked.unit is Unit.MILLISECONDS else typed


def _free_id(stem: str, checklist: Checklist) -> str:
    taken = {item.id for item in checklist.items}
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (stem, *numbered) if name not in taken)


def _version(view: ChecklistView, number: int | None) -> Checklist:
    body = next((version.body for version in view.history if version.number == number), None)
    return read_checklist(body) if body is not None else Checklist(stakes=view.checklist.stakes)


def _save_edit(page: PageContext, seen: Checklist, edit: Edit) -> None:
    _save(page, seen, Change(*_entered(edit, seen)), edit.based_on)


def _save(page: PageContext, seen: Checklist, change: Change, based_on: int | None) -> None:
    try:
        save_checklist(
            page.workspace, page.caller, page.moment(), page.slug, change.on(seen), based_on=based_on
        )
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
