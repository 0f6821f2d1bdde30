"""Progress from the records: the same steps as the pure journey, from what a feature really has."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from core.actions.checklists import save_checklist
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.progress import Progress, view_progress
from core.actions.scopes import save_scope
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.scope import DECISIONS, read_scope
from core.decision.steps import StepState
from core.errors import QuestionsOpen
from core.store.uploads import Upload

Commit = Callable[..., int]
HandIn = Callable[..., Upload]
Results = Callable[..., str]
MADE = {"answer": "Refund questions", "owner": "Ada", "decided_on": "2026-02-20"}


def words(progress: Progress) -> dict[str, str]:
    return {step.key: f"{step.state.value}: {step.words}" for step in progress.steps}


def test_a_new_feature_shows_everything_that_is_missing(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    progress = view_progress(workspace, LOCAL_CALLER, now, feature)
    assert words(progress) == {
        "scope": "open: Scope: 0 of 6 decided",
        "checklist": "open: Checklist: empty",
        "plan": "open: Phase plan: none yet",
        "lock": "open: Checklist: not locked",
        "release": "open: Release: not said yet",
        "evidence": "open: Evidence: none yet",
        "go": "open: Every row is GO: not yet",
        "rollout": "open: Rollout: not started",
    }
    assert progress.phase == "No phase plan yet"
    assert progress.next is not None
    assert progress.next.page == "scope"


def test_the_steps_follow_what_happens(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Any],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    whole = read_scope({"decisions": dict.fromkeys(DECISIONS, MADE), "success_signal": "Settled alone"})
    save_scope(workspace, LOCAL_CALLER, now, feature, whole, based_on=None)
    number = commit(list(items.values()))
    hand_in(results(5, 1), at=now)
    with pytest.raises(QuestionsOpen):
        hand_in("run_id,started_at\nr1,2026-02-20T10:00:00\n", "traces.csv", at=now)
    said = words(view_progress(workspace, LOCAL_CALLER, now, feature))
    assert said["scope"] == "done: Scope: 6 of 6 decided"
    assert said["checklist"] == "done: Checklist: 2 deciding items"
    assert said["lock"] == "done: Checklist: locked"
    assert said["questions"] == "open: Questions on 1 upload"
    assert said["evidence"] == "done: Evidence: uploaded"
    assert said["answers"] == "open: People's answers: 0 of 1"
    assert said["cases"] == "open: Not settled: 1 row of 1"
    draft = read_checklist({"items": [items["suite"]]})
    save_checklist(workspace, LOCAL_CALLER, now, feature, draft, based_on=number)
    said = words(view_progress(workspace, LOCAL_CALLER, now, feature))
    assert said["lock"] == "open: Checklist: changes are not locked"
    assert said["checklist"] == "done: Checklist: 2 deciding items", "the locked one still decides"


@pytest.mark.parametrize(
    ("role", "mine"),
    [
        (Role.VIEWER, {"go"}),
        (Role.AUDITOR, {"go"}),
        (Role.REVIEWER, {"go", "answers"}),
        (Role.PM, {"scope", "plan", "lock", "release", "evidence", "answers", "cases", "go", "rollout"}),
    ],
)
def test_steps_that_a_role_does_not_cover_need_someone_else(
    role: Role, mine: set[str], workspace: Workspace, feature: str, now: datetime, commit: Commit,
    items: dict[str, Any],
) -> None:  # fmt: skip
    commit(list(items.values()), lock=False)
    steps = view_progress(workspace, Caller("Vera", frozenset({role})), now, feature).steps
    assert {step.key for step in steps if step.state is StepState.OPEN} == mine
    assert {step.key for step in steps if step.state is StepState.DONE} == {"checklist"}
