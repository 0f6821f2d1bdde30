"""Make an eval case of a trace: a small form that the trace and its labels have filled in already."""

from dataclasses import replace
from functools import partial

import streamlit as st

from core.actions.case_drafts import CaseDraft, draft_of_run
from core.actions.eval_cases import promote
from core.actions.policy import Act
from core.errors import UserError
from core.evidence.fingerprints import key_of
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.screens.case_alike import alike_note
from core.web.screens.case_fields import case_fields, filled_case
from core.web.screens.permitted import permitted
from core.web.widgets import flash, guarded, problem_box


def promote_button(page: PageContext, run_id: str, key: str, *, failure_type: str = "") -> None:
    """A button that opens the form; for whoever may not edit the eval set, nothing.

    ``failure_type`` is the kind that the case is for, where the trace may have several.
    """
    if not permitted(page, Act.EDIT_CASES):
        return
    # Of its own for each trace: fields must not keep what they showed of another.
    key = f"{key}_{key_of(run_id):x}"
    st.button(
        "Make an eval case",
        icon=":material/science:",
        key=f"{key}_open",
        help="Turns this trace into a test, so that the failure is found when it comes back.",
        on_click=partial(_toggle, key),
    )
    if st.session_state.get(f"{key}_shown"):
        _form(page, run_id, key, failure_type)


def _toggle(key: str) -> None:
    st.session_state[f"{key}_shown"] = not st.session_state.get(f"{key}_shown")


def _form(page: PageContext, run_id: str, key: str, failure_type: str) -> None:
    with st.container(border=True, key=f"{key}_form"):
        try:
            draft = draft_of_run(page.workspace, page.caller, page.slug, run_id)
        except UserError as problem:
            problem_box(problem)
            return
        if failure_type:
            draft = replace(draft, case=replace(draft.case, failure_type=failure_type))
        _made_before(page, draft)
        case_fields(draft.case, key, short=True)
        alike_note(page, filled_case(draft.case, key).query, key)
        if draft.masked:
            st.caption(":material/visibility_off: Personal data that has a form is masked. Names have none.")
        st.checkbox("I have read it: no personal data is left", key=f"{key}_clean")
        with st.container(horizontal=True):
            st.button(
                "Save the case",
                type="primary",
                key=f"{key}_save",
                disabled=not st.session_state.get(f"{key}_clean"),
                on_click=guarded(partial(_save, page, run_id, key, draft)),
            )
            st.button("Close", key=f"{key}_close", on_click=partial(_toggle, key))


def _made_before(page: PageContext, draft: CaseDraft) -> None:
    if draft.made:
        named = ", ".join(one.case.case_id for one in draft.made)
        st.info(f"Made of this trace before: {named}.", icon=":material/science:")
        first = draft.made[0].case.case_id
        link_to("evals", feature=page.slug, label=f"Open {first}", query={"case": first})


def _save(page: PageContext, run_id: str, key: str, draft: CaseDraft) -> None:
    case = filled_case(draft.case, key)
    saved = promote(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        run_id,
        query=case.query,
        ground_truth=case.ground_truth or "",
        tools_expected=case.tools_expected,
        expected_behavior=_text(case.expected_behavior),
        failure_observed=_text(case.failure_observed),
        part=case.part,
        is_critical=case.is_critical,
        no_personal_data=bool(st.session_state.get(f"{key}_clean")),
        alike_ok=bool(st.session_state.get(f"{key}_alike")),
    )
    st.session_state.pop(f"{key}_shown", None)
    flash(f"{saved.case_id} is in the eval set.")


def _text(text: str | None) -> str:
    return text or ""
