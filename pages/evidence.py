"""Evidence: hand in exports, see what was understood, and what became of every row."""

import streamlit as st

from core.actions.imports import list_uploads
from core.web import open_page
from core.web.screens import evidence as screen
from core.web.screens import failures
from core.web.screens.instrumentation import what_finds_no_trace, what_traces_answer
from core.web.screens.retention import how_long_texts_are_kept

page = open_page("evidence")
uploads = list_uploads(page.workspace, page.caller, page.slug)

st.title("Evidence")
screen.drop_zone(page)
failures.offer_log(page, uploads)
if screen.has_running(uploads):
    screen.under_way(page)
if not uploads:
    screen.nothing_yet()
screen.history(page, uploads)
what_finds_no_trace(page)
what_traces_answer(page)
how_long_texts_are_kept(page)
screen.columns_help()
