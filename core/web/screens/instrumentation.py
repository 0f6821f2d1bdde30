"""The blocks of the Evidence page that say what the traces can answer, and what finds no trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from core.actions.instrumentation import (
    FieldCoverage,
    Instrumentation,
    QuestionCoverage,
    coverage_over_time,
    instrumentation,
    unmatched,
)
from core.web.charts.coverage import CoverageColumn, coverage_alt, coverage_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.widgets import counts_written, show_chart
from core.web.wording import write_count

_NEARLY_ALL = 0.95
_WEEKS = 6
"""As many as a narrow screen can show with their shares."""


@dataclass(frozen=True)
class _Lamp:
    word: str
    icon: str
    colour: str


_ON = _Lamp("recorded", ":material/check_circle:", "green")
_PARTLY = _Lamp("in part", ":material/contrast:", "orange")
_OFF = _Lamp("not recorded", ":material/radio_button_unchecked:", "gray")

_MEND = {
    "What was asked?": "Have the tracing tool export the user's request.",
    "Which tools were considered?": "Record the list of tools that the model is offered.",
    "Which tool was picked, and why?": "Record the tool that was picked together with the reason for it.",
    "What context was used?": "Record the ids of the documents that were fetched, or a summary of them.",
    "What was the answer?": "Have the tracing tool export the feature's answer.",
    "Was it accepted, edited or rejected?": "Record what the user does with the answer; silence is no yes.",
}


def what_finds_no_trace(page: PageContext) -> None:
    """A warning for the labels, and one for the scores, whose runs are not among the traces; and one for
    the scores that wait for their steps. How many traces are test runs stands below."""
    found = unmatched(page.workspace, page.caller, page.slug)
    for lost, there, noun in (
        (found.labels_unmatched, found.labels, "label"),
        (found.scores_unmatched, found.scores, "score"),
    ):
        if lost:
            st.warning(_without_trace(lost, there, noun), icon=":material/link_off:")
    if found.scores_waiting:
        st.warning(_without_step(found.scores_waiting, found.scores), icon=":material/link_off:")
    if found.test_runs:
        st.info(_left_out(found.test_runs), icon=":material/science:")


def _without_trace(lost: int, there: int, noun: str) -> str:
    of_all = f"{lost:,} of {write_count(there, noun)}"
    if lost == 1:
        which = f"{of_all} names a run that is not in the traces, so it counts nowhere yet."
        return f"{which} Upload that trace, or check the run id."
    which = f"{of_all} name runs that are not in the traces, so they count nowhere yet."
    return f"{which} Upload those traces, or check the run ids."


def _without_step(waiting: int, there: int) -> str:
    names, it = ("names", "it counts") if waiting == 1 else ("name", "they count")
    return (
        f"{waiting:,} of {write_count(there, 'score')} {names} only the step that was scored, and that step "
        f"is not in the evidence, so {it} nowhere yet. Upload the tool's export of steps (spans, "
        "observations) for the same time."
    )


def _left_out(tests: int) -> str:
    are, they_are = ("is a test run", "it is") if tests == 1 else ("are test runs", "they are")
    return (
        f"{write_count(tests, 'trace')} {are}, made by an experiment whose results were uploaded. In rates of"
        f" traces, labels and feedback {they_are} left out, because no user asked."
    )


def what_traces_answer(page: PageContext) -> None:
    """Six lamps, one for each question a trace should answer, and the further fields with their coverage."""
    found = instrumentation(page.workspace, page.caller, page.slug)
    if not found.traces:
        return
    st.header("What these traces can answer")
    st.caption(
        f"Out of {write_count(found.traces, 'trace')}. What is not recorded cannot be measured, and is "
        "never counted as zero."
    )
    with st.container(border=True, key="six_questions"):
        for question in found.questions:
            _lamp(question, found.traces)
    with st.expander("Other fields worth recording", icon=":material/checklist:"):
        _fields(page, found.further, found.traces)
    _over_time(page)
    _ask_the_engineers(found)


def _lamp(question: QuestionCoverage, traces: int) -> None:
    lamp = _lit_by(question.answered, traces)
    mark = f":{lamp.colour}-badge[{lamp.icon} {lamp.word}]"
    st.markdown(f"**{question.question}** {mark} {_share(question.answered, traces)}")
    notes = []
    if len(question.fields) > 1:
        notes += [f"{_words(field.column)}: {_share(field.filled, traces)}" for field in question.fields]
    if lamp is _OFF:
        notes.append(_MEND[question.question])
    if notes:
        st.caption(" · ".join(notes))


def _fields(page: PageContext, fields: Sequence[FieldCoverage], traces: int) -> None:
    table = Table(
        ("Field", "Recorded", "Traces with it", "Traces in all", "Holds"),
        [
            (
                _words(field.column),
                _lit_by(field.filled, traces).word,
                field.filled,
                traces,
                field.meaning,
            )
            for field in fields
        ],
    )
    shown = {name: [row[place] for row in table.rows] for place, name in enumerate(table.columns)}
    st.dataframe(
        shown,
        hide_index=True,
        column_config=counts_written(shown),
        key="recorded_fields",
    )
    download_row("These fields", table, f"{page.slug}-recorded-fields", key="recorded_fields_file")


def _over_time(page: PageContext) -> None:
    """Since when each field is recorded: by week as a picture, by upload as a table; made when opened."""
    fold = st.expander(
        "By week and by upload", icon=":material/calendar_month:", key="coverage_fold", on_change="rerun"
    )
    if not fold.open:
        return
    found = coverage_over_time(page.workspace, page.caller, page.slug)
    fields = [_words(column) for column in found.columns]
    shown = [
        CoverageColumn(_short_day(week.name), week.traces, week.filled) for week in found.weeks[-_WEEKS:]
    ]
    table = Table(
        ("Week from or file", "Traces", *(field.capitalize() for field in fields)),
        [(part.name, part.traces, *part.filled) for part in (*found.weeks, *found.uploads)],
    )
    with fold:
        st.caption(f"How many of the traces record each field; the last {len(shown)} weeks, from Monday.")
        show_chart(coverage_chart(fields, shown), alt=coverage_alt(fields, shown), key="coverage_weeks")
        st.caption("By upload: traces with the field. A trace counts with the newest file that told of it.")
        rows = table.rows[len(found.weeks) :]
        by_upload = {name: [row[place] for row in rows] for place, name in enumerate(table.columns)}
        st.dataframe(
            by_upload,
            hide_index=True,
            column_config=counts_written(by_upload),
            key="coverage_uploads",
        )
        download_row("Weeks and uploads", table, f"{page.slug}-coverage", key="coverage_file")


def _short_day(day: str) -> str:
    return f"{date.fromisoformat(day):%d %b}"


def _ask_the_engineers(found: Instrumentation) -> None:
    """What is missing, in words that can be sent as they are."""
    fields = [field for question in found.questions for field in question.fields]
    missing = {
        field.column: field
        for field in (*fields, *found.further)
        if _lit_by(field.filled, found.traces) is not _ON
    }
    if not missing:
        return
    with st.expander("What to ask the engineers for", icon=":material/forward_to_inbox:"):
        st.caption("Copy this into a message:")
        st.code(request_to_engineers(list(missing.values()), found.traces), language=None, wrap_lines=True)


def request_to_engineers(missing: Sequence[FieldCoverage], traces: int) -> str:
    """A message that asks for the ``missing`` fields, each with its meaning and how many traces have it."""
    lines = [
        f"Please record these fields with every run of the feature ({write_count(traces, 'trace')} so far):",
        *(f"- {field.column}: {field.meaning} Now: {_share(field.filled, traces)}." for field in missing),
        "They may stand in the trace itself, in its metadata or attributes, or as scores; the names above"
        " are found by themselves. Without them Readygate reports “not measured”.",
    ]
    return "\n".join(lines)


def _lit_by(filled: int, traces: int) -> _Lamp:
    if filled >= _NEARLY_ALL * traces:
        return _ON
    return _PARTLY if filled else _OFF


def _share(filled: int, traces: int) -> str:
    percent = 100 * filled / traces
    # A few of very many are not "0 %", and nearly all are not "100 %".
    shown = f"{min(99, max(1, round(percent)))}" if 0 < filled < traces else f"{percent:.0f}"
    # Hard spaces, so that a narrow screen does not tear the number apart.
    return f"{filled:,} of {traces:,} ({shown} %)".replace(" ", "\u00a0")


def _words(column: str) -> str:
    return column.replace("_", " ")
