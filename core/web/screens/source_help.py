"""Which file to take from which tool: the table of tools, folded below the place where files are dropped."""

import streamlit as st

from core.intake.sources.tools import HELD, TOOLS, Tool


def _held(tool: Tool) -> str:
    return ", ".join(word for kind, word in HELD.items() if kind in tool.kinds)


def which_file() -> None:
    with st.expander("Which file from which tool?", icon=":material/help:", key="which_file"):
        st.caption(
            "Drop it as the tool wrote it: which tool it is from shows in the file. Take the whole time "
            "since your lock, not a selection, and all steps, not only the first ones. Steps become traces."
        )
        st.table(
            {
                "Tool": [tool.name for tool in TOOLS],
                "Take this file, and what it may hold": [
                    f"{tool.take}  \n:small[:gray[{_held(tool)}]]" for tool in TOOLS
                ],
            },
            border="horizontal",
            hide_index=True,
        )
        st.caption("Your own log or sheet works as well: see “What a file may hold” below.")
