"""The blocks of the Evidence page that say what the traces can answer, and what finds no trace."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.actions.instrumentation import FieldCoverage, QuestionCoverage, instrumentation, unmatched
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.wording import write_count

_NEARLY_ALL = 0.95


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
    """A warning for the labels, and one for the scores, whose runs are not among the traces."""
    found = unmatched(page.workspace, page.caller, page.slug)
    for lost, there, noun in (
        (found.labels_unmatched, found.labels, "label"),
        (found.scores_unmatched, found.scores, "score"),
    ):
        if lost:
            st.warning(_without_trace(lost, there, noun), icon=":material/link_off:")


def _without_trace(lost: int, there: int, noun: str) -> str:
    of_all = f"{lost:,} of {write_count(there, noun)}"
    if lost == 1:
        which = f"{of_all} names a run that is not in the traces, so it counts nowhere yet."
        return f"{which} Upload that trace, or check the run id."
    which = f"{of_all} name runs that are not in the traces, so they count nowhere yet."
    return f"{which} Upload those traces, or check the run ids."


def what_traces_answer(page: PageContext) -> None:
    """Six lamps, one for each question a trace should answer, and the further fields with their coverage."""
    found = instrumentation(page.workspace, page.caller, page.slug)
    if not found.traces:
        return
    st.subheader("What these traces can answer")
    st.caption(
        f"Out of {write_count(found.traces, 'trace')}. What is not recorded cannot be measured, and is "
        "never counted as zero."
    )
    with st.container(border=True, key="six_questions"):
        for question in found.questions:
            _lamp(question, found.traces)
    with st.expander("Other fields worth recording", icon=":material/checklist:"):
        _fields(page, found.further, found.traces)


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
    st.dataframe(
        {name: [row[place] for row in table.rows] for place, name in enumerate(table.columns)},
        hide_index=True,
        key="recorded_fields",
    )
    download_row("These fields", table, f"{page.slug}-recorded-fields", key="recorded_fields_file")


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
