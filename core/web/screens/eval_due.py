"""The eval sets that are due to be run again, as one line on other pages."""

import streamlit as st

from core.actions.eval_results import suites_to_run
from core.metrics.eval_results import RerunState
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.wording import write_date


def due_line(page: PageContext) -> None:
    """Names them with the way to the Evals page; nothing where none is due."""
    waiting = suites_to_run(page.workspace, page.caller, page.now, page.slug)
    parts = []
    for one in waiting:
        if one.rerun is None:
            continue
        late = "is overdue since" if one.rerun.state is RerunState.OVERDUE else "is due by"
        parts.append(f"“{one.lock.name}” {late} {write_date(one.rerun.due_at)}")
    if not parts:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="evals_due"):
        st.markdown(f":material/schedule: Run of the eval set {lit('; '.join(parts))}.", width="content")
        link_to("evals", feature=page.slug, label="Go to Evals")
