"""Scores that name only the step they judge belong to the run of that step, whichever file comes first."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from core.evidence.columns import Kind
from core.store import features
from core.store.database import Database
from core.store.traces import TraceRecord, Unmatched
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Withdraw = Callable[[str], None]
Run = Callable[[str], Any]
Count = Callable[[], Unmatched]

TRACES = """
    run_id | query
    r1     | Where?
    r2     | When?
"""
SPANS = """
    run_id | span_id | parent_id | span_kind | started_at          | ended_at
    r1     | a       |           | agent     | 2026-05-04T09:00:00 | 2026-05-04T09:00:01
    r1     | b       | a         | llm       | 2026-05-04T09:00:00 | 2026-05-04T09:00:01
    r2     | c       |           | agent     | 2026-05-04T09:00:00 | 2026-05-04T09:00:01
"""
SCORES = """
    run_id | span_id | score_id | name   | value | user_feedback
           | b       | s1       | thumbs | 1     | accepted
           | c       | s2       | thumbs | 0     | rejected
    r2     |         | s3       | tone   | 0.5   |
           | z       | s4       | thumbs | 1     | accepted
"""
FILES = {Kind.TRACES: TRACES, Kind.SPANS: SPANS, Kind.SCORES: SCORES}


@pytest.fixture
def run(database: Database, warehouse: Warehouse) -> Run:
    def ask(run_id: str) -> TraceRecord | None:
        with database.reading() as connection:
            return warehouse.trace(connection, features.by_slug(connection, "helper"), run_id)

    return ask


@pytest.fixture
def lost(database: Database, warehouse: Warehouse) -> Count:
    def ask() -> Unmatched:
        with database.reading() as connection:
            return warehouse.unmatched(connection, features.by_slug(connection, "helper"))

    return ask


@pytest.mark.parametrize("order", list(permutations(FILES)), ids=" then ".join)
def test_a_score_finds_the_run_of_its_step_in_any_order(
    evidence: Import, run: Run, lost: Count, order: tuple[Kind, ...]
) -> None:
    for kind in order:
        evidence(kind, FILES[kind])
    assert (run("r1").values["user_feedback"], run("r1").values["scores"]) == ("accepted", '{"thumbs":1}')
    assert run("r2").values["scores"] == '{"thumbs":0,"tone":0.5}'
    assert run("r2").values["user_feedback"] == "rejected"
    assert [(score.name, score.span_id) for score in run("r1").scores] == [("thumbs", "b")]
    assert {(score.name, score.span_id) for score in run("r2").scores} == {("thumbs", "c"), ("tone", None)}
    assert lost() == Unmatched(0, 0, 4, 0, 1), "one names a step that never came"


def test_scores_wait_while_their_steps_are_not_there(
    evidence: Import, withdraw: Withdraw, run: Run, lost: Count
) -> None:
    evidence(Kind.SCORES, SCORES)
    assert lost() == Unmatched(0, 0, 4, 1, 3)
    assert run("r1") is None
    evidence(Kind.TRACES, TRACES)
    assert lost() == Unmatched(0, 0, 4, 0, 3)
    assert run("r1").values["user_feedback"] is None
    steps = evidence(Kind.SPANS, SPANS)
    assert lost() == Unmatched(0, 0, 4, 0, 1)
    withdraw(steps)
    assert lost() == Unmatched(0, 0, 4, 0, 3)
    assert run("r1").values["user_feedback"] is None
    assert run("r1").scores == ()


def test_withdrawn_scores_of_steps_count_no_more(
    evidence: Import, withdraw: Withdraw, run: Run, lost: Count
) -> None:
    evidence(Kind.SPANS, SPANS)
    given = evidence(Kind.SCORES, SCORES)
    assert run("r1").values["user_feedback"] == "accepted"
    withdraw(given)
    assert (run("r1").values["user_feedback"], run("r1").scores) == (None, ())
    assert lost() == Unmatched(0, 0, 0, 0)


def test_a_step_that_several_runs_have_tells_no_run(evidence: Import, run: Run, lost: Count) -> None:
    evidence(Kind.SPANS, "run_id | span_id\n r1 | a\n r2 | a")
    evidence(Kind.SCORES, "span_id | score_id | name | value\n a | s1 | thumbs | 1")
    assert lost() == Unmatched(0, 0, 1, 0, 1)
    assert run("r1").values["scores"] is None


def test_a_corrected_score_of_a_step_replaces_the_first(evidence: Import, run: Run) -> None:
    head = "span_id | score_id | name | value\n"
    evidence(Kind.SPANS, SPANS)
    evidence(Kind.SCORES, head + "b | s1 | thumbs | 1")
    evidence(Kind.SCORES, head + "b | s1 | thumbs | 0")
    assert run("r1").values["scores"] == '{"thumbs":0}'
    assert len(run("r1").scores) == 1
