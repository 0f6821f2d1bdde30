"""Review: look at traces, say what was right and what went wrong, and end with what to do about it."""

import streamlit as st

from core.web import open_page
from core.web.screens import review as screen
from core.web.screens import review_agreement, review_end, review_work

page = open_page("review")

st.title("Review")
if (session_id := screen.opened_review()) is not None:
    if review_end.is_asked(session_id) or not review_work.work(page, session_id):
        review_end.end(page, session_id)
elif screen.overview(page):
    review_agreement.agreement(page)
