"""Failures: what goes wrong and why, what was done about it, and whether it stays away."""

import streamlit as st

from core.actions.gauges import Part
from core.web import open_page
from core.web.screens import (
    failure_loops,
    failure_tools,
    failure_top,
    failure_words,
    failures,
    health_discovery,
)

page = open_page("failures")

st.title("Failures")
if failures.pareto(page):
    failure_top.top_ten(page)
    health_discovery.curve(page, Part())
failure_loops.loops(page)
failure_tools.tools(page)
failure_words.words(page)
