"""One eval case opened: what it asks and expects, where it is from, how its runs came out, its versions."""

from functools import partial

import streamlit as st

from core.actions.case_lists import CaseView, open_case
from core.actions.eval_cases import retire_case, save_case, take_cases
from core.errors import Conflict
from core.evidence.eval_case import EvalCase
from core.store.case_results import CaseResult
from core.web.address import put
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable, visible
from core.web.screens.case_alike import alike_note
from core.web.screens.case_fields import PARTS, case_fields, field_lines, filled_case
from core.web.screens.trace_text import show_text
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import write_count, write_date, write_moment

_EDIT = "case_edit"
_CONFLICT = "case_conflict"


def one_case(page: PageContext, case_id: str) -> None:
    """The case with this id, or a sentence where there is none."""
    st.button(
        "Back to the list", icon=":material/arrow_back:", key="case_close", on_click=partial(put, "case", "")
    )
    view = open_case(page.workspace, page.caller, page.slug, case_id)
    if view is None:
        with empty_state("No such case", "There is no eval case with that id.", icon=":material/search_off:"):
            st.code(printable(case_id), language=None, wrap_lines=True)
        return
    _heading(page, view)
    _texts(view.line.case)
    _results(page, view)
    if view.may_edit:
        _changes(page, view)
    _versions(view)


def _heading(page: PageContext, view: CaseView) -> None:
    line, case = view.line, view.line.case
    st.header(lit(case.case_id))
    words = [PARTS[case.part].split(":")[0], line.origin]
    words += [f"task {case.task_type}"] if case.task_type else []
    words += [f"segment {case.user_segment}"] if case.user_segment else []
    words += [f"set {line.suite}"] if line.suite else []
    words += [f"tags {', '.join(case.tags)}"] if case.tags else []
    st.text(printable(" · ".join(words)))
    if case.is_critical:
        st.markdown(":red-badge[:material/priority_high: critical]")
    if line.is_erased:
        st.info("Its question went with the person who had asked it, so it is in no set any more.")
    if line.expired_at is not None:
        st.info(
            f"Its texts expired on {write_date(line.expired_at)}, so a new lock leaves it out. "
            "Its results stay and count."
        )
    if line.alike:
        st.warning(lit(f"The very same words: {', '.join(line.alike)}."), icon=":material/content_copy:")
    if case.source_run_id:
        link_to(
            "traces",
            feature=page.slug,
            label="The trace that it was made from",
            icon=":material/manage_search:",
            query={"trace": case.source_run_id},
        )


def _texts(case: EvalCase) -> None:
    facts = {
        "Question": case.query,
        "Right answer": case.ground_truth,
        "Expected tools": ", ".join(case.tools_expected),
        "Expected behaviour": case.expected_behavior,
        "Failure observed": case.failure_observed,
    }
    for name, text in facts.items():
        if text:
            st.markdown(f"**{name}**")
            with st.container(border=True, key=f"case_text_{name.lower().replace(' ', '_')}"):
                show_text(text)


def _results(page: PageContext, view: CaseView) -> None:
    st.markdown("**Its runs**")
    if not view.results:
        st.caption("No result yet. Export the set, run it in your eval tool, and upload what comes back.")
        return
    st.dataframe(
        {
            "When": [write_moment(one.at) for one in view.results],
            "Result": [result_words(one) for one in view.results],
            "Release": [printable(one.bundle or "not named") for one in view.results],
            "Set": [printable(suite_words(one.suite, one.number)) for one in view.results],
            "Error": [printable(one.error or "") for one in view.results],
        },
        hide_index=True,
        key="case_runs",
        alt=f"{write_count(len(view.results), 'run')} of this case, the newest first.",
    )
    newest = view.results[0]
    if newest.trace and newest.passed is False:
        link_to(
            "traces",
            feature=page.slug,
            label="The trace of its last failed run",
            icon=":material/error_outline:",
            query={"trace": newest.trace},
        )


def result_words(result: CaseResult | None) -> str:
    """How a run of a case came out: "✓ passed", "✕ failed", "~ 2 of 3 passed"."""
    if result is None or not result.attempts:
        return "○ no result"
    if result.passes == result.attempts:
        return "✓ passed" if result.attempts == 1 else f"✓ all {result.attempts:,} passed"
    if result.passes:
        return f"~ {result.passes:,} of {result.attempts:,} passed"
    return "✕ failed" if result.attempts == 1 else f"✕ all {result.attempts:,} failed"


def suite_words(suite: str | None, number: int | None) -> str:
    """ "Eval set, version 2"; a set that was not locked here has no version of ours."""
    name = suite or "no set named"
    return f"{name}, version {number}" if number else name


def _changes(page: PageContext, view: CaseView) -> None:
    case = view.line.case
    if view.line.is_handed_in:
        st.button(
            "Take into the own set",
            icon=":material/add:",
            key="case_take",
            help="It keeps its id, so that its results stay its own. Then it can be edited and locked.",
            on_click=guarded(partial(_take, page, view)),
        )
        return
    if view.line.is_erased or view.line.expired_at is not None:
        return
    _conflict(page, view)
    with st.expander("Edit", icon=":material/edit:", key="case_editor"):
        key = f"{_EDIT}_{case.case_id}_{case.number}"
        case_fields(case, key)
        st.text_input("Why (optional)", key=f"{key}_reason", max_chars=500)
        st.checkbox("No personal data is left in it", key=f"{key}_clean")
        query = filled_case(case, key).query
        if query != case.query:
            alike_note(page, query, key, but=case.case_id)
        st.button(
            "Save a new version",
            type="primary",
            key=f"{key}_save",
            on_click=guarded(partial(_save, page, case, key)),
        )
    with st.expander("Bring back" if view.line.is_retired else "Retire", icon=":material/archive:"):
        st.caption("A retired case stays on record, and is in no set any more.")
        st.text_input("Why", key="case_retire_why", max_chars=500)
        st.button(
            "Bring it back" if view.line.is_retired else "Retire it",
            key="case_retire",
            on_click=guarded(partial(_retire, page, view)),
        )


def _save(page: PageContext, seen: EvalCase, key: str) -> None:
    wanted = filled_case(seen, key)
    _store(page, wanted, seen.number, key)


def _store(page: PageContext, wanted: EvalCase, based_on: int, key: str) -> None:
    state = st.session_state
    try:
        saved = save_case(
            page.workspace,
            page.caller,
            page.moment(),
            page.slug,
            wanted,
            based_on=based_on,
            reason=state.get(f"{key}_reason") or "",
            no_personal_data=bool(state.get(f"{key}_clean")),
            alike_ok=bool(state.get(f"{key}_alike")),
        )
    except Conflict:
        state[_CONFLICT] = (page.slug, wanted, key)
        return
    state.pop(_CONFLICT, None)
    flash(f"Version {saved.number} of {saved.case_id} is saved.")


def _conflict(page: PageContext, view: CaseView) -> None:
    kept = st.session_state.get(_CONFLICT)
    if kept is None or kept[0] != page.slug or kept[1].case_id != view.line.case.case_id:
        return
    _, wanted, key = kept
    st.error(
        "Somebody saved a newer version after you began. Nothing of yours is saved yet, and nothing of "
        "theirs is lost.",
        title="Two people changed this case",
        icon=":material/call_split:",
    )
    theirs, yours = st.columns(2)
    for column, title, case in ((theirs, "Theirs", view.line.case), (yours, "Yours", wanted)):
        with column:
            st.markdown(f"**{title}**")
            for sentence in field_lines(case):
                st.text(printable(sentence))
    with st.container(horizontal=True):
        st.button("Keep theirs, drop mine", key="case_keep_theirs", on_click=_drop)
        st.button(
            "Save mine on top of theirs",
            type="primary",
            key="case_save_mine",
            on_click=guarded(partial(_store, page, wanted, view.line.case.number, key)),
        )


def _drop() -> None:
    st.session_state.pop(_CONFLICT, None)


def _take(page: PageContext, view: CaseView) -> None:
    case_id = view.line.case.case_id
    suite = view.line.suite or None
    take_cases(page.workspace, page.caller, page.moment(), page.slug, [case_id], suite=suite)
    flash(f"{case_id} is in the own set.")


def _retire(page: PageContext, view: CaseView) -> None:
    case = view.line.case
    retire_case(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        case.case_id,
        based_on=case.number,
        reason=st.session_state.get("case_retire_why") or "",
        back=view.line.is_retired,
    )
    flash(f"{case.case_id} is back in the set." if view.line.is_retired else f"{case.case_id} is retired.")


def _versions(view: CaseView) -> None:
    if not view.versions:
        return
    with st.expander(f"Versions ({len(view.versions):,})", icon=":material/history:"):
        for one in view.versions:
            why = f": {one.reason}" if one.reason else ""
            done = " (retired)" if one.is_retired else ""
            words = f"Version {one.case.number}{done}, {write_moment(one.saved_at)} by {one.author}{why}"
            st.text(printable(words))
            with st.container(key=f"case_version_{one.case.number}"):
                st.code(visible("\n".join(field_lines(one.case)))[0], language=None, wrap_lines=True)
