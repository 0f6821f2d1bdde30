"""Checking the log on the Audit page: the head to note down, verifying, and the files to take away."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.actions.audit_log import MOST_EXPORTED, AuditFilter, AuditView, export_chain, export_table
from core.actions.audit_verify import (
    Anchor,
    Check,
    Verification,
    last_check,
    read_anchor,
    start_check,
)
from core.errors import WrongUsage
from core.web.downloads import Table, csv_bytes, download_row, xlsx_bytes
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.widgets import guarded, problem_box, refresh
from core.web.wording import write_count, write_moment

_FINDINGS_SHOWN = 20
_FIELD = "audit_anchor"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def panel(page: PageContext, view: AuditView) -> None:
    """The last verification with its time, the way to another, and the head of the log to note down."""
    if not view.may_check:
        st.caption(
            "Entries are only added, never changed. A signer, an administrator or an auditor can verify "
            "and export the log."
        )
        return
    with st.container(border=True, key="audit_check"):
        st.markdown("**Was anything changed past Readygate?**")
        check = last_check(page.workspace, page.caller)
        if check is not None and not check.ended.is_set():
            _under_way(page)
            return
        if (problem := _unreadable()) is not None:
            # The outcome of an earlier check would read as that of this one.
            problem_box(problem)
        elif check is not None:
            _outcome(check)
        if view.head is None:
            st.caption("The log is empty.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "A head that was noted down earlier (optional)",
                key=_FIELD,
                placeholder="hash:entries",
                max_chars=200,
                help="With it, a log whose end was cut off, or that was written anew, is found as well.",
            )
            st.button(
                "Verify now",
                key="audit_verify",
                icon=":material/verified_user:",
                type="primary",
                on_click=guarded(partial(_start, page)),
            )
        entries = write_count(view.head[0], "entry", "entries")
        st.caption(f"The head of the log, at {entries}. Note it down elsewhere: in a ticket, on paper.")
        st.code(str(Anchor(*view.head)), language=None, wrap_lines=True)


@st.fragment(run_every=1.0)
def _under_way(page: PageContext) -> None:
    """How far the verification is; the page is drawn anew when it ends."""
    check = last_check(page.workspace, page.caller)
    if check is None or check.ended.is_set():
        refresh()
    st.progress(check.share, text=lit(check.words))


def _start(page: PageContext) -> None:
    start_check(page.workspace, page.caller, page.moment(), _noted())


def _noted() -> Anchor | None:
    return read_anchor(st.session_state.get(_FIELD) or "")


def _unreadable() -> WrongUsage | None:
    """Why what was noted down cannot be checked against."""
    try:
        _noted()
    except WrongUsage as problem:
        return problem
    return None


def _outcome(check: Check) -> None:
    when = write_moment(check.started_at)
    if check.result is None:
        st.warning(lit(check.problem), title=f"Not verified on {when}", icon=":material/error:")
        return
    found = check.result
    looked_at = (
        f"{write_count(found.records, 'record')} and {write_count(found.segments, 'part')} of the evidence"
    )
    if found.ok:
        body = f"{found.sentence} {looked_at[:1].upper()}{looked_at[1:]} are what the log says."
        st.success(lit(body), title=f"Nothing was changed · verified {when}", icon=":material/verified_user:")
        if found.anchor is None:
            st.caption(
                "Verified without a noted head: a log whose end was cut off, or that was written anew, "
                "cannot be told from this one."
            )
        return
    said = "The log itself is whole, but records are not what it says." if found.chain.ok else found.sentence
    st.error(lit(said), title=f"Tampered with · verified {when}", icon=":material/gpp_bad:")
    _findings(found)


def _findings(found: Verification) -> None:
    if not found.findings:
        return
    st.markdown(f"**{write_count(len(found.findings), 'record is', 'records are')} not as the log says**")
    shown = found.findings[:_FINDINGS_SHOWN]
    st.markdown("\n".join(f"- {lit(one.sentence)}" for one in shown))
    columns = ("Feature", "Record", "Fault", "What differs", "Entry", "Sentence")
    rows = [
        (
            one.record.feature,
            one.record.name,
            one.record.fault,
            ", ".join(one.record.fields),
            one.record.seq,
            one.sentence,
        )
        for one in found.findings
    ]
    more = len(found.findings) - len(shown)
    label = f"These, and {more:,} more" if more else "These records"
    download_row(label, Table(columns, rows), "readygate-tampered", key="audit_findings")


def files(page: PageContext, slug: str | None, wanted: AuditFilter, view: AuditView) -> None:
    """What fits as a table; the whole log as JSON lines with all hashes. The log notes who took them."""
    if not view.may_check or not view.total:
        return
    cut = view.total > MOST_EXPORTED
    count = write_count(view.total, "entry", "entries")
    fits = f"the newest {MOST_EXPORTED:,} of {count}" if cut else count
    stem = f"{slug or 'readygate'}-audit"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{fits[:1].upper()}{fits[1:]} as a table", width="content")
        for word, ending, mime, make in (
            ("CSV", "csv", "text/csv", csv_bytes),
            ("Excel", "xlsx", _XLSX, xlsx_bytes),
        ):
            st.download_button(
                word,
                data=partial(_table, page, slug, wanted, word, make),
                file_name=f"{stem}.{ending}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"audit_{ending}",
            )
        st.caption("The whole log with its hashes", width="content")
        st.download_button(
            "JSON lines",
            data=lambda: export_chain(page.workspace, page.caller, page.moment()),
            file_name="readygate-audit.jsonl",
            mime="application/x-ndjson",
            icon=":material/download:",
            on_click="ignore",
            key="audit_jsonl",
            help="Whoever has this file can check the chain without Readygate: docs/operations.md says how.",
        )


def _table(
    page: PageContext, slug: str | None, wanted: AuditFilter, word: str, make: Callable[..., bytes]
) -> bytes:
    log = export_table(page.workspace, page.caller, page.moment(), slug, wanted, word)
    return make(log.rows, log.columns)
