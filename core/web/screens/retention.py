"""How long the texts of a feature's traces are kept, said and set on the Evidence page; below it, erasure."""

from functools import partial

import streamlit as st

from core.actions.retention import LONGEST_DAYS, Retention, set_text_days, view_retention
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.erasure import erase_a_person
from core.web.screens.legal_hold import legal_holds
from core.web.widgets import flash, guarded
from core.web.wording import write_count

_USUAL_DAYS = 90
_FOR_EVER, _FOR_DAYS = "For ever (nothing in them is personal)", "For a number of days"


def how_long_texts_are_kept(page: PageContext) -> None:
    view = view_retention(page.workspace, page.caller, page.slug)
    days = view.days
    kept = "for ever" if days is None else f"for {write_count(days, 'day')} after they were handed in"
    title = "Texts of traces are kept: a legal hold" if view.held else f"Texts of traces are kept {kept}"
    with st.expander(title, icon=":material/auto_delete:", key="retention"):
        if view.held:
            st.warning(
                lit(f"{view.held}. Nothing expires while it holds, though texts are otherwise kept {kept}."),
                icon=":material/gavel:",
            )
        st.markdown(
            "What users asked and what the feature answered is often personal. After the time you set, "
            "counted from the day on which a file was handed in, Readygate removes these texts for good: "
            "questions, answers, contexts, steps, errors, remarks, corrected answers and rejected rows. "
            "User ids become codes. How old a trace is does not matter: of an old export, too, "
            "you can review every text until then."
        )
        st.markdown(
            "**Numbers and verdicts stay exactly as they are**: what is counted is not a text. "
            "Test cases are kept. Uploading an old file again does not bring its texts back. "
            "Backups made before that day still hold them."
        )
        if view.has_expired:
            st.caption("The time of some files is over: where a text has expired, its trace says when.")
        if view.may_change:
            _form(page, view)
        else:
            st.caption("An administrator sets how long texts are kept.")
        legal_holds(page)
    erase_a_person(page)


def _form(page: PageContext, view: Retention) -> None:
    choice = st.radio(
        "Keep the texts of traces, from the day they were handed in",
        [_FOR_DAYS, _FOR_EVER],
        index=1 if view.days is None else 0,
        key="text_days_choice",
    )
    if choice == _FOR_DAYS:
        st.number_input(
            "Days",
            min_value=1,
            max_value=LONGEST_DAYS,
            value=view.days or _USUAL_DAYS,
            step=1,
            key="text_days",
            width=160,
        )
        if view.days is None or (st.session_state.get("text_days") or 0) < view.days:
            st.caption(
                "Texts that were handed in longer ago than this are gone within a day. "
                "Nobody can bring them back."
            )
    st.button("Save", icon=":material/save:", key="text_days_save", on_click=guarded(partial(_save, page)))


def _save(page: PageContext) -> None:
    state = st.session_state
    days = int(state["text_days"]) if state["text_days_choice"] == _FOR_DAYS else None
    if not set_text_days(page.workspace, page.caller, page.moment(), page.slug, days):
        flash("Nothing changed.")
        return
    words = "for ever" if days is None else f"for {write_count(days, 'day')} after they were handed in"
    flash(f"From now on texts are kept {words}.", icon=":material/auto_delete:")
