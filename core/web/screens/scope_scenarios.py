"""Start from a scenario: each as a card that says what it fills in before it does."""

from functools import partial

import streamlit as st

from core.actions.plans import view_plan
from core.actions.policy import Act, may
from core.actions.scenarios import Filling, take_scenario, view_scenarios
from core.rollout.plan import Fallback
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import phase_plan_editor
from core.web.screens.phase_form import FALLBACK_CHOICES, fallback_choice
from core.web.widgets import flash, guarded
from core.web.wording import stakes_words


def gallery(page: PageContext) -> None:
    """The scenarios with what each would do here; for whoever may edit all three documents."""
    acts = (Act.EDIT_SCOPE, Act.EDIT_CHECKLIST, Act.EDIT_PLAN)
    if not all(may(page.workspace, page.caller, act, page.slug) for act in acts):
        return
    choice = view_scenarios(page.workspace, page.caller, page.slug)
    fold = st.expander(
        "Start from a scenario", icon=":material/auto_stories:", expanded=True, key="scenarios"
    )
    with fold:
        st.markdown(
            "A scenario fills scope, checklist and phase plan together, as a draft: every word and number "
            "can be changed. What somebody wrote is never overwritten."
        )
        for problem in choice.problems:
            st.warning(lit(problem), icon=":material/draft:")
        _what_only_you_know(page)
        for filling in choice.fillings:
            _card(page, filling)


def _what_only_you_know(page: PageContext) -> None:
    plan = view_plan(page.workspace, page.caller, page.slug)
    with st.container(border=True):
        st.markdown("**What only you know, for the phase plan** (you can also fill it in later)")
        left, right = st.columns(2)
        with left:
            st.text_input("Who decides", value=plan.owner, key=f"{_key(page)}_owner", max_chars=120)
            st.selectbox(
                "What happens to an answer that the feature is unsure of",
                FALLBACK_CHOICES,
                format_func=fallback_choice,
                key=f"{_key(page)}_fallback",
            )
        with right:
            phase_plan_editor.traffic_fields(_key(page), plan.plan)


def _card(page: PageContext, filling: Filling) -> None:
    scenario = filling.scenario
    with st.container(border=True, gap="xsmall", key=f"scenario_{scenario.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{lit(scenario.name)}**", width="content")
            st.badge(stakes_words(scenario.stakes).word, color="gray")
            if scenario.is_own:
                st.badge("Your company's", color="violet")
        st.markdown(f"{lit(scenario.about)} *{lit(scenario.for_whom)}.*")
        for line in filling.fills:
            st.caption(f":material/add: {lit(line)}")
        for line in filling.keeps:
            st.caption(f":material/lock: Stays: {lit(line)}")
        st.button(
            "Use this scenario",
            key=f"use_{scenario.id}",
            disabled=not filling.fills,
            on_click=guarded(partial(_take, page, filling)),
        )


def _take(page: PageContext, filling: Filling) -> None:
    state = st.session_state
    done = take_scenario(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        filling.scenario.id,
        owner=state.get(f"{_key(page)}_owner", ""),
        fallback=Fallback(way) if (way := state.get(f"{_key(page)}_fallback")) else None,
        **phase_plan_editor.traffic_entered(_key(page)),
    )
    flash(
        f"Filled in from “{done.scenario.name}”. Read each part: it is a draft until you lock the checklist."
    )


def _key(page: PageContext) -> str:
    return f"scenario_take_{page.slug}"
