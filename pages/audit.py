"""Audit: who did what, when, before and after; and whether that was changed since."""

import streamlit as st

from core.web import open_page
from core.web.screens import audit as screen
from core.web.screens import audit_check

page = open_page("audit", needs_feature=False)

st.title("Audit")
slug = screen.choose_feature(page)
if entry := screen.opened_entry():
    screen.one_entry(page, slug, entry)
else:
    view = screen.view(page, slug)
    audit_check.panel(page, view)
    screen.timeline(page, slug, view)
    audit_check.files(page, slug, screen.asked(), view)
