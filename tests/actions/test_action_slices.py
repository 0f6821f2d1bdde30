"""Slices through whole imports, on both databases: protected ones first, shares, phases, who came."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.gauges import SLICE_COLUMNS, Gauge, Part, SliceTable
from core.actions.health import view_health
from core.actions.people import LOCAL_CALLER
from core.actions.slices import SliceTraffic, goodness, slice_traffic, view_adoption, view_slices
from core.actions.workspace import Workspace
from core.rollout.transitions import Move, Transition
from core.store import features, transitions
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Commit = Callable[..., int]

ACCEPTED = {"kind": "measured", "id": "all", "metric": "user_acceptance", "source": "feedback", "bar": 0.6}
BILLING = ACCEPTED | {"id": "billing", "bar": 0.9, "slice": {"task_type": "Billing"}, "protected": True}
COMPLIANCE = BILLING | {"id": "compliance", "slice": {"task_type": "compliance"}}


def traces(now: datetime, rows: int = 80, **cells: Any) -> str:
    """One trace a user, four a day back from yesterday; every fourth is about billing and is rejected."""
    lines = []
    for place in range(rows):
        row = {
            "run_id": f"run-{place:03d}",
            "started_at": (now - timedelta(days=1 + place // 4)).isoformat(),
            "user_id": f"user-{place:03d}",
            "user_segment": "beta" if place % 2 else "all",
            "task_type": "billing" if place % 4 == 0 else "refund",
            "tool_selected": "lookup",
            "response": "Yes.",
            "escalated": place % 4 == 0,
            "user_feedback": "rejected" if place % 4 == 0 else "accepted",
        }
        lines.append(json.dumps(row | cells) + "\n")
    return "".join(lines)


@pytest.fixture
def gauges(workspace: Workspace, feature: str, now: datetime) -> Callable[..., list[Gauge]]:
    def measured(*ids: str) -> list[Gauge]:
        view = view_health(workspace, LOCAL_CALLER, now, feature, Part())
        return [one for one in view.gauges if one.measured is not None and one.metric.id in ids]

    return measured


@pytest.fixture
def split(
    workspace: Workspace, feature: str, now: datetime, gauges: Callable[..., list[Gauge]]
) -> Callable[..., tuple[SliceTable, SliceTraffic]]:
    def ask(column: str, *ids: str, **part: Any) -> tuple[SliceTable, SliceTraffic]:
        about = (workspace, LOCAL_CALLER, now, feature, Part(**part), column)
        return view_slices(*about, gauges(*(ids or ("user_acceptance",)))), slice_traffic(*about)

    return ask


def test_protected_slices_come_first_also_without_a_case(
    hand_in: HandIn, now: datetime, commit: Commit, split: Callable[..., tuple[SliceTable, SliceTraffic]]
) -> None:
    hand_in(traces(now), "traces.jsonl")
    commit([ACCEPTED, BILLING, COMPLIANCE])
    table, traffic = split("task_type")
    # "Billing" of the checklist is "billing" of the traces; compliance has no trace at all.
    assert [row.value for row in table.rows] == ["billing", "compliance", "refund"]
    assert [row.cells[0].bar for row in table.rows] == [0.9, 0.9, 0.6]
    assert [row.cells[0].stands for row in table.rows] == ["below", "not measured", "above"]
    assert traffic.protected == ("Billing", "compliance")
    assert [traffic.protects(row.value) for row in table.rows] == [True, True, False]
    assert [traffic.share(row.value) for row in table.rows] == [0.25, None, 0.75]


def test_a_filter_leaves_out_the_protected_slices_of_other_values(
    hand_in: HandIn, now: datetime, commit: Commit, split: Callable[..., tuple[SliceTable, SliceTraffic]]
) -> None:
    hand_in(traces(now), "traces.jsonl")
    commit([ACCEPTED, BILLING, COMPLIANCE])
    table, traffic = split("task_type", task="refund")
    assert ([row.value for row in table.rows], traffic.protected) == (["refund"], ())


def test_a_rate_that_should_be_low_is_read_from_its_good_side(
    hand_in: HandIn, now: datetime, commit: Commit, split: Callable[..., tuple[SliceTable, SliceTraffic]]
) -> None:
    hand_in(traces(now), "traces.jsonl")
    commit([{"kind": "measured", "id": "e", "metric": "escalation_rate", "source": "trace", "bar": 0.5}])
    table, _ = split("task_type", "escalation_rate")
    ((asked, _),) = table.heads
    assert [(row.value, goodness(row.cells[0], asked)) for row in table.rows] == [
        ("billing", "below"),
        ("refund", "above"),
    ]


def test_every_column_can_be_asked(
    hand_in: HandIn, now: datetime, split: Callable[..., tuple[SliceTable, SliceTraffic]]
) -> None:
    hand_in(traces(now), "traces.jsonl")
    for column in SLICE_COLUMNS:
        table, traffic = split(column)
        if column == "phase":
            assert (table.rows, traffic.parts) == ((), ())
        else:
            assert sum(one.traces for one in traffic.parts) == traffic.traces == 80
            assert table.rows


def move(workspace: Workspace, slug: str, kind: Move, phase: str, at: datetime) -> None:
    with workspace.database.writing() as connection:
        transitions.add(
            connection,
            feature_id=features.by_slug(connection, slug).id,
            moved=Transition(kind, phase, at, "Ada", ""),
            plan_number=None,
            verdict=None,
            now=at,
        )


def test_phases_are_the_periods_in_which_they_ran(
    workspace: Workspace,
    feature: str,
    hand_in: HandIn,
    now: datetime,
    split: Callable[..., tuple[SliceTable, SliceTraffic]],
) -> None:
    hand_in(traces(now), "traces.jsonl")
    for kind, phase, days in (
        (Move.START, "pilot", 16),
        (Move.ROLL_BACK, "pilot", 12),
        (Move.START, "pilot", 9),
        (Move.ADVANCE, "early", 5),
    ):
        move(workspace, feature, kind, phase, now - timedelta(days=days, hours=1))
    table, traffic = split("phase")
    counted = {row.value: row.cells[0].finding for row in table.rows}
    # Four traces a day; what ran before, between and after the periods is in none of them.
    assert {one.value: one.traces for one in traffic.parts} == {
        "pilot": 16,
        "pilot (2nd time)": 16,
        "early": 20,
    }
    assert {value: found.n for value, found in counted.items()} == {  # type: ignore[union-attr]
        "pilot": 16,
        "pilot (2nd time)": 16,
        "early": 20,
    }
    week, _ = split("phase", weeks=2)
    assert "pilot" not in {row.value for row in week.rows}


def test_a_column_of_many_values_is_not_split_into_all_of_them(
    hand_in: HandIn, now: datetime, workspace: Workspace, feature: str
) -> None:
    lines = [json.dumps({**json.loads(line), "route": f"/case/{n}"}) for n, line in enumerate(
        traces(now, 260).splitlines()
    )]  # fmt: skip
    hand_in("\n".join(lines) + "\n", "traces.jsonl")
    traffic = slice_traffic(workspace, LOCAL_CALLER, now, feature, Part(), "route")
    assert (traffic.values, len(traffic.parts), traffic.traces, traffic.too_many) == (260, 200, 260, True)


def test_adoption_counts_users_once_a_week(
    hand_in: HandIn, now: datetime, workspace: Workspace, feature: str
) -> None:
    # The tests happen on a Monday: the seven days before are one week.
    hand_in(traces(now, 28), "traces.jsonl")
    twice = traces(now, 28).replace('"run_id": "run-', '"run_id": "again-')
    hand_in(twice, "more.jsonl")
    found = view_adoption(workspace, LOCAL_CALLER, now, feature, Part())
    assert found.segments == ("all", "beta")
    assert [week.counts for week in found.weeks] == [((28, 14), (28, 14))]


def test_adoption_names_the_largest_segments_and_keeps_empty_weeks(
    hand_in: HandIn, now: datetime, workspace: Workspace, feature: str
) -> None:
    early = traces(now - timedelta(days=21), 4, user_segment="early")
    hand_in(early.replace("run-", "early-"), "early.jsonl")
    for place in range(8):
        rows = traces(now, 8 - place, user_segment=f"s{place}").replace("run-", f"s{place}-")
        hand_in(rows, f"{place}.jsonl")
    found = view_adoption(workspace, LOCAL_CALLER, now, feature, Part())
    assert found.segments == ("s0", "s1", "s2", "s3", "early", "s4", None)
    traces_by_week = [[traces for traces, _ in week.counts] for week in found.weeks]
    assert traces_by_week[0] == [0, 0, 0, 0, 4, 0, 0]
    assert [0] * 7 in traces_by_week
    assert traces_by_week[-1] == [8, 7, 6, 5, 0, 4, 3 + 2 + 1]


def test_nothing_has_been_adopted_before_the_first_trace(
    now: datetime, workspace: Workspace, feature: str
) -> None:
    assert view_adoption(workspace, LOCAL_CALLER, now, feature, Part()).weeks == ()
