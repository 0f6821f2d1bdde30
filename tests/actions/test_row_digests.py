"""One label or failure that is flipped by hand is found, though the number of rows stays what it was."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.actions.age_limits import set_days
from core.actions.audit_verify import verify_log
from core.actions.erasure import ask_erasure, erase
from core.actions.people import LOCAL_CALLER
from core.actions.retention import run_retention
from core.actions.usual_limits import Kept
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.store import audit
from core.store.tables import failure, label, upload
from core.store.uploads import Upload

HandIn = Callable[..., Upload]


def lines(rows: list[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def told(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn) -> dict[str, str]:
    """The ids of an upload of labels and of one of failures; one of each names the user of its trace."""
    old = now - timedelta(days=100)
    traces = [{"run_id": f"run-{n}", "user_id": f"user-{n}", "query": "Where is it?"} for n in range(6)]
    hand_in(lines(traces), "traces.jsonl", at=old, answers=Answers(personal_text="keep"))
    labels = [
        {"run_id": f"run-{n}", "answer_right": n > 1, "reviewer": "Rae", "sampling": "random",
         "failure_type": "wrong of user-1" if n < 2 else None, "note": f"what {n} said",
         "labelled_at": "2025-11-01T10:00:00+01:00"}
        for n in range(6)
    ]  # fmt: skip
    made = hand_in(lines(labels), "l.jsonl", at=old, answers=Answers(personal_text="keep", kind=Kind.LABELS))
    rows = [{"run_id": "run-0", "failure_type": "wrong tool", "note": "hers", "owner": "Eve"}]
    also = hand_in(lines(rows), "f.jsonl", at=old, answers=Answers(personal_text="keep", kind=Kind.FAILURES))
    return {"labels": made.id, "failures": also.id}


def faults(workspace: Workspace, now: datetime) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.record.name, one.record.fields) for one in verify_log(workspace, LOCAL_CALLER, now).findings]


@pytest.mark.parametrize(
    ("table", "changed", "field"),
    [
        (label, {"answer_right": True}, "judged"),
        (label, {"sampling": "complete"}, "judged"),
        (label, {"reviewer": "Omar"}, "judged"),
        (label, {"labelled_at": datetime.fromisoformat("2026-02-01T10:00:00+00:00")}, "judged"),
        (label, {"failure_type": "nothing much"}, "words"),
        (failure, {"failure_type": "nothing much"}, "words"),
        (failure, {"run_id": "run-5"}, "judged"),
    ],
)
def test_a_changed_row_is_named(
    table: Any, changed: dict[str, Any], field: str, workspace: Workspace, told: dict[str, str], now: datetime
) -> None:
    assert faults(workspace, now) == []
    with workspace.database.writing() as connection:
        first = connection.scalar(select(table.c.id).order_by(table.c.id).limit(1))
        connection.execute(update(table).where(table.c.id == first).values(changed))
    name = "the upload “l.jsonl”" if table is label else "the upload “f.jsonl”"
    assert faults(workspace, now) == [(name, (field,))]


def test_two_labels_that_were_swapped_are_found(
    workspace: Workspace, told: dict[str, str], now: datetime
) -> None:
    with workspace.database.writing() as connection:
        for run, right in (("run-0", True), ("run-5", False)):
            connection.execute(update(label).where(label.c.run_id == run).values(answer_right=right))
    assert faults(workspace, now) == [("the upload “l.jsonl”", ("judged",))]


def test_what_expires_is_erased_or_withdrawn_is_no_fault(
    workspace: Workspace, feature: str, told: dict[str, str], now: datetime
) -> None:
    set_days(workspace, LOCAL_CALLER, now, feature, Kept.TEXTS, 30)
    assert not run_retention(workspace, now, feature)[0].is_nothing
    assert faults(workspace, now) == []
    asked = ask_erasure(workspace, LOCAL_CALLER, now, feature, wanted="user-1", reason="Asked for it, 17")
    assert erase(workspace, LOCAL_CALLER, now, feature, asked.id)["mentions"] >= 1
    assert faults(workspace, now) == []
    withdraw_upload(workspace, LOCAL_CALLER, now, told["labels"], "The wrong file.")
    assert faults(workspace, now) == []
    with workspace.database.writing() as connection:
        connection.execute(update(label).where(label.c.run_id == "run-3").values(answer_right=False))
    assert faults(workspace, now) == [("the upload “l.jsonl”", ("judged",))], "also after an erasure"


def test_how_a_file_was_read_is_in_the_log_and_held_against_it(
    workspace: Workspace, told: dict[str, str], now: datetime
) -> None:
    """The choices are named, never quoted: they may hold cells of the file."""
    with workspace.database.reading() as connection:
        entries = [one.payload for one in audit.timeline(connection, None, 50)]
    [said] = [one for one in entries if one.get("upload") == told["labels"] and "read_with" in one]
    assert (said["choices"], len(said["read_with"])) == (["kind", "personal_text"], 64)
    with workspace.database.writing() as connection:
        one = update(upload).where(upload.c.id == told["labels"])
        connection.execute(one.values(answers={"kind": "labels", "personal_text": "replace"}))
    assert faults(workspace, now) == [("the upload “l.jsonl”", ("read_with",))]
