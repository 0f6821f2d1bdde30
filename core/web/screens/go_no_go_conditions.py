"""Go / no-go below the rows: the next step and what it waits for, the locks, and the fingerprints."""

import streamlit as st

from core.actions.forecasts import ForecastView
from core.actions.gates import GateView
from core.decision.conditions import Condition
from core.rollout.blast import blast_words
from core.rollout.standing import standing_words
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens import commitments
from core.web.screens.go_no_go_answer import next_blast, step_words
from core.web.wording import write_count, write_date


def next_step(page: PageContext, view: GateView, ahead: ForecastView) -> None:
    """Where the rollout stands, what the next step waits for (what is met is folded), and what it risks."""
    decision = view.decision
    st.header("Before it may go on", anchor="before")
    with st.container(border=True, gap="xsmall", key="next_step"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/stairs: {lit(standing_words(decision.standing))}", width="content")
            link_to("phase_plan", feature=page.slug, label="Phase plan")
        step = step_words(decision.standing).removeprefix("for ")
        if decision.lacking:
            st.markdown(f"**{lit(f'{step[:1].upper()}{step[1:]} waits for:')}**")
            for one in decision.lacking:
                st.markdown(_condition(one))
        else:
            st.markdown(f":green[:material/check_circle:] Everything that {lit(step)} takes is there.")
        met = [one for one in decision.conditions if one.met]
        if met:
            label = f"{write_count(len(met), 'condition')} met"
            with st.expander(label, icon=":material/check_circle:", key="conditions_met"):
                for one in met:
                    st.markdown(_condition(one))
        blast = next_blast(decision, ahead)
        if blast is not None:
            st.caption(
                f":material/crisis_alert: {lit(f'Blast radius of {blast.phase.name}: {blast_words(blast)}')}"
            )


def record(view: GateView) -> None:
    """Every lock and amendment with its signatures, and the evidence that was withdrawn since."""
    if not view.decision.commitments and not view.withdrawn:
        return
    st.header("Commitments", anchor="commitments")
    commitments.every_lock(view.decision)
    for gone in view.withdrawn:
        st.markdown(
            f":material/block: {lit(gone.file_name)} was withdrawn {write_date(gone.at)} by {lit(gone.by)}: "
            f"{lit(gone.reason)}"
        )


def fingerprints(view: GateView) -> None:
    """What the answer was made of, for whoever wants to make it again."""
    fold = st.expander(
        "Fingerprints of this answer", icon=":material/fingerprint:", key="fingerprints", on_change="rerun"
    )
    if not fold.open:
        # A box of code makes the browser load more than all the rest of the page.
        return
    with fold:
        st.caption("The same checklist, the same evidence and the same moment always give the same verdict.")
        st.code(
            f"checklist  {view.decision.bar.checklist_sha256}\nevidence   {view.decision.evidence_sha256}",
            language=None,
            wrap_lines=True,
        )
        st.caption(
            "All of this assumes that the traces counted are a fair sample of what the next users will bring."
        )


def _condition(one: Condition) -> str:
    icon = ":green[:material/check_circle:]" if one.met else ":orange[:material/radio_button_unchecked:]"
    return f"{icon} {lit(one.sentence)}"
