"""The found traces as files, made only when a button is pressed."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.actions.revealing import reveal_traces
from core.actions.traces import MOST_DOWNLOADED, ListedTraces, TraceFilter, find_traces
from core.web.downloads import csv_bytes, xlsx_bytes
from core.web.opening import PageContext
from core.web.screens.revealed_file import file_as_it_was
from core.web.wording import write_count

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS = (
    "Moment",
    "Run ID",
    "Question",
    "Answer",
    "User",
    "Task type",
    "Feedback",
    "Latency (ms)",
    "Cost (USD)",
    "Error",
    "Tool error",
    "Failures",
)


def downloads(page: PageContext, asked: TraceFilter, result: ListedTraces) -> None:
    """CSV and Excel, masked as the screen is; and, for few, the file as it was."""
    total = result.total
    cut = total > MOST_DOWNLOADED
    note = f"The newest {MOST_DOWNLOADED:,} of {total:,}" if cut else write_count(total, "trace").capitalize()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(note, width="content")
        for word, kind, mime, make in (
            ("CSV", "csv", "text/csv", csv_bytes),
            ("Excel", "xlsx", _XLSX, xlsx_bytes),
        ):
            st.download_button(
                word,
                data=partial(_file, page, asked, make),
                file_name=f"{page.slug}-traces.{kind}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"traces_{kind}",
            )
        if result.masked:
            file_as_it_was(
                page,
                partial(_file_as_it_was, page, asked),
                file_name=f"{page.slug}-traces-as-they-were.csv",
                mime="text/csv",
                key="traces_revealed",
            )


def _file(page: PageContext, asked: TraceFilter, make: Callable[..., bytes]) -> bytes:
    """The found traces as a file; made only when the button is pressed."""
    result = find_traces(page.workspace, page.caller, page.slug, asked, limit=MOST_DOWNLOADED, whole=True)
    return make(_table(result), _COLUMNS)


def _file_as_it_was(page: PageContext, asked: TraceFilter, reason: str) -> bytes:
    result = reveal_traces(
        page.workspace, page.caller, page.moment(), page.slug, asked, limit=MOST_DOWNLOADED, reason=reason
    )
    return csv_bytes(_table(result), _COLUMNS)


def _table(result: ListedTraces) -> list[tuple[object, ...]]:
    return [
        (
            line.moment,
            line.run_id,
            line.query,
            line.response,
            line.user_id,
            line.task_type,
            line.feedback,
            line.latency_ms,
            line.cost_usd,
            line.error,
            line.tool_error,
            ", ".join(result.failures.get(line.run_id, ())),
        )
        for line in result.lines
    ]
