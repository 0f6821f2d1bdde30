"""Two suites whose cases have the same ids: no result takes the place of another suite's, and it is told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.errors import InvalidDocument
from core.metrics.measurement import Measurement
from core.store.uploads import Upload

Commit = Callable[..., int]
HandIn = Callable[..., Upload]
Results = Callable[..., str]


def measured(workspace: Workspace, feature: str, now: datetime) -> Measurement:
    finding = gate(workspace, LOCAL_CALLER, now, feature).rows[0].finding
    assert isinstance(finding, Measurement)
    return finding


def shared(upload: Upload) -> list[str]:
    warnings = (upload.report or {})["warnings"]
    return [one["sentence"] for one in warnings if one["code"] == "shared_cases"]


def test_the_same_run_and_cases_in_another_suite_replace_nothing(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    """60 of 100 adversarial cases pass; the gold suite of the same run, with the same ids, passes whole."""
    commit()
    hand_in(results(60, 40), "adversarial.jsonl", at=now - timedelta(hours=2), suite="adversarial")
    before = measured(workspace, feature, now)
    with pytest.raises(InvalidDocument) as refused:
        hand_in(results(100), "gold.jsonl", at=now - timedelta(hours=1), suite="gold")
    assert refused.value.sentence == (
        "40 results of this file would replace results of another suite, “adversarial” "
        "(adversarial.jsonl): they name the same eval run and the same cases. Nothing was saved."
    )
    assert "eval_run_id" in refused.value.mend
    after = measured(workspace, feature, now)
    assert (after.tally, after.value) == (before.tally, 0.6)


@pytest.mark.parametrize("suite", ["adversarial", None])
def test_a_correction_of_the_same_suite_still_replaces(
    suite: str | None, workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn,
    results: Results,
) -> None:  # fmt: skip
    commit()
    hand_in(results(60, 40), at=now - timedelta(hours=2), suite=suite)
    again = hand_in(results(70, 30), at=now - timedelta(hours=1), suite="adversarial")
    assert (again.replaced, shared(again), measured(workspace, feature, now).value) == (10, [], 0.7)


def test_cases_that_two_suites_share_count_once_and_are_told(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    commit()
    hand_in(results(60, 40), at=now - timedelta(hours=2), suite="adversarial")
    cells: dict[str, Any] = {"eval_run_id": "run-2"}
    gold = hand_in(results(100, first=99, **cells), at=now - timedelta(hours=1), suite="gold")
    assert shared(gold) == [
        "1 case has the id of one in the suite “adversarial”: they count as the same cases, each once, "
        "with the mean of its results. If they are others, give them ids of their own."
    ]
    assert measured(workspace, feature, now).n == 199
