"""The blocks of the Traces page: the filters, the runs that were found, page by page, and the way to one."""

from functools import partial

import streamlit as st

from core.actions.traces import (
    ListedTraces,
    TraceFilter,
    find_traces,
    number_behind,
    trace_choices,
)
from core.store.traces import TraceLine
from core.store.traces_behind import MOST_RUNS
from core.units import Unit
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens.day_filters import DAYS, day_field, day_in
from core.web.screens.trace_files import downloads
from core.web.screens.trace_reveal import forget_revealed
from core.web.screens.trace_text import NOT_RECORDED, cost, instead_of, number
from core.web.widgets import empty_state
from core.web.wording import SOURCE_WORDS, write_count

PER_PAGE = 50

_FIELDS = ("run", "user", "text", "failure", "task", "feedback")
_FROM_HEALTH = ("segment", "role", "channel", "bundle", "behind", "against")
"""Filters that links of the Health page set; they have no field, and stand in words above the list."""

_FILTERS = (*_FIELDS, *_FROM_HEALTH)
_ANY = "any"
_FEEDBACK = ("accepted", "edited", "rejected")
_CUT = 120
_SHOWN = (
    "Moment (UTC)",
    "Question",
    "Answer",
    "User",
    "Task type",
    "Feedback",
    "Latency",
    "Cost",
    "What went wrong",
    "Run ID",
)


def opened_trace() -> str:
    """The run id in the address, or "" while the list is asked for."""
    return str(st.query_params.get("trace", ""))


def open_trace(run_id: str) -> None:
    """Put one run into the address; a widget callback."""
    st.query_params["trace"] = run_id


def close_trace() -> None:
    """Go back to the list, with its filters as they were; a widget callback."""
    forget_revealed()
    st.query_params.pop("trace", None)


def search_for(**wanted: str) -> None:
    """Leave the opened trace for the list with only these filters; a widget callback."""
    for name in (*_FILTERS, *DAYS, "page", "trace"):
        st.query_params.pop(name, None)
    for name, value in wanted.items():
        st.query_params[name] = value


def found(page: PageContext) -> None:
    """The filters and what they find, newest first."""
    asked = _asked()
    turned_to = _turned_to()
    result = find_traces(
        page.workspace, page.caller, page.slug, asked, limit=PER_PAGE, offset=(turned_to - 1) * PER_PAGE
    )
    if not result.total and asked.is_open:
        _nothing_there(page)
        return
    _filters(page, asked, has_texts=result.has_texts)
    if not result.total:
        _nothing_fits()
        return
    pages = -(-result.total // PER_PAGE)
    if turned_to > pages:
        # The address names a page that this many traces do not have.
        st.query_params.pop("page", None)
        st.rerun()
    first = (turned_to - 1) * PER_PAGE
    st.caption(
        f"{write_count(result.total, 'trace')}, newest first"
        + (f"; {first + 1:,} to {first + len(result.lines):,} are shown." if pages > 1 else ".")
    )
    if result.masked:
        st.caption(":material/visibility_off: Personal data in these texts is masked.")
    elif not result.has_texts:
        st.caption(":material/visibility_off: Texts are for reviewers: you see everything else.")
    _list(result)
    if pages > 1:
        # A key of its own for each page: the address, not the widget, remembers where the reader is.
        key = f"traces_page_{turned_to}"
        st.pagination(pages, default=turned_to, key=key, on_change=partial(_turn, key))
    downloads(page, asked, result)


def _asked() -> TraceFilter:
    words = {name: str(st.query_params.get(name, "")).strip() for name in _FILTERS}
    return TraceFilter(**words, first=day_in("from"), last=day_in("to"))


def _turned_to() -> int:
    text = str(st.query_params.get("page", "1"))
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


def _filters(page: PageContext, asked: TraceFilter, *, has_texts: bool) -> None:
    """One field each; the address is the truth, so a shared link shows the same list."""
    failures, tasks = trace_choices(page.workspace, page.caller, page.slug)
    with st.container(border=True, key="trace_filters"):
        run, user, text = st.columns(3)
        with run:
            _field("run", "Run ID", asked.run)
        with user:
            _field("user", "User", asked.user)
        with text:
            if has_texts:
                _field("text", "Words in question or answer", asked.text)
        failure, task, feedback = st.columns(3)
        with failure:
            _choice("failure", "Failure type", failures, asked.failure)
        with task:
            _choice("task", "Task type", tasks, asked.task)
        with feedback:
            _choice("feedback", "Feedback", _FEEDBACK, asked.feedback)
        first, last, _ = st.columns(3)
        with first:
            day_field("from", asked.first, key="trace_from", changed=_filtered)
        with last:
            day_field("to", asked.last, key="trace_to", changed=_filtered)
        if words := _in_words(asked):
            st.markdown(f":material/filter_alt: {lit(words)}")
        if not asked.is_open:
            st.button("Show all", icon=":material/close:", key="trace_filters_off", on_click=search_for)


def _in_words(asked: TraceFilter) -> str:
    """What a link of the Health page asked for, since it has no field here."""
    words = []
    if asked.behind:
        number = number_behind(asked.behind)
        if number is None:
            words.append("the address names a number that no traces are behind: it is left out")
        else:
            metric, source = number
            counts = "count against" if asked.against else "are counted in"
            words.append(
                f"only traces that {counts} {metric.label} ({SOURCE_WORDS[source]}), "
                f"the newest {MOST_RUNS:,} at most"
            )
    named = {"segment": asked.segment, "role": asked.role, "channel": asked.channel, "release": asked.bundle}
    words += [f"{name} “{value}”" for name, value in named.items() if value]
    said = ", ".join(words)
    return said[:1].upper() + said[1:]


def _field(name: str, label: str, value: str) -> None:
    key = f"trace_{name}"
    st.session_state[key] = value
    st.text_input(label, key=key, max_chars=500, on_change=partial(_filtered, name))


def _choice(name: str, label: str, words: tuple[str, ...] | list[str], value: str) -> None:
    key = f"trace_{name}"
    options = [_ANY, *words]
    if value and value not in options:
        options.append(value)
    st.session_state[key] = value or _ANY
    st.selectbox(label, options, format_func=printable, key=key, on_change=partial(_filtered, name))


def _filtered(name: str) -> None:
    value = str(st.session_state.get(f"trace_{name}") or "").strip()
    if value and value != _ANY:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
    st.query_params.pop("page", None)


def _turn(key: str) -> None:
    st.query_params["page"] = str(st.session_state[key])


def _list(result: ListedTraces) -> None:
    rows = [_row(line, result) for line in result.lines]
    runs = tuple(line.run_id for line in result.lines)
    columns = {"Open": ["Open"] * len(rows)}
    columns |= {name: [row[place] for row in rows] for place, name in enumerate(_SHOWN)}
    st.dataframe(
        columns,
        hide_index=True,
        key="traces_found",
        height=min(38 + 35 * len(rows), 720),
        column_config={
            "Open": st.column_config.ButtonColumn(
                "", width="small", pinned=True, key="trace_opened", on_click=_picked, args=(runs,)
            ),
            "Question": st.column_config.TextColumn(width=320),
            "Answer": st.column_config.TextColumn(width=320),
            "What went wrong": st.column_config.TextColumn(width="medium"),
        },
        alt=f"{write_count(len(rows), 'trace')} with moment, question, answer, user, feedback and latency.",
    )


def _picked(runs: tuple[str, ...]) -> None:
    clicked = st.session_state.get("trace_opened")
    if clicked is not None and 0 <= clicked["row"] < len(runs):
        open_trace(runs[clicked["row"]])


def _row(line: TraceLine, result: ListedTraces) -> tuple[str, ...]:
    wrong = [*result.failures.get(line.run_id, ())]
    wrong += ["error"] * bool(line.error) + ["tool error"] * bool(line.tool_error)
    return (
        f"{line.moment:%Y-%m-%d %H:%M}",
        _cut(line.query),
        _cut(line.response),
        _cut(line.user_id),
        _cut(line.task_type),
        line.feedback or NOT_RECORDED,
        number(line.latency_ms, Unit.MILLISECONDS),
        cost(line.cost_usd),
        printable(", ".join(wrong)),
        printable(line.run_id),
    )


def _cut(text: str | None) -> str:
    if text is None:
        return NOT_RECORDED
    if words := instead_of(text):
        return words
    shown = printable(text[: _CUT + 1])
    return shown if len(shown) <= _CUT else shown[: _CUT - 1].rstrip() + "…"


def _nothing_there(page: PageContext) -> None:
    with empty_state(
        "No traces yet",
        "Upload an export of your tracing tool on the Evidence page; then every run can be opened here.",
        icon=":material/manage_search:",
    ):
        link_to("evidence", feature=page.slug, label="Go to Evidence")


def _nothing_fits() -> None:
    with empty_state(
        "No trace fits",
        "A run id may be cut at its end, a user id must be whole; words must stand in the question or the "
        "answer as typed, in capitals or not. Take a filter away, or show all.",
        icon=":material/search_off:",
    ):
        pass
