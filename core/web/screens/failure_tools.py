"""The tools as the model sees them: what names and descriptions lack, and which tools the traces call."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st

from core.actions.policy import Act
from core.actions.tool_lists import ToolsView, add_tool_list, view_tools
from core.errors import WrongUsage
from core.intake.tool_lists import FORMATS, MOST_BYTES
from core.metrics.tool_list import ToolFinding
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import permitted, says_who_may
from core.web.widgets import flash, guarded
from core.web.wording import write_count, write_date

_SEEN_AT_ONCE = 12


def tools(page: PageContext) -> None:
    """What the model is told about its tools, before anybody changes the prompt."""
    st.header("Tool list", anchor="tools")
    view = view_tools(page.workspace, page.caller, page.slug)
    st.markdown(lit(tools_words(view)))
    says_who_may(page, Act.NAME_FAILURES)
    if permitted(page, Act.NAME_FAILURES):
        _hand_in(page, view)
    if view.newest is not None:
        _use(view)
        _findings(view.findings)
        if view.findings:
            download_row(
                "All findings", table_of(view.findings), f"{page.slug}-tool-list", key="tool_findings"
            )


def tools_words(view: ToolsView) -> str:
    if view.newest is None:
        called = (
            f" The traces call {write_count(len(view.use.unlisted), 'tool')}." if view.use.unlisted else ""
        )
        return (
            "Hand in the list of tools that the model is given. Names and descriptions that do not tell "
            f"tools apart are among the most frequent causes of a wrong choice.{called}"
        )
    newest = view.newest
    found = len({one.tool for one in view.findings if one.tool})
    verb = "needs" if found == 1 else "need"
    mend = f"{found:,} of them {verb} a better name or description" if found else "none of them needs mending"
    return (
        f"{write_count(len(newest.tools), 'tool')} in “{newest.file_name}”, handed in by {newest.added_by} "
        f"on {write_date(newest.added_at)}; {mend}."
    )


def _hand_in(page: PageContext, view: ToolsView) -> None:
    label = "Hand in a tool list" if view.newest is None else "Hand in a newer list"
    # Of its own for each list: once one was read, the box is closed.
    newest = view.newest.id if view.newest else 0
    with st.popover(label, icon=":material/upload_file:", key=f"tool_list_popover_{newest}"):
        st.caption("Read as JSON: " + "; ".join(FORMATS) + ".")
        key = f"tool_list_{page.slug}"
        st.file_uploader("Tool list (JSON)", type=["json"], max_upload_size=MOST_BYTES >> 20, key=key)
        st.button(
            "Look at it", type="primary", key=f"{key}/save", on_click=guarded(partial(_save, page, key))
        )


def _save(page: PageContext, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        raise WrongUsage("There is no file yet.", mend="Choose the tool list first.")
    content = file.read(MOST_BYTES + 1)
    add_tool_list(page.workspace, page.caller, page.moment(), page.slug, file_name=file.name, content=content)
    flash("The tool list was read.", icon=":material/construction:")


def _use(view: ToolsView) -> None:
    if not view.use.traces:
        st.caption("No trace records which tools were called, so the list cannot be held against use.")
        return
    if view.use.unlisted:
        named = ", ".join(
            f"“{one.name}” ({write_count(one.traces, 'trace')})" for one in view.use.unlisted[:8]
        )
        more = f" and {len(view.use.unlisted) - 8:,} more" if len(view.use.unlisted) > 8 else ""
        st.warning(
            lit(
                f"Traces call tools that are not in this list: {named}{more}. Is it the list of the "
                "live release?"
            ),
            icon=":material/playlist_remove:",
        )
    if view.use.never_called:
        named = ", ".join(f"“{name}”" for name in view.use.never_called[:12])
        more = f" and {len(view.use.never_called) - 12:,} more" if len(view.use.never_called) > 12 else ""
        st.info(
            lit(
                f"Never called in {view.use.traces:,} traces: {named}{more}. Each tool that is not needed "
                "makes the choice harder."
            ),
            icon=":material/hourglass_disabled:",
        )


def _findings(findings: Sequence[ToolFinding]) -> None:
    by_tool = [(tool, list(found)) for tool, found in groupby(findings, key=lambda one: one.tool)]
    for place, (tool, found) in enumerate(by_tool[:_SEEN_AT_ONCE]):
        with st.container(border=True, gap="xsmall", key=f"tool_findings_{place}"):
            st.markdown(f"**{lit(tool) if tool else 'The whole list'}**")
            for one in found:
                st.markdown(f":material/edit_note: {lit(one.sentence)}")
                st.caption(lit(f"{one.rule.why} {one.rule.mend}"))
    if len(by_tool) > _SEEN_AT_ONCE:
        st.caption(
            f"{len(by_tool) - _SEEN_AT_ONCE:,} more tools have findings; the download has all of them."
        )


def table_of(findings: Sequence[ToolFinding]) -> Table:
    """The findings for a file."""
    columns = ("Tool", "Rule", "What is so", "Why it misleads", "How to mend it")
    return Table(
        columns, [(one.tool, one.rule.name, one.sentence, one.rule.why, one.rule.mend) for one in findings]
    )
