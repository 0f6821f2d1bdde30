"""Glossary: the words, the metrics and the rules, each explained in a sentence or two."""

import streamlit as st

from core.web import open_page
from core.web.screens import first_run
from core.web.screens import glossary as screen

page = open_page("glossary", needs_feature=False)

st.title("Glossary")
first_run.way_back(page)
screen.glossary()
