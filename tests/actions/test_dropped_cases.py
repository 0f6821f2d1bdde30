"""An amendment after cases of a locked eval set were dropped says so: an easier exam is a loosening."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.actions.checklists import lock_checklist
from core.actions.gates import gate
from core.actions.locking import preview_lock
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
DAY = timedelta(days=1)


def cases(*names: str) -> str:
    return "".join(f'{{"id": "{name}", "input": "Where is {name}?", "target": "Here"}}\n' for name in names)


@pytest.fixture
def gold(hand_in: HandIn, commit: Callable[..., int], now: datetime) -> dict[str, str]:
    """A set of two files that was locked, with results after it."""
    easy = hand_in(cases("a", "b"), "easy.jsonl", at=now - 8 * DAY, suite="gold")
    hard = hand_in(cases("c", "d", "e"), "hard.jsonl", at=now - 8 * DAY, suite="gold")
    commit(at=now - 6 * DAY)
    rows = "".join(f'{{"case_id": "{name}", "passed": true, "eval_run_id": "r"}}\n' for name in "abcde")
    hand_in(rows, "results.jsonl", at=now - 5 * DAY, suite="gold")
    return {"easy": easy.id, "hard": hard.id}


def test_dropped_cases_are_a_loosening_after_evidence_was_seen(
    workspace: Workspace, feature: str, gold: dict[str, str], now: datetime, person: Callable[..., Caller]
) -> None:
    assert preview_lock(workspace, LOCAL_CALLER, now, feature).loosens == ()
    withdraw_upload(workspace, LOCAL_CALLER, now - DAY, gold["hard"], "Too hard, said Omar.")
    told = "3 cases of the eval set “gold” that was locked are dropped."
    person("Lea", "signer")
    seen = preview_lock(workspace, LOCAL_CALLER, now, feature)
    assert (seen.loosens, seen.evidence_seen, seen.waits_for_signatures) == ((told,), True, True)
    lock_checklist(workspace, LOCAL_CALLER, now, feature, based_on=1, reason="The set is another one now")
    line = gate(workspace, LOCAL_CALLER, now, feature).commitments[0]
    assert (line.loosens, line.is_marked, line.holds) == ((told,), True, False)


def test_cases_that_come_back_in_another_file_are_not_dropped(
    workspace: Workspace, feature: str, gold: dict[str, str], now: datetime, hand_in: HandIn
) -> None:
    withdraw_upload(workspace, LOCAL_CALLER, now - DAY, gold["easy"], "Two files became one.")
    hand_in(cases("a", "b", "f"), "all.jsonl", at=now - DAY, suite="gold")
    seen = preview_lock(workspace, LOCAL_CALLER, now, feature)
    assert seen.is_change and seen.loosens == ()


def test_more_cases_are_no_loosening_and_one_less_is(
    workspace: Workspace, feature: str, gold: dict[str, str], now: datetime, hand_in: HandIn
) -> None:
    hand_in(cases("g", "h"), "more.jsonl", at=now - DAY, suite="gold")
    assert preview_lock(workspace, LOCAL_CALLER, now, feature).loosens == ()
    withdraw_upload(workspace, LOCAL_CALLER, now - DAY, gold["easy"], "It was the wrong one.")
    hand_in(cases("a"), "a.jsonl", at=now - DAY, suite="gold")
    told = ("1 case of the eval set “gold” that was locked is dropped.",)
    assert preview_lock(workspace, LOCAL_CALLER, now, feature).loosens == told
