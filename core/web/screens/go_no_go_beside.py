"""What whoever decides has to know beside the rows: the worst part, the path without AI, the release."""

import streamlit as st

from core.actions.baselines import BaselineView
from core.actions.behind_rows import WorstPart, worst_part
from core.actions.scopes import view_scope
from core.criteria.checklist import MeasuredItem
from core.decision.decide import Decision
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens import eval_due
from core.web.screens.eval_baseline import baseline_words
from core.web.screens.scope import beside_the_verdict
from core.web.wording import write_date


def beside(page: PageContext, decision: Decision, baselines: BaselineView) -> None:
    """One line each, only where there is something to say."""
    with st.container(gap="xsmall", key="beside"):
        found = worst_part(page.workspace, page.caller, page.now, page.slug)
        if found is not None:
            _worst(page, found)
        _without_ai(decision, baselines)
        _release(page, decision)
        _not_asked(page, decision)
        _about_evidence(page, decision)
        eval_due.due_line(page)
        beside_the_verdict(view_scope(page.workspace, page.caller, page.slug))


def _worst(page: PageContext, found: WorstPart) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/data_exploration: **Worst part** · {lit(found.sentence)}", width="content")
        link_to("health", feature=page.slug, label="All parts", query={"show": "slices"})


def _release(page: PageContext, decision: Decision) -> None:
    """Which release it is that the decision is about; that none is live, the conditions say."""
    held = decision.release
    live = held.releases.live if held is not None else None
    if held is None or live is None or held.since is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = f"{live.name}, live since {write_date(held.since)}"
        st.markdown(f":material/package_2: **Release** · {lit(said)}.", width="content")
        link_to("release", feature=page.slug)


def _not_asked(page: PageContext, decision: Decision) -> None:
    """What the stakes ask of every checklist and this one does not ask: a GO says nothing of it."""
    if words := decision.not_asked:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":orange[:material/foundation:] **Not asked** · {lit(words)}", width="content")
            link_to("checklist", feature=page.slug)


def _about_evidence(page: PageContext, decision: Decision) -> None:
    """What the numbers do not say of their files: replaced rows, rows without a time, cases left out."""
    if decision.evidence_notes:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            words = lit(" ".join(decision.evidence_notes))
            st.markdown(f":orange[:material/history:] **About the evidence** · {words}", width="content")
            link_to("evidence", feature=page.slug)


def _without_ai(decision: Decision, baselines: BaselineView) -> None:
    """How the same work goes without AI, for each row that has such a number."""
    shown = set()
    for row in decision.rows:
        item = row.item
        if not isinstance(item, MeasuredItem) or item.slice or item.metric in shown:
            continue
        words = baseline_words(baselines, item.metric)
        if words:
            shown.add(item.metric)
            st.markdown(f":material/person: **{lit(row.label)}** · {lit(words)}.")
