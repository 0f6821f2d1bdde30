"""Health: the board, each metric and source in a row of its own, or one of the closer looks."""

import streamlit as st

from core.actions.health import view_health
from core.web import open_page
from core.web.screens import alarms, failures, health_filters
from core.web.screens import health as screen
from core.web.screens.health_sections import sections
from core.web.screens.outside import counted_outside

page = open_page("health")

st.title("Health")
part = health_filters.choose_part(page)
view = view_health(page.workspace, page.caller, page.now, page.slug, part)
screen.keep_fresh(page, view)
screen.intro(view, part, page)
alarms.silence(page)
if view.is_empty and not part.narrows:
    screen.nothing_yet(page)
    failures.pareto(page, invites=False)
    counted_outside(page)
else:
    screen.freshness(view, part, page)
    sections(page, view, part)
