"""The blocks of the Evidence page: hand a file in, watch it, answer its questions, read its report."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.actions.imports import cancel_import, list_uploads, start_import, waits_for_answers
from core.actions.policy import Act
from core.evidence.column import Column
from core.evidence.columns import COLUMNS, TABLE_KINDS, Kind
from core.intake.answers import Answers
from core.intake.reader_process import start_ahead
from core.intake.sources.tools import HELD
from core.store.tables import UNFINISHED
from core.store.uploads import Upload
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.import_report import COUNTS, show_fault, show_report
from core.web.screens.permitted import only_for, permitted, says_who_may
from core.web.screens.source_help import which_file
from core.web.widgets import empty_state, flash, guarded, refresh
from core.web.wording import write_count, write_moment

_SHOWN_AT_FIRST = 20
_KINDS = {
    "auto": "Find out from the file",
    Kind.TRACES.value: "Traces: one row is one answer of the feature",
    Kind.EVALS.value: "Eval results: one row is one try of a test case",
    Kind.LABELS.value: "Labels: one row is a person's judgement of a trace",
    Kind.FAILURES.value: "Failure log: one row is one failure of a trace, with its cause and fix",
}
_STATES = {
    "done": ("imported", "green", ":material/check_circle:"),
    "withdrawn": ("withdrawn", "gray", ":material/block:"),
    "failed": ("not imported", "red", ":material/error:"),
    "cancelled": ("stopped", "gray", ":material/cancel:"),
}


def drop_zone(page: PageContext) -> None:
    """The file, what it is, which release it is of; nothing is read before the button is pressed."""
    if not permitted(page, Act.IMPORT):
        says_who_may(page, Act.IMPORT)
        return
    turn = st.session_state.setdefault("upload_turn", 0)
    with st.container(border=True, key="drop_zone"):
        files = st.file_uploader(
            "Drop an export here, also as .gz: Excel, CSV, JSON, JSONL, Parquet, YAML, XML or .eval, "
            "up to 200 MB (Excel: 50 MB)",
            # Any name: some tools' files have no ending, and what a file is shows in its bytes.
            type=None,
            accept_multiple_files=True,
            key=f"upload_{turn}",
        )
        which_file()
        kind, bundle = st.columns(2)
        kind.selectbox("What it holds", list(_KINDS), format_func=_KINDS.__getitem__, key="upload_kind")
        bundle.text_input(
            "Release it is of (optional)",
            key="upload_bundle",
            max_chars=120,
            placeholder="2026-10-14",
            help="The version that these rows come from, where the file does not say it itself.",
        )
        st.toggle(
            "Let me check the columns first",
            key="upload_check_columns",
            help="Shows what every column seems to be before anything is imported, even where all are known. "
            "Only for tables of your own: exports of tools need no check, and would lose steps and scores.",
        )
        st.button(
            "Import these files",
            type="primary",
            icon=":material/upload:",
            key="import",
            disabled=not files,
            on_click=guarded(partial(_hand_in, page, turn)),
        )


def nothing_yet() -> None:
    with empty_state(
        "No evidence yet",
        "Export traces from your tracing tool, or results from your eval tool, and drop the file above. "
        "An Excel sheet of reviewers' verdicts works as it is.",
        icon=":material/upload_file:",
    ):
        st.caption("Not sure about the columns? Look below under “What a file may hold”.")


@st.fragment(run_every=1.0)
def under_way(page: PageContext) -> None:
    """Imports that are running, with progress and a stop button; the page refreshes when one ends."""
    uploads = list_uploads(page.workspace, page.caller, page.slug)
    running = [upload for upload in uploads if upload.state in UNFINISHED]
    for upload in running:
        with st.container(border=True):
            st.markdown(f":material/hourglass_top: **{lit(upload.file_name)}**")
            words = f"{upload.stage or 'waiting its turn'} · {write_count(upload.rows_done, 'row')} read"
            st.progress(min(1.0, upload.share or 0.0), text=lit(words))
            st.button(
                "Stopping …" if upload.cancel_asked else "Stop this import",
                key=f"cancel_{upload.id}",
                **only_for(page, Act.IMPORT, disabled=upload.cancel_asked),
                on_click=guarded(partial(_stop, page, upload.id)),
            )
    if not running:
        refresh()


def _stop(page: PageContext, upload_id: str) -> None:
    cancel_import(page.workspace, page.caller, page.moment(), upload_id)


def has_running(uploads: Sequence[Upload]) -> bool:
    return any(upload.state in UNFINISHED for upload in uploads)


def history(page: PageContext, uploads: Sequence[Upload]) -> None:
    """Every upload: those with an open question first, then newest first; what needs a look is opened."""
    ended = [upload for upload in uploads if upload.state not in UNFINISHED]
    answered = {upload.id for upload in ended if _was_answered(page, upload, uploads)}
    ended = [upload for upload in ended if upload.id not in answered]
    if not ended:
        return
    waiting = {upload.id for upload in ended if waits_for_answers(page.workspace, upload)}
    ended.sort(key=lambda upload: upload.id not in waiting)
    st.header("Uploads")
    if len(waiting) > 1:
        st.caption(
            f"{len(waiting)} files wait for an answer. One answer counts for all of them that ask the same."
        )
    shown = ended
    if len(ended) > _SHOWN_AT_FIRST:
        everything = st.toggle(f"Show all {len(ended):,} uploads", key="all_uploads")
        shown = ended if everything else ended[:_SHOWN_AT_FIRST]
    for place, upload in enumerate(shown):
        fold = st.expander(
            _headline(upload, upload.id in waiting),
            expanded=place == 0 or upload.id in waiting,
            icon=_icon(upload),
            key=f"fold_{upload.id}",
            on_change="rerun",
        )
        # A folded report costs nothing: its body is made when somebody opens it.
        if not fold.open:
            continue
        with fold:
            st.caption(lit(_origin(upload)))
            if upload.state in ("failed", "cancelled"):
                show_fault(page, upload, upload.fault or {})
            else:
                show_report(page, upload, upload.report or {})
    download_row("All uploads", _table(ended), f"{page.slug}-uploads", key="uploads")


def columns_help() -> None:
    """What each kind of file may hold, with an empty sheet to fill."""
    with st.expander("What a file may hold", icon=":material/help:"):
        for kind in TABLE_KINDS:
            columns = COLUMNS[kind]
            st.markdown(f"**{_KINDS[kind.value]}**")
            required = ", ".join(column.name for column in columns if column.required)
            st.caption(
                f"Needed: {lit(required)}. Everything else is optional; other spellings such as “Run ID” "
                "are known. Columns that are not listed are not stored."
            )
            table = Table(("Column", "Holds", "Meaning"), [_described(column) for column in columns])
            st.dataframe(
                {name: [row[place] for row in table.rows] for place, name in enumerate(table.columns)},
                hide_index=True,
                height=180,
                key=f"columns_{kind}",
            )
            empty = Table([column.name for column in columns], [])
            download_row("An empty sheet", empty, f"readygate-{kind}", key=f"sheet_{kind}")


def _hand_in(page: PageContext, turn: int) -> None:
    """Start one import a file; the widget is then replaced, which frees the files' memory."""
    chosen = st.session_state.get("upload_kind", "auto")
    answers = Answers(
        kind=None if chosen == "auto" else Kind(chosen),
        check_columns=st.session_state.get("upload_check_columns", False),
    )
    files = st.session_state.get(f"upload_{turn}") or []
    if files:
        # It loads what it needs while the first file is put down.
        start_ahead()
    for file in files:
        start_import(
            page.workspace,
            page.caller,
            page.moment(),
            page.slug,
            file_name=file.name,
            content=file,
            answers=answers,
            bundle=st.session_state.get("upload_bundle", "").strip() or None,
        )
    st.session_state["upload_turn"] = turn + 1
    st.session_state["upload_check_columns"] = False
    flash(f"{write_count(len(files), 'file')} taken in. You may close this page; the import goes on.")


def _was_answered(page: PageContext, upload: Upload, uploads: Sequence[Upload]) -> bool:
    """Whether the upload only asked, and the same file was then read with the answers."""
    if not (upload.fault and upload.fault.get("questions")) or waits_for_answers(page.workspace, upload):
        return False
    return any(
        other.sha256 == upload.sha256 and other.id != upload.id and other.asked_at >= upload.asked_at
        for other in uploads
    )


def _headline(upload: Upload, waits: bool) -> str:
    word, colour, _ = _STATES[upload.state]
    if waits:
        word, colour = "has a question", "orange"
    elif upload.fault and upload.fault.get("questions"):
        word, colour = "not answered", "gray"
    report = upload.report or {}
    count = write_count(report["read"], "test case" if upload.kind == Kind.CASES else "row") if report else ""
    rows = f" · {count}" if report else ""
    if upload.numbers_expired_at is not None:
        return f"{lit(upload.file_name)}{rows} :gray-badge[numbers expired]"
    # From here on the badge has the number of rows itself.
    if upload.state == "done" and report and report["read"] == report["skipped"]:
        rows, word, colour = "", f"{count}, nothing in it to import", "gray"
    elif _is_in_already(upload):
        rows, word, colour = "", f"{count} already in, nothing new", "gray"
    elif upload.state == "done" and report and (report["duplicate"] or report["updated"]):
        word, colour = _fates(report), "orange" if report["rejected"] else "green"
    elif _is_partly_in(upload):
        kept = report["accepted"] + report["updated"]
        rows, word, colour = "", f"{kept:,} of {write_count(report['read'], 'row')} imported", "orange"
    return f"{lit(upload.file_name)}{rows} :{colour}-badge[{word}]"


def _fates(report: Mapping[str, Any]) -> str:
    """ "11 new, 5 updated, 195 known", for a file of which something was there before."""
    named = {"accepted": "new", "updated": "updated", "duplicate": "known", "rejected": "rejected"}
    parts = [f"{report[name]:,} {word}" for name, word in named.items() if report[name] or name == "accepted"]
    if not report["accepted"] + report["updated"] and not report.get("nothing_new"):
        parts.append("new steps or scores inside")
    return ", ".join(parts)


def _is_in_already(upload: Upload) -> bool:
    """Whether all rows were known before. A file that only names runs may have brought the rule that
    decides which of them passed, so it always counts."""
    report = upload.report or {}
    if upload.state != "done" or report.get("scored_elsewhere") or report.get("rejected"):
        return False
    return bool(report.get("nothing_new") and report.get("duplicate"))


def _is_partly_in(upload: Upload) -> bool:
    """Whether the upload counts, but without some of its rows, which were rejected."""
    return upload.state == "done" and bool((upload.report or {}).get("rejected"))


def _icon(upload: Upload) -> str:
    return ":material/contrast:" if _is_partly_in(upload) else _STATES[upload.state][2]


def _origin(upload: Upload) -> str:
    words = "test cases without results" if upload.kind == Kind.CASES else _held(upload.kind)
    kind = f"{words} · " if words else ""
    bundle = f" · release {upload.bundle}" if upload.bundle else ""
    handed_in = f"{write_moment(upload.asked_at)} by {upload.asked_by}"
    return f"{kind}{handed_in} · fingerprint {upload.sha256[:12]}{bundle}"


def _held(kind: str | None) -> str | None:
    """What the rows are, in the words of the table of tools."""
    return HELD.get(Kind(kind), kind) if kind else None


def _described(column: Column) -> tuple[str, str, str]:
    holds = column.type.value
    if column.choices:
        holds = ", ".join(dict.fromkeys(stored for _, stored in column.choices))
    return column.name, holds, column.meaning


def _table(uploads: Sequence[Upload]) -> Table:
    columns = (
        "File",
        "Kind",
        "State",
        "By",
        "At",
        "Release",
        "SHA-256",
        "Read",
        *(name.capitalize() for name in COUNTS),
    )
    rows = []
    for upload in uploads:
        report = upload.report or {}
        counts = [report.get(name) for name in ("read", *COUNTS)]
        rows.append(
            (
                upload.file_name,
                upload.kind,
                _STATES[upload.state][0],
                upload.asked_by,
                upload.asked_at,
                upload.bundle,
                upload.sha256,
                *counts,
            )
        )
    return Table(columns, rows)
