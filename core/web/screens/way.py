"""The way of a feature from its creation to everyone: what is done, what is open, and the one next step."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.actions.progress import Progress
from core.decision.steps import Step, StepState, grouped
from core.rollout.standing import Standing
from core.rollout.transitions import State
from core.web.registry import link_to, page, spec_of
from core.web.safe import lit
from core.web.wording import STEP_ICONS

ABOUT: Mapping[str, str] = {
    "scope": "What it does, for whom, and who answers for it. A scenario fills in scope, checklist and phase "
    "plan in one go.",
    "checklist": "What has to be true before more users get it. A template takes five minutes.",
    "plan": "Who gets it first, who next, and what keeps them safe meanwhile.",
    "lock": "From then on nobody can move a bar unseen, and only newer evidence counts.",
    "release": "Which model, prompt and tools ship: evidence counts for what is live.",
    "rehearsal": "Switch it off once, before you have to.",
    "questions": "A file could be read in two ways, and only you know which is right.",
    "evidence": "Exports of your tracing tool, results of your eval tool, reviewers' labels.",
    "failing": "These rows are shown to miss their bar. More evidence of the same does not help.",
    "answers": "Questions that a person answers with yes or no, a reason and a link.",
    "stale": "What was measured is too old, or of something that has changed since.",
    "cases": "Too few cases to be sure either way.",
    "regressions": "A new release must be shown to do no worse on the same cases.",
    "red_team": "Somebody made it do what it must not, and that is not answered yet.",
    "asked": "Somebody wants to know something before they sign.",
    "go": "It follows from the rows: every one that decides is GO.",
    "sign": "People who did not write it say that it may go on.",
    "rollout": "Phase by phase, until everyone has it.",
}
"""What each step is for, in a sentence."""


def the_way(slug: str, progress: Progress) -> None:
    """Every step in its part of the way, each with its link; the next one stands out."""
    steps = progress.steps
    done = sum(step.state is StepState.DONE for step in steps)
    with st.container(border=True, gap="small", key="the_way"):
        st.markdown("## :material/conversion_path: The way to everyone", anchors=False)
        st.progress(done / len(steps), text=f"**{done} of {len(steps)}** done")
        _next(slug, progress.next)
        parts = grouped(steps)
        for first in range(0, len(parts), 2):
            for column, (name, there) in zip(st.columns(2), parts[first : first + 2], strict=False):
                with column.container(gap="xxsmall"):
                    _part(slug, name, there)
                    if name == "Roll out":
                        _phases(progress.decision.standing)


def _next(slug: str, step: Step | None) -> None:
    if step is None:
        st.markdown(":material/check: Every step is done.")
        return
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="way_next"
    ):
        with st.container(width=520, gap=None):
            st.markdown(f":material/arrow_forward: **Next:** {lit(step.ask)}{_whom(step)}")
            if about := ABOUT.get(step.key):
                st.caption(about)
        # A button and not a link: of everything on the page this is what to press.
        if st.button(
            f"Go to {spec_of(step.page).title}",
            type="primary" if step.state is StepState.OPEN else "secondary",
            icon=spec_of(step.page).icon,
            key="way_go",
        ):
            st.switch_page(page(step.page), query_params={"feature": slug})


def _part(slug: str, name: str, steps: Sequence[Step]) -> None:
    done = sum(step.state is StepState.DONE for step in steps)
    st.markdown(f"**{name}** :small[:gray[{done} of {len(steps)}]]")
    for step in steps:
        icon, meaning = STEP_ICONS[step.state.value]
        link_to(
            step.page,
            feature=slug,
            label=step.words + (f" · {step.who or 'someone else'}" if _waits(step) else ""),
            icon=icon,
            width="stretch",
            help=f"{meaning}. {ABOUT.get(step.key, '')}".strip(),
        )


def _phases(standing: Standing) -> None:
    """The phases of the plan in their order: those behind, the one under way, those ahead."""
    marks = []
    for place, phase in enumerate(standing.plan.phases, start=1):
        here = standing.place or 0
        if standing.state is State.COMPLETE or place < here:
            marks.append(f":material/check: {lit(phase.name)}")
        elif place == here:
            marks.append(f"**{lit(phase.name)}**")
        else:
            marks.append(lit(phase.name))
    if marks:
        st.caption(" → ".join(marks))


def _whom(step: Step) -> str:
    return f" (needs {lit(step.who or 'someone else')})" if _waits(step) else ""


def _waits(step: Step) -> bool:
    return step.state is StepState.SOMEONE_ELSE
