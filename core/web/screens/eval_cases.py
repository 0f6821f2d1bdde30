"""The cases of the Evals page: written, filtered, listed with where they are from and how they did last."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.actions.case_lists import ORIGINS, RESULTS, CaseFilter, CaseLine, CasesView, view_cases
from core.actions.eval_cases import save_case, take_cases
from core.evidence.eval_case import EvalCase, Part
from core.web.address import number_in, put
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens.case_alike import alike_note
from core.web.screens.case_fields import PARTS, case_fields, filled_case
from core.web.screens.case_view import result_words
from core.web.screens.trace_text import instead_of
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import write_count, write_date

PER_PAGE = 100
MOST_TAKEN = 1_000
_ANY = "Any"
_FILTERS = ("text", "part", "result", "origin", "task", "suite")
_NEW = "case_new"
_COLUMNS = (
    "Case", "Question", "Part", "Last result", "Last run", "From", "Made from", "Failure type", "Task type",
    "Version", "Tags", "Same words as",
)  # fmt: skip


def asked_for() -> CaseFilter:
    """The filters as the address says them; an unknown word counts as none."""
    words = {name: str(st.query_params.get(name, "")).strip()[:200] for name in _FILTERS}
    known = {"part": [part.value for part in Part], "result": RESULTS, "origin": ORIGINS}
    for name, values in known.items():
        if words[name] not in values:
            words[name] = ""
    return CaseFilter(**words)


def cases(page: PageContext, unseen: int) -> None:
    """Everything about the list of cases, with the ways to add one; ``unseen`` cases have results alone."""
    asked = asked_for()
    view = view_cases(page.workspace, page.caller, page.slug, asked)
    if not view.total:
        _nothing_yet(page, view, unseen)
        return
    st.header("Cases")
    if view.may_edit:
        _new_case(page)
    _filters(asked, view)
    if not view.lines:
        words = "No case fits these filters."
        if asked.is_open:
            words = "Every case is retired. Choose “retired” under “From” to see them."
        st.info(words, icon=":material/filter_alt_off:")
        return
    _list(page, view)
    if asked.origin == "handed in" and view.may_edit:
        _take_all(page, view)
    table = Table(_COLUMNS, [_row(line, 10_000) for line in view.lines])
    download_row("These cases as a list", table, f"{page.slug}-cases", key="cases")


def _nothing_yet(page: PageContext, view: CasesView, unseen: int) -> None:
    elsewhere = f"{write_count(unseen, 'case')} ran in your eval tool, none is written here"
    with empty_state(
        elsewhere if unseen else "No eval case yet",
        "A test set is made of what went wrong. Open a failed trace and make a case of it, write one by "
        "hand, or upload the set of your eval tool on Evidence.",
        icon=":material/science:",
    ):
        if unseen:
            words = "has results" if unseen == 1 else "have results"
            st.caption(lit(f"{write_count(unseen, 'case')} {words}; what they ask was not handed in."))
        with st.container(horizontal=True, gap="small"):
            link_to("traces", feature=page.slug, label="Find a failed trace")
            link_to("evidence", feature=page.slug, label="Upload a set")
        if view.may_edit:
            _new_case(page)


def _new_case(page: PageContext) -> None:
    turn = st.session_state.setdefault("case_turn", 0)
    key = f"{_NEW}_{turn}"
    with st.expander("Write a case", icon=":material/add:", key="case_new_box"):
        case_fields(EvalCase("", ""), key)
        st.checkbox("No personal data is in it", key=f"{key}_clean")
        alike_note(page, filled_case(EvalCase("", ""), key).query, key)
        st.button(
            "Save the case", type="primary", key=f"{key}_save", on_click=guarded(partial(_save, page, turn))
        )


def _save(page: PageContext, turn: int) -> None:
    key, state = f"{_NEW}_{turn}", st.session_state
    saved = save_case(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        filled_case(EvalCase("", ""), key),
        no_personal_data=bool(state.get(f"{key}_clean")),
        alike_ok=bool(state.get(f"{key}_alike")),
    )
    state["case_turn"] = turn + 1
    flash(f"{saved.case_id} is in the eval set.")


def _filters(asked: CaseFilter, view: CasesView) -> None:
    with st.container(border=True, key="case_filters"):
        text, part, result = st.columns(3)
        with text:
            key = "case_filter_text"
            st.session_state[key] = asked.text
            label = "Words, id or tag" if view.may_read else "Id or tag"
            st.text_input(label, key=key, max_chars=200, on_change=partial(_filtered, "text"))
        with part:
            _choice("part", "Part", [one.value for one in Part], asked.part)
        with result:
            _choice("result", "Last result", RESULTS, asked.result)
        origin, task, suite = st.columns(3)
        with origin:
            _choice("origin", "From", ORIGINS, asked.origin)
        with task:
            _choice("task", "Task type", view.tasks, asked.task)
        with suite:
            if view.suites:
                _choice("suite", "Handed-in set", view.suites, asked.suite)


def _choice(name: str, label: str, words: Sequence[str], value: str) -> None:
    key = f"case_filter_{name}"
    options = [_ANY, *words, *([value] if value and value not in words else [])]
    st.session_state[key] = value or _ANY
    st.selectbox(label, options, format_func=printable, key=key, on_change=partial(_filtered, name))


def _filtered(name: str) -> None:
    value = str(st.session_state.get(f"case_filter_{name}") or "").strip()
    put(name, "" if value == _ANY else value)
    put("page", "")


def _list(page: PageContext, view: CasesView) -> None:
    pages = -(-len(view.lines) // PER_PAGE)
    turned_to = number_in("page", pages)
    first = (turned_to - 1) * PER_PAGE
    lines = view.lines[first : first + PER_PAGE]
    fit = f"{write_count(len(view.lines), 'case')}" + (
        f" of {view.total:,}" if len(view.lines) != view.total else ""
    )
    st.caption(fit + (f"; {first + 1:,} to {first + len(lines):,} are shown." if pages > 1 else "."))
    if not view.may_read:
        st.caption(":material/visibility_off: Texts are for reviewers: you see everything else.")
    rows = [_row(line, 160) for line in lines]
    columns: dict[str, list[object]] = {"Open": ["Open"] * len(rows)}
    columns |= {name: [row[place] for row in rows] for place, name in enumerate(_COLUMNS)}
    for name in ("Failure type", "Task type", "Tags", "Same words as"):
        if not any(columns[name]):
            del columns[name]
    ids = tuple(line.case.case_id for line in lines)
    st.dataframe(
        columns,
        hide_index=True,
        key="cases_found",
        height=min(38 + 35 * len(rows), 720),
        column_config={
            "Open": st.column_config.ButtonColumn(
                "", width="small", pinned=True, key="case_opened", on_click=_picked, args=(ids,)
            ),
            "Question": st.column_config.TextColumn(width=320),
        },
        alt=f"{write_count(len(rows), 'case')} with question, part, last result and where each is from.",
    )
    if pages > 1:
        key = f"cases_page_{turned_to}"
        st.pagination(pages, default=turned_to, key=key, on_change=partial(_turn, key))


def _turn(key: str) -> None:
    put("page", str(st.session_state[key]))


def _picked(ids: tuple[str, ...]) -> None:
    clicked = st.session_state.get("case_opened")
    if clicked is not None and 0 <= clicked["row"] < len(ids):
        put("case", ids[clicked["row"]])


def _row(line: CaseLine, longest: int) -> tuple[object, ...]:
    case = line.case
    origin = f"handed in ({line.suite})" if line.suite else line.origin
    critical = " · critical" if case.is_critical else ""
    return (
        printable(case.case_id),
        _cut(instead_of(case.query) or case.query, longest),
        f"{PARTS[case.part].split(':')[0]}{critical}",
        result_words(line.last),
        write_date(line.last.at) if line.last else "",
        printable(origin),
        printable(case.source_run_id or ""),
        printable(case.failure_type or ""),
        printable(case.task_type or ""),
        "" if line.is_handed_in else case.number,
        printable(", ".join(case.tags)),
        printable(", ".join(line.alike)),
    )


def _cut(text: str, longest: int) -> str:
    shown = printable(text)
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def _take_all(page: PageContext, view: CasesView) -> None:
    ids = tuple(line.case.case_id for line in view.lines)[:MOST_TAKEN]
    suites = {line.suite for line in view.lines}
    st.button(
        f"Take {write_count(len(ids), 'case')} into the own set",
        icon=":material/add:",
        key="cases_take",
        disabled=len(suites) > 1,
        help="Choose one handed-in set first." if len(suites) > 1 else "Each keeps its id and its results.",
        on_click=guarded(partial(_take, page, ids, next(iter(suites)) or None)),
    )


def _take(page: PageContext, ids: tuple[str, ...], suite: str | None) -> None:
    taken = take_cases(page.workspace, page.caller, page.moment(), page.slug, ids, suite=suite)
    put("origin", "")
    flash(f"{write_count(len(taken), 'case')} taken into the own set.")
