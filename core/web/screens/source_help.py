"""Which file to take from which tool: the list of tools, folded below the place where files are dropped."""

import streamlit as st

from core.intake.sources.tools import HELD, TOOLS, Tool


def _held(tool: Tool) -> str:
    return ", ".join(word for kind, word in HELD.items() if kind in tool.kinds)


def _entry(tool: Tool) -> str:
    """The tool as an item of a list, which wraps where a table on a phone would have to be scrolled."""
    return f"- **{tool.name}**: {tool.take}  \n  :small[:gray[{_held(tool)}]]"


def which_file() -> None:
    with st.expander("Which file from which tool?", icon=":material/help:", key="which_file"):
        st.caption(
            "Drop it as the tool wrote it: which tool it is from shows in the file. Take the whole time "
            "since your lock, not a selection, and all steps, not only the first ones. Steps become traces."
        )
        st.markdown("\n".join(map(_entry, TOOLS)))
        st.caption("Your own log or sheet works as well: see “What a file may hold” below.")
