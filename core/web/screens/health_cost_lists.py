"""Who and what is dear: the parts of the traffic, users, tasks, and days that look like a loop."""

import streamlit as st

from core.actions.costs import Costs
from core.criteria.wording import value_words
from core.metrics.measurement import Measurement
from core.store.cost_rows import RUNAWAY_TIMES
from core.units import Unit, write
from core.web.charts.cost import money
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens.health_filters import pick_one
from core.web.screens.trace_text import cost
from core.web.wording import write_count, write_date

SPLITS = {
    "task_type": "Task type",
    "user_segment": "Segment",
    "user_role": "Role",
    "channel": "Channel",
    "route": "Route",
    "model": "Model",
    "prompt_version": "Prompt version",
    "release_bundle": "Release",
}
"""What the cost can be split by, the first where nothing is chosen."""

_PARTS_SHOWN = 12
_LISTED = 5
_LONGEST = 60


def parts_table(page: PageContext, costs: Costs, column: str) -> None:
    """The mean cost of each value of the column, one of SPLITS, and its share of all cost."""
    word = SPLITS[column]
    st.markdown(f"### Cost by {word.lower()}")
    pick_one("split", "Split by", SPLITS, next(iter(SPLITS)), width=220)
    named = [one for one in costs.parts if one.value]
    if not named:
        st.caption(f"No trace says its {word.lower()}. Upload traces with the column {lit(column)}.")
        return
    rows = [
        (
            printable(one.value) or "(not recorded)",
            value_words(one.finding) if isinstance(one.finding, Measurement) else "not measured",
            f"{one.finding.tally.n:,}" if isinstance(one.finding, Measurement) else "0",
            "–" if one.share is None else write(one.share, Unit.SHARE),
        )
        for one in costs.parts[:_PARTS_SHOWN]
    ]
    names = (word, "Cost per task", "Tasks", "Share of all cost")
    st.dataframe(
        {name: [row[place] for row in rows] for place, name in enumerate(names)},
        hide_index=True,
        key=f"cost_by_{column}",
        alt=f"Cost per task by {word.lower()}, the one that costs most in all first.",
    )
    if len(costs.parts) > _PARTS_SHOWN:
        st.caption(f"{len(costs.parts) - _PARTS_SHOWN:,} more are in the download.")
    _parts_download(page, costs, column, word)


def dear_users(page: PageContext, costs: Costs) -> None:
    """The users whose tasks came to most, each with the way to its traces."""
    st.markdown("### Dearest users")
    users = costs.spending.users
    if not users:
        st.caption("No trace with a cost says its user. Upload traces with the column user\\_id.")
        return
    for number, one in enumerate(users[:_LISTED]):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key=f"dear_user_{number}"
        ):
            link_to("traces", feature=page.slug, label=_short(one.user), query={"user": one.user})
            st.caption(lit(f"{money(one.cost)} over {write_count(one.tasks, 'task')}"), width="content")
    rows = [(one.user, one.tasks, one.cost) for one in users]
    download_row("", Table(("User", "Tasks", "Cost (USD)"), rows), f"{page.slug}-dearest-users", "dear_users")


def dear_tasks(page: PageContext, costs: Costs) -> None:
    """The runs that cost most, each with the way to it."""
    st.markdown("### Dearest tasks")
    tasks = costs.spending.tasks
    if not tasks:
        st.caption("Every task with a cost was free.")
        return
    for number, one in enumerate(tasks[:_LISTED]):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key=f"dear_task_{number}"
        ):
            link_to("traces", feature=page.slug, label=_short(one.run_id), query={"trace": one.run_id})
            st.caption(lit(f"{cost(one.cost)} · {_short(one.task_type or 'no task type')}"), width="content")
    rows = [(one.run_id, one.moment, one.user, one.task_type, one.cost) for one in tasks]
    columns = ("Run ID", "Moment", "User", "Task type", "Cost (USD)")
    download_row("", Table(columns, rows), f"{page.slug}-dearest-tasks", "dear_tasks")


def runaway_days(page: PageContext, costs: Costs) -> None:
    """Days of one user that cost far more than such a day does: loops that nobody stopped."""
    st.markdown("### Runaway days")
    found = costs.spending.runaways
    if found.median is None:
        st.caption("No user's day cost anything, so none stands out.")
        return
    usual = f"The median day of a user costs {cost(found.median)} ({write_count(found.days, 'day')} seen)."
    if not found.count:
        st.caption(lit(f"{usual} None costs more than {RUNAWAY_TIMES} times that."))
        return
    st.warning(
        lit(
            f"{usual} {write_count(found.count, 'day')} of a user cost more than {RUNAWAY_TIMES} times that."
        ),
        icon=":material/all_inclusive:",
    )
    for number, one in enumerate(found.dearest[:_LISTED]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"runaway_{number}"):
            link_to("traces", feature=page.slug, label=_short(one.user), query={"user": one.user})
            times = f"{one.cost / found.median:,.0f} times the median"
            said = f"{write_date(one.day)}: {money(one.cost)}, {write_count(one.tasks, 'task')}, {times}"
            st.caption(lit(said), width="content")
    rows = [(one.user, one.day, one.tasks, one.cost) for one in found.dearest]
    columns = ("User", "Day (UTC)", "Tasks", "Cost (USD)")
    download_row("The dearest of them", Table(columns, rows), f"{page.slug}-runaway-days", "runaways")


def _parts_download(page: PageContext, costs: Costs, column: str, word: str) -> None:
    columns = (word, "Cost per task (USD)", "Low", "High", "Tasks", "Cost (USD)", "Share of all cost")
    rows: list[tuple[object, ...]] = []
    for one in costs.parts:
        found = one.finding if isinstance(one.finding, Measurement) else None
        numbers = (found.value, found.low, found.high, found.tally.n) if found else (None, None, None, 0)
        rows.append((one.value or "(not recorded)", *numbers, one.cost, one.share))
    download_row(
        f"All by {word.lower()}", Table(columns, rows), f"{page.slug}-cost-by-{column}", "cost_parts"
    )


def _short(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
