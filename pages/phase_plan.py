"""Phase plan: the steps of the rollout, their guardrails, and where the plan will hurt."""

import streamlit as st

from core.actions.plans import view_plan
from core.actions.rollout import view_rollout
from core.web import open_page
from core.web.screens import alarms, forecast, rollout
from core.web.screens import phase_plan as screen
from core.web.screens import phase_plan_editor as editor
from core.web.screens import phase_plan_findings as findings
from core.web.screens import phase_plan_versions as versions

page = open_page("phase_plan")
view = view_plan(page.workspace, page.caller, page.slug, now=page.now)
ran = view_rollout(page.workspace, page.caller, page.now, page.slug)

st.title("Phase plan")
screen.standing(view, ran)
editor.conflict(page, view)
alarms.alarms(page)
rollout.control(page, ran)
rollout.course(page, ran)
if view.plan.phases:
    findings.findings(page, view)
    screen.picture(view)
    ahead = forecast.gathered(page)
    forecast.forecast_block(page, ahead)
    screen.phases(page, view, ahead)
    editor.settings(page, view)
else:
    screen.gallery(page, view)
screen.history(view)
versions.beside_each_other(page, view)
editor.open_form(page, view)
