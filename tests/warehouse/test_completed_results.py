"""Eval results that name their run take from it, and from its scores, what they do not say themselves."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.columns import Kind
from core.intake.pass_rule import Bar, PassRule
from core.store import expiry, features
from core.store.database import Database
from core.store.live_evidence import LiveEvidence
from core.store.results_sql import DECIDED, numbers, rule_table
from core.store.segment_cache import SegmentCache
from core.store.traces import Unmatched
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Results = Callable[..., dict[str, dict[str, Any]]]

TRACES = """
    run_id | response | error   | tools_called | tool_selected | scores                  | release_bundle
    t1     | Here.    |         |              |               | {"inside":0.25,"a":0.3} | v2
    t2     |          | timeout |              |               |                         |
    t3     | There.   | ok      | find         | find          |                         |
    prod   | Hello.   | broken  |              |               |                         |
"""
SPANS = """
    run_id | span_id | span_kind | started_at          | ended_at            | input_tokens | output_tokens | cost_usd
    t1     | a       | llm       | 2026-05-04T09:00:00 | 2026-05-04T09:00:02 | 100          | 20            | 0.5
"""  # noqa: E501
SCORES = """
    run_id | score_id | name  | value | label | source     | span_id
    t1     | s1       | good  | 0.9   |       | EVAL       |
    t1     | s2       | human | 1     | True  | ANNOTATION |
    t1     | s3       | tone  |       | rude  | EVAL       |
    t2     | s4       | good  | 1     |       | EVAL       |
    t3     | s5       | good  | 0.5   |       | EVAL       |
           | s6       | deep  | 2     |       | EVAL       | a
    t4     | s7       | good  | 0.8   |       | EVAL       |
"""
EVALS = """
    eval_run_id | case_id | source_trace
    e           | c1      | t1
    e           | c2      | t2
    e           | c3      | t3
    e           | c4      | t4
    e           | c5      | t5
"""
FILES = {Kind.TRACES: TRACES, Kind.SPANS: SPANS, Kind.SCORES: SCORES, Kind.EVALS: EVALS}
RULE = PassRule(column="good", at_least=0.8)
ABOUT = {
    Kind.EVALS: {
        "source": "langfuse",
        "report": {"scored_elsewhere": True, "pass_rule": RULE.model_dump(mode="json")},
    }
}


@pytest.fixture
def results(database: Database, tmp_path: Path) -> Iterator[Results]:
    """The eval results by case, as every question to the evidence gets them."""
    live = LiveEvidence(SegmentCache(tmp_path / "own cache", 10**9))
    names = (
        "case_id", "passed", "error", "error_kind", "response", "latency_ms", "cost_usd", "tokens",
        "tools_called", "tool_selected", "metrics", "human_label", "bundle",
    )  # fmt: skip

    def ask() -> dict[str, dict[str, Any]]:
        with database.reading() as connection:
            feature = features.by_slug(connection, "helper")
            rows = live.ask(connection, feature, Kind.EVALS, f"SELECT {', '.join(names)} FROM evidence")
        return {row[0]: dict(zip(names, row, strict=True)) for row in rows}

    yield ask
    live.close()


@pytest.fixture
def lost(database: Database, warehouse: Warehouse) -> Callable[[], Unmatched]:
    def ask() -> Unmatched:
        with database.reading() as connection:
            return warehouse.unmatched(connection, features.by_slug(connection, "helper"))

    return ask


@pytest.mark.parametrize("order", list(permutations((Kind.TRACES, Kind.SCORES, Kind.EVALS))), ids=" ".join)
def test_results_are_completed_in_whatever_order_the_files_come(
    evidence: Import, results: Results, tally: Any, order: tuple[Kind, ...]
) -> None:
    for kind in (*order, Kind.SPANS):
        evidence(kind, FILES[kind], **ABOUT.get(kind, {}))
    found = results()
    good = found["c1"]
    assert json.loads(good.pop("metrics")) == {"inside": 0.25, "a": 0.3, "good": 0.9, "human": 1, "deep": 2}
    assert good == {
        "case_id": "c1", "passed": True, "error": None, "error_kind": None, "response": "Here.",
        "latency_ms": 2000.0, "cost_usd": 0.5, "tokens": 120, "tools_called": None, "tool_selected": None,
        "human_label": True, "bundle": "v2",
    }  # fmt: skip
    # The score of c2 would pass, but its run failed; “ok” is no error; c4 has scores but no trace.
    assert [found[case]["passed"] for case in ("c2", "c3", "c4", "c5")] == [None, False, True, None]
    assert (found["c2"]["error"], found["c2"]["error_kind"], found["c2"]["metrics"]) == (
        "timeout",
        "run",
        None,
    )
    assert (found["c3"]["error"], found["c3"]["tools_called"]) == (None, ["find"])
    assert (found["c5"]["response"], found["c5"]["metrics"], found["c5"]["error_kind"]) == (None, None, None)
    counted = tally("eval_pass_rate", "eval")
    assert (sum(counted.passes_by_cluster), sum(counted.n_by_cluster)) == (2, 4)


def test_what_is_withdrawn_completes_nothing_any_more(
    evidence: Import, results: Results, withdraw: Callable[[str], None]
) -> None:
    uploads = {kind: evidence(kind, FILES[kind], **ABOUT.get(kind, {})) for kind in FILES}
    withdraw(uploads[Kind.SCORES])
    found = results()
    assert [found[case]["passed"] for case in ("c1", "c2", "c3", "c4")] == [None] * 4
    assert found["c1"]["response"] == "Here."
    withdraw(uploads[Kind.TRACES])
    withdraw(uploads[Kind.SPANS])
    assert results()["c1"]["response"] is None
    assert results()["c2"]["error"] is None


def test_what_a_result_says_itself_stands(evidence: Import, results: Results) -> None:
    evidence(Kind.TRACES, TRACES)
    evidence(Kind.SCORES, SCORES)
    own = """
        eval_run_id | case_id | source_trace | passed | response | metrics    | error_kind
        e           | c1      | t1           | no     | Mine.    | {"good":1} |
        e           | c2      | t2           | yes    |          |            |
        e           | c3      | t3           |        |          |            | judge
        e           | c4      | t4           |        |          |            |
    """
    evidence(Kind.EVALS, own, report={"pass_rule": RULE.model_dump(mode="json")})
    found = results()
    assert (found["c1"]["passed"], found["c1"]["response"]) == (False, "Mine.")
    assert json.loads(found["c1"]["metrics"])["good"] == 1
    # A stated pass is never recomputed; a rule over the file's own scores is none over those of runs.
    assert (found["c2"]["passed"], found["c2"]["error"]) == (True, None)
    assert (found["c3"]["passed"], found["c3"]["error_kind"]) == (None, "judge")
    assert (found["c4"]["passed"], json.loads(found["c4"]["metrics"])) == (None, {"good": 0.8})


def test_test_runs_are_left_out_of_production_and_counted(
    evidence: Import, tally: Any, lost: Callable[[], Unmatched], withdraw: Callable[[str], None]
) -> None:
    evidence(Kind.TRACES, TRACES)
    evidence(Kind.SCORES, SCORES)
    evidence(Kind.LABELS, "run_id | answer_right\nt1 | yes\nprod | no")
    assert sum(tally("error_rate", "trace").n_by_cluster) == 4
    upload = evidence(Kind.EVALS, EVALS, **ABOUT[Kind.EVALS])
    assert sum(tally("error_rate", "trace").n_by_cluster) == 1
    assert sum(tally("answer_correctness", "label").n_by_cluster) == 1
    # The score of t4 has no trace, and counts for its eval result.
    assert lost() == Unmatched(2, 0, 7, 0, 1, test_runs=3)
    withdraw(upload)
    assert sum(tally("error_rate", "trace").n_by_cluster) == 4
    assert lost() == Unmatched(2, 0, 7, 1, 1, test_runs=0)


def test_runs_that_other_tools_graded_stay_in_production(
    evidence: Import, tally: Any, lost: Callable[[], Unmatched]
) -> None:
    evidence(Kind.TRACES, TRACES)
    evidence(Kind.EVALS, EVALS, source="mlflow")
    assert sum(tally("error_rate", "trace").n_by_cluster) == 4
    assert lost().test_runs == 0


def test_what_was_worked_out_before_texts_expired_is_forgotten(
    evidence: Import, database: Database, warehouse: Warehouse, tally: Any, tmp_path: Path, now: datetime,
    withdraw: Callable[[str], None],
) -> None:  # fmt: skip
    uploads = {kind: evidence(kind, drawn, **ABOUT.get(kind, {})) for kind, drawn in FILES.items()}
    tally("eval_pass_rate", "eval")
    derived = tmp_path / "cache" / "derived"
    assert {"runs", "results"} <= {path.name.partition("-")[0] for path in derived.glob("*")}
    withdraw(uploads[Kind.SCORES])
    with database.writing() as connection:
        expiry.note_expired(connection, {uploads[Kind.TRACES]}, now)
    with database.reading() as connection:
        warehouse.forget_expired(connection)
    assert not list(derived.glob("runs-*")) and not list(derived.glob("results-*"))


def test_results_without_runs_are_asked_as_they_were_filed(
    evidence: Import, results: Results, tmp_path: Path
) -> None:
    evidence(Kind.TRACES, TRACES)
    evidence(Kind.EVALS, "eval_run_id | case_id | passed\ne | c1 | yes")
    assert results()["c1"]["passed"] is True
    assert not list((tmp_path / "own cache").glob("derived/r*-*"))


def test_the_scores_that_runs_have_are_known(
    evidence: Import, database: Database, warehouse: Warehouse
) -> None:
    evidence(Kind.TRACES, TRACES)
    evidence(Kind.SCORES, SCORES)
    with database.reading() as connection:
        known = warehouse.known_scores(connection, features.by_slug(connection, "helper"))
    assert [(one.name, one.runs, one.samples) for one in known] == [
        ("good", 4, (0.5, 0.8, 1.0)),
        ("a", 1, (0.3,)),
        ("deep", 1, (2.0,)),
        ("human", 1, (1.0,)),
        ("inside", 1, (0.25,)),
    ]
    assert {one.name for one in known if one.binary} == {"human"}


NAMES = ["a", "b", "c"]
EXACT = st.sampled_from([0.0, 0.1, 0.3, 0.1 + 0.2, 1.0, -1.0, 1e300, 5e-324])
BARS = st.builds(
    lambda name, number, least: Bar(column=name, **{"at_least" if least else "at_most": number}),
    st.sampled_from(NAMES),
    EXACT,
    st.booleans(),
)
RULES = st.builds(
    lambda first, further, need: PassRule(**first.model_dump(), further=tuple(further), need=need),
    BARS,
    st.lists(BARS, max_size=3),
    st.sampled_from(["all", "any"]),
)


@given(st.lists(st.tuples(RULES, st.dictionaries(st.sampled_from(NAMES), EXACT)), min_size=1, max_size=8))
def test_a_rule_means_the_same_in_the_database(cases: list[tuple[PassRule, dict[str, float]]]) -> None:
    scores = [json.dumps(given) for _, given in cases]
    rows = pa.table(
        {
            "key": range(len(cases)),
            "upload_id": [f"u{place}" for place in range(len(cases))],
            "source_trace": [f"t{place}" for place in range(len(cases))],
            "scores": pa.array(scores, pa.string()),
        }
    )
    with duckdb.connect(":memory:") as own:
        own.register("evidence", rows)
        own.register("rule", rule_table({f"u{place}": rule for place, (rule, _) in enumerate(cases)}))
        graded = numbers("(SELECT source_trace, scores FROM evidence)")
        found = dict(own.execute(f"WITH graded AS ({graded}) {DECIDED}").fetchall())
    for place, (rule, said) in enumerate(cases):
        assert found[place] == rule.decides([said.get(bar.column) for bar in rule.bars])


def test_only_numbers_and_yes_or_no_are_scores() -> None:
    said = '{"n":1,"f":0.5,"yes":true,"no":false,"word":"0.9","list":[1],"none":null,"object":{"x":1}}'
    with duckdb.connect(":memory:") as own:
        relation = f"(SELECT '{said}' AS scores UNION ALL SELECT '[1]' UNION ALL SELECT '3')"
        found = own.execute(f"SELECT name, number FROM ({numbers(relation)})").fetchall()
    assert dict(found) == {"n": 1.0, "f": 0.5, "yes": 1.0, "no": 0.0}
