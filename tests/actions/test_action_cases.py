"""Test cases without results, and checks of a whole suite: kept and told, and counted in no rate."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.actions.checklists import view_checklist
from core.actions.gates import gate
from core.actions.imports import list_uploads
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER
from core.actions.portfolio import view_portfolio
from core.actions.progress import view_progress
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.evidence.columns import Kind
from core.metrics.measurement import Measurement
from core.store import audit, features
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Results = Callable[..., str]


def cases(*names: str, **changes: Any) -> str:
    """A data set for Inspect."""
    rows = ({"id": name, "input": f"Question of {name}?", "target": "yes", **changes} for name in names)
    return "".join(json.dumps(row) + "\n" for row in rows)


def report(*statuses: str) -> str:
    """A report of Evidently with one check for each status."""
    tests = [
        {
            "name": f"Check {place}",
            "description": "It holds.",
            "status": status,
            "group": "g",
            "parameters": {},
        }
        for place, status in enumerate(statuses)
    ]
    return json.dumps({"version": "0.4", "tests": tests, "summary": {"all_passed": False}})


def told(upload: Upload, code: str) -> list[str]:
    assert upload.report is not None
    return [notice["sentence"] for notice in upload.report["warnings"] if notice["code"] == code]


def rates(workspace: Workspace, feature: str, now: datetime) -> Mapping[str, tuple[float, int]]:
    return {
        one.metric: (one.value, one.n)
        for _, one in metrics_of(workspace, LOCAL_CALLER, now, feature)
        if isinstance(one, Measurement)
    }


def filled(workspace: Workspace, slug: str, kind: Kind) -> Mapping[str, int]:
    with workspace.database.reading() as connection:
        return workspace.warehouse.filled(connection, features.by_slug(connection, slug), kind)


# Test cases


def test_a_set_of_cases_says_that_it_has_no_results_yet(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    done = hand_in(cases("c-1", "c-2", "c-3"))
    assert (done.state, done.kind, done.source) == ("done", "cases", "inspect")
    assert done.report is not None
    assert (done.report["accepted"], done.report["cannot_compute"]) == (3, [])
    assert told(done, "no_results") == [
        "3 test cases, no results yet. Run them in your eval tool, and upload its results."
    ]
    assert filled(workspace, feature, Kind.CASES)["*"] == 3
    assert filled(workspace, feature, Kind.CASES)["ground_truth"] == 3
    assert rates(workspace, feature, now) == {}


def test_the_same_set_adds_nothing_and_a_corrected_one_updates(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    hand_in(cases("c-1", "c-2"))
    again = hand_in(cases("c-1", "c-2"), at=now + timedelta(minutes=1))
    assert again.report is not None
    assert (again.report["duplicate"], again.report["accepted"]) == (2, 0)
    assert told(again, "no_results") == []
    better = hand_in(cases("c-2", "c-3", target="no"), at=now + timedelta(minutes=2))
    assert better.report is not None
    assert (better.report["updated"], better.report["accepted"]) == (1, 1)
    assert filled(workspace, feature, Kind.CASES)["*"] == 3
    withdraw_upload(workspace, LOCAL_CALLER, now + timedelta(minutes=3), better.id, "wrong set")
    assert filled(workspace, feature, Kind.CASES)["*"] == 2
    with workspace.database.reading() as connection:
        actions = [event.action for event in audit.timeline(connection, None, 100)]
    assert (actions.count("evidence imported"), actions.count("upload withdrawn")) == (3, 1)


def test_the_journey_knows_that_there_are_cases_to_run(
    workspace: Workspace,
    feature: str,
    hand_in: HandIn,
    commit: Callable[..., int],
    results: Results,
    now: datetime,
) -> None:
    commit()
    hand_in(cases("case-0000", "case-0001"))
    steps = {step.key: step for step in view_progress(workspace, LOCAL_CALLER, now, feature).steps}
    assert steps["evidence"].words == "Evidence: 2 test cases, no eval results yet"
    assert steps["evidence"].ask == "run the 2 test cases and upload eval results"
    hand_in(results(2))
    steps = {step.key: step for step in view_progress(workspace, LOCAL_CALLER, now, feature).steps}
    assert steps["evidence"].words == "Evidence: uploaded"


def test_cases_alone_are_no_evidence_on_an_empty_checklist(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    hand_in(cases("c-1"))
    steps = {step.key: step for step in view_progress(workspace, LOCAL_CALLER, now, feature).steps}
    assert steps["evidence"].words == "Evidence: 1 test case, no results yet"
    assert len(view_portfolio(workspace, LOCAL_CALLER, now)) == 1


def test_importing_cases_is_no_look_at_results(
    workspace: Workspace,
    feature: str,
    hand_in: HandIn,
    commit: Callable[..., int],
    results: Results,
    now: datetime,
) -> None:
    hand_in(cases("case-0000", "case-0001"), at=now - timedelta(days=6, hours=1))
    commit()
    assert not view_checklist(workspace, LOCAL_CALLER, feature).commitments[0].evidence_seen
    hand_in(results(40, 2), at=now - timedelta(days=1))
    before = gate(workspace, LOCAL_CALLER, now, feature)
    withdrawn = hand_in(cases("case-0002"), at=now - timedelta(hours=2))
    withdraw_upload(workspace, LOCAL_CALLER, now - timedelta(hours=1), withdrawn.id, "not needed")
    hand_in(cases("case-0003"), at=now - timedelta(minutes=5))
    # The same verdict, the same numbers, the same evidence behind them: nothing went stale. It only says
    # that the set is another one than the one that was locked.
    after = gate(workspace, LOCAL_CALLER, now, feature)
    assert replace(after, sign_offs=before.sign_offs, suite_changes=()) == before
    assert (before.suite_changes, len(after.suite_changes)) == ((), 1)
    commit(at=now, reason="again", stakes="high")
    assert view_checklist(workspace, LOCAL_CALLER, feature).commitments[0].evidence_seen


def test_results_say_which_cases_of_the_set_they_leave_out(
    workspace: Workspace, feature: str, hand_in: HandIn, results: Results, now: datetime
) -> None:
    hand_in(cases("case-0000", "case-0001", "case-0002", "case-0003"), "gold.jsonl")
    hand_in(cases("other-1", "other-2"), "other.jsonl")
    assert told(hand_in(results(2)), "missing_cases") == [
        "2 of the 4 cases of the set “gold.jsonl” are not in this file."
    ]
    assert told(hand_in(results(4, eval_run_id="run-2")), "missing_cases") == []
    of_suite = hand_in(results(1, first=50, eval_run_id="run-3"), suite="gold")
    assert told(of_suite, "missing_cases") == []


def test_results_of_the_same_suite_are_compared_whatever_the_ids(
    workspace: Workspace, feature: str, hand_in: HandIn, results: Results
) -> None:
    hand_in(cases("a", "b"), "gold.jsonl", suite="gold")
    assert told(hand_in(results(2), suite="gold"), "missing_cases") == [
        "2 of the 2 cases of the set “gold.jsonl” are not in this file."
    ]


# Checks of a whole suite


def test_checks_of_a_whole_suite_count_in_no_rate(
    workspace: Workspace,
    feature: str,
    hand_in: HandIn,
    results: Results,
    commit: Callable[..., int],
    now: datetime,
) -> None:
    commit()
    hand_in(results(8, 2))
    alone = rates(workspace, feature, now)
    assert alone["eval_pass_rate"] == (0.8, 10)
    verdict = gate(workspace, LOCAL_CALLER, now, feature).verdict
    checks = hand_in(report("SUCCESS", "FAIL", "FAIL", "ERROR"), "suite.json")
    assert checks.report is not None
    assert (checks.kind, checks.report["accepted"], checks.has_case_results) == ("evals", 4, False)
    why = {line["metric"]: line["why"] for line in checks.report["cannot_compute"]}
    assert why["Eval pass rate"] == "The file holds checks of a whole data set, and no single case."
    assert rates(workspace, feature, now) == alone
    assert filled(workspace, feature, Kind.EVALS)["*"] == 10
    assert gate(workspace, LOCAL_CALLER, now, feature).verdict == verdict


def test_checks_alone_are_no_eval_results(
    workspace: Workspace, feature: str, hand_in: HandIn, commit: Callable[..., int], now: datetime
) -> None:
    commit()
    hand_in(report("SUCCESS"), "suite.json")
    steps = {step.key: step for step in view_progress(workspace, LOCAL_CALLER, now, feature).steps}
    assert steps["evidence"].words == "Evidence: no eval results yet"
    assert rates(workspace, feature, now) == {}
    assert [upload.has_case_results for upload in list_uploads(workspace, LOCAL_CALLER, feature)] == [False]


def test_withdrawn_checks_are_no_look_at_the_cases(
    workspace: Workspace, feature: str, hand_in: HandIn, results: Results, now: datetime
) -> None:
    hand_in(results(8, 2))
    checks = hand_in(report("SUCCESS"), "suite.json")
    withdraw_upload(workspace, LOCAL_CALLER, now, checks.id, "old")
    (found,) = (
        one
        for _, one in metrics_of(workspace, LOCAL_CALLER, now, feature, only="eval_pass_rate")
        if isinstance(one, Measurement)
    )
    assert (found.tally.looks, found.running) == (1, False)
