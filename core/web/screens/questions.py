"""Questions before a decision: the button that asks, those that wait, and what was answered."""

from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.questions import QuestionsView, answer_question, ask_question, view_questions
from core.store.decision_questions import Question
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import only_for, says_who_may
from core.web.session import take_problem
from core.web.widgets import flash, guarded, problem_box
from core.web.wording import write_count, write_moment


def ask_button(page: PageContext) -> None:
    """Opens a dialog with one field: what somebody wants to know before they sign."""
    if st.button(
        "Ask for more", icon=":material/contact_support:", key="first_ask", **only_for(page, Act.ASK)
    ):
        _ask(page)


def waiting_line(page: PageContext) -> None:
    """Beside the sign buttons: how many questions wait, the oldest in its words."""
    waits = view_questions(page.workspace, page.caller, page.now, page.slug).open
    if waits:
        verb = "waits" if len(waits) == 1 else "wait"
        st.markdown(
            f":small[:orange[:material/contact_support:] {write_count(len(waits), 'question')} {verb} for an "
            f"answer: “{lit(waits[0].words)}” · [Look](#questions)]"
        )


def block(page: PageContext) -> None:
    """Every question with its answer, those that wait first; nothing where nobody ever asked."""
    view = view_questions(page.workspace, page.caller, page.now, page.slug)
    if not view.lines:
        return
    st.header("Questions before signing", anchor="questions")
    for one in view.open:
        with st.container(border=True, gap="xsmall", key=f"question_{one.id}"):
            _asked(one, ":orange[:material/contact_support:]")
            _answer_form(page, view, one)
    if view.open:
        says_who_may(page, Act.ANSWER)
    if view.answered:
        title = f"{write_count(len(view.answered), 'answered question')}"
        with st.expander(title, icon=":material/forum:", expanded=not view.open, key="questions_answered"):
            for one in view.answered:
                _asked(one, ":green[:material/mark_chat_read:]")
                when = write_moment(one.answered_at) if one.answered_at else ""
                st.markdown(f"{lit(one.answer or '')} :small[:gray[{lit(one.answered_by or '')}, {when}]]")


def _asked(one: Question, icon: str) -> None:
    st.markdown(
        f"{icon} **{lit(one.words)}** :small[:gray[{lit(one.asked_by)}, {write_moment(one.asked_at)}]]"
    )


def _answer_form(page: PageContext, view: QuestionsView, one: Question) -> None:
    if not view.may_answer:
        return
    with st.form(f"question_form_{one.id}", border=False, enter_to_submit=False):
        st.text_area("Answer, for everybody to read", key=f"question_answer_{one.id}", max_chars=500)
        st.form_submit_button(
            "Answer",
            icon=":material/reply:",
            key=f"question_send_{one.id}",
            on_click=guarded(partial(_answer, page, one.id)),
        )


def _ask(page: PageContext) -> None:
    @st.dialog("Ask before you sign", icon=":material/contact_support:")
    def ask() -> None:
        st.caption("A product manager answers on this page; everybody reads both. It keeps nothing back.")
        with st.form("question_ask_form", border=False, enter_to_submit=False):
            st.text_area("What do you want to know?", key="question_words", max_chars=500)
            asked = st.form_submit_button(
                "Ask",
                type="primary",
                icon=":material/send:",
                key="question_ask",
                on_click=guarded(partial(_keep, page)),
            )
        if asked:
            problem = take_problem()
            if problem is None:
                st.rerun()
            else:
                problem_box(problem)

    ask()


def _keep(page: PageContext) -> None:
    words = st.session_state.get("question_words") or ""
    ask_question(page.workspace, page.caller, page.moment(), page.slug, words=words)
    st.session_state.pop("question_words", None)
    flash("Asked. It stands on this page until it is answered.", icon=":material/contact_support:")


def _answer(page: PageContext, question_id: int) -> None:
    words = st.session_state.get(f"question_answer_{question_id}") or ""
    answer_question(page.workspace, page.caller, page.moment(), page.slug, question_id, words=words)
    flash("Answered.", icon=":material/reply:")
