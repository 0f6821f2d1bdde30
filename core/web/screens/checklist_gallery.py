"""The template gallery of the Checklist page: what there is to start from, and what one more would add."""

from functools import partial

import streamlit as st

from core.actions.checklist_help import checklist_templates
from core.actions.checklists import ChecklistView, take_template
from core.actions.policy import Act
from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.gallery import Addition, Gallery, Template, addition
from core.criteria.wording import item_sentence
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import only_for
from core.web.widgets import flash, guarded
from core.web.wording import stakes_words, write_count

_SHOWN_ITEMS = 3


def gallery(page: PageContext, view: ChecklistView) -> None:
    """The templates as cards; taking one saves the first version."""
    found = checklist_templates(page.workspace, page.caller)
    st.markdown("## Start from a template")
    st.caption(
        "Every item can be changed or removed before you lock, and a second template added to the first."
    )
    _cards(page, view, found)


def add_from_template(page: PageContext, view: ChecklistView) -> None:
    """The same cards beside a checklist that has items: each says what it would add."""
    with st.expander("Add items from a template", icon=":material/library_add:"):
        found = checklist_templates(page.workspace, page.caller)
        _cards(page, view, found)


def _cards(page: PageContext, view: ChecklistView, found: Gallery) -> None:
    for fault in found.faults:
        st.warning(
            lit(f"One of your own templates cannot be used. {fault[:500]}"), icon=":material/description:"
        )
    for first in range(0, len(found.templates), 2):
        for column, template in zip(st.columns(2), found.templates[first : first + 2], strict=False):
            with column.container(border=True, height="stretch", key=f"card_{template.id}"):
                _card(page, view, template)


def _card(page: PageContext, view: ChecklistView, template: Template) -> None:
    items = template.checklist.items
    own = " :blue-badge[your own]" if template.is_own else ""
    st.markdown(f"**{lit(template.name)}**{own}")
    facts = [write_count(len(items), "item"), f"from {stakes_words(template.stakes).word.lower()} on"]
    st.caption(" · ".join(facts) + (f" · {lit(template.for_whom)}" if template.for_whom else ""))
    if template.about:
        st.markdown(lit(template.about))
    brings = addition(view.checklist, template)
    if view.checklist.items:
        st.markdown(_brings_words(brings))
    with st.expander(f"Look at the {write_count(len(items), 'item')}"):
        for item in items:
            there = " *(there already)*" if item in brings.there else ""
            st.caption(f"· {lit(_words(item))}{there}")
    label = f"Add {write_count(len(brings.adds), 'item')}" if view.checklist.items else "Take this template"
    st.button(
        label if brings.adds else "Nothing to add",
        type="secondary" if view.checklist.items else "primary",
        key=f"take_{template.id}",
        on_click=guarded(partial(_take, page, view, template, len(brings.adds))),
        **only_for(page, Act.EDIT_CHECKLIST, disabled=not brings.adds),
    )


def _brings_words(brings: Addition) -> str:
    """What the template would add, in a sentence: a few items by name, and how many are there already."""
    if not brings.adds:
        return ":green[:material/check: Everything in it is in your checklist already.]"
    named = "; ".join(_words(item).rstrip(".") for item in brings.adds[:_SHOWN_ITEMS])
    more = len(brings.adds) - _SHOWN_ITEMS
    sentence = f"Adds {len(brings.adds)}: {named}" + (f"; and {more} more" if more > 0 else "") + "."
    if brings.there:
        are = "is" if len(brings.there) == 1 else "are"
        sentence += (
            f" {len(brings.there)} {are} there already and {'stays' if are == 'is' else 'stay'} as now."
        )
    return lit(sentence)


def _words(item: MeasuredItem | AttestedItem) -> str:
    return item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence


def _take(page: PageContext, view: ChecklistView, template: Template, adds: int) -> None:
    take_template(page.workspace, page.caller, page.moment(), page.slug, template.id, based_on=view.number)
    if view.checklist.items:
        flash(f"{write_count(adds, 'item')} added from “{template.name}”.")
    else:
        flash(f"The checklist starts from “{template.name}”.")
