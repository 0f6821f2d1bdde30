"""Two versions of the phase plan beside each other: what changed between them, field by field."""

import streamlit as st

from core.actions.plans import PlanView
from core.rollout.changes import Beside, side_by_side
from core.rollout.plan import PhasePlan, read_plan
from core.store.documents import DocumentVersion
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.wording import write_count, write_moment


def beside_each_other(page: PageContext, view: PlanView) -> None:
    """Choose two versions; what differs is marked in words. Nothing where there is one version only."""
    if len(view.history) < 2:
        return
    with st.expander("Compare two versions", icon=":material/compare_arrows:", key="plan_compare"):
        newer, older = view.history[0], view.history[1]
        named = {version.number: version for version in view.history}
        left, right = st.columns(2)
        before = left.selectbox(
            "This version",
            list(named),
            index=list(named).index(older.number),
            format_func=lambda number: _title(named[number]),
            key=f"plan_compare_before_{page.slug}",
        )
        after = right.selectbox(
            "beside this one",
            list(named),
            index=list(named).index(newer.number),
            format_func=lambda number: _title(named[number]),
            key=f"plan_compare_after_{page.slug}",
        )
        rows = side_by_side(_plan(named[before]), _plan(named[after]))
        _differences(page, rows, before, after)


def _differences(page: PageContext, rows: tuple[Beside, ...], before: int, after: int) -> None:
    differing = [row for row in rows if row.change]
    if differing:
        st.caption(f"{write_count(len(differing), 'field')} of {len(rows):,} differ.")
    else:
        st.caption("These two say the same.")
    with_all = st.toggle("Also what is the same", key=f"plan_compare_all_{page.slug}")
    shown = list(rows) if with_all else differing
    if not shown:
        return
    columns = ("Phase", "What", f"Version {before}", f"Version {after}", "Difference")
    lines = [
        (row.phase or "Whole plan", row.field, row.before, row.after, row.change or "same") for row in shown
    ]
    st.dataframe(
        [dict(zip(_unique(columns), line, strict=True)) for line in lines],
        hide_index=True,
        key="plan_compare_table",
    )
    download_row(
        "This comparison", Table(columns, lines), f"{page.slug}-plan-{before}-{after}", key="plan_compare"
    )


def _unique(columns: tuple[str, ...]) -> list[str]:
    """A version beside itself would give two columns one name."""
    return [f"{name} (again)" if name in columns[:place] else name for place, name in enumerate(columns)]


def _title(version: DocumentVersion) -> str:
    return f"Version {version.number}, {write_moment(version.saved_at)}, {version.author}"


def _plan(version: DocumentVersion) -> PhasePlan:
    return read_plan(version.body)
