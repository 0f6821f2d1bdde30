"""Phase plan: the steps of the rollout, their guardrails, and where the plan will hurt."""

import streamlit as st

from core.actions.plans import view_plan
from core.web import open_page
from core.web.screens import phase_plan as screen
from core.web.screens import phase_plan_editor as editor

page = open_page("phase_plan")
view = view_plan(page.workspace, page.caller, page.slug)

st.title("Phase plan")
screen.standing(view)
editor.conflict(page, view)
if view.plan.phases:
    screen.findings(page, view)
    screen.picture(view)
    screen.phases(page, view)
    editor.settings(page, view)
else:
    screen.gallery(page, view)
screen.history(view)
editor.open_form(page, view)
