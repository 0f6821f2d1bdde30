"""Scope: the six decisions that the rollout rests on, and the people it begins with."""

import streamlit as st

from core.actions.scopes import view_scope
from core.web import open_page
from core.web.screens import scope as screen
from core.web.screens import scope_editor

page = open_page("scope")
view = view_scope(page.workspace, page.caller, page.slug)

st.title("Scope")
screen.standing(view)
scope_editor.conflict(page, view)
screen.advice(view)
screen.decisions(page, view)
screen.cohort(page, view)
screen.segment(page, view)
screen.worst_case(page, view)
screen.fragile(page, view)
screen.history(view)
