"""The Glossary page: words, metrics and rules, searchable; each has an anchor, and an address of its own."""

from collections.abc import Sequence

import streamlit as st

from core.web.address import text_in, writes
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.glossary_words import Entry, metrics, plan_rules, words
from core.web.wording import write_count

_KEY, _ADDRESS = "glossary_look", "look"


def explain_link(word: str, label: str = "") -> None:
    """A link to what ``word`` means, for any page."""
    link_to("glossary", query={_ADDRESS: word}, label=label or word, icon=":material/help:")


def glossary() -> None:
    """The search field, and below it what it finds, by kind; everything where nothing is looked for."""
    st.session_state[_KEY] = text_in(_ADDRESS)
    st.text_input(
        "Look up",
        key=_KEY,
        placeholder="tier, latency, fallback, …",
        icon=":material/search:",
        max_chars=100,
        on_change=writes(_ADDRESS, _KEY),
    )
    looked_for = st.session_state[_KEY]
    kinds = (("Words", words()), ("Metrics", metrics()), ("Rules for phase plans", plan_rules()))
    found = [(title, [entry for entry in entries if entry.says(looked_for)]) for title, entries in kinds]
    if not any(entries for _, entries in found):
        st.info(
            f"Nothing here says “{lit(looked_for)}”. Try one word, or clear the field to read everything.",
            icon=":material/search_off:",
        )
    for title, entries in found:
        if entries:
            _kind(title, entries)


def _kind(title: str, entries: Sequence[Entry]) -> None:
    st.header(title, anchor=title.split()[0].lower())
    st.caption(write_count(len(entries), "entry", "entries"))
    for entry in entries:
        with st.container(gap="xxsmall"):
            st.subheader(lit(entry.word), anchor=entry.anchor)
            st.markdown(lit(entry.meaning))
            for line in entry.more:
                st.caption(lit(line))
