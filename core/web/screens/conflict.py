"""Two people changed one document: both changes side by side, nothing lost, nothing overwritten."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import streamlit as st

from core.web.safe import lit
from core.web.widgets import guarded
from core.web.wording import write_moment


class Saved(Protocol):
    """A saved version, as far as it is named here: its number, who saved it, and when."""

    @property
    def number(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def saved_at(self) -> datetime: ...


def both_changes(
    document: str,
    newest: Saved,
    theirs: Sequence[str],
    yours: Sequence[str],
    *,
    drop: Callable[[], None],
    save: Callable[[], object],
) -> None:
    """What others saved as ``newest`` beside what the person at the page entered, each a sentence a change.

    ``document`` is its word on screen; ``drop`` forgets the person's own change, ``save`` puts it on top.
    """
    with st.container(border=True, key="conflict"):
        st.error(
            f"{lit(newest.author)} saved version {newest.number} on {write_moment(newest.saved_at)}, "
            "after you began. Nothing of yours is saved yet, and nothing of theirs is lost.",
            title=f"Two people changed this {document}",
            icon=":material/call_split:",
        )
        columns = st.columns(2)
        sides = ((f"Theirs (version {newest.number})", theirs), ("Yours", yours))
        for column, (title, sentences) in zip(columns, sides, strict=True):
            with column:
                st.markdown(f"**{title}**")
                for sentence in sentences:
                    st.text(sentence)
        with st.container(horizontal=True):
            st.button("Keep theirs, drop mine", key="keep_theirs", on_click=drop)
            st.button("Save mine on top of theirs", type="primary", key="save_mine", on_click=guarded(save))
