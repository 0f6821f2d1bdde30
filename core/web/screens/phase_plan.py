"""The blocks of the Phase plan page: the templates, the findings, the picture, the phases, the history."""

from functools import partial

import streamlit as st

from core.actions.forecasts import ForecastView
from core.actions.plans import PlanView, take_plan_template
from core.actions.policy import Act
from core.actions.rollout import RolloutView
from core.criteria.wording import days_words
from core.rollout.changes import changed_plan
from core.rollout.edits import MovePhase, RemovePhase
from core.rollout.gallery import PlanTemplate, plan_templates
from core.rollout.plan import Fallback, Phase, PhasePlan, read_plan
from core.rollout.wording import (
    alarm_words,
    criteria_words,
    duration_words,
    exposure_words,
    fallback_words,
    owner_of,
    rate_words,
    review_words,
    threshold_words,
)
from core.web.charts.escalation import escalation_alt, escalation_charts, escalation_steps
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import phase_plan_editor as editor
from core.web.screens.forecast import blast_line, brings
from core.web.screens.permitted import only_for, permitted, says_who_may
from core.web.screens.phase_form import FALLBACK_CHOICES, fallback_choice
from core.web.widgets import flash, guarded, show_chart
from core.web.wording import write_count, write_moment

_IN_A_ROW = 4
"""So many phases stand beside each other; more begin a new row."""


def standing(view: PlanView, ran: RolloutView) -> None:
    """Which version this is, who decides, and whether another one holds."""
    if view.number is None:
        st.caption("Nothing saved yet")
        return
    phases = write_count(len(view.plan.phases), "phase")
    decides = f" · {view.plan.owner} decides" if view.plan.owner else ""
    st.caption(lit(f"Version {view.number} · {phases}{decides}"))
    if ran.plan_waits:
        st.info(
            f"The plan in force is version {ran.plan_number}, which the commitment binds. This newer draft, "
            f"version {view.number}, waits for an amendment: lock it on the Checklist page with a reason.",
            icon=":material/pending_actions:",
        )


def gallery(page: PageContext, view: PlanView) -> None:
    """What only the taker knows, then the templates as cards; taking one saves a version."""
    st.markdown("## Start from a template")
    says_who_may(page, Act.EDIT_PLAN)
    st.caption(
        "A plan says who gets the feature when, and what keeps them safe. Every number can be changed."
    )
    with st.container(border=True):
        st.markdown("**What only you know** (you can also fill it in later)")
        left, right = st.columns(2)
        with left:
            st.text_input("Who decides", value=view.owner, key=f"plan_take_{page.slug}_owner", max_chars=120)
            st.selectbox(
                "What happens to an answer that the feature is unsure of",
                FALLBACK_CHOICES,
                format_func=fallback_choice,
                key=f"plan_take_{page.slug}_fallback",
            )
        with right:
            editor.traffic_fields(f"plan_take_{page.slug}", view.plan)
    for template in plan_templates():
        with st.container(border=True):
            st.markdown(f"**{lit(template.name)}**")
            st.markdown(f"{lit(template.about)} *{lit(template.for_whom)}.*")
            lines = [lit(f"· {phase.name}: {_in_short(phase)}") for phase in template.plan.phases]
            st.caption("  \n".join(lines))
            st.button(
                "Take this template",
                type="primary",
                key=f"take_{template.id}",
                on_click=guarded(partial(_take, page, view, template)),
                **only_for(page, Act.EDIT_PLAN),
            )
    st.button(
        "Start with an empty phase",
        icon=":material/add:",
        key="add_phase",
        on_click=partial(editor.begin_new, page, view),
        **only_for(page, Act.EDIT_PLAN),
    )


def picture(view: PlanView) -> None:
    """One column a phase; the guardrails thin out to the right as the exposure grows."""
    st.header("The escalation")
    steps = escalation_steps(view.plan)
    for row, chart in enumerate(escalation_charts(steps)):
        show_chart(chart, alt=escalation_alt(steps), key=f"escalation_{row}")


def phases(page: PageContext, view: PlanView, ahead: ForecastView) -> None:
    """Each phase with what it allows, what it must show, and what can be done with it."""
    st.header("The phases")
    says_who_may(page, Act.EDIT_PLAN)
    listed = view.plan.phases
    for start in range(0, len(listed), _IN_A_ROW):
        row = listed[start : start + _IN_A_ROW]
        # As many columns in each row, so that a single phase of the last one is not stretched.
        places = st.columns(min(len(listed), _IN_A_ROW))
        for place, phase in zip(places, row, strict=False):
            with place.container(border=True, gap="xsmall"):
                _phase(page, view, phase, ahead)
    st.button(
        "Add a phase",
        icon=":material/add:",
        key="add_phase",
        on_click=partial(editor.begin_new, page, view),
        **only_for(page, Act.EDIT_PLAN),
    )
    download_row("This plan", _plan_table(view), f"{page.slug}-phase-plan", key="plan")


def history(view: PlanView) -> None:
    """Every version with what it changed, newest first."""
    if not view.history:
        return
    with st.expander(f"History ({write_count(len(view.history), 'version')})", icon=":material/history:"):
        older: list[PhasePlan | None] = [read_plan(version.body) for version in view.history[1:]]
        for version, before in zip(view.history, [*older, None], strict=True):
            reason = f" · {version.reason}" if version.reason else ""
            st.text(f"Version {version.number} · {write_moment(version.saved_at)} · {version.author}{reason}")
            changes = changed_plan(before, read_plan(version.body)) if before is not None else ()
            for change in changes:
                st.caption(lit(f"· {change}"))


_WARNINGS_DO = (
    "They are followed while the phase runs, with every import and every saved label. One that trips pauses "
    "or rolls back at once, as it says, without asking anybody; “tell only” changes nothing. Once the phase "
    "runs, what cannot be followed is named above, under Early warnings."
)


def _phase(page: PageContext, view: PlanView, phase: Phase, ahead: ForecastView) -> None:
    place = view.plan.phases.index(phase) + 1
    st.markdown(f"**{place} · {lit(phase.name)}** :blue-badge[{lit(exposure_words(phase))}]")
    warnings = [f":material/notifications: {lit(words)}" for words in alarm_words(phase)]
    if warnings:
        warnings.append(f":small[:gray[{lit(_WARNINGS_DO)}]]")
    evidence, comes = brings(ahead, phase, view.checklist)
    shows = [f":material/straighten: {lit(words)}" for words in criteria_words(phase, view.checklist)]
    for label, lines in (
        ("Who", [lit(phase.segment or "not said")]),
        ("Why they are forgiving", [lit(phase.why_forgiving)]),
        ("Tasks", [lit(phase.tasks)]),
        ("Unsure answers", [lit(_unsure_words(phase))]),
        ("Users are told", [lit(phase.transparency)]),
        ("Monitoring", [lit(phase.monitoring)]),
        ("Decides", [lit(owner_of(view.plan, phase) or "nobody yet")]),
        ("Must show", shows),
        ("Early warnings", warnings or ["none"]),
        (evidence, [lit(comes)]),
        ("Blast radius", [lit(blast_line(ahead, phase.id))]),
    ):
        if any(lines):
            st.markdown("  \n".join([f":small[:gray[{label}]]", *lines]))
    _phase_buttons(page, view, phase)


def _unsure_words(phase: Phase) -> str:
    if phase.confidence_threshold is None:
        return "no threshold: every answer is shown"
    if phase.fallback is None:
        return f"below {threshold_words(phase)}: not decided yet"
    return f"below {threshold_words(phase)}: {fallback_words(phase)}"


def _phase_buttons(page: PageContext, view: PlanView, phase: Phase) -> None:
    if not permitted(page, Act.EDIT_PLAN):
        return
    last = len(view.plan.phases) - 1
    place = view.plan.phases.index(phase)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Edit",
            icon=":material/edit:",
            key=f"edit_{phase.id}",
            on_click=partial(editor.begin_edit, page, view, phase.id),
        )
        for by, icon, words in (
            (-1, ":material/arrow_back:", "Earlier"),
            (1, ":material/arrow_forward:", "Later"),
        ):
            st.button(
                "",
                icon=icon,
                type="tertiary",
                help=words,
                key=f"{words.lower()}_{phase.id}",
                disabled=not 0 <= place + by <= last,
                on_click=guarded(partial(editor.save_edit, page, view, MovePhase(phase.id, by))),
            )
        with st.popover(
            "", icon=":material/delete:", help="Remove", type="tertiary", key=f"remove_popover_{phase.id}"
        ):
            st.markdown(f"Remove {lit(phase.name)} from the plan?")
            st.button(
                "Remove",
                key=f"remove_{phase.id}",
                on_click=guarded(partial(editor.save_edit, page, view, RemovePhase(phase.id))),
            )


def _take(page: PageContext, view: PlanView, template: PlanTemplate) -> None:
    state = st.session_state
    take_plan_template(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        template.id,
        based_on=view.number,
        owner=state.get(f"plan_take_{page.slug}_owner", ""),
        fallback=Fallback(way) if (way := state.get(f"plan_take_{page.slug}_fallback")) else None,
        **editor.traffic_entered(f"plan_take_{page.slug}"),
    )
    flash(f"The phase plan starts from “{template.name}”.")


def _in_short(phase: Phase) -> str:
    days = days_words(phase.minimum_days) if phase.minimum_days else "no minimum"
    threshold = threshold_words(phase)
    return f"{exposure_words(phase)}, review: {review_words(phase)}, threshold {threshold}, {days}"


def _plan_table(view: PlanView) -> Table:
    rows = [
        (
            phase.name,
            phase.segment,
            phase.why_forgiving,
            exposure_words(phase),
            phase.tasks,
            threshold_words(phase),
            fallback_words(phase),
            review_words(phase),
            rate_words(phase),
            phase.transparency,
            phase.feedback_button,
            phase.monitoring,
            "; ".join(criteria_words(phase, view.checklist)),
            "; ".join(alarm_words(phase)),
            duration_words(phase),
            owner_of(view.plan, phase),
        )
        for phase in view.plan.phases
    ]
    return Table(_COLUMNS, rows)


_COLUMNS = (
    "Phase",
    "Who",
    "Why forgiving",
    "Exposure",
    "Tasks",
    "Confidence threshold",
    "Fallback",
    "Human review",
    "Rate limit",
    "Users are told",
    "Feedback button",
    "Monitoring",
    "Must show",
    "Early warnings",
    "Minimum duration",
    "Decides",
)
