"""Health: each metric apart, with its interval and its bar; trends, slices and what goes wrong."""

import streamlit as st

from core.actions.health import view_health
from core.web import open_page
from core.web.screens import failures, health_filters, health_gauges
from core.web.screens import health as screen
from core.web.screens.outside import counted_outside

page = open_page("health")

st.title("Health")
part = health_filters.choose_part(page)
view = view_health(page.workspace, page.caller, page.now, page.slug, part)
screen.intro(view, part, page)
if view.is_empty and not part.narrows:
    screen.nothing_yet(page)
    failures.pareto(page, invites=False)
else:
    health_gauges.five(view, part)
    health_gauges.findings(view)
    health_gauges.others(view, part)
    health_gauges.download(page, view, part)
    screen.trend(page, view, part)
    screen.slices(page, view, part)
    failures.pareto(page, since=part.window(page.now).since, of=screen.failures_of(part, page))
counted_outside(page)
screen.keep_fresh(page, view)
