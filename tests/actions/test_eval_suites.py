"""Locked eval sets: published as evidence, bound by a commitment, with results, due runs and baselines."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.actions.audit_verify import verify_log
from core.actions.baselines import record_baseline, view_baselines, withdraw_baseline
from core.actions.case_exports import cases_of, export_cases
from core.actions.case_lists import CaseFilter, open_case, view_cases
from core.actions.committed import changed_suites, suites_of, terms_of
from core.actions.erasure import ask_erasure, erase
from core.actions.eval_cases import promote, retire_case, save_case
from core.actions.eval_results import suites_to_run, view_eval_results
from core.actions.eval_suites import lock_suite, view_suites
from core.actions.gates import view_gate
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.workspace import Workspace
from core.errors import InvalidDocument, NotAllowed, WrongUsage
from core.evidence.eval_case import EvalCase, Part
from core.evidence.free_text import erased_on
from core.intake.answers import Answers
from core.metrics.eval_results import RerunState
from core.store import case_sets, commitments, features, segments
from core.store.tables import METADATA, baseline, eval_suite
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Commit = Callable[..., int]
HOSTILE = 'a {# c #} {{ env.HOME }}\n=SUM(1) file:///etc/hostname javascript:process.exit(1) \' " \\ {"a":1}'


def lines(*rows: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def make(workspace: Workspace, slug: str, now: datetime, query: str, **fields: Any) -> EvalCase:
    case = EvalCase("", query, ground_truth="Yes.", **fields)
    return save_case(workspace, LOCAL_CALLER, now, slug, case, alike_ok=True)


@pytest.fixture
def slug(workspace: Workspace, feature: str, now: datetime) -> str:
    """A feature with four cases of its own, one of them adversarial."""
    for place, query in enumerate(("Is it open?", "Where is it?", "Who is it?")):
        make(workspace, feature, now - timedelta(days=6), query, task_type=["hours", "place", None][place])
    make(workspace, feature, now - timedelta(days=6), HOSTILE, part=Part.ADVERSARIAL, is_critical=True)
    return feature


def of_cases(workspace: Workspace, slug: str) -> list[Upload]:
    return [one for one in list_uploads(workspace, LOCAL_CALLER, slug) if one.kind == "cases"]


def test_a_lock_publishes_the_set_as_evidence_with_the_digest_that_a_commitment_binds(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    lock = lock_suite(workspace, LOCAL_CALLER, now, slug, reason="First")
    assert (lock.name, lock.number, len(lock.cases), lock.rerun_days) == ("Eval set", 1, 4, 7)
    (upload,) = of_cases(workspace, slug)
    assert (upload.id, upload.state, upload.source, upload.suite) == (
        lock.upload_id,
        "done",
        "readygate",
        "Eval set",
    )
    assert suites_of([upload]) == {"Eval set": lock.digest}
    with workspace.database.reading() as connection:
        (found,) = case_sets.of_feature(connection, features.by_slug(connection, slug).id)
    assert found.cases == {"C-001", "C-002", "C-003", "C-004"}
    assert verify_log(workspace, LOCAL_CALLER, now).ok


def test_what_changed_since_the_lock_is_named_and_the_next_lock_takes_its_place(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    first = lock_suite(workspace, LOCAL_CALLER, now - timedelta(days=2), slug)
    assert view_suites(workspace, LOCAL_CALLER, slug).lines[0].changes.is_empty
    with pytest.raises(WrongUsage, match="Nothing has changed"):
        lock_suite(workspace, LOCAL_CALLER, now, slug)
    make(workspace, slug, now, "Another?")
    case = cases_of(workspace, LOCAL_CALLER, slug)[0]
    save_case(workspace, LOCAL_CALLER, now, slug, replace(case, ground_truth="No."), based_on=1)
    retire_case(workspace, LOCAL_CALLER, now, slug, "C-002", based_on=1, reason="Out of date")
    changes = view_suites(workspace, LOCAL_CALLER, slug).lines[0].changes
    assert (changes.added, changes.changed, changes.removed) == (("C-005",), ("C-001",), ("C-002",))
    # What is locked stays as it was, byte for byte.
    assert [one.number for one in cases_of(workspace, LOCAL_CALLER, slug, "Eval set")] == [1, 1, 1, 1]
    second = lock_suite(workspace, LOCAL_CALLER, now, slug)
    assert second.number == 2
    assert second.digest != first.digest
    states = {one.file_name: one.state for one in of_cases(workspace, slug)}
    assert states == {"Eval set, version 1": "withdrawn", "Eval set, version 2": "done"}
    assert suites_of(list_uploads(workspace, LOCAL_CALLER, slug)) == {"Eval set": second.digest}
    assert verify_log(workspace, LOCAL_CALLER, now).ok


def test_hostile_text_is_locked_and_read_back_as_it_is(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    lock = lock_suite(workspace, LOCAL_CALLER, now, slug, parts=[Part.ADVERSARIAL], name="Hard  ones")
    assert (lock.name, lock.parts) == ("Hard ones", (Part.ADVERSARIAL,))
    (case,) = cases_of(workspace, LOCAL_CALLER, slug, "Hard ones")
    assert (case.query, case.is_critical) == (HOSTILE, True)
    with pytest.raises(WrongUsage, match="Locked sets: Hard ones"):
        cases_of(workspace, LOCAL_CALLER, slug, "Soft ones")


def test_a_new_lock_is_no_longer_the_set_that_the_checklist_was_locked_with(
    workspace: Workspace, slug: str, now: datetime, commit: Commit
) -> None:
    lock_suite(workspace, LOCAL_CALLER, now - timedelta(days=2), slug)
    commit(at=now - timedelta(days=1))
    make(workspace, slug, now, "Another?")

    def changed() -> tuple[str, ...]:
        with workspace.database.reading() as connection:
            (bound,) = commitments.history(connection, features.by_slug(connection, slug).id)
        return changed_suites(terms_of(bound), list_uploads(workspace, LOCAL_CALLER, slug))

    assert changed() == ()
    lock_suite(workspace, LOCAL_CALLER, now, slug)
    assert changed() == ("The eval set “Eval set” is not the one that was locked.",)
    # That a set was locked anew is no evidence that somebody took away.
    assert view_gate(workspace, LOCAL_CALLER, now, slug).withdrawn == ()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"rerun_days": 0}, "no pace"),
        ({"parts": [Part.REGRESSION]}, "no case to lock"),
        ({"name": "gold"}, "handed in"),
    ],
)
def test_what_cannot_be_locked_is_refused(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn, asked: dict[str, Any], said: str
) -> None:
    hand_in(lines({"id": "q1", "input": "Why?", "target": "So."}), "gold.jsonl", suite="gold")
    with pytest.raises(WrongUsage, match=said):
        lock_suite(workspace, LOCAL_CALLER, now, slug, **asked)
    assert view_suites(workspace, LOCAL_CALLER, slug).lines == ()


def test_only_a_product_manager_locks_and_only_readers_of_texts_get_the_cases(
    workspace: Workspace, slug: str, now: datetime, person: Callable[..., Caller]
) -> None:
    with pytest.raises(NotAllowed):
        lock_suite(workspace, person("Rui", "reviewer"), now, slug)
    with pytest.raises(NotAllowed):
        cases_of(workspace, person("Vera", "viewer"), slug)
    assert lock_suite(workspace, person("Pia", "pm"), now, slug).locked_by == "Pia"


def result(case_id: str, at: datetime, *, passed: bool, run: str, **cells: Any) -> dict[str, Any]:
    return {"case_id": case_id, "passed": passed, "eval_run_id": run, "started_at": at.isoformat(), **cells}


def test_results_join_their_cases_by_id_whatever_their_set_and_release(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    lock_suite(workspace, LOCAL_CALLER, now - timedelta(days=5), slug)
    then = now - timedelta(days=4)
    first = [
        result(f"C-00{n}", then, passed=n + attempt < 4, run="r1", attempt=attempt, release_bundle="1.4")
        for n in (1, 2, 3)
        for attempt in (0, 1)
    ]
    hand_in(lines(*first), "first.jsonl", at=then)
    make(workspace, slug, now - timedelta(days=2), "Another?")
    lock_suite(workspace, LOCAL_CALLER, now - timedelta(days=2), slug)
    second = [result(f"C-00{n}", now, passed=True, run="r2", release_bundle="1.5") for n in (1, 2)]
    hand_in(lines(*second), "second.jsonl", at=now)
    hand_in(lines({"case_id": "x1", "passed": True}), "other.jsonl", at=now - timedelta(hours=1))
    view = view_eval_results(workspace, LOCAL_CALLER, now, slug)
    told = [
        (one.tally.suite, one.tally.number, one.tally.bundle, one.cases, one.rate, one.repeated, one.flaky)
        for one in view.results
    ]
    assert told == [
        ("Eval set", 2, "1.5", 2, 1.0, 0, 0),
        (None, None, None, 1, 1.0, 0, 0),
        ("Eval set", 1, "1.4", 3, pytest.approx(2.5 / 3), 3, 1),
    ]
    assert [(hat.k, hat.cases) for hat in view.results[2].hats] == [(2, 3)]
    assert view.unseen == 1
    (standing,) = view.standings
    assert (standing.cases, standing.tested, standing.failing, standing.newest) == (5, 2, 1, now)
    lists = view_cases(workspace, LOCAL_CALLER, slug, CaseFilter()).lines
    assert [line.result for line in lists] == ["passing", "passing", "mixed", "no result", "no result"]
    opened = open_case(workspace, LOCAL_CALLER, slug, "C-001")
    assert opened is not None
    runs = [(one.bundle, one.attempts, one.passes, one.at) for one in opened.results]
    assert runs == [("1.5", 1, 1, now), ("1.4", 2, 2, then)]


def test_the_id_of_an_exported_case_comes_back_with_its_results(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    lock_suite(workspace, LOCAL_CALLER, now - timedelta(days=1), slug)
    file = export_cases(workspace, LOCAL_CALLER, now, slug, format_name="jsonl", suite="Eval set")
    exported = [json.loads(line) for line in file.content.decode().splitlines()]
    assert [row["query"] for row in exported][-1] == HOSTILE
    back = ({**row, "passed": row["case_id"] != "C-002", "eval_run_id": "r1"} for row in exported)
    assert hand_in(lines(*back), "back.jsonl", at=now).kind == "evals"
    (standing,) = view_eval_results(workspace, LOCAL_CALLER, now, slug).standings
    assert (standing.cases, standing.tested, standing.failing) == (4, 4, 1)
    listed = view_cases(workspace, LOCAL_CALLER, slug, CaseFilter()).lines
    assert [line.result for line in listed] == ["passing", "failing", "passing", "passing"]


def test_a_set_falls_due_and_one_that_nobody_asked_for_never_does(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    lock_suite(workspace, LOCAL_CALLER, now, slug)
    lock_suite(workspace, LOCAL_CALLER, now, slug, name="Gold", parts=[Part.GOLD], rerun_days=None)

    def due(at: datetime) -> list[tuple[str, RerunState]]:
        found = suites_to_run(workspace, LOCAL_CALLER, at, slug)
        return [(one.lock.name, one.rerun.state) for one in found if one.rerun]

    assert due(now) == [("Eval set", RerunState.DUE)]
    hand_in(lines(result("C-001", now, passed=True, run="r1")), at=now)
    assert due(now + timedelta(days=6)) == []
    assert due(now + timedelta(days=7)) == [("Eval set", RerunState.DUE)]
    assert due(now + timedelta(days=8)) == [("Eval set", RerunState.OVERDUE)]


def test_the_mix_and_the_grader_of_hard_cases(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    traces = [{"run_id": f"t{n}", "task_type": "hours" if n < 3 else "refund"} for n in range(4)]
    hand_in(lines(*traces), "traces.jsonl")
    rows = [
        result("C-004", now - timedelta(days=1), passed=True, run="r1", judge="j", human_label=True),
        result("C-004", now, passed=True, run="r2", judge="j", human_label=False),
        result("C-001", now, passed=True, run="r2", judge="j", human_label=False),
    ]
    hand_in(lines(*rows))
    view = view_eval_results(workspace, LOCAL_CALLER, now, slug)
    shares = {one.kind: (one.cases, one.traces, one.trace_share) for one in view.mix.kinds}
    assert shares == {"hours": (1, 3, 0.75), "refund": (0, 1, 0.25), "place": (1, 0, 0.0)}
    assert [one.kind for one in view.mix.missing] == ["refund"]
    assert (view.mix.unnamed, view.hard) == (2, 1)
    assert view.graders is not None
    # Of the hard case the newest result alone counts: the grader passed what a person failed.
    assert (view.graders.n, view.graders.fail_pass, view.graders.audited) == (1, 1, False)


def test_a_baseline_is_kept_corrected_and_taken_back(workspace: Workspace, slug: str, now: datetime) -> None:
    said = {"path": "A person looks it up", "source": "Study of March"}
    first = record_baseline(
        workspace, LOCAL_CALLER, now, slug, metric="answer_correctness", passes=45, cases=50, **said
    )
    assert (first.value, round(first.low or 0, 3), round(first.high or 0, 3)) == (0.9, 0.801, 0.96)
    record_baseline(workspace, LOCAL_CALLER, now, slug, metric="answer_correctness", value=0.8, **said)
    record_baseline(workspace, LOCAL_CALLER, now, slug, metric="latency_p95", value=90_000.0, **said)
    view = view_baselines(workspace, LOCAL_CALLER, slug)
    assert [(one.kept.metric, one.value, one.low) for one in view.current] == [
        ("answer_correctness", 0.8, None),
        ("latency_p95", 90_000.0, None),
    ]
    assert [one.kept.id for one in view.earlier] == [first.kept.id]
    latency = view.of("latency_p95")
    assert latency is not None
    withdraw_baseline(workspace, LOCAL_CALLER, now, slug, latency.kept.id)
    with pytest.raises(WrongUsage, match="taken back already"):
        withdraw_baseline(workspace, LOCAL_CALLER, now, slug, latency.kept.id)
    assert view_baselines(workspace, LOCAL_CALLER, slug).of("latency_p95") is None


@pytest.mark.parametrize(
    "number",
    [
        {"metric": "nothing", "value": 0.5},
        {"metric": "answer_correctness"},
        {"metric": "answer_correctness", "passes": 5},
        {"metric": "answer_correctness", "passes": 5, "cases": 4},
        {"metric": "answer_correctness", "passes": 0, "cases": 0},
        {"metric": "answer_correctness", "value": 1.2},
        {"metric": "answer_correctness", "value": float("nan")},
        {"metric": "latency_p95", "value": -1.0},
        {"metric": "latency_p95", "passes": 1, "cases": 2},
        {"metric": "latency_p95", "value": 1.0, "path": " "},
    ],
)
def test_a_baseline_that_cannot_be_is_refused(
    workspace: Workspace, slug: str, now: datetime, number: dict[str, Any]
) -> None:
    given = {"path": "By hand", "source": "Study", **number}
    with pytest.raises((InvalidDocument, WrongUsage)):
        record_baseline(workspace, LOCAL_CALLER, now, slug, **given)
    assert view_baselines(workspace, LOCAL_CALLER, slug).current == ()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        (eval_suite, "digest", "0" * 64),
        (eval_suite, "cases", [["C-001", 1]]),
        (eval_suite, "locked_by", "Eve"),
        (baseline, "passes", 50),
        (baseline, "path", "By hand"),
        (baseline, "replaced_at", datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_a_changed_lock_or_baseline_is_found(
    workspace: Workspace, slug: str, now: datetime, table: Any, column: str, value: Any
) -> None:
    lock_suite(workspace, LOCAL_CALLER, now, slug)
    record_baseline(
        workspace,
        LOCAL_CALLER,
        now,
        slug,
        metric="answer_correctness",
        passes=4,
        cases=50,
        path="p",
        source="s",
    )
    assert verify_log(workspace, LOCAL_CALLER, now).ok
    with workspace.database.writing() as connection:
        connection.execute(table.update().values({column: value}))
    (finding,) = verify_log(workspace, LOCAL_CALLER, now).findings
    assert (finding.record.kind, finding.record.fault) == (table.name, "changed")


def test_the_erasure_of_a_person_takes_the_cases_made_from_their_runs(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    rows = [
        {"run_id": "r1", "user_id": "anna-zebra", "query": "WORDSOFANNA please", "tool_expected": "t"},
        {"run_id": "r2", "user_id": "bob", "query": "Words of Bob", "tool_expected": "t"},
    ]
    hand_in(lines(*rows), "traces.jsonl", answers=Answers(personal_text="keep"))
    case = promote(workspace, LOCAL_CALLER, now, slug, "r1", no_personal_data=True)
    save_case(workspace, LOCAL_CALLER, now, slug, replace(case, ground_truth="SAIDOFANNA"), based_on=1)
    promote(
        workspace, LOCAL_CALLER, now, slug, "r2", failure_observed="anna-zebra said so", no_personal_data=True
    )
    lock_suite(workspace, LOCAL_CALLER, now, slug)
    asked = ask_erasure(workspace, LOCAL_CALLER, now, slug, wanted="anna-zebra", reason="Asked for it, 17")
    counts = erase(workspace, LOCAL_CALLER, now, slug, asked.id)
    assert counts["eval_cases"] == 2
    with workspace.database.reading() as connection:
        kept = [str(row) for table in METADATA.tables.values() for row in connection.execute(table.select())]
        for one in segments.hashes(connection):
            kept.append(repr(segments.content(connection, one)))
    for words in ("WORDSOFANNA", "SAIDOFANNA", "anna-zebra"):
        assert not [row for row in kept if words in row], words
    assert any("Words of Bob" in row for row in kept)
    lists = {
        line.case.case_id: line for line in view_cases(workspace, LOCAL_CALLER, slug, CaseFilter()).lines
    }
    assert erased_on(lists[case.case_id].case.query)
    assert lists[case.case_id].is_erased
    ids = [one.case_id for one in cases_of(workspace, LOCAL_CALLER, slug, "Eval set")]
    assert case.case_id not in ids
    assert len(ids) == 5
    assert verify_log(workspace, LOCAL_CALLER, now).ok
