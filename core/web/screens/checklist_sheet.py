"""The workbook of the Checklist page: download it, upload it filled in, see what would change, save."""

from functools import partial

import streamlit as st

from core.actions.checklist_sheets import SheetReading, checklist_sheet, read_checklist_sheet
from core.actions.checklists import ChecklistView, save_checklist
from core.actions.policy import Act
from core.errors import UserError
from core.export.checklist_workbook import SHEET
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.permitted import permitted, says_who_may
from core.web.widgets import flash, guarded, problem_box
from core.web.wording import write_count

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COUNT = "checklist_sheet_count"


def sheet(page: PageContext, view: ChecklistView) -> None:
    """Out as a workbook, back as a before and after; nothing is saved before it is confirmed."""
    with st.expander("Fill it in as an Excel workbook", icon=":material/table_view:"):
        st.markdown(
            "Somebody without an account can fill in the checklist: send them the workbook, and upload what "
            "comes back. You see every change before anything is saved. Questions are answered on this page, "
            "by name."
        )
        st.download_button(
            "Download the workbook",
            data=partial(checklist_sheet, page.workspace, page.caller, page.slug),
            file_name=f"{page.slug}-checklist-v{view.number or 0}.xlsx",
            mime=_XLSX,
            key="sheet_download",
            icon=":material/download:",
            on_click="ignore",
        )
        if not permitted(page, Act.EDIT_CHECKLIST):
            says_who_may(page, Act.EDIT_CHECKLIST)
            return
        # A new key empties the field once its file is saved.
        key = f"sheet_{page.slug}_{st.session_state.get(_COUNT, 0)}"
        uploaded = st.file_uploader(
            "The filled-in workbook (.xlsx)", type=["xlsx"], key=key, max_upload_size=1
        )
        if uploaded is None:
            return
        try:
            found = read_checklist_sheet(page.workspace, page.caller, page.slug, content=uploaded.getvalue())
        except UserError as problem:
            problem_box(problem)
            return
        _reading(page, found, uploaded.name)


def _reading(page: PageContext, found: SheetReading, name: str) -> None:
    if found.faults:
        st.error(
            f"{write_count(len(found.faults), 'cell')} cannot be read. Nothing is saved: mend the workbook "
            "and upload it again.",
            icon=":material/error:",
        )
        st.dataframe(
            [
                {
                    "Sheet": SHEET,
                    "Row": fault.row,
                    "Column": fault.column,
                    "Value": printable(fault.value),
                    "What is wrong": printable(fault.reason),
                    "How to mend it": fault.mend,
                }
                for fault in found.faults
            ],
            hide_index=True,
        )
    elif not found.changes:
        st.success("The workbook says what the checklist says: nothing to save.", icon=":material/check:")
    else:
        st.markdown(f"**{write_count(len(found.changes), 'change')}** against version {found.based_on or 0}:")
        for sentence in found.changes:
            st.markdown(f":material/change_circle: {lit(sentence)}")
        st.button(
            "Save these changes",
            type="primary",
            key="sheet_save",
            on_click=guarded(partial(_save, page, found, name)),
        )


def _save(page: PageContext, found: SheetReading, name: str) -> None:
    if found.checklist is None:
        return
    save_checklist(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        found.checklist,
        based_on=found.based_on,
        reason=f"Workbook {name[:80]}",
    )
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    flash("The workbook's changes are saved.")
