"""Glossary: the words, the metrics and the rules, each explained in a sentence or two."""

import streamlit as st

from core.web import open_page
from core.web.screens import glossary as screen

open_page("glossary", needs_feature=False)

st.title("Glossary")
screen.glossary()
