"""DeepEval: test runs of its versions and goldens; what each case becomes, and whose error an error is."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.job import Limits
from core.intake.report import Outcomes
from core.intake.sources.deepeval import TestRun
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context
from core.intake.tables import Chunk

SAMPLE = "samples/evals/deepeval/v4.3.1"
NEW, OLD = "test_run_20261120_151001.json", "20250301_101530"


def told(found: Any) -> tuple[int, ...]:
    report = found.report
    assert (
        report.read == report.accepted + report.duplicate + report.updated + report.rejected + report.skipped
    )
    return (report.read, report.accepted, report.rejected, report.skipped)


def metric(name: str = "Correctness [GEval]", **more: Any) -> dict[str, Any]:
    return {"name": name, "threshold": 0.5, "success": True, "score": 0.9, "strictMode": False, **more}


def case(**more: Any) -> dict[str, Any]:
    return {"name": "C-1", "input": "Why?", "actualOutput": "Because.", "success": True,
            "metricsData": [metric()], "order": 0, **more}  # fmt: skip


def run(*cases: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A run as DeepEval before 4 saves it: without sums."""
    return {"testCases": list(cases), "conversationalTestCases": [], "metricsScores": [], **more}


def read_run(read: Any, *cases: dict[str, Any], name: str = OLD, **more: Any) -> Any:
    return read(json.dumps(run(*cases, **more)), name=name)


def test_a_run_of_version_4(shared: Path, read: Any, tmp_path: Path) -> None:
    path = shared / SAMPLE / NEW
    found = read(path)
    assert (found.report.kind, found.report.source) == (Kind.EVALS, "deepeval")
    assert told(found) == (5, 5, 0, 0)
    assert found.report.outcomes == Outcomes(
        total=5, passed=2, failed=2, run_errors=0, judge_errors=1, limit_errors=0, unscored=0
    )
    assert found.cells("passed") == [True, False, True, None, False]
    assert found.cells("case_id") == ["C-001", "C-002", "C-003", "C-005", "C-001"]
    assert found.cells("attempt") == [0, 0, 0, 0, 1]
    assert set(found.cells("eval_run_id")) == {"nightly-42 test_run_20261120_151001"}
    assert set(found.cells("started_at")) == {datetime(2026, 11, 20, 15, 10, 1, tzinfo=UTC)}
    assert set(found.cells("release_bundle")) == {"2025.06.1"}
    # The model's own time and cost; those of judging it are not the feature's.
    assert found.cells("latency_ms") == [1700.0, 9100.0, None, None, None]
    assert found.cells("cost_usd") == [0.0021, 0.002, None, None, None]
    assert found.cells("tools_called") == [["lookup_order"], ["lookup_order"], None, None, []]
    assert found.cells("tools_expected")[1] == ["issue_refund"]
    assert json.loads(found.cells("metrics")[0]) == {"Answer Correctness": 0.9, "Tool Selection": 1}
    assert found.cells("metrics")[3] is None
    assert (found.cells("error_kind")[3], found.cells("error")[3]) == ("judge", "ValueError: judge timed out")
    assert set(found.cells("judge")) == {"mock-judge"}
    assert found.sentences("summary_mismatch") == [
        "The file's own summary says 2 passed, 3 failed; its rows say 2 passed, 2 failed, 1 neither (a metric"
        " could not be computed; DeepEval says failed). The rows count."
    ]
    again = read(path, known_keys=found.known_keys(tmp_path / "known.npz")).report
    assert (again.accepted, again.duplicate) == (0, 5)


def test_a_run_of_version_2_has_no_ending_and_no_sums(read: Any) -> None:
    found = read_run(
        read, case(), case(success=False), hyperparameters={"model": "gpt-x", "prompt version": "v7"}
    )
    assert (found.report.source, told(found)) == ("deepeval", (2, 2, 0, 0))
    assert found.cells("started_at")[0] == datetime(2025, 3, 1, 10, 15, 30, tzinfo=UTC)
    assert found.cells("eval_run_id")[0] == OLD
    assert found.cells("passed") == [True, False]
    assert found.cells("release_bundle") == ["gpt-x / v7"] * 2
    assert not found.sentences("summary_mismatch")


@pytest.mark.parametrize("name", [".latest_test_run.json", "20259999_999999", "run.json"])
def test_without_a_time_in_its_name_a_run_is_known_by_its_bytes(read: Any, name: str) -> None:
    found = read(json.dumps({"testRunData": run(case(), identifier="nightly")}), name=name)
    assert found.cells("eval_run_id")[0].startswith("run-")
    assert found.cells("started_at") == [None]
    assert found.cells("passed") == [True]


def test_a_dumped_result_is_in_snake_case(read: Any) -> None:
    dumped = {
        "test_results": [
            {"name": "test_case_0", "success": False, "conversational": False, "input": "Why?",
             "actual_output": "No.", "expected_output": "Yes", "additional_metadata": {"case_id": "C-9"},
             "metrics_data": [{"name": "Faithfulness", "threshold": 0.5, "success": False, "score": 0.25,
                               "evaluation_model": "gpt-judge", "evaluation_cost": 0.01}]},
        ],
        "confident_link": None,
    }  # fmt: skip
    found = read(json.dumps(dumped), name="result.json")
    assert (found.report.source, found.cells("case_id"), found.cells("passed")) == (
        "deepeval",
        ["C-9"],
        [False],
    )
    assert json.loads(found.cells("metrics")[0]) == {"Faithfulness": 0.25}
    assert (found.cells("judge"), found.cells("cost_usd")) == (["gpt-judge"], [None])


def test_cases_without_a_name_are_known_by_what_they_ask(read: Any) -> None:
    found = read_run(read, case(name="test_case_0"), case(name="test_case_1", input=" why? "), case(name="x"))
    ids = found.cells("case_id")
    assert ids[0] == ids[1] != ids[2] == "x"
    assert found.cells("attempt") == [0, 1, 0]


def test_conversations(read: Any) -> None:
    turns = [
        {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Refund!"},
        {"role": "assistant", "content": "Done.", "toolsCalled": [{"name": "refund"}]},
    ]  # fmt: skip
    talk = {"name": "conversational_test_case_0", "turns": turns, "success": True, "metricsData": [metric()]}
    found = read(json.dumps(run(case()) | {"conversationalTestCases": [talk]}), name=OLD)
    assert told(found) == (2, 2, 0, 0)
    assert found.cells("query") == ["Why?", "Refund!"]
    assert found.cells("response") == ["Because.", "Done."]
    assert found.cells("tools_called") == [None, ["refund"]]
    assert found.cells("case_id")[1].startswith("query-")


ERROR = {"success": False, "score": None, "error": "timeout"}


@pytest.mark.parametrize(
    ("success", "metrics", "passed", "kind"),
    [
        (True, [metric()], True, None),
        (False, [metric(success=False, score=0.1)], False, None),
        (False, [metric(**ERROR)], None, "judge"),
        (False, [metric(success=False, score=0.1), metric("Other", **ERROR)], None, "judge"),
        (True, [metric(), metric("Other", flaky=True, **ERROR)], True, None),
        (False, [metric(success=False), metric("Other", flaky=True)], False, None),
        (True, [], True, None),
    ],
)
def test_three_outcomes(
    read: Any, success: bool, metrics: list[dict[str, Any]], passed: bool | None, kind: str | None
) -> None:
    found = read_run(read, case(success=success, metricsData=metrics))
    assert (found.cells("passed"), found.cells("error_kind")) == ([passed], [kind])
    assert bool(found.sentences("flaky_metrics")) == any(one.get("flaky") for one in metrics)


@pytest.mark.parametrize(
    ("signs", "tox", "lower"),
    [
        # Before 4 a low score passes; from 4 on, which writes more keys, a high one does.
        ({}, {"score": 0.1, "success": True}, ["Toxicity"]),
        ({}, {"score": 0.9, "success": False}, ["Toxicity"]),
        ({"official": False}, {"score": 0.9, "success": True}, None),
        # At the threshold the scores do not say it, so the version does.
        ({}, {"score": 0.5, "success": True}, ["Toxicity"]),
        ({"official": False}, {"score": 0.5, "success": True}, None),
        # What the scores show stands before the version.
        ({}, {"score": 0.9, "success": True}, None),
    ],
)  # fmt: skip
def test_the_direction_of_metrics_that_were_turned_round(
    read: Any, signs: dict[str, Any], tox: dict[str, Any], lower: list[str] | None
) -> None:
    found = read_run(
        read, case(success=tox["success"], metricsData=[metric(), metric("Toxicity", **tox)]), **signs
    )
    assert found.cells("lower_is_better") == [lower]
    assert found.cells("passed") == [tox["success"]]
    (sentence,) = found.sentences("direction_flipped")
    assert ("a lower score is better" if lower else "a higher score is better") in sentence


@pytest.mark.parametrize("more", [{"flaky": False}, {"expectedTools": [{"name": "a", "type": "FUNCTION"}]}])
def test_version_4_is_told_by_its_keys(read: Any, more: dict[str, Any]) -> None:
    found = read_run(read, case(metricsData=[metric("Bias", score=0.5)], **more))
    assert found.cells("lower_is_better") == [None]


def test_a_metric_of_one_s_own_with_such_a_name_is_not_turned(read: Any) -> None:
    found = read_run(read, case(metricsData=[metric("Bias [GEval]", score=0.1)]))
    assert (found.cells("lower_is_better"), found.sentences("direction_flipped")) == ([None], [])


def test_two_metrics_of_one_name_are_both_kept(read: Any) -> None:
    found = read_run(
        read, case(metricsData=[metric("G", score=0.1), metric("G", score=0.2), metric("G", score=1)])
    )
    assert json.loads(found.cells("metrics")[0]) == {"G": 0.1, "G (2)": 0.2, "G (3)": 1}


@pytest.mark.parametrize(
    ("stated", "release"),
    [
        ({"release_bundle": "r7", "model": "m"}, "r7"), ({"release": "r8"}, "r8"), ({"model": "m"}, "m"),
        ({"model": "m", "prompt version": "v1"}, "m / v1"),
        ({"chunk size": 500, "top-k": 3}, "chunk size: 500, top-k: 3"),
        ({}, None), ({"x": {"y": 1}}, None),
    ],
)  # fmt: skip
def test_the_release_is_in_the_hyperparameters(
    read: Any, stated: dict[str, Any], release: str | None
) -> None:
    assert read_run(read, case(), hyperparameters=stated).cells("release_bundle") == [release]


def test_tokens_and_times(read: Any) -> None:
    found = read_run(
        read, case(inputTokenCount=10, outputTokenCount=5, completionTime=0.0005, tokenCost=0, runDuration=9)
    )
    assert (found.cells("tokens"), found.cells("latency_ms"), found.cells("cost_usd")) == (
        [15],
        [0.5],
        [None],
    )


def test_nan_and_rows_that_are_no_cases(read: Any) -> None:
    text = (
        json.dumps(run(case(metricsData=[metric(score=0.25)])))
        .replace("0.25", "NaN")
        .replace('"order": 0}', '"order": 0}, 7')
    )
    found = read(text, name=OLD)
    assert (told(found), found.codes) == ((2, 1, 1, 0), ["not_an_object"])
    assert found.cells("metrics") == [None]


# Goldens


def test_the_goldens_of_the_samples(shared: Path, read: Any) -> None:
    found = read(shared / "samples" / "evals" / "exports_checked" / "deepeval_goldens.json")
    assert (found.report.kind, found.report.source, told(found)) == (Kind.CASES, "deepeval", (4, 4, 0, 0))
    assert found.cells("case_id") == ["C-001", "C-002", "C-003", "C-004"]
    assert found.cells("ground_truth") == ["Order 1042 shipped on 3 June", None, None, "30"]
    assert found.cells("tools_expected") == [["lookup_order"], ["issue_refund"], None, ["search_kb"]]
    assert found.cells("part") == ["gold", "regression", "adversarial", "gold"]
    assert found.cells("tags") == [["orders", "shipping"], ["refunds", "wrong-tool"], ["injection"], None]
    assert found.cells("failure_observed")[1] == "Called lookup_order instead of issue_refund"
    assert found.cells("source_run_id") == ["run_7f3a", "run_81bc", None, "0042"]
    assert found.cells("expected_behavior")[0] == "Look the order up and give its status"
    by_csv = read(shared / SAMPLE / "goldens.csv")
    assert (by_csv.report.kind, by_csv.report.source) == (Kind.CASES, "deepeval")
    assert (by_csv.cells("case_id"), by_csv.cells("tools_expected")) == (["C-001"], [["lookup_order"]])
    assert by_csv.cells("expected_behavior") == ["Look it up"]


def test_goldens_of_conversations(read: Any) -> None:
    goldens = [
        {
            "scenario": "Wants a refund",
            "expected_outcome": "Gets it",
            "turns": None,
            "additional_metadata": {},
        }
    ]
    found = read(json.dumps(goldens), name="goldens.json")
    assert (found.cells("query"), found.cells("expected_behavior")) == (["Wants a refund"], ["Gets it"])


@pytest.mark.parametrize(
    "text",
    [
        "id,input,expected_output,passed\n1,a,b,true\n",
        "input,expected_output,metadata\n\"{\"\"query\"\": \"\"a\"\"}\",b,{}\n",
        "case_id,input,output\n1,a,b\n",
    ],
)  # fmt: skip
def test_other_tables_are_no_goldens(read: Any, text: str) -> None:
    try:
        source = read(text, name="table.csv").report.source
    except Exception as asked:  # a question or a refusal is an answer too
        source = type(asked).__name__
    assert source != "deepeval"


# Robustness

NAMES = sorted(
    {*case(), "turns", "toolsCalled", "expectedTools", "metadata", "tokenCost", "run.hyperparameters"}
)
INNER = st.sampled_from(["name", "score", "success", "error", "role", "content", "threshold", "case_id"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
ODD = st.recursive(
    PLAIN | st.just("Toxicity"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), ODD, min_size=1), min_size=1, max_size=3))
def test_no_row_can_break_the_reading(rows: list[dict[str, Any]]) -> None:
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    source = TestRun(Context(Feedback(reading, ()), Facts(reading), reading.notices))
    cells = {
        name: [
            None
            if one.get(name) is None
            else one[name]
            if isinstance(one[name], str)
            else json.dumps(one[name])
            for one in rows
        ]
        for name in {name: None for row in rows for name in row}
    }
    taken = source.take(Chunk(rows=list(range(1, len(rows) + 1)), cells=cells))
    source.tell()
    assert len(taken.chunk.rows) == len(rows)
