"""Checklist: what must hold before the feature goes on, written down and locked."""

import streamlit as st

from core.actions.checklists import view_checklist
from core.web import open_page
from core.web.screens import checklist as screen
from core.web.screens import (
    checklist_editor,
    checklist_floor,
    checklist_frameworks,
    checklist_gallery,
    checklist_lock,
    checklist_sheet,
)

page = open_page("checklist")
view = view_checklist(page.workspace, page.caller, page.slug)

st.title("Checklist")
screen.standing(page, view, page.progress.decision.commitments if page.progress else ())
checklist_editor.conflict(page, view)
checklist_editor.unfinished(page, view)
if view.checklist.items:
    checklist_lock.lock(page, view)
    checklist_floor.floor(page, view)
    screen.items(page, view)
    checklist_gallery.add_from_template(page, view)
    checklist_sheet.sheet(page, view)
    checklist_frameworks.frameworks(page, view)
else:
    checklist_gallery.gallery(page, view)
    st.caption("Or write your own:")
    screen.new_item(page, view)
screen.history(view)
