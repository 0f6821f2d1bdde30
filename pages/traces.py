"""Traces: find a run of the feature by its id, its user or its text, and see what happened in it."""

import streamlit as st

from core.web import open_page
from core.web.screens import trace_view
from core.web.screens import traces as screen

page = open_page("traces")

st.title("Traces")
if run_id := screen.opened_trace():
    trace_view.one_trace(page, run_id)
else:
    screen.found(page)
