"""What a verdict does not say of its files stands beside it: replaced rows, no times, cases left out."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.as_json import decision_as_json
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.cli.commitment_lines import commitment_lines
from core.store.uploads import Upload

Commit = Callable[..., int]
HandIn = Callable[..., Upload]
Results = Callable[..., str]
HOUR = timedelta(hours=1)


def noted(workspace: Workspace, feature: str, now: datetime) -> list[str]:
    """The notes, which the gate's JSON and its lines tell alike."""
    decision = gate(workspace, LOCAL_CALLER, now, feature)
    notes: list[str] = decision_as_json(decision)["evidence_notes"]
    assert [one for one in commitment_lines(decision) if one in notes] == notes
    return notes


def labels(answers: list[bool]) -> str:
    rows = (
        {"run_id": f"r{place}", "reviewer": "bob", "answer_right": right, "sampling": "random"}
        for place, right in enumerate(answers)
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_rows_that_were_replaced_since_the_lock_are_told(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn
) -> None:
    commit(at=now - 9 * HOUR)
    hand_in(labels([False] * 20), "labels.jsonl", at=now - 10 * HOUR)
    hand_in(labels([False] * 19 + [True]), "early.jsonl", at=now - 9.5 * HOUR)
    assert noted(workspace, feature, now) == [], "before the lock everything may still move"
    hand_in(labels([True] * 5 + [False] * 15), "second thoughts.jsonl", at=now - 2 * HOUR)
    assert noted(workspace, feature, now) == [
        "Since the lock 1 file replaced 6 rows that were there before: second thoughts.jsonl (6 labels)."
    ]
    assert noted(workspace, feature, now - 3 * HOUR) == []


@pytest.mark.parametrize(("dated", "notes"), [(False, 1), (True, 0)])
def test_rows_without_a_time_are_told(
    dated: bool, notes: int, workspace: Workspace, feature: str, now: datetime, commit: Commit,
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    commit()
    cells: dict[str, Any] = {"started_at": (now - 2 * HOUR).isoformat()} if dated else {}
    hand_in(results(40, **cells), "run.jsonl", at=now - HOUR)
    assert (
        noted(workspace, feature, now)
        == ["No row of run.jsonl says when it happened, so it counts as of the upload, after the lock."][
            :notes
        ]
    )


def test_cases_that_the_newest_results_leave_out_are_told(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    commit()
    asked = ({"id": f"case-{place:04d}", "input": f"Q{place}?", "target": "Yes"} for place in range(100))
    cases = "".join(json.dumps(one) + "\n" for one in asked)
    hand_in(cases, "set.jsonl", at=now - 3 * HOUR, suite="gold")
    dated = {"started_at": (now - 2 * HOUR).isoformat()}
    hand_in(results(60, **dated), "some.jsonl", at=now - 2 * HOUR, suite="gold")
    (note,) = noted(workspace, feature, now)
    assert note == "some.jsonl: 40 of the 100 cases of the set “set.jsonl” are not in this file."
    hand_in(results(100, eval_run_id="run-2", **dated), "all.jsonl", at=now - HOUR, suite="gold")
    assert noted(workspace, feature, now) == []
