"""The rollout on the Phase plan page: the step forward, the way back from a stop, what ran when."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.actions.policy import Act, may
from core.actions.rollout import RolloutView, advance, complete, resume, start_phase
from core.actions.rollout_past import PastStart, record_past
from core.decision.conditions import Condition
from core.decision.decide import Decision
from core.rollout.standing import reach_words
from core.rollout.timeline import timeline
from core.rollout.transitions import Move, State
from core.web.charts.rollout_timeline import timeline_alt, timeline_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import way_to_sign
from core.web.session import flash, guarded
from core.web.widgets import show_chart
from core.web.wording import verdict_words, write_count, write_moment

_MOVES = {
    Move.START: "Started",
    Move.ADVANCE: "Went on",
    Move.PAUSE: "Paused",
    Move.RESUME: "Resumed",
    Move.ROLL_BACK: "Rolled back",
    Move.COMPLETE: "Completed",
}
_FORWARD = {
    State.NOT_STARTED: Move.START,
    State.ROLLED_BACK: Move.START,
    State.RUNNING: Move.ADVANCE,
}
_DONE = {Move.START: "is started", Move.ADVANCE: "is started", Move.COMPLETE: "is completed"}


def control(page: PageContext, view: RolloutView) -> None:
    """What can be done now: resume, or go forward with the conditions of the gate before one's eyes."""
    if not view.standing.plan.phases and not view.history:
        return
    st.header("The rollout")
    if view.standing.state is State.PAUSED:
        _resume(page, view)
    elif view.standing.state is not State.COMPLETE and page.progress is not None:
        _forward(page, view, page.progress.decision)
    if view.may_record and view.standing.state in (State.NOT_STARTED, State.RUNNING):
        _record(page, view)


def course(page: PageContext, view: RolloutView) -> None:
    """Planned against actual as a picture, and every transition with who, when and why."""
    rows = timeline(view.standing, [one.moved for one in view.history], page.now)
    if not rows:
        return
    show_chart(timeline_chart(rows, page.now), alt=timeline_alt(rows), key="rollout_timeline")
    st.caption(
        "Thin grey: the plan, each phase as short as it may be. Thick: users had the feature. "
        "Dotted: paused. Cross: rolled back."
    )
    if not view.history:
        return
    with st.expander(
        f"What happened ({write_count(len(view.history), 'step')})",
        icon=":material/list:",
        key="rollout_history",
    ):
        table = transitions_table(view)
        st.dataframe(
            [dict(zip(table.columns, row, strict=True)) for row in table.rows],
            hide_index=True,
            key="rollout_transitions",
        )
        download_row("These steps", table, f"{page.slug}-rollout", key="rollout")


def transitions_table(view: RolloutView) -> Table:
    """Every transition, the newest first, in words; a step recorded afterwards went through no gate."""
    rows = []
    for one in reversed(view.history):
        phase = view.standing.plan.phase(one.moved.phase) or view.standing.ran_under.phase(one.moved.phase)
        rows.append(
            (
                write_moment(one.moved.at),
                _MOVES[one.moved.move] + " (recorded afterwards)" * one.is_afterwards,
                phase.name if phase else one.moved.phase,
                one.moved.by,
                one.moved.reason,
                one.plan_number,
                verdict_words(one.verdict).word if one.verdict else "",
                write_moment(one.recorded_at),
            )
        )
    return Table(("When", "What", "Phase", "Who", "Why", "Plan version", "Verdict then", "Recorded"), rows)


def _forward(page: PageContext, view: RolloutView, decision: Decision) -> None:
    """The next step as a form: open only when every condition but the signatures holds."""
    standing = view.standing
    move = _FORWARD[standing.state]
    if standing.next is None:
        if not standing.is_in_last_phase:
            return
        move = Move.COMPLETE
    what = _what(view, move)
    shown = [one for one in decision.conditions if not (one.name == "state" and move is Move.START)]
    is_open = [one for one in shown if not one.met]
    # Where nobody signs in, those who agreed are named in the form itself.
    in_words = not (decision.sign_offs.people_sign_in or page.caller.verified)
    overruled = decision.override if move is not Move.COMPLETE else None
    waits = overruled is None and any(one.name != "signatures" or not in_words for one in is_open)
    with st.container(border=True, gap="small", key="rollout_forward"):
        st.markdown(f"**{lit(what)}**")
        _conditions(shown)
        _way_to_sign(page, decision)
        if overruled is not None and is_open:
            st.markdown(
                f":red[:material/gavel:] **It may begin against the gate.** {lit(overruled.sentence)}. "
                "Whoever overruled it does not take the step."
            )
        if not may(page.workspace, page.caller, Act.START_PHASE, page.slug):
            st.caption("Going forward takes a product manager.")
            return
        if waits:
            st.caption(
                f"Waits for {write_count(len(is_open), 'condition')}. Stopping waits for nothing: see above."
            )
            return
        _forward_form(page, view, move, what, asks_who_agreed=in_words)


def _conditions(conditions: Sequence[Condition]) -> None:
    with st.container(gap="xxsmall"):
        for one in conditions:
            icon = (
                ":green[:material/check_circle:]" if one.met else ":gray[:material/radio_button_unchecked:]"
            )
            st.markdown(f"{icon} {lit(one.sentence)}")


def _way_to_sign(page: PageContext, decision: Decision) -> None:
    """Where the signatures are given that the condition above misses; nothing where nobody signs in."""
    if decision.sign_offs.people_sign_in and not decision.sign_offs.is_met:
        way_to_sign(page)


def _what(view: RolloutView, move: Move) -> str:
    coming = view.standing.next
    if move is Move.COMPLETE or coming is None:
        return "Complete the rollout"
    verb = "Start" if move is Move.START else "Go on to"
    return f"{verb} {coming.name} ({reach_words(coming)})"


def _forward_form(
    page: PageContext, view: RolloutView, move: Move, what: str, *, asks_who_agreed: bool
) -> None:
    with st.form("rollout_forward_form", border=False):
        if asks_who_agreed:
            st.text_input(
                "Who agreed, and where is that written down?",
                key="rollout_agreed",
                max_chars=300,
                placeholder="Lea (legal) and Omar, minutes of 3 March",
                help="Without sign-in nobody can sign here, so the record says that it was agreed outside.",
            )
        st.text_input("Why now (optional)", key="rollout_reason", max_chars=300)
        st.form_submit_button(
            lit(what),
            type="primary",
            key="rollout_go",
            on_click=guarded(partial(_go, page, view, move)),
        )


def _resume(page: PageContext, view: RolloutView) -> None:
    with st.container(border=True, key="rollout_paused"):
        st.markdown(f"**{lit(view.standing.name)} is paused**")
        if not may(page.workspace, page.caller, Act.RESUME_ROLLOUT, page.slug):
            st.caption(
                "Resuming takes a product manager. Anyone who may stop the rollout can still roll it back."
            )
            return
        with st.form("rollout_resume_form", border=False):
            st.text_input(
                "What was found, and why is it safe to go on?", key="rollout_resume_reason", max_chars=500
            )
            st.form_submit_button(
                "Resume",
                type="primary",
                icon=":material/play_circle:",
                key="rollout_resume",
                on_click=guarded(partial(_resumed, page, view)),
            )


def _record(page: PageContext, view: RolloutView) -> None:
    """For a rollout that was running before: the first day of each phase that has begun."""
    if not may(page.workspace, page.caller, Act.START_PHASE, page.slug):
        return
    done = view.standing.place or 0
    left = view.standing.plan.phases[done:]
    if not left:
        return
    title = "Enter a later phase that has begun already" if done else "It is running already"
    with (
        st.expander(title, icon=":material/history:", key="rollout_past"),
        st.form("rollout_past_form", border=False),
    ):
        st.caption(
            "Enter the first day (UTC) of each phase that has begun. It is marked as recorded afterwards, "
            "and is possible only until the rollout is moved here for the first time."
        )
        for phase in left:
            st.date_input(
                lit(f"{phase.name} began on"),
                value=None,
                max_value=page.now.date(),
                format="YYYY-MM-DD",
                key=f"rollout_began_{phase.id}",
            )
        st.form_submit_button(
            "Record", key="rollout_record", on_click=guarded(partial(_recorded, page, view))
        )


def _go(page: PageContext, view: RolloutView, move: Move) -> None:
    act = {Move.START: start_phase, Move.ADVANCE: advance, Move.COMPLETE: complete}[move]
    coming = view.standing.next
    act(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        seen=view.standing.moves,
        agreed=st.session_state.get("rollout_agreed") or "",
        reason=st.session_state.get("rollout_reason") or "",
    )
    name = coming.name if coming and move is not Move.COMPLETE else "The rollout"
    flash(f"{name} {_DONE[move]}.")


def _resumed(page: PageContext, view: RolloutView) -> None:
    resume(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        reason=st.session_state.get("rollout_resume_reason") or "",
        seen=view.standing.moves,
    )
    flash("The rollout runs again.")


def _recorded(page: PageContext, view: RolloutView) -> None:
    begun = [
        (phase.id, st.session_state.get(f"rollout_began_{phase.id}")) for phase in view.standing.plan.phases
    ]
    starts = [PastStart(phase, day) for phase, day in begun if day is not None]
    record_past(page.workspace, page.caller, page.moment(), page.slug, starts)
    flash(f"{write_count(len(starts), 'phase')} recorded afterwards.")
