"""Checklist: what must hold before the feature goes on, written down and locked."""

import streamlit as st

from core.actions.checklists import view_checklist
from core.web import open_page
from core.web.screens import checklist as screen
from core.web.screens import checklist_editor

page = open_page("checklist")
view = view_checklist(page.workspace, page.slug)

st.title("Checklist")
screen.standing(view)
checklist_editor.conflict(page, view)
if view.checklist.items:
    screen.lock(page, view)
    screen.items(page, view)
else:
    screen.gallery(page, view)
screen.history(view)
