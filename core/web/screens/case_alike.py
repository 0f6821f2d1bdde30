"""Cases that ask nearly the same as the one that is being written, shown before it is saved."""

import streamlit as st

from core.actions.eval_cases import alike_cases
from core.web.opening import PageContext
from core.web.safe import printable

_EXCERPT = 160


def alike_note(page: PageContext, query: str, key: str, *, but: str = "") -> None:
    """Names them, and asks whether this is a test of its own; ``but`` is the case itself."""
    found = alike_cases(page.workspace, page.caller, page.slug, query, but=but) if query.strip() else ()
    if not found:
        return
    st.warning("Other cases ask nearly the same. Is this a test of its own?", icon=":material/content_copy:")
    for one in found:
        st.text(printable(f"{one.case_id} ({one.share:.0%} of the words): {one.query[:_EXCERPT]}"))
    st.checkbox("Yes, save it as well", key=f"{key}_alike")
