"""The record of verdicts is kept by every action that can change one, and never gets in its way."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.checklists import answer_item
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER
from core.actions.progress import view_progress
from core.actions.verdicts import note_verdict
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.judge import AnswerGiven
from core.store import features, verdict_changes
from core.store.tables import verdict_change
from core.store.uploads import Upload

Commit = Callable[..., int]
HandIn = Callable[..., Upload]
Results = Callable[..., str]
DAY = timedelta(days=1)


def noted(workspace: Workspace) -> list[tuple[str, bool, datetime]]:
    """Every change on record, in its order."""
    with workspace.database.reading() as connection:
        rows = connection.execute(verdict_change.select().order_by(verdict_change.c.id))
        return [(row.verdict, row.is_draft, row.changed_at) for row in rows]


def test_each_action_that_changes_the_verdict_leaves_one_row(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Any],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    at = now - 5 * DAY
    commit(list(items.values()), at=at)
    first = hand_in(results(40), at=at + DAY)
    assert noted(workspace) == [("no_data", True, at), ("no_data", False, at)], "the question is open still"
    yes = {"answer": AnswerGiven.YES, "why": "Read it."}
    answer_item(workspace, LOCAL_CALLER, at + 2 * DAY, feature, "plan", **yes)
    hand_in(results(40, first=50), at=at + 3 * DAY)
    withdraw_upload(workspace, LOCAL_CALLER, at + 4 * DAY, first.id, "The wrong suite.")
    assert noted(workspace)[2:] == [("go", False, at + 2 * DAY)]
    hand_in(results(0, 200, first=100), at=now)
    assert noted(workspace)[3:] == [("no_go", False, now)]
    assert view_progress(workspace, LOCAL_CALLER, now + DAY, feature).since == now


def test_a_verdict_that_grew_old_by_itself_has_no_since_until_somebody_acts(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Any],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    commit([items["suite"] | {"valid_days": 7}])
    hand_in(results(40), at=now)
    assert view_progress(workspace, LOCAL_CALLER, now, feature).since == now
    later = now + 30 * DAY
    stale = view_progress(workspace, LOCAL_CALLER, later, feature)
    assert (stale.decision.verdict.value, stale.since) == ("stale", None)
    note_verdict(workspace, later, feature)
    assert view_progress(workspace, LOCAL_CALLER, later, feature).since == later


def test_a_failed_import_notes_nothing(
    workspace: Workspace, feature: str, hand_in: HandIn, commit: Commit
) -> None:
    commit()
    before = noted(workspace)
    with pytest.raises(Exception, match="empty"):
        hand_in("")
    assert noted(workspace) == before


def test_what_is_noted_is_what_the_gate_says(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    commit()
    hand_in(results(5, 1), at=now)
    decision = gate(workspace, LOCAL_CALLER, now, feature)
    with workspace.database.reading() as connection:
        last = verdict_changes.newest(connection, features.by_slug(connection, feature).id)
    assert last is not None
    assert (last.verdict, last.is_draft) == (decision.verdict.value, decision.bar.is_draft)


def test_a_fault_while_noting_is_logged_and_the_action_stands(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Any],
    watched: Callable[..., AbstractContextManager[Any]], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """The Nth statement of noting breaks, for every N; the answer that was given is never in danger."""
    commit(list(items.values()), lock=False)
    faults = 0
    for fail_at in range(1, 60):
        with caplog.at_level(logging.ERROR, "readygate"), watched(fail_at) as statements:
            note_verdict(workspace, now, feature)
        if not statements.failed:
            break
        faults += 1
    assert not statements.failed
    assert faults > 3
    messages = [record.getMessage() for record in caplog.records if record.name == "readygate"]
    assert messages == [f"the verdict of {feature} was not noted: RuntimeError"] * faults


def test_an_unknown_feature_is_no_fault_of_the_action(workspace: Workspace, now: datetime) -> None:
    note_verdict(workspace, now, "gone")
    assert noted(workspace) == []
