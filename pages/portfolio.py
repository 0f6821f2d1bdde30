"""Portfolio: every AI feature with its verdict, the worst first."""

import streamlit as st

from core.actions.portfolio import view_portfolio
from core.web import open_page
from core.web.screens import portfolio as screen

page = open_page("portfolio", needs_feature=False)
lines = view_portfolio(page.workspace, page.caller, page.now)

st.title("Portfolio")
if lines:
    st.caption("May each AI feature go on to its next users? The worst answer comes first.")
    screen.next_step(lines)
    screen.features(lines)
else:
    screen.no_features()
screen.new_feature(page, is_first=not lines)
