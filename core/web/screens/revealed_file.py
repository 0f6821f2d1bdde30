"""A file with personal data as it was: for few, with a reason, and in the log."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.reasons import SHORTEST_REASON
from core.web.opening import PageContext
from core.web.screens.permitted import permitted


def file_as_it_was(
    page: PageContext, make: Callable[[str], bytes], *, file_name: str, mime: str, key: str
) -> None:
    """The way to the unmasked file; ``make`` takes the reason. Nothing is drawn for whoever may not."""
    if not permitted(page, Act.REVEAL):
        return
    with st.popover("With personal data", icon=":material/visibility:", key=f"{key}_popover"):
        st.markdown(
            "Files are masked as the screen is. This is the file as it was; the audit log keeps your name "
            "and the reason."
        )
        reason = st.text_input("What do you need it for?", key=f"{key}_reason", max_chars=300)
        enough = len(reason.strip()) >= SHORTEST_REASON
        st.download_button(
            "Download it as it was",
            data=partial(make, reason) if enough else b"",
            file_name=file_name,
            mime=mime,
            icon=":material/download:",
            disabled=not enough,
            on_click="ignore",
            key=key,
            help=f"Takes a reason of at least {SHORTEST_REASON} characters.",
        )
