"""Portfolio: every AI feature with its verdict, the worst first."""

import streamlit as st

from core.web import open_page, wiring
from core.web.screens import first_run
from core.web.screens import portfolio as screen

page = open_page("portfolio", needs_feature=False)
screen.lead_on()
lines = wiring.portfolio(page.workspace, page.caller, page.now)

st.title("Portfolio")
if lines:
    first_run.stop("portfolio")
    if first_run.at_last_stop():
        screen.new_feature(page, is_open=True)
    first_run.strip(page, lines)
    screen.features(page, lines)
    screen.first_way(page, lines)
else:
    screen.no_features(page)
if not first_run.at_last_stop() or not lines:
    screen.new_feature(page, is_open=not lines)
