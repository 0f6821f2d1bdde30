"""The failure log through the import: its round trip, and what the counts make of it."""

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest

from core.actions.failures import (
    FailurePareto,
    failure_log,
    failure_pareto,
    failure_template,
)
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.evidence.failure_words import STARTER_CAUSES, STARTER_TYPES
from core.store import failures, features
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Count = Callable[..., FailurePareto]

TRACES = "run_id,started_at,query\n" + "".join(f"r{n},2026-02-20T10:00:00Z,Where?\n" for n in range(20))


@pytest.fixture
def counted(workspace: Workspace, feature: str, now: datetime) -> Count:
    def count(since: datetime | None = None, at: datetime = now) -> FailurePareto:
        return failure_pareto(workspace, LOCAL_CALLER, at, feature, since)

    return count


def log(*rows: tuple[Any, ...]) -> bytes:
    """A failure log as somebody types it into Excel."""
    book = openpyxl.Workbook()
    for row in [("Run ID", "Failure Type", "Root Cause", "Fix"), *rows]:
        book.worksheets[0].append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def fates(upload: Upload) -> tuple[int, ...]:
    report = upload.report or {}
    return tuple(report[name] for name in ("read", "accepted", "duplicate", "updated", "rejected"))


def test_the_template_is_filled_uploaded_and_asked_nothing_about(
    workspace: Workspace, feature: str, hand_in: HandIn
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(failure_template(workspace, LOCAL_CALLER, feature)))
    for row in (("00123", "wrong tool", "prompt", "- renamed"), ("r2", "brand new", None, None)):
        book["Failure log"].append(row)
    upload = hand_in(saved(book), "failure-log.xlsx")
    assert (upload.kind, fates(upload)) == ("failures", (2, 2, 0, 0, 0))
    with workspace.database.reading() as connection:
        kept = failures.logged(connection, features.by_slug(connection, feature).id)
    assert [(one.run_id, one.failure_type, one.root_cause, one.fix) for one in kept] == [
        ("00123", "wrong tool", "prompt", "- renamed"),
        ("r2", "brand new", None, None),
    ]


def test_the_log_goes_out_and_in_again_and_only_what_was_edited_is_updated(
    workspace: Workspace, feature: str, hand_in: HandIn, counted: Count
) -> None:
    hand_in(TRACES, "traces.csv")
    hostile = '=HYPERLINK("http://leak.example","x")'
    first = {
        "run_id": "r1",
        "failure_type": hostile,
        "root_cause": "_x0041_ prompt",
        "fix": "two\nlines",
        "owner": "@Ada",
        "note": "+1",
        "found_at": "2026-02-21T09:00:00.000007Z",
    }
    rows = [first, {"run_id": "r2", "failure_type": "slow (> 10 s)"}]
    assert fates(hand_in("".join(json.dumps(row) + "\n" for row in rows), "log.jsonl")) == (2, 2, 0, 0, 0)
    content = failure_log(workspace, LOCAL_CALLER, feature)
    assert fates(hand_in(content, "again.xlsx")) == (2, 0, 2, 0, 0)

    book = openpyxl.load_workbook(io.BytesIO(content))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    book["Failure log"]["D3"] = "index added"
    assert fates(hand_in(saved(book), "edited.xlsx")) == (2, 0, 1, 1, 0)
    with workspace.database.reading() as connection:
        kept = failures.logged(connection, features.by_slug(connection, feature).id)
    assert {one.run_id: (one.failure_type, one.fix) for one in kept} == {
        "r1": (hostile, "two\nlines"),
        "r2": ("slow (> 10 s)", "index added"),
    }
    assert counted().failures == 2


def test_the_drop_downs_know_the_words_of_the_feature(
    workspace: Workspace, feature: str, hand_in: HandIn
) -> None:
    hand_in(log(("r1", "Rude", "Old index", None), ("r2", "rude", "PROMPT", None)), "log.xlsx")
    hand_in("run_id,answer_right,failure_type,root_cause\nr3,no,Late,\n", "labels.csv")
    lists = openpyxl.load_workbook(io.BytesIO(failure_template(workspace, LOCAL_CALLER, feature)))["Lists"]
    types, causes = ([cell.value for cell in column if cell.value][1:] for column in lists.columns)
    assert types == [*STARTER_TYPES, "Rude", "Late"]
    assert causes == [*STARTER_CAUSES, "Old index"]


def test_a_row_without_a_type_is_rejected_with_its_place(hand_in: HandIn) -> None:
    upload = hand_in(log(("r1", "slow", None, None), ("r2", None, "prompt", "x")), "log.xlsx")
    assert fates(upload) == (2, 1, 0, 0, 1)
    (problem,) = (upload.report or {})["problems"]
    assert (problem["row"], problem["column"], problem["code"]) == (3, "Failure Type", "says_nothing")


def test_failures_are_counted_where_the_trace_is_there_and_shown_where_not(
    hand_in: HandIn, counted: Count
) -> None:
    noted = [(f"r{n}", "wrong tool", "missing context", None) for n in range(6)]
    noted += [("gone", "slow", None, "none"), ("r0", "Slow", None, None)]
    hand_in(log(*noted), "log.xlsx")
    assert (counted().failures, len(counted().unmatched)) == (0, 8)
    hand_in(TRACES, "traces.csv")
    found = counted()
    assert [(bar.word, bar.count, bar.traces) for bar in found.by_type] == [
        ("wrong tool", 6, 6),
        ("slow", 1, 1),
    ]
    assert (found.failures, found.traces, found.without_cause, found.only_labels) == (7, 6, 1, 0)
    assert [(one.run_id, one.failure_type, one.fix) for one in found.unmatched] == [("gone", "slow", "none")]


def test_ids_are_joined_exactly(hand_in: HandIn, counted: Count) -> None:
    hand_in(TRACES, "traces.csv")
    hand_in(
        log(("R1", "slow", None, None), ("r1", "slow", None, None), ("r1x", "slow", None, None)), "log.xlsx"
    )
    found = counted()
    assert [one.run_id for one in found.unmatched] == ["R1", "r1x"]
    assert found.failures == 1


def test_labels_count_as_well_and_the_log_decides_where_both_speak(hand_in: HandIn, counted: Count) -> None:
    hand_in(TRACES, "traces.csv")
    hand_in(
        "run_id,answer_right,failure_type,root_cause,reviewer,sampling,is_judge\n"
        "r1,no,Wrong Tool,prompt,Ada,random,no\n"
        "r2,no,slow,prompt,Ada,worst,no\n"
        "r2,no,slow,model,Ben,random,no\n"
        "r3,no,slow,prompt,Bot,random,yes\n"
        "r4,no,,,Ada,random,no\n",
        "labels.csv",
    )
    hand_in(log(("r1", "wrong tool", "data", "renamed")), "log.xlsx")
    found = counted()
    assert {bar.word: bar.count for bar in found.by_type} == {"wrong tool": 1, "slow": 1}
    assert {bar.word: bar.count for bar in found.by_cause} == {"data": 1, "prompt": 1}
    assert (found.failures, found.only_labels, found.worst_first) == (2, 1, 1)


def test_a_failure_is_of_the_moment_it_was_found(hand_in: HandIn, counted: Count, now: datetime) -> None:
    hand_in(TRACES, "traces.csv")
    days = {f"r{n}": (now - timedelta(days=n)).isoformat() for n in range(-1, 4)}
    rows = "".join(f"r{abs(n)},slow {n},{days[f'r{n}']}\n" for n in range(-1, 4))
    hand_in(f"run_id,failure_type,found_at\n{rows}r9,undated,\n", "log.csv", at=now)
    assert {bar.word for bar in counted().by_type} == {"slow 0", "slow 1", "slow 2", "slow 3", "undated"}
    since = now - timedelta(days=1)
    assert {bar.word for bar in counted(since).by_type} == {"slow 0", "slow 1", "undated"}
    assert "slow -1" in {bar.word for bar in counted(at=now + timedelta(days=1)).by_type}


def test_a_withdrawn_log_no_longer_counts(
    workspace: Workspace, feature: str, hand_in: HandIn, counted: Count, now: datetime
) -> None:
    hand_in(TRACES, "traces.csv")
    hand_in(log(("r1", "slow", None, None)), "log.xlsx")
    assert counted().failures == 1
    newest = next(one for one in list_uploads(workspace, LOCAL_CALLER, feature) if one.kind == "failures")
    withdraw_upload(workspace, LOCAL_CALLER, now, newest.id, "The wrong file.")
    assert (counted().failures, counted().unmatched) == (0, ())


def test_without_anything_there_is_nothing_to_count(counted: Count) -> None:
    found = counted()
    assert (found.by_type, found.by_cause, found.split, found.failures, found.unmatched) == (
        (),
        (),
        None,
        0,
        (),
    )


def test_perception_is_told_from_the_prompt_once_ten_causes_are_known(
    hand_in: HandIn, counted: Count
) -> None:
    hand_in(TRACES, "traces.csv")
    causes = ["Missing context"] * 6 + ["tool name or description"] * 3 + ["prompt"]
    hand_in(log(*((f"r{n}", "wrong tool", cause, None) for n, cause in enumerate(causes))), "log.xlsx")
    split = counted().split
    assert split is not None
    assert (split.with_cause, split.perception, split.prompt, split.leads) == (10, 9, 1, "perception")
