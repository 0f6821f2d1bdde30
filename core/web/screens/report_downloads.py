"""The report on Go / no-go: the answer as a file, and the head of the log that it is anchored in."""

from functools import partial

import streamlit as st

from core.actions.reports import ReportFormat, log_head, make_report
from core.web.opening import PageContext

_FORMATS = (
    (ReportFormat.PDF, "To send or print", "application/pdf", ":material/picture_as_pdf:"),
    (ReportFormat.HTML, "HTML", "text/html", ":material/description:"),
    (
        ReportFormat.XLSX,
        "Excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ":material/table:",
    ),
    (ReportFormat.JSON, "JSON", "application/json", ":material/data_object:"),
)


def block(page: PageContext) -> None:
    """One button a format; a report is made when its button is pressed, and the log notes by whom."""
    st.header("Report")
    st.caption(
        "The whole answer on one sheet of A4; behind it every row, who committed to what, signatures, "
        "evidence and fingerprints. Each file opens without Readygate and says the same. The log notes each."
    )
    with st.container(horizontal=True, gap="small"):
        for form, label, mime, icon in _FORMATS:
            st.download_button(
                label,
                data=partial(_made, page, form),
                file_name=f"{page.slug}-report-{page.now:%Y-%m-%d}.{form.value}",
                mime=mime,
                icon=icon,
                on_click="ignore",
                key=f"report_{form.value}",
            )
    head = log_head(page.workspace, page.caller, page.slug)
    if head is not None:
        st.caption("Head of the audit log. Noted down elsewhere, it shows later if anything was changed:")
        # Not a box of code: the browser would load more for it than for all the rest of the page.
        st.markdown(f"`readygate verify --anchor {head}`")


def _made(page: PageContext, form: ReportFormat) -> bytes:
    return make_report(page.workspace, page.caller, page.moment(), page.slug, form).content
