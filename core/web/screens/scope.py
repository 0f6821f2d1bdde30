"""The blocks of the Scope page: how much is decided, the six decisions, and whom the rollout begins with."""

import streamlit as st

from core.actions.scope_reviews import ScopeReview
from core.actions.scopes import ScopeView
from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, SEGMENT_QUESTIONS
from core.criteria.scope_progress import SectionProgress
from core.criteria.scope_review import fragile_signs
from core.rollout.scenario import Scenario
from core.units import Unit, write
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.scope_card import answers, card
from core.web.wording import write_count, write_date, write_moment

_MEMBER_COLUMNS = ("User id", "Role", "Main use case", "Feedback channel")


def standing(view: ScopeView) -> None:
    """How many of the six are decided, and which version this is."""
    decided, of = view.scope.decided, len(DECISIONS)
    st.progress(decided / of, text=f"**{decided} of {of} decided**")
    if view.number is None:
        st.caption(
            "Nothing is written down yet. Each decision needs an answer, an owner and a date; the examples "
            "show what good ones look like."
        )
        return
    newest = view.history[0]
    st.caption(
        f"Version {newest.number}, saved {write_moment(newest.saved_at)} by {lit(newest.author)}."
        + (" The checklist is locked: every change here needs a reason." if view.locked_at else "")
    )


def changed_promises(view: ScopeView) -> None:
    """Every change of the workflow or its success signal since the lock, for everybody to see."""
    for version, changes in view.changed_promises:
        with st.container(border=True, key=f"promise_{version.number}"):
            st.markdown(
                f":material/zoom_out_map: **The promise was changed after the lock**, "
                f"{write_moment(version.saved_at)} by {lit(version.author)}: {lit(version.reason)}"
            )
            for sentence in changes:
                st.text(sentence)


def section(progress: SectionProgress) -> None:
    """The heading of a section, with how much of it is written down."""
    st.header(lit(progress.title))
    st.caption(f"{progress.written} of {progress.of} written down")


def advice(review: ScopeReview) -> None:
    """What will hurt, with the reason; none of it decides anything."""
    if not review.advice:
        return
    label = f"{write_count(len(review.advice), 'thing')} will hurt"
    with st.expander(label, expanded=True, icon=":material/tips_and_updates:", key="scope_advice"):
        for one in review.advice:
            st.markdown(f"**{lit(one.sentence)}** {lit(one.reason)}")


def decisions(page: PageContext, view: ScopeView) -> None:
    """The six, each as a card; what is open is said, never hidden."""
    for key, asked in DECISIONS.items():
        missing = view.scope.missing(key)
        decision = view.scope.decision(key)
        with card(
            page, view, key, asked.title, done="Decided", question=asked.question, example=asked.example
        ):
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
    with card(
        page,
        view,
        "cohort",
        "Early cohort",
        question="About three people of different roles, whom somebody talks to every day.",
        example="Dana, desk agent, refunds by chat, tells us in #refund-bot; Emil, team lead; Fay, finance.",
    ):
        if people:
            rows = [(one.user_id, one.role, one.use_case, one.feedback_channel) for one in people]
            columns = {name: [row[place] for row in rows] for place, name in enumerate(_MEMBER_COLUMNS)}
            st.dataframe(columns, hide_index=True, key="cohort_table")
            download_row("", Table(_MEMBER_COLUMNS, rows), f"{page.slug}-early-cohort", key="cohort")


def segment(page: PageContext, view: ScopeView) -> None:
    """The first segment, exactly, and the four questions that make it forgiving."""
    first = view.scope.segment
    given = {key: getattr(first, key) for key in SEGMENT_QUESTIONS}
    with card(
        page,
        view,
        "segment",
        "First segment, and why it is forgiving",
        example="The 12 agents of the returns desk: they see the order themselves and correct what is wrong.",
    ):
        if first.who:
            st.text(first.who)
        answers(SEGMENT_QUESTIONS, given, good=True)
        promise = "Promised: nobody is added until the criteria hold."
        st.caption(promise if first.stays_until_criteria_hold else "No promise to stay with it yet.")


def worst_case(page: PageContext, view: ScopeView, scenario: Scenario | None) -> None:
    """What a catastrophic failure would cost."""
    worst = view.scope.worst_case
    with card(
        page,
        view,
        "worst_case",
        "Worst case",
        question="What would one catastrophic failure cost, in money and in people?",
        example="It promises refunds that nobody owes: $40,000 in a weekend, 800 customers to call back.",
        scenario=scenario,
    ):
        if scenario and scenario.worst_case_hint and not worst.words:
            st.caption(f"*Think of:* {lit(scenario.worst_case_hint)}")
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
    given = view.scope.fragile.model_dump()
    with card(
        page,
        view,
        "fragile",
        "Is it still a fragile proof of concept?",
        question="Each yes is a sign. Signs do not decide; they are listed above with what to do.",
    ):
        answers(FRAGILE_QUESTIONS, given, good=False)


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
