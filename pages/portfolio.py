"""Portfolio: every AI feature with its verdict, the worst first."""

import streamlit as st

from core.web import open_page, wiring
from core.web.screens import portfolio as screen

page = open_page("portfolio", needs_feature=False)
lines = wiring.portfolio(page.workspace, page.caller, page.now)

st.title("Portfolio")
if lines:
    st.caption(
        "May each AI feature go on to its next users? The charts show the last eight weeks with their "
        "intervals; the dashed line is the bar."
    )
    screen.next_step(lines)
    screen.features(page, lines)
else:
    screen.no_features(page)
screen.new_feature(page, is_first=not lines)
