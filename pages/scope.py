"""Scope: the six decisions that the rollout rests on, and everything that is agreed around them."""

import streamlit as st

from core.actions.scenarios import scenario_of
from core.actions.scope_reviews import review_scope
from core.actions.scopes import view_scope
from core.web import open_page
from core.web.screens import scope as screen
from core.web.screens import scope_editor, scope_scenarios
from core.web.screens import scope_registers as registers

page = open_page("scope")
view = view_scope(page.workspace, page.caller, page.slug)
review = review_scope(page.workspace, page.caller, page.now, page.slug)
scenario = scenario_of(page.workspace, page.caller, view.scope)
decisions, stakes, reach, worse, people, dates = review.progress

st.title("Scope")
screen.standing(view)
scope_editor.conflict(page, view)
screen.changed_promises(view)
screen.advice(review)
if view.number is None:
    scope_scenarios.gallery(page)

screen.section(decisions)
screen.decisions(page, view)
screen.section(stakes)
registers.profile(page, view)
screen.worst_case(page, view, scenario)
registers.investment(page, view)
screen.section(reach)
registers.sources(page, view)
registers.permissions(page, view)
screen.section(worse)
registers.regression(page, view)
registers.owners(page, view)
screen.section(people)
screen.cohort(page, view)
screen.segment(page, view)
screen.section(dates)
registers.calendar(page, view, review)
screen.fragile(page, view)
screen.history(view)
