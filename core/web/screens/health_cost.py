"""The cost section of the Health page: per task and per success, the tail, the weeks, and who is dear."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from core.actions.costs import Costs, view_costs
from core.actions.gauges import Gauge, Health, Part
from core.criteria.wording import interval_words, value_words
from core.metrics.cost_projection import Step
from core.metrics.measurement import Measurement
from core.statistics.costs import FEWEST_TASKS
from core.units import Rounding, Unit, write
from core.web.address import one_in
from core.web.charts import trend_alt, trend_chart, trend_points
from core.web.charts.cost import (
    CostColumn,
    Mark,
    StepMark,
    distribution_alt,
    distribution_chart,
    mark_steps,
    steps_alt,
)
from core.web.charts.trend_marks import Marks, mark_trend, marks_alt
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.health_cost_lists import SPLITS, dear_tasks, dear_users, parts_table, runaway_days
from core.web.screens.health_cost_scale import asked_for, projection
from core.web.screens.health_gauges import SOURCE_SHORT
from core.web.screens.health_trend import releases
from core.web.widgets import empty_state, show_chart
from core.web.wording import write_count

_TILE, _FEWEST_USERS = 200, 100
"""Under so many users one of them is more than the dearest 1 %."""


def section(page: PageContext, _view: Health, part: Part) -> None:
    """What tasks cost, how that spreads and changes, and what it would come to elsewhere."""
    st.header("Cost")
    tasks_per_day, assumed = asked_for()
    column = one_in("split", SPLITS, next(iter(SPLITS)))
    costs = view_costs(
        page.workspace,
        page.caller,
        page.now,
        page.slug,
        part,
        column=column,
        tasks_per_day=tasks_per_day,
        assumed=assumed,
    )
    if not costs.known:
        _no_cost(page, costs)
        return
    _coverage(costs)
    _tiles(costs)
    _distribution(costs)
    projection(page, costs)
    _weeks(page, costs)
    parts_table(page, costs, column)
    left, right = st.columns(2, gap="medium")
    with left:
        dear_users(page, costs)
    with right:
        dear_tasks(page, costs)
    runaway_days(page, costs)


def _no_cost(page: PageContext, costs: Costs) -> None:
    of = (
        f"None of the {write_count(costs.tasks, 'trace')} here has a cost" if costs.tasks else "No trace here"
    )
    with empty_state(
        "No cost is recorded",
        f"{of}. Upload traces with a column cost_usd: what each run cost, in US dollars. A missing cost is "
        "never counted as 0.",
        icon=":material/payments:",
    ):
        link_to("evidence", feature=page.slug, label="Go to Evidence")
    for gauge in costs.gauges:
        if gauge.measured is not None:
            st.caption(lit(f"{gauge.metric.label} ({SOURCE_SHORT[gauge.source]}): {_words(gauge.measured)}"))


def _coverage(costs: Costs) -> None:
    """How much of the traffic the cost is known of, before any number of it."""
    share = write(costs.known_share or 0.0, Unit.SHARE, Rounding.DOWN)
    unit = "All in US dollars as recorded: a file that mixed currencies cannot be told from one that did not."
    if costs.known == costs.tasks:
        st.caption(lit(f"Cost is known for all {write_count(costs.tasks, 'task')}. {unit}"))
        return
    st.warning(
        lit(
            f"Cost is known for {share} of tasks ({costs.known:,} of {costs.tasks:,}). The rest is not "
            f"counted as 0: it is left out of every mean, and projections take it to cost the same. {unit}"
        ),
        icon=":material/help_center:",
    )


def _tiles(costs: Costs) -> None:
    with st.container(horizontal=True, gap="small", key="cost_tiles"):
        for gauge in costs.gauges:
            if gauge.measured is not None:
                key = f"cost_{gauge.metric.id}_{gauge.source}"
                with st.container(border=True, width=_TILE, height="stretch", gap="xsmall", key=key):
                    _tile(gauge, gauge.measured)
        if costs.mean.top_share is not None and costs.mean.users >= _FEWEST_USERS:
            with st.container(border=True, width=_TILE, height="stretch", gap="xsmall", key="cost_top"):
                _top_share(costs)
    of_success = [gauge for gauge in costs.gauges if gauge.metric.id == "cost_per_successful_task"]
    if all(gauge.measured is None for gauge in of_success):
        for gauge in of_success:
            source = SOURCE_SHORT[gauge.source]
            st.caption(lit(f"{gauge.metric.label} from {source}: not measured. {_why_not(gauge)}"))
    st.caption(
        "Means count every task; the median, p95 and p99 count at most 5 tasks of one user, so that a few "
        "heavy users do not stand for all."
    )
    if not costs.mean.enough:
        st.caption(
            f":material/hourglass_top: Under {FEWEST_TASKS} tasks the interval of a mean covers too seldom "
            "to be written; those of the weeks and volumes below decide nothing."
        )


def _tile(gauge: Gauge, found: Measurement) -> None:
    st.markdown(f"**{lit(gauge.metric.label)}**", help=lit(gauge.metric.reading(gauge.source).denominator))
    st.markdown(f"### {lit(write(found.value, found.unit))}")
    st.caption(lit(interval_words(found)))
    passes = round(found.tally.passes)
    counted = f"{found.tally.n:,} tasks"
    if gauge.metric.id == "cost_per_successful_task":
        counted = f"{passes:,} of {found.tally.n:,} tasks right"
    st.caption(lit(f"{counted} · {SOURCE_SHORT[gauge.source]}"))


def _top_share(costs: Costs) -> None:
    share, users = costs.mean.top_share or 0.0, costs.mean.users
    dearest = max(1, -(-users // 100))
    st.markdown(f"**Dearest 1 % of {costs.witness}s**", help="Their share of all known cost.")
    st.markdown(f"### {lit(write(share, Unit.SHARE))}")
    st.caption("of the cost")
    st.caption(lit(f"{dearest:,} of {write_count(users, costs.witness)}"))


def _words(found: Measurement) -> str:
    return f"{value_words(found)}, {found.tally.n:,} tasks"


def _why_not(gauge: Gauge) -> str:
    return "" if isinstance(gauge.finding, Measurement) else gauge.finding.sentence


def _distribution(costs: Costs) -> None:
    st.markdown("### How the cost of a task spreads")
    columns = [CostColumn(one.low, one.high, one.tasks) for one in costs.spending.bins]
    tails = {"cost_p50": "p50", "cost_p95": "p95", "cost_p99": "p99"}
    marks = [
        Mark(tails[gauge.metric.id], gauge.measured.value)
        for gauge in costs.gauges
        if gauge.metric.id in tails and gauge.measured is not None
    ]
    show_chart(
        distribution_chart(columns, marks), alt=distribution_alt(columns, marks), key="health_cost_spread"
    )
    st.caption("Tasks by their cost; each power of ten is as wide as the next. Free tasks stand at $0.")


def _weeks(page: PageContext, costs: Costs) -> None:
    st.markdown("### Cost of a task by week")
    points = trend_points(costs.weeks)
    marks = Marks(releases=releases(costs.weeks))
    jumps = _jumps(costs)
    figure = trend_chart(points, None, unit=Unit.USD, label="Cost per task", step="week")
    said = trend_alt(points, None, unit=Unit.USD, label="Cost per task", step="week")
    show_chart(
        mark_steps(mark_trend(figure, points, marks), jumps),
        alt=f"{said} {marks_alt(marks)} {steps_alt(jumps)}",
        key="health_cost_weeks",
    )
    st.caption(
        "Thick line: where the true mean can still lie. Dotted line: the first tasks of a new release. "
        "▲ ▼: a week shown to be dearer or cheaper than the one before; among many weeks some are by luck."
    )
    for step in costs.release_steps:
        st.markdown(f"- {_step_words(step)}")
    _steps_table(page, [*costs.release_steps, *costs.week_steps])


def _jumps(costs: Costs) -> list[StepMark]:
    """The weeks that are shown to be dearer or cheaper than the one before."""
    values = {
        point.week.isoformat(): point.finding.value
        for point in costs.weeks
        if isinstance(point.finding, Measurement)
    }
    return [
        StepMark(date.fromisoformat(step.after), values[step.after], step.value)
        for step in costs.week_steps
        if step.shown and step.after in values
    ]


def _step_words(step: Step) -> str:
    """One release against the one before, and whether the difference is more than chance."""
    high = "no bound above" if step.high is None else _signed(step.high, Rounding.UP)
    stands = ("**dearer**" if step.value > 0 else "**cheaper**") if step.shown else "no difference is shown"
    low = _signed(step.low, Rounding.DOWN)
    change = lit(f"{_signed(step.value)} a task ({low} to {high})")
    return f"{lit(step.before)} → {lit(step.after)}: {change}: {stands}"


def _signed(value: float, rounding: Rounding = Rounding.NEAREST) -> str:
    """A difference with its sign before the dollar sign; away from 0 where it is a bound."""
    turned = {Rounding.UP: Rounding.DOWN, Rounding.DOWN: Rounding.UP}.get(rounding, rounding)
    if value < 0:
        return f"−{write(-value, Unit.USD, turned)}"
    return f"+{write(value, Unit.USD, rounding)}"


def _steps_table(page: PageContext, steps: Sequence[Step]) -> None:
    if not steps:
        return
    columns = ("From", "To", "Change (USD a task)", "Low", "High", "Shown")
    rows = [(one.before, one.after, one.value, one.low, one.high, one.shown) for one in steps]
    download_row(
        "Steps by release and by week", Table(columns, rows), f"{page.slug}-cost-steps", "cost_steps"
    )
