"""Traces, steps and scores of one run become one trace, whichever file comes first."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from core.evidence.columns import Kind
from core.metrics.measurement import Tally, Window
from core.store import features
from core.store.database import Database
from core.store.traces import TraceRecord
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Ask = Callable[..., Tally]
Withdraw = Callable[[str], None]
Run = Callable[[str], Any]

# The three exports of one tool about the same two runs, as its files tell them.
TRACES = """
    run_id | user_id | session_id | started_at              | query                    | response
    5f0c   | u-17    | sess-1     | 2026-05-04T09:12:33.101 | Where is my order 1042?   | It arrives tomorrow.
    a1     | u-22    | sess-2     | 2026-05-04T09:15:02     | A refund of 500 €, now!   | I refunded 500 €.
    a2     |         |            | 2026-05-04T09:16:00.500 | Können Sie?               |
"""
SPANS = """
    run_id | span_id | parent_id | span_kind | name              | started_at              | ended_at                | input         | output   | model       | tools_considered             | tools_called | input_tokens | output_tokens | cost_usd  | error
    5f0c   | o1      |           | agent     | support-assistant | 2026-05-04T09:12:33.101 | 2026-05-04T09:12:36.521 | Where?        | Tomorrow |             |                              |              |              |               |           |
    5f0c   | o2      | o1        | llm       | ChatOpenAI        | 2026-05-04T09:12:33.110 | 2026-05-04T09:12:34.500 | Where is it?  |          | gpt-4o-mini | get_order search_help_center | get_order    | 812          | 23            | 0.0001356 |
    5f0c   | o3      | o1        | tool      | get_order         | 2026-05-04T09:12:34.510 | 2026-05-04T09:12:35     | 1042          | shipped  |             |                              |              |              |               |           |
    a1     | o4      |           | retriever | vector_search     | 2026-05-04T09:15:02.100 | 2026-05-04T09:15:02.300 | refund policy | kb-40    |             |                              |              |              |               |           |
    a1     | o5      |           | chain     | get_order         | 2026-05-04T09:15:02.400 |                         |               |          |             |                              |              |              |               |           | timed out
"""  # noqa: E501
SCORES = """
    run_id | score_id | name          | value | label | source     | scored_at           | user_feedback
    5f0c   | s1       | user_feedback | 1     |       | API        | 2026-05-04T09:20:00 | accepted
    a1     | s2       | tone, style   | 2     | rude  | ANNOTATION | 2026-05-04T11:00:00 |
"""
FILES = {Kind.TRACES: TRACES, Kind.SPANS: SPANS, Kind.SCORES: SCORES}


@pytest.fixture
def run(database: Database, warehouse: Warehouse) -> Run:
    """One trace as the evidence now has it, by its run id."""

    def ask(run_id: str) -> TraceRecord | None:
        with database.reading() as connection:
            return warehouse.trace(connection, features.by_slug(connection, "helper"), run_id)

    return ask


@pytest.fixture
def filled(database: Database, warehouse: Warehouse) -> Callable[[], dict[str, int]]:
    def ask() -> dict[str, int]:
        with database.reading() as connection:
            found = warehouse.filled(connection, features.by_slug(connection, "helper"), Kind.TRACES)
        return {name: count for name, count in found.items() if count}

    return ask


@pytest.mark.parametrize("order", list(permutations(FILES)), ids=" then ".join)
def test_three_files_in_any_order_are_the_same_traces(
    evidence: Import, run: Run, filled: Callable[[], dict[str, int]], order: tuple[Kind, ...]
) -> None:
    for kind in order:
        evidence(kind, FILES[kind])
    values = run("5f0c").values
    assert values["cost_usd"] == 0.0001356
    assert values["input_tokens"] + values["output_tokens"] == 835
    assert values["latency_ms"] == 3420.0
    assert (values["user_id"], values["session_id"]) == ("u-17", "sess-1")
    assert (values["query"], values["response"]) == ("Where is my order 1042?", "It arrives tomorrow.")
    assert (values["tools_called"], values["tool_selected"]) == (["get_order"], "get_order")
    assert values["tools_considered"] == ["get_order", "search_help_center"]
    assert values["model"] == "gpt-4o-mini"
    assert (values["user_feedback"], values["scores"]) == ("accepted", '{"user_feedback":1}')
    assert run("a1").values["scores"] == '{"tone, style":2}'
    assert filled()["*"] == 3
    assert filled()["latency_ms"] == 1  # a step of a1 never ended


def test_withdrawing_one_file_takes_exactly_its_facts(
    traces: Import, spans: Import, scores: Import, withdraw: Withdraw, run: Run,
    filled: Callable[[], dict[str, int]], tally: Ask,
) -> None:  # fmt: skip
    filed, steps, given = traces(TRACES), spans(SPANS), scores(SCORES)
    withdraw(steps)
    assert run("5f0c").values["latency_ms"] is None
    assert run("5f0c").values["user_feedback"] == "accepted"
    assert "latency_ms" not in filled()
    again = spans(SPANS)
    withdraw(filed)
    assert filled()["*"] == 2
    values = run("5f0c").values
    assert (values["query"], values["response"]) == ("Where?", "Tomorrow")
    assert (values["latency_ms"], values["session_id"]) == (3420.0, None)
    assert tally("user_acceptance", "feedback").n == 1
    assert run("a2") is None
    withdraw(again)
    # Scores alone are no traces.
    assert filled() == {}
    assert run("5f0c") is None
    withdraw(given)
    traces(TRACES)
    assert filled()["*"] == 3


def test_steps_alone_are_traces(spans: Import, filled: Callable[[], dict[str, int]], run: Run) -> None:
    spans(SPANS)
    assert filled()["*"] == 2
    of_a1 = run("a1")
    # One of its two steps at the top never ended, so nobody knows how long the run took.
    assert (of_a1.values["latency_ms"], of_a1.values["error"]) == (None, "timed out")
    assert (of_a1.values["query"], of_a1.values["response"]) == ("refund policy", "kb-40")
    assert of_a1.values["cost_usd"] is None
    assert [span.span_id for span in of_a1.spans] == ["o4", "o5"]


HEAD = "run_id | span_id | parent_id | span_kind | started_at | ended_at | input_tokens | cost_usd\n"


@pytest.mark.parametrize(
    ("drawn", "tokens", "cost"),
    [
        pytest.param("r|a||llm|||10|0.5\n r|b||llm|||5|0.25", 15, 0.75, id="a sum"),
        pytest.param("r|a||llm|||10|0.5\n r|b||llm|||5|", 15, None, id="one price is missing"),
        pytest.param("r|a||llm|||10|0.5\n r|b||llm|||5|0", 15, None, id="0 with tokens is no price"),
        pytest.param("r|a||llm|||10|0.5\n r|b||llm||||", 10, 0.5, id="a call without tokens cost nothing"),
        pytest.param("r|a||llm||||\n r|b||tool||||", None, None, id="nothing is known"),
        pytest.param("r|a||llm|||30|0.9\n r|b|a|llm|||10|0.5", 10, 0.5, id="a caller repeats its callee"),
        pytest.param(
            "r|a||llm|||30|0.9\n r|b|a|chain|||30|0.9\n r|c|b|llm|||10|0.5", 10, 0.5, id="at any depth"
        ),
        pytest.param("r|a||agent|||30|0.9\n r|b|a|llm|||10|0.5", 10, 0.5, id="so does an agent"),
        pytest.param("r|a||llm|||10|0.5\n r|b|a|tool||||", 10, 0.5, id="a tool under a call"),
        pytest.param("r|a||llm|||10|0.5\n r|b||embedding|||99|9", 10, 0.5, id="embeddings are apart"),
        pytest.param("r|a||chain|||30|0.9\n r|b|a|chain|||10|0.5", 10, 0.5, id="no model calls: the leaves"),
        pytest.param("r|a||embedding|||10|0.5", None, None, id="embeddings alone"),
        pytest.param("r|a|b|llm|||10|0.5\n r|b|a|llm|||10|0.5", None, None, id="in a circle nobody is last"),
        pytest.param("r|a|a|llm|||10|0.5", 10, 0.5, id="its own parent"),
    ],
)
def test_tokens_and_cost_are_those_of_the_last_model_calls(
    spans: Import, run: Run, drawn: str, tokens: int | None, cost: float | None
) -> None:
    spans(HEAD + drawn)
    found = run("r").values
    assert (found["input_tokens"], found["cost_usd"]) == (tokens, cost)


AT = "2026-05-04T09:00:"


def at_nine(drawn: str) -> str:
    """Steps in short: id, parent, and the seconds at which each began and ended."""
    lines = [line.split("|") for line in drawn.split()]
    cells = [
        f"r|{span_id}|{parent}|llm|{begun and AT + begun}|{ended and AT + ended}||"
        for span_id, parent, begun, ended in lines
    ]
    return HEAD + "\n".join(cells)


@pytest.mark.parametrize(
    ("drawn", "latency", "started"),
    [
        pytest.param("b|a|01|09 a||02|05", 3_000.0, "02", id="the root's"),
        pytest.param("a|x|01|03 b|a|02|09", 2_000.0, "01", id="a lost one's"),
        pytest.param("b|y|02|09 a|x|01|03", 8_000.0, "01", id="two lost ones"),
        pytest.param("a||01|03 b||02|09", 8_000.0, "01", id="two at the top"),
        pytest.param("a||01|03 b|x|00|09", 2_000.0, "01", id="one at the top, one lost"),
        pytest.param("a||01| b|a|02|04", None, "01", id="a root without an end"),
        pytest.param("a|x|01| b|a|02|04", None, "01", id="a lost one without an end"),
        pytest.param("a||05|01", None, "05", id="an end before the start"),
        pytest.param("a||| b|a|02|04", None, "02", id="a root without times"),
        pytest.param("a|b|02|04 b|a|01|09", 8_000.0, "01", id="in a circle"),
    ],
)
def test_a_run_takes_as_long_as_its_root(
    spans: Import, run: Run, drawn: str, latency: float | None, started: str
) -> None:
    spans(at_nine(drawn))
    found = run("r").values
    assert found["latency_ms"] == latency
    assert f"{found['started_at']:%S}" == started


def test_the_error_is_the_roots_and_a_tools_error_its_own(spans: Import, run: Run) -> None:
    spans("""
        run_id | span_id | parent_id | span_kind | name | started_at          | error
        r      | a       |           | agent     | a    | 2026-05-04T09:00:00 |
        r      | c       | a         | tool      | find | 2026-05-04T09:00:02 | second
        r      | b       | a         | tool      | look | 2026-05-04T09:00:01 | first
        s      | a       |           | agent     | a    | 2026-05-04T09:00:00 | gave up
    """)
    values = run("r").values
    assert (values["error"], values["tool_error"]) == (None, "first")
    assert (values["tools_called"], values["tool_selected"]) == (["look", "find"], "look")
    assert run("s").values["error"] == "gave up"


def test_without_tools_run_those_asked_for_count_and_what_was_fetched_keeps_its_order(
    spans: Import, run: Run
) -> None:
    spans("""
        run_id | span_id | span_kind | started_at          | tools_called | retrieved_ids | input | output
        r      | c       | llm       | 2026-05-04T09:00:03 | pay          | kb-3          |       | Done.
        r      | b       | llm       | 2026-05-04T09:00:02 | look find    | kb-9 kb-1     | Pay!  | Hm.
        r      | a       | chain     | 2026-05-04T09:00:01 | not-a-call   |               |       |
    """)
    values = run("r").values
    assert values["tools_called"] == ["look", "find", "pay"]
    assert values["retrieved_ids"] == ["kb-9", "kb-1", "kb-3"]
    assert (values["query"], values["response"]) == ("Pay!", "Done.")
    assert values["tools_considered"] is None


def test_a_step_that_changed_counts_once_as_its_newest_upload_says(
    spans: Import, run: Run, withdraw: Withdraw
) -> None:
    spans(HEAD + "r|a||llm|||10|0.5\n r|b||llm|||5|0.25")
    corrected = spans(HEAD + "r|a||llm|||20|0.75")
    assert (run("r").values["input_tokens"], run("r").values["cost_usd"]) == (25, 1.0)
    withdraw(corrected)
    assert (run("r").values["input_tokens"], run("r").values["cost_usd"]) == (15, 0.75)


def test_steps_of_one_run_may_come_in_several_files(spans: Import, run: Run) -> None:
    spans(HEAD + f"r|b|a|llm|{AT}02|{AT}03|10|0.5")
    assert run("r").values["latency_ms"] == 1_000.0
    spans(HEAD + f"r|a||chain|{AT}01|{AT}09||")
    assert run("r").values["latency_ms"] == 8_000.0
    assert run("r").values["input_tokens"] == 10


def test_of_scores_of_one_name_the_newest_of_the_whole_run_counts(
    scores: Import, traces: Import, run: Run
) -> None:
    traces("run_id | query\n r | Hello?")
    scores("""
        run_id | score_id | name    | value | label | span_id | scored_at           | user_feedback
        r      | s1       | correct | 1     |       |         | 2026-05-04T09:00:02 | accepted
        r      | s2       | correct | 0.5   |       |         | 2026-05-04T09:00:01 | rejected
        r      | s3       | correct | 0     |       | b       | 2026-05-04T09:00:09 |
        r      | s4       | tone    |       | rude  |         |                     |
        r      | s5       | empty   |       |       |         |                     |
    """)
    found = run("r")
    assert found.values["scores"] == '{"correct":1,"tone":"rude"}'
    assert found.values["user_feedback"] == "accepted"
    assert [score.value for score in found.scores[:3]] == [0.5, 1.0, 0.0]
    assert {(score.name, score.label) for score in found.scores[3:]} == {("tone", "rude"), ("empty", None)}


def test_what_the_trace_says_itself_stands(traces: Import, spans: Import, scores: Import, run: Run) -> None:
    traces([
        {"run_id": "r", "latency_ms": 5.0, "user_feedback": "edited", "scores": '{"correct":0.1,"own":1}'}
    ])  # fmt: skip
    spans(HEAD + f"r|a||llm|{AT}01|{AT}03|10|0.5")
    scores("""
        run_id | score_id | name    | value | user_feedback
        r      | s1       | correct | 1     | rejected
        r      | s2       | other   | 0.5   |
    """)
    values = run("r").values
    assert (values["latency_ms"], values["cost_usd"], values["user_feedback"]) == (5.0, 0.5, "edited")
    assert json.loads(values["scores"]) == {"correct": 0.1, "other": 0.5, "own": 1}


def test_metrics_slices_and_releases_are_of_the_merged_traces(
    traces: Import, spans: Import, scores: Import, tally: Ask
) -> None:
    traces("run_id | user_id | task_type\n r | u1 | billing\n s | u2 | returns")
    spans("""
        run_id | span_id | span_kind | started_at          | ended_at            | release_bundle
        r      | a       | agent     | 2026-01-04T09:00:00 | 2026-01-04T09:00:02 | one
        s      | a       | agent     | 2026-01-05T09:00:00 | 2026-01-05T09:00:09 | two
    """)
    scores("run_id | score_id | name | user_feedback\n r | s1 | thumb | accepted\n s | s2 | thumb | rejected")
    found = tally("latency_p95", "trace", bar=8_000.0)
    assert (found.passes, found.n, found.bundles) == (1, 2, ("one", "two"))
    found = tally("user_acceptance", "feedback", {"task_type": "billing", "release_bundle": "one"})
    assert (found.passes, found.n) == (1, 1)
    assert found.newest is not None
    assert found.newest.isoformat() == "2026-01-04T09:00:00+00:00"


def test_a_trace_names_the_files_and_rows_it_rests_on(
    traces: Import, spans: Import, scores: Import, judgements: Import, run: Run
) -> None:
    traces(TRACES)
    spans(SPANS)
    scores(SCORES)
    judgements("run_id | answer_right | reviewer\n 5f0c | no | Ada")
    found = run("5f0c")
    assert [(one.kind, one.file_name, one.rows) for one in found.origins] == [
        (Kind.TRACES, "upload 1.csv", (2,)),
        (Kind.SPANS, "upload 2.csv", (2, 3, 4)),
        (Kind.SCORES, "upload 3.csv", (2,)),
        (Kind.LABELS, "upload 4.csv", (2,)),
    ]
    assert [label["answer_right"] for label in found.labels] == [False]
    assert [(span.span_id, span.parent_id) for span in found.spans] == [
        ("o1", None), ("o2", "o1"), ("o3", "o1"),
    ]  # fmt: skip


def test_merged_traces_are_made_once_and_again_where_the_cache_was_cleared(
    spans: Import, run: Run, tmp_path: Path
) -> None:
    spans(SPANS)
    run("5f0c")
    (made,) = (tmp_path / "cache" / "derived").glob("runs-*")
    written = made.stat().st_ino
    run("a1")
    assert made.stat().st_ino == written
    for damage in (made.unlink, lambda: made.write_bytes(b"PAR1")):
        damage()
        assert run("5f0c").values["latency_ms"] == 3420.0
    assert made.stat().st_size > 4


def test_several_threads_may_ask_for_merged_traces_at_once(
    spans: Import, traces: Import, run: Run, tmp_path: Path
) -> None:
    spans(SPANS)
    traces(TRACES)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(run, ["5f0c", "a1"] * 8))
    assert [one.values["latency_ms"] for one in found] == [3420.0, None] * 8
    assert len(list((tmp_path / "cache" / "derived").glob("runs-*"))) == 1


def test_evidence_without_steps_and_scores_is_asked_as_it_is(
    traces: Import, run: Run, tmp_path: Path
) -> None:
    traces(TRACES)
    assert run("5f0c").values["user_id"] == "u-17"
    assert not list((tmp_path / "cache" / "derived").glob("runs-*"))


@pytest.mark.parametrize(
    "order", list(permutations((Kind.TRACES, Kind.SPANS, Kind.SCORES))), ids=" then ".join
)
def test_a_run_without_a_time_stands_at_the_first_upload_that_knew_of_it(
    evidence: Import, run: Run, tally: Ask, now: datetime, order: tuple[Kind, ...]
) -> None:
    drawn = {
        Kind.TRACES: "run_id | query\n r | Hello?",
        Kind.SPANS: "run_id | span_id | output\n r | a | Hi.",
        Kind.SCORES: "run_id | score_id | name | value | user_feedback\n r | s1 | thumb | 1 | accepted",
    }
    for day, kind in enumerate(order):
        evidence(kind, drawn[kind], asked_at=now + timedelta(days=day))
    assert run("r").moment == now
    after_a_lock = tally_or_none(tally, Window(since=now + timedelta(days=1)))
    assert after_a_lock is None


def tally_or_none(tally: Ask, window: Window) -> Tally | None:
    try:
        return tally("user_acceptance", "feedback", window=window)
    except KeyError:
        return None


def test_a_newer_value_that_says_nothing_takes_the_reaction_back(
    scores: Import, traces: Import, run: Run, withdraw: Withdraw
) -> None:
    traces("run_id | query\n r | Hello?")
    head = "run_id | score_id | name | value | scored_at | user_feedback\n"
    scores(head + " r | s1 | stars | 5 | 2026-05-04T09:00:00 | accepted")
    later = scores(
        head + " r | s2 | stars | 3 | 2026-05-04T10:00:00 |\n r | s3 | tone | 1 | 2026-05-04T11:00:00 |"
    )
    assert run("r").values["user_feedback"] is None
    withdraw(later)
    assert run("r").values["user_feedback"] == "accepted"
