"""Traces found and opened: what each filter finds, and everything that stands behind one run."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.people import LOCAL_CALLER
from core.actions.traces import ListedTraces, TraceFilter, find_traces, open_trace, trace_choices
from core.actions.workspace import Workspace
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Find = Callable[..., ListedTraces]

LONG = "word " * 100


@pytest.fixture
def find(workspace: Workspace, feature: str) -> Find:
    def found(limit: int = 50, offset: int = 0, whole: bool = False, **asked: str) -> ListedTraces:
        return find_traces(
            workspace, LOCAL_CALLER, feature, TraceFilter(**asked), limit=limit, offset=offset, whole=whole
        )

    return found


def runs(found: ListedTraces) -> list[str]:
    return [line.run_id for line in found.lines]


@pytest.fixture
def traces(hand_in: HandIn, now: datetime) -> None:
    """Five runs, the newest first r1, a log and labels of them."""
    rows: list[dict[str, Any]] = [
        {"query": "Where is my REFUND?", "user_id": "u-1", "task_type": "refund", "latency_ms": 1200},
        {"response": "Your refund is on its way.", "user_id": "u-2", "task_type": "refund"},
        {"query": LONG, "user_id": "u-1", "task_type": "billing", "user_feedback": "rejected"},
        {"query": "50% off_", "error": "timeout", "task_type": "billing"},
        {"query": "Hello", "tool_error": "no such order", "user_feedback": "accepted", "cost_usd": 0.01},
    ]
    written = [
        {"run_id": f"r{n}", "started_at": (now - timedelta(hours=n)).isoformat(), **row}
        for n, row in enumerate(rows, start=1)
    ]
    hand_in("".join(json.dumps(row) + "\n" for row in written), "traces.jsonl")
    hand_in("run_id,failure_type,root_cause,fix\nr1,Wrong tool,prompt,renamed\nr3,slow,,\n", "log.csv")
    hand_in(
        "run_id,answer_right,failure_type,reviewer\nr3,no,wrong  TOOL,Ada\nr2,no,slow,Ada\nr4,yes,,Ada\n",
        "labels.csv",
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["r1", "r2", "r3", "r4", "r5"]),
        ({"run": "r3"}, ["r3"]),
        ({"run": "R3"}, []),
        ({"user": "u-1"}, ["r1", "r3"]),
        ({"user": "u"}, []),
        ({"text": "refund"}, ["r1", "r2"]),
        ({"text": "0% off_"}, ["r4"]),
        ({"text": "%"}, ["r4"]),
        ({"text": "'; DROP TABLE label; --"}, []),
        ({"task": "billing"}, ["r3", "r4"]),
        ({"feedback": "rejected"}, ["r3"]),
        ({"failure": "wrong tool"}, ["r1", "r3"]),
        ({"failure": "WRONG  Tool"}, ["r1", "r3"]),
        ({"failure": "slow"}, ["r2", "r3"]),
        ({"failure": "never noted"}, []),
        ({"failure": "slow", "user": "u-2"}, ["r2"]),
        ({"text": "refund", "user": "u-1", "task": "refund"}, ["r1"]),
    ],
)
@pytest.mark.usefixtures("traces")
def test_a_filter_finds_just_the_traces_that_fit(
    asked: dict[str, str], expected: list[str], find: Find
) -> None:
    found = find(**asked)
    assert (runs(found), found.total) == (expected, len(expected))


@pytest.mark.usefixtures("traces")
def test_a_page_has_its_part_and_knows_the_total(find: Find) -> None:
    assert [(runs(part), part.total) for part in (find(2), find(2, 2), find(2, 4), find(2, 6))] == [
        (["r1", "r2"], 5),
        (["r3", "r4"], 5),
        (["r5"], 5),
        ([], 5),
    ]


@pytest.mark.usefixtures("traces")
def test_a_line_says_what_is_recorded_and_cuts_long_texts_only_in_the_list(find: Find) -> None:
    first, second, third, fourth, fifth = find().lines
    assert (first.latency_ms, first.cost_usd, first.response, first.feedback) == (1200.0, None, None, None)
    assert second.query is None
    assert third.query is not None
    assert third.query.endswith("…")
    assert find(whole=True, run="r3").lines[0].query == LONG
    assert (fourth.error, fourth.tool_error) == ("timeout", None)
    assert (fifth.error, fifth.tool_error, fifth.cost_usd) == (None, "no such order", 0.01)


@pytest.mark.usefixtures("traces")
def test_each_line_has_the_failures_that_the_log_and_the_reviewers_noted(find: Find) -> None:
    assert find().failures == {"r1": ("Wrong tool",), "r2": ("slow",), "r3": ("slow", "Wrong tool")}


@pytest.mark.usefixtures("traces")
def test_the_choices_are_the_words_in_use(workspace: Workspace, feature: str) -> None:
    types, tasks = trace_choices(workspace, LOCAL_CALLER, feature)
    assert types == ["Wrong tool", "slow"]
    assert tasks == ["billing", "refund"]


@pytest.mark.usefixtures("traces")
def test_an_opened_trace_has_its_judgements_failures_and_the_files_it_rests_on(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    view = open_trace(workspace, LOCAL_CALLER, feature, "r3")
    assert view is not None
    record = view.record
    assert (record.run_id, record.moment) == ("r3", now - timedelta(hours=3))
    assert record.values["query"] == LONG
    assert record.values["cost_usd"] is None
    assert [(one["reviewer"], one["failure_type"], one["answer_right"]) for one in record.labels] == [
        ("Ada", "wrong  TOOL", False)
    ]
    assert [(one.failure_type, one.file_name, one.row) for one in record.failures] == [("slow", "log.csv", 3)]
    assert [(one.kind.value, one.file_name, one.rows) for one in record.origins] == [
        ("traces", "traces.jsonl", (3,)),
        ("labels", "labels.csv", (2,)),
        ("failures", "log.csv", (3,)),
    ]
    assert {(one.by, one.at) for one in view.handed_in.values()} == {(LOCAL_CALLER.name, now)}
    assert view.steps == ()


@pytest.mark.usefixtures("traces")
@pytest.mark.parametrize("run_id", ["", "r", "R3", "r3 ", "nothing"])
def test_there_is_no_trace_of_another_id(run_id: str, workspace: Workspace, feature: str) -> None:
    assert open_trace(workspace, LOCAL_CALLER, feature, run_id) is None


def test_without_traces_nothing_is_found(find: Find, workspace: Workspace, feature: str) -> None:
    assert (find().lines, find().total, find(failure="slow").total) == ((), 0, 0)
    assert trace_choices(workspace, LOCAL_CALLER, feature) == ([], [])
    assert open_trace(workspace, LOCAL_CALLER, feature, "r1") is None
