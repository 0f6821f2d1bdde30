"""Looking back at a step on the page: what is due, and the form that says whether it was right."""

from functools import partial

import streamlit as st

from core.actions.follow_ups import record_follow_up, view_follow_ups
from core.decision.hindsight import HINDSIGHT_WORDS, Hindsight
from core.errors import WrongUsage
from core.web.opening import PageContext
from core.web.widgets import flash, guarded
from core.web.wording import write_count, write_date

_AFTER = {7: "a week", 30: "a month"}


def due_line(page: PageContext) -> None:
    """One line while a look-back is due, with the way to it."""
    due = view_follow_ups(page.workspace, page.caller, page.now, page.slug).due
    if due:
        oldest = due[0]
        verb = "is" if len(due) == 1 else "are"
        st.markdown(
            f":small[:blue[:material/history_toggle_off:] {write_count(len(due), 'look-back')} {verb} due: "
            f"was the step of {write_date(oldest.step.moved.at)} right, {_AFTER[oldest.days]} later? "
            "[Say so](#decisions)]"
        )


def form(page: PageContext, step_id: int) -> None:
    """Right, wrong or too early to say, with a note."""
    with st.form(f"look_back_form_{step_id}", border=False, enter_to_submit=False):
        st.segmented_control(
            "Was it right?",
            [one.value for one in Hindsight],
            format_func=lambda one: HINDSIGHT_WORDS[Hindsight(one)].capitalize(),
            key=f"look_back_{step_id}",
            required=True,
        )
        st.text_input(
            "Note: what was seen since (needed where it was wrong)",
            key=f"look_back_note_{step_id}",
            max_chars=500,
        )
        st.form_submit_button(
            "Save",
            key=f"look_back_save_{step_id}",
            on_click=guarded(partial(_save, page, step_id)),
        )


def _save(page: PageContext, step_id: int) -> None:
    said = st.session_state.get(f"look_back_{step_id}")
    if not said:
        raise WrongUsage("Nothing is chosen.", mend="Choose right, wrong, or too early to say.")
    note = st.session_state.get(f"look_back_note_{step_id}") or ""
    record_follow_up(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        step_id,
        hindsight=Hindsight(said),
        note=note,
    )
    st.session_state.pop(f"look_back_note_{step_id}", None)
    flash("Saved in the record of decisions.", icon=":material/history_edu:")
