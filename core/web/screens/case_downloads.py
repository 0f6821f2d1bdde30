"""The eval set as files: for the tool that runs it, and for people who read it in a spreadsheet."""

from functools import partial

import streamlit as st

from core.actions.case_exports import export_cases, reveal_cases
from core.actions.policy import Act
from core.export.case_formats import FORMATS, CaseFormat
from core.web.opening import PageContext
from core.web.screens.permitted import permitted, says_who_may
from core.web.screens.revealed_file import file_as_it_was
from core.web.wording import write_count


def case_downloads(
    page: PageContext, suite: str | None = None, *, left_out: int = 0, key: str = "case_downloads"
) -> None:
    """All cases as they stand, or those of the locked ``suite``; nothing is made before it is asked for. So
    many are ``left_out``, because their texts are gone."""
    if not permitted(page, Act.READ_TEXTS):
        says_who_may(page, Act.READ_TEXTS)
        return
    tools = [one.name for one in FORMATS.values() if not one.is_for_people]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox(
            "For the tool that runs them",
            tools,
            format_func=lambda name: FORMATS[name].label,
            key=f"{key}_tool",
            width=260,
        )
        wanted = FORMATS[name]
        _button(page, wanted, suite, "Download", f"{key}_for_tool")
        file_as_it_was(
            page,
            partial(_as_it_was, page, wanted, suite),
            file_name=wanted.file_name(page.slug),
            mime=wanted.mime,
            key=f"{key}_revealed",
        )
    st.caption(f"{wanted.note} Personal data is masked.")
    if left_out:
        are, their = ("is", "its") if left_out == 1 else ("are", "their")
        st.caption(
            f"{write_count(left_out, 'case')} {are} left out: {their} texts have expired or were erased."
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("To read and discuss in a spreadsheet:", width="content")
        for one in FORMATS.values():
            if one.is_for_people:
                _button(page, one, suite, one.name.upper(), f"{key}_{one.name}")


def _button(page: PageContext, wanted: CaseFormat, suite: str | None, label: str, key: str) -> None:
    st.download_button(
        label,
        data=partial(_masked, page, wanted, suite),
        file_name=wanted.file_name(page.slug),
        mime=wanted.mime,
        icon=":material/download:",
        on_click="ignore",
        key=key,
        help=wanted.note,
    )


def _masked(page: PageContext, wanted: CaseFormat, suite: str | None) -> bytes:
    return export_cases(
        page.workspace, page.caller, page.moment(), page.slug, format_name=wanted.name, suite=suite
    ).content


def _as_it_was(page: PageContext, wanted: CaseFormat, suite: str | None, reason: str) -> bytes:
    return reveal_cases(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        format_name=wanted.name,
        suite=suite,
        reason=reason,
    ).content
