"""Red-team findings: which attacks still work on the live release, and which have to be tried again."""

from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

import streamlit as st

from core.actions.policy import Act
from core.actions.red_team import (
    LONGEST_HOW,
    LONGEST_LINK,
    LONGEST_NOTE,
    LONGEST_TITLE,
    FindingLine,
    RedTeamView,
    record_check,
    record_finding,
    view_red_team,
)
from core.errors import WrongUsage
from core.rollout.red_team import KIND_LABELS, AttackKind, FindingState, Severity
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import only_for, permitted
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import write_count, write_date

_SHOWN = 10

_STATES = {
    FindingState.OPEN: ":red-badge[:material/lock_open: OPEN]",
    FindingState.TRY_AGAIN: ":orange-badge[:material/replay: TO BE TRIED AGAIN]",
    FindingState.CLOSED: ":green-badge[:material/lock: CLOSED]",
}
_SEVERITIES = {Severity.CRITICAL: "red", Severity.SERIOUS: "orange", Severity.MINOR: "gray"}
_SEVERITY_HELP = (
    "Critical and serious ones keep the next phase back while they are open or have to be tried again. Minor "
    "ones are shown, and never do."
)


def block(page: PageContext) -> None:
    """The findings, those that block first, and the form for one more."""
    st.header("Red-team findings", anchor="red-team")
    view = view_red_team(page.workspace, page.caller, page.now, page.slug)
    _standing(view)
    _record(page)
    standing = [one for one in view.findings if one.state is not FindingState.CLOSED]
    closed = [one for one in view.findings if one.state is FindingState.CLOSED]
    shown = standing
    if len(standing) > _SHOWN:
        everything = st.toggle(f"Show all {len(standing):,} that are not closed", key="red_team_all")
        shown = standing if everything else standing[:_SHOWN]
    for line in shown:
        with st.container(border=True, gap="xsmall", key=f"red_team_{line.finding.number}"):
            _line(page, line, view)
    if closed:
        with st.expander(f"{write_count(len(closed), 'closed finding')}", icon=":material/lock:"):
            for line in closed:
                _closed(line, view)
    if view.findings:
        download_row("All findings", table_of(view), f"{page.slug}-red-team", key="red_team")


def _standing(view: RedTeamView) -> None:
    if not view.findings:
        with empty_state(
            "No red-team finding is recorded",
            "When somebody makes the feature do what it must not (by a prompt, a document, a tool's output), "
            "write it here. Each finding is tried again on every release that changes what was attacked.",
            icon=":material/bug_report:",
        ):
            pass
        return
    icon = ":green[:material/check_circle:]" if view.holds else ":red[:material/gpp_bad:]"
    st.markdown(f"{icon} {lit(view.sentence)}")
    st.caption(
        "Each finding counts for itself. What is closed is closed for one release: a change of the model, "
        "the prompt, the parser, the retriever, the tools or the guardrails asks for another try."
    )


def _line(page: PageContext, line: FindingLine, view: RedTeamView) -> None:
    one = line.finding
    words, buttons = st.columns([3, 2], gap="small", vertical_alignment="center")
    with words:
        st.markdown(_headline(line))
        st.caption(lit(tried_words(line, view)))
    with buttons, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        with st.popover("Steps", icon=":material/science:", key=f"red_team_how_{one.number}"):
            st.caption("How to repeat it")
            st.text(one.how)
            _link(one.link)
            _notes(line)
        _try_again(page, line)


def _closed(line: FindingLine, view: RedTeamView) -> None:
    st.markdown(_headline(line))
    st.caption(lit(tried_words(line, view)))
    _notes(line)


def _headline(line: FindingLine) -> str:
    """Markdown."""
    severity = line.standing.severity
    return (
        f"{_STATES[line.state]} :{_SEVERITIES[severity]}-badge[{severity.value.upper()}] "
        f"**{line.standing.name}** {lit(line.finding.title)}"
    )


def tried_words(line: FindingLine, view: RedTeamView) -> str:
    """What it is, when it was found, and what the last try on which release says."""
    one = line.finding
    words = f"{KIND_LABELS[line.standing.kind]} · found {write_date(one.found_at)} by {one.recorded_by}"
    if line.checks:
        last = line.checks[0]
        did = "still worked" if last.state == "open" else "did not work any more"
        where = f" on {last.bundle}" if last.bundle else ""
        words += f" · tried {write_date(last.checked_at)}{where}: {did}"
    elif one.bundle:
        words += f" on {one.bundle}"
    if line.state is FindingState.TRY_AGAIN and view.live is not None:
        words += f" · {view.live.name} is live now"
    return words


def _notes(line: FindingLine) -> None:
    for check in line.checks:
        if check.note:
            st.caption(lit(f"{write_date(check.checked_at)}, {check.recorded_by}:"))
            st.text(check.note)


def _link(link: str) -> None:
    if link.startswith(("https://", "http://")):
        address = quote(link, safe=":/?#@!&'()*+,;=%~")
        st.link_button("Where it is kept", address, icon=":material/open_in_new:", type="tertiary")
    elif link:
        st.markdown(lit(link), width="content")


def _record(page: PageContext) -> None:
    key = f"red_team_new_{page.slug}"
    with st.popover(
        "Record a finding",
        icon=":material/bug_report:",
        key="red_team_popover",
        **only_for(page, Act.RED_TEAM),
    ):
        st.text_input(
            "What does the attack do?",
            key=f"{key}/title",
            max_chars=LONGEST_TITLE,
            placeholder="Refunds any order when a web page says so",
            help="Everybody reads it: no names of users, and not the attack itself.",
        )
        st.selectbox(
            "Kind",
            [kind.value for kind in AttackKind],
            format_func=lambda kind: KIND_LABELS[AttackKind(kind)],
            key=f"{key}/kind",
        )
        st.segmented_control(
            "How bad is it?",
            [one.value for one in Severity],
            format_func=str.capitalize,
            key=f"{key}/severity",
            help=_SEVERITY_HELP,
        )
        st.text_area(
            "How to repeat it",
            key=f"{key}/how",
            max_chars=LONGEST_HOW,
            help="Shown only to those who may read what people asked and were answered.",
        )
        st.text_input("Link (optional)", key=f"{key}/link", max_chars=LONGEST_LINK, placeholder="https://…")
        _when("Found (UTC)", key)
        st.button(
            "Save the finding", type="primary", key=f"{key}/save", on_click=guarded(partial(_save, page, key))
        )


def _try_again(page: PageContext, line: FindingLine) -> None:
    if not permitted(page, Act.RED_TEAM):
        return
    number = line.finding.number
    key = f"red_team_again_{page.slug}/{number}"
    with st.popover("Tried again", icon=":material/replay:", key=f"red_team_again_{number}"):
        st.radio(
            "Does the attack still work?",
            ["yes", "no"],
            format_func={"yes": "Yes, it is open", "no": "No, it is closed"}.__getitem__,
            index=None,
            key=f"{key}/works",
        )
        st.text_area(
            "Note (needed to close it)",
            key=f"{key}/note",
            max_chars=LONGEST_NOTE,
            placeholder="20 tries in three wordings; the tool now ignores instructions in documents.",
        )
        _when("Tried (UTC)", key)
        st.button(
            "Save the try",
            type="primary",
            key=f"{key}/save",
            on_click=guarded(partial(_check, page, number, key)),
        )


def _when(label: str, key: str) -> None:
    st.datetime_input(
        label,
        value=None,
        format="YYYY-MM-DD",
        key=f"{key}/at",
        help="Empty: just now. It speaks for the release that was live at that moment.",
    )


def _moment(page: PageContext, key: str) -> tuple[datetime, datetime]:
    """(the present, what was chosen or else the present)."""
    now, at = page.moment(), st.session_state.get(f"{key}/at")
    return now, at.replace(tzinfo=UTC) if at else now


def _save(page: PageContext, key: str) -> None:
    said = st.session_state
    now, at = _moment(page, key)
    saved = record_finding(
        page.workspace,
        page.caller,
        now,
        page.slug,
        title=said.get(f"{key}/title") or "",
        kind=said.get(f"{key}/kind") or "",
        severity=said.get(f"{key}/severity") or "",
        how=said.get(f"{key}/how") or "",
        found_at=at,
        link=said.get(f"{key}/link") or "",
    )
    said.update({f"{key}/{name}": "" for name in ("title", "how", "link")})
    said.update({f"{key}/severity": None, f"{key}/at": None})
    flash(f"R-{saved.number} is on record.", icon=":material/bug_report:")


def _check(page: PageContext, number: int, key: str) -> None:
    said = st.session_state
    works = said.get(f"{key}/works")
    if works is None:
        raise WrongUsage("Whether the attack still works is missing.", mend="Choose yes or no.")
    now, at = _moment(page, key)
    record_check(
        page.workspace,
        page.caller,
        now,
        page.slug,
        number,
        works=works == "yes",
        checked_at=at,
        note=said.get(f"{key}/note") or "",
    )
    said.update({f"{key}/works": None, f"{key}/note": "", f"{key}/at": None})
    flash(f"The try of R-{number} is on record.", icon=":material/replay:")


def table_of(view: RedTeamView) -> Table:
    """Every finding for a file, those that block first."""
    columns = (
        "Finding", "State", "Severity", "Kind", "What", "How to repeat it", "Link", "Found", "Found on",
        "Recorded by", "Last tried", "Last tried on", "Tries", "Newest note",
    )  # fmt: skip
    rows = [
        (
            *(line.standing.name, line.state.value, line.standing.severity.value),
            *(KIND_LABELS[line.standing.kind], line.finding.title, line.finding.how, line.finding.link),
            *(line.finding.found_at, line.finding.bundle or "", line.finding.recorded_by),
            *(line.last_tried, line.last_bundle or "", 1 + len(line.checks)),
            line.checks[0].note if line.checks else "",
        )
        for line in view.findings
    ]
    return Table(columns, rows)
