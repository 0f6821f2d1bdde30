"""The two buttons that every table has."""

from functools import partial

import streamlit as st

from core.export.spreadsheets import Table as Table
from core.export.spreadsheets import csv_bytes as csv_bytes
from core.export.spreadsheets import xlsx_bytes as xlsx_bytes

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download_row(label: str, table: Table, file_stem: str, key: str) -> None:
    """Two buttons, CSV and Excel; the file is made only when one is pressed."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if label:
            st.caption(label, width="content")
        st.download_button(
            "CSV",
            data=partial(csv_bytes, table.rows, table.columns),
            file_name=f"{file_stem}.csv",
            mime="text/csv",
            key=f"{key}_csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Excel",
            data=partial(xlsx_bytes, table.rows, table.columns),
            file_name=f"{file_stem}.xlsx",
            mime=_XLSX,
            key=f"{key}_xlsx",
            icon=":material/download:",
            on_click="ignore",
        )
