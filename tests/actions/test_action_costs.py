"""The cost of a feature, on both databases: coverage, today's volume, projections, steps and parts."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.actions.costs import Costs, Volume, view_costs
from core.actions.gates import view_gate
from core.actions.gauges import Part
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.criteria.verdict import Verdict
from core.metrics.cost_projection import Assumptions
from core.metrics.measurement import Measurement
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Look = Callable[..., Costs]

DAYS, A_DAY = 30, 12
UNTIL = 20
"""The first days are of the old release, at 2 cents a task; from here on a task costs 5 cents."""


def traces(now: datetime, **cells: Any) -> str:
    """Twelve tasks a day of twelve users up to yesterday; every sixth has no cost, some cost double."""
    lines = []
    for number in range(DAYS * A_DAY):
        day, place = divmod(number, A_DAY)
        cost = (0.02 if day < UNTIL else 0.05) * (2 if place % 4 == 0 else 1)
        row = {
            "run_id": f"run-{number:04d}",
            "started_at": (now - timedelta(days=DAYS - day)).isoformat(),
            "user_id": f"user-{day % 3}-{place}",
            "task_type": "billing" if place % 4 == 0 else "refund",
            "release_bundle": "old" if day < UNTIL else "new",
            "response": "Yes.",
            "cost_usd": None if place % 6 == 5 else cost,
        }
        lines.append(json.dumps(row | cells) + "\n")
    return "".join(lines)


@pytest.fixture
def look(workspace: Workspace, feature: str, now: datetime) -> Look:
    def ask(part: Part | None = None, **asked: Any) -> Costs:
        return view_costs(workspace, LOCAL_CALLER, now, feature, part or Part(), **asked)

    return ask


def test_what_is_not_known_is_coverage_and_not_a_cost_of_nothing(
    hand_in: HandIn, look: Look, now: datetime
) -> None:
    hand_in(traces(now), "traces.jsonl")
    costs = look()
    assert (costs.tasks, costs.known) == (360, 300)
    assert costs.known_share == pytest.approx(5 / 6)
    # Of the ten with a cost each day, three cost double: 13 parts of 2 cents on 20 days, of 5 on ten.
    assert costs.mean.value == pytest.approx((20 * 13 * 0.02 + 10 * 13 * 0.05) / 300)
    assert costs.mean.enough and costs.mean.users == 30


def test_today_is_the_mean_of_the_whole_days_and_ten_times_and_a_million_follow(
    hand_in: HandIn, look: Look, now: datetime
) -> None:
    hand_in(traces(now), "traces.jsonl")
    costs = look(tasks_per_day=5000)
    first, last = now.date() - timedelta(days=29), now.date() - timedelta(days=2)
    assert costs.volume == Volume(12.0, first, last, 28)
    assert [one.tasks_per_day for one in costs.outlooks] == [12, 120, 5000, 1_000_000]
    today = costs.outlooks[0]
    assert costs.mean.value is not None
    assert today.day.value == pytest.approx(12 * costs.mean.value)
    assert today.month.low < today.month.value < (today.month.high or 0)
    # Drawn days take the tasks without a cost to cost what the others did: 12/10 of 13 parts a day.
    assert today.month_by_days is not None and today.dearest_day == pytest.approx(1.2 * 13 * 0.05)
    low, high = today.month_by_days
    assert 30 * 1.2 * 13 * 0.02 < low < high < 30 * 1.2 * 13 * 0.05


def test_assumptions_scale_every_volume(hand_in: HandIn, look: Look, now: datetime) -> None:
    hand_in(traces(now), "traces.jsonl")
    plain, halved = look().outlooks, look(assumed=Assumptions(cache_hits=0.5)).outlooks
    for one, other in zip(plain, halved, strict=True):
        assert other.month.value == pytest.approx(one.month.value / 2)
        assert one.month_by_days and other.month_by_days
        assert other.month_by_days[1] == pytest.approx(one.month_by_days[1] / 2)


def test_the_step_of_a_release_is_shown_and_so_is_that_of_its_week(
    hand_in: HandIn, look: Look, now: datetime
) -> None:
    hand_in(traces(now), "traces.jsonl")
    costs = look()
    (step,) = costs.release_steps
    assert (step.before, step.after, step.shown) == ("old", "new", True)
    assert step.value == pytest.approx(1.3 * 0.03)
    dearer = [date.fromisoformat(one.after) for one in costs.week_steps if one.shown and one.value > 0]
    changed = now.date() - timedelta(days=DAYS - UNTIL)
    assert changed - timedelta(days=changed.weekday()) in dearer


def test_parts_share_out_all_cost(hand_in: HandIn, look: Look, now: datetime) -> None:
    hand_in(traces(now), "traces.jsonl")
    refund, billing = look(column="task_type").parts
    assert (refund.value, billing.value) == ("refund", "billing")
    assert (refund.share, billing.share) == (pytest.approx(7 / 13), pytest.approx(6 / 13))
    assert isinstance(billing.finding, Measurement) and isinstance(refund.finding, Measurement)
    assert billing.finding.value == pytest.approx(2 * refund.finding.value)
    assert look(Part(task="billing")).tasks == 90


def test_without_a_cost_and_without_traces_nothing_is_projected(
    hand_in: HandIn, look: Look, now: datetime
) -> None:
    assert (look().tasks, look().known, look().outlooks, look().volume) == (0, 0, (), None)
    hand_in(traces(now, cost_usd=None), "traces.jsonl")
    costs = look()
    assert (costs.tasks, costs.known, costs.outlooks, costs.known_share) == (360, 0, (), 0.0)
    assert all(gauge.measured is None for gauge in costs.gauges)


def test_one_user_and_constant_costs(hand_in: HandIn, look: Look, now: datetime) -> None:
    hand_in(traces(now, user_id="solo"), "traces.jsonl")
    solo = look()
    assert (solo.mean.users, solo.outlooks[0].day.high, solo.mean.top_share) == (1, None, 1.0)
    hand_in(traces(now, cost_usd=0.04), "again.jsonl")
    constant = look()
    assert (constant.mean.value, constant.mean.interval.low) == (pytest.approx(0.04), pytest.approx(0.04))
    assert constant.outlooks[0].day.high == pytest.approx(12 * 0.04)
    assert constant.release_steps[0].value == pytest.approx(0) and not constant.release_steps[0].shown


@pytest.mark.parametrize(
    ("bar", "verdict"), [(0.06, Verdict.GO), (0.02, Verdict.NO_GO), (0.04, Verdict.NOT_ENOUGH_EVIDENCE)]
)
def test_a_criterion_on_the_mean_is_held_to_its_bounds(
    hand_in: HandIn,
    commit: Callable[..., int],
    workspace: Workspace,
    feature: str,
    now: datetime,
    bar: float,
    verdict: Verdict,
) -> None:
    commit(
        [{"kind": "measured", "id": "cost", "metric": "cost_per_task", "source": "trace", "bar": bar}],
        at=now - timedelta(days=40),
        lock=False,
    )
    hand_in(traces(now, release_bundle="one"), "traces.jsonl")
    first, again = (view_gate(workspace, LOCAL_CALLER, now, feature) for _ in range(2))
    assert first.decision.rows[0].verdict is verdict
    assert first.decision.rows == again.decision.rows


def test_readygate_metrics_takes_the_mean_with_its_groups(
    hand_in: HandIn, workspace: Workspace, feature: str, now: datetime
) -> None:
    hand_in(traces(now), "traces.jsonl")
    found = metrics_of(workspace, LOCAL_CALLER, now, feature, only="cost_per_task", by="bundle")
    means = {group: one.value for group, one in found if isinstance(one, Measurement)}
    assert means == {"old": pytest.approx(1.3 * 0.02), "new": pytest.approx(1.3 * 0.05)}
