"""The blocks of the Scope page: how much is decided, the six decisions, and whom the rollout begins with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import streamlit as st

from core.actions.policy import Act, may
from core.actions.scopes import ScopeView
from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, SEGMENT_QUESTIONS
from core.criteria.scope_review import fragile_signs
from core.units import Unit, write
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.scope_editor import begin, edited_part, editor, has_unsaved
from core.web.wording import write_count, write_date, write_moment

_MEMBER_COLUMNS = ("User id", "Role", "Main use case", "Feedback channel")


def standing(view: ScopeView) -> None:
    """How many of the six are decided, and which version this is."""
    decided, of = view.scope.decided, len(DECISIONS)
    st.progress(decided / of, text=f"**{decided} of {of} decided**")
    if view.number is None:
        st.caption("Nothing is written down yet. Each decision needs an answer, an owner and a date.")
        return
    newest = view.history[0]
    st.caption(
        f"Version {newest.number}, saved {write_moment(newest.saved_at)} by {lit(newest.author)}."
        + (" The checklist is locked: every change here needs a reason." if view.locked_at else "")
    )


def advice(view: ScopeView) -> None:
    """What will hurt, with the reason; none of it decides anything."""
    if not view.advice:
        return
    label = f"{write_count(len(view.advice), 'thing')} will hurt"
    with st.expander(label, expanded=True, icon=":material/tips_and_updates:", key="scope_advice"):
        for one in view.advice:
            st.markdown(f"**{lit(one.sentence)}** {lit(one.reason)}")


def decisions(page: PageContext, view: ScopeView) -> None:
    """The six, each as a card; what is open is said, never hidden."""
    for key, asked in DECISIONS.items():
        missing = view.scope.missing(key)
        decision = view.scope.decision(key)
        with _card(page, view, key, asked.title, is_decided=not missing, done="Decided"):
            st.caption(lit(asked.question))
            if decision.answer:
                st.text(decision.answer)
            if key == "workflow" and view.scope.success_signal:
                st.caption("Main success signal")
                st.text(view.scope.success_signal)
            facts = [
                f"Owner {decision.owner}" if decision.owner else "",
                f"decided {write_date(decision.decided_on)}" if decision.decided_on else "",
            ]
            if any(facts):
                st.caption(lit(" · ".join(filter(None, facts))))
            if missing:
                st.caption(lit(f"Still missing: {', '.join(missing)}"))


def cohort(page: PageContext, view: ScopeView) -> None:
    """The people who get the feature before everybody else."""
    people = view.scope.cohort
    with _card(page, view, "cohort", "Early cohort", is_decided=bool(people)):
        st.caption("About three people of different roles, whom somebody talks to every day.")
        if people:
            rows = [(one.user_id, one.role, one.use_case, one.feedback_channel) for one in people]
            columns = {name: [row[place] for row in rows] for place, name in enumerate(_MEMBER_COLUMNS)}
            st.dataframe(columns, hide_index=True, key="cohort_table")
            download_row("", Table(_MEMBER_COLUMNS, rows), f"{page.slug}-early-cohort", key="cohort")


def segment(page: PageContext, view: ScopeView) -> None:
    """The first segment, exactly, and the four questions that make it forgiving."""
    first = view.scope.segment
    answers = {key: getattr(first, key) for key in SEGMENT_QUESTIONS}
    complete = bool(first.who) and all(value is not None for value in answers.values())
    with _card(page, view, "segment", "First segment, and why it is forgiving", is_decided=complete):
        if first.who:
            st.text(first.who)
        _answers(SEGMENT_QUESTIONS, answers, good=True)
        promise = "Promised: nobody is added until the criteria hold."
        st.caption(promise if first.stays_until_criteria_hold else "No promise to stay with it yet.")


def worst_case(page: PageContext, view: ScopeView) -> None:
    """What a catastrophic failure would cost."""
    worst = view.scope.worst_case
    with _card(page, view, "worst_case", "Worst case", is_decided=bool(worst.words)):
        st.caption("What would one catastrophic failure cost, in money and in people?")
        if worst.words:
            st.text(worst.words)
        numbers = [
            write(worst.usd, Unit.USD) if worst.usd is not None else "",
            f"{worst.people:,} people" if worst.people is not None else "",
        ]
        if any(numbers):
            st.markdown(f"**{lit(', '.join(filter(None, numbers)))}**")


def fragile(page: PageContext, view: ScopeView) -> None:
    """The self-check: six signs that this is a proof of concept that breaks when touched."""
    answers = view.scope.fragile.model_dump()
    complete = all(value is not None for value in answers.values())
    with _card(page, view, "fragile", "Is it still a fragile proof of concept?", is_decided=complete):
        st.caption("Each yes is a sign. Signs do not decide; they are listed above with what to do.")
        _answers(FRAGILE_QUESTIONS, answers, good=False)


def history(view: ScopeView) -> None:
    """Every version, newest first; changes after the lock are marked."""
    if not view.history:
        return
    label = f"History ({write_count(len(view.history), 'version')})"
    with st.expander(label, icon=":material/history:", key="scope_history"):
        for version in view.history:
            mark = " · after the lock" if version in view.amendments else ""
            reason = f" · {version.reason}" if version.reason else ""
            saved = f"{write_moment(version.saved_at)} · {version.author}"
            st.text(f"Version {version.number} · {saved}{mark}{reason}")


def beside_the_verdict(view: ScopeView) -> None:
    """What whoever decides has to know of the scope: how it grew after the lock, and how fragile it is."""
    for version in view.amendments:
        st.markdown(
            f":material/zoom_out_map: Scope changed after the lock, {write_moment(version.saved_at)} by "
            f"{lit(version.author)}: {lit(version.reason)}"
        )
    for sign in fragile_signs(view.scope):
        st.markdown(f":material/warning: Sign of a fragile proof of concept: {lit(sign.sentence)}")


@contextmanager
def _card(
    page: PageContext,
    view: ScopeView,
    part: str,
    title: str,
    *,
    is_decided: bool,
    done: str = "Written down",
) -> Iterator[None]:
    """A card with its state and, for whoever may, the way to change it; under edit it is a form."""
    with st.container(border=True, gap="xsmall", key=f"scope_{part}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{lit(title)}**", width="content")
            if is_decided:
                st.badge(done, icon=":material/check_circle:", color="green")
            else:
                st.badge("Open", icon=":material/radio_button_unchecked:", color="orange")
            if has_unsaved(page, view, part):
                st.badge("Typed, not saved", icon=":material/edit_note:", color="violet")
            if may(page.caller, Act.EDIT_SCOPE) and edited_part(page) != part:
                st.button(
                    "Change" if is_decided else "Fill in",
                    icon=":material/edit:",
                    type="tertiary",
                    key=f"edit_{part}",
                    on_click=partial(begin, page, view, part),
                )
        if edited_part(page) == part:
            editor(page, view)
            # What is saved stands under the form's own words; the block would only repeat it.
            with st.expander("As it is saved", key=f"saved_{part}"):
                yield
        else:
            yield


def _answers(questions: Mapping[str, str], answers: Mapping[str, bool | None], *, good: bool) -> None:
    """Each question with its answer; ``good`` is the answer that one hopes for."""
    for key, question in questions.items():
        value = answers[key]
        if value is None:
            mark = ":gray-badge[:material/radio_button_unchecked: not answered]"
        elif value is good:
            mark = f":green-badge[:material/check: {'yes' if value else 'no'}]"
        else:
            mark = f":orange-badge[:material/warning: {'yes' if value else 'no'}]"
        st.markdown(f"{lit(question)} {mark}")
