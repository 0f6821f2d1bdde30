"""LangSmith: results of experiments in every way they are written, and datasets."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule, PassRule

EVALS = "samples/evals"


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def counted(found: Any) -> tuple[int, int, int, int]:
    report = found.report
    assert report.read == (
        report.accepted + report.duplicate + report.updated + report.rejected + report.skipped
    )
    return report.read, report.accepted, report.rejected, report.skipped


# Results of experiments


def passed_by(column: str, at_least: float = 1) -> Answers:
    return Answers(pass_rule=PassRule(column=column, at_least=at_least))


def test_the_sample_of_the_sdk(read: Any, shared: Path) -> None:
    found = read(shared / EVALS / "langsmith/sdk_to_pandas.csv", passed_by("correctness"))
    assert (found.report.kind, found.report.source, counted(found)) == (
        Kind.EVALS,
        "langsmith",
        (8, 8, 0, 0),
    )
    assert found.cells("passed") == [True, False, True, None] * 2
    assert found.cells("attempt") == [0] * 4 + [1] * 4
    assert found.cells("case_id")[0] == found.cells("case_id")[4] == "04c81ad9-86cd-4bf7-80f5-21f3889945c4"
    assert found.cells("error_kind") == [None, None, None, "run"] * 2
    assert found.cells("error")[3] == "RuntimeError('upstream 504')"
    assert found.cells("latency_ms")[:2] == [3.124, 0.056]
    assert found.cells("query")[0] == "Where is my order 1042?"
    assert found.cells("response")[0] == "Order 1042 shipped on 3 June"
    assert found.cells("tool_selected")[:4] == ["lookup_order", "lookup_order", None, None]
    assert found.cells("tools_expected")[:4] == [["lookup_order"], ["issue_refund"], None, ["update_address"]]
    metrics = [None if cell is None else json.loads(cell) for cell in found.cells("metrics")]
    # A judge graded the run that crashed as well; that says nothing.
    assert metrics[:4] == [
        {"correctness": 1, "tool_selection": 1, "judge": 0.8},
        {"correctness": 0, "tool_selection": 0, "judge": 0.8},
        {"correctness": 1, "tool_selection": 1, "judge": 0.8},
        None,
    ]
    assert {"unscored", "errored_scores"} <= set(found.warned)


def test_what_passed_is_asked(read: Any, shared: Path) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(shared / EVALS / "langsmith/sdk_to_pandas.csv")
    (question,) = asked.value.questions
    assert (question.key, set(question.options)) == ("pass_rule", {"correctness", "tool_selection", "judge"})


def test_the_table_of_test_results_and_ids_of_ones_own(read: Any) -> None:
    header = (
        "input.query,outputs.answer,reference.answer,reference.case_id,feedback.right,"
        "execution_time,error,example_id,id"
    )
    text = f"{header}\nWhy?,Because.,Because.,C-1,yes,0.5,,e-1,r-1\nHow?,So.,So.,,no,1,,e-2,r-2\n"
    found = read(text, passed_by("right"))
    assert (found.cells("case_id"), found.cells("passed")) == (["C-1", "e-2"], [True, False])
    assert (found.cells("latency_ms"), found.cells("query")) == ([500, 1000], ["Why?", "How?"])


def test_the_table_of_the_page_has_objects_in_its_cells(read: Any) -> None:
    row = {
        "id": "e-1",
        "inputs": '{"question": "Why?"}',
        "reference_outputs": '{"answer": "So."}',
        "outputs": '{"answer": "Because.", "tool_calls": [{"name": "find"}]}',
        "error": "",
        "correct": "0.5",
    }
    found = read(pd.DataFrame([row]).to_csv(index=False), passed_by("correct"))
    assert [found.cells(name)[0] for name in ("case_id", "query", "response", "tools_called", "passed")] == [
        "e-1",
        "Why?",
        "Because.",
        ["find"],
        False,
    ]


def experiment() -> list[dict[str, Any]]:
    run = {
        "id": "r-1",
        "trace_id": "r-1",
        "run_type": "chain",
        "session_id": "experiment-7",
        "error": None,
        "start_time": "2026-06-01T08:00:00",
        "end_time": "2026-06-01T08:00:02",
        "outputs": {"answer": "Because."},
        "inputs": {"question": "Why?"},
        "total_tokens": 30,
        "total_cost": "0.5",
        "feedback_stats": {
            "right": {"n": 1, "avg": 1.0},
            "word": {"n": 1, "avg": None, "values": {"good": 1}},
        },
    }
    broken = run | {"id": "r-2", "trace_id": "r-2", "outputs": None, "error": "KeyError('x')"}
    example = {
        "id": "e-1",
        "inputs": {"question": "Why?"},
        "outputs": {"answer": "So.", "expected_tool": "find"},
        "metadata": {"case_id": "C-1", "segment": "pilot"},
        "source_run_id": None,
    }
    return [
        example | {"runs": [run, broken]},
        {"id": "e-2", "inputs": {"question": "How?"}, "outputs": None, "metadata": None, "runs": []},
    ]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("runs.json", json.dumps),
        ("runs.jsonl", lines),
        ("page.json", lambda rows: json.dumps({"items": rows, "next": None})),
    ],
)
def test_runs_inside_their_examples(read: Any, name: str, write: Any) -> None:
    found = read(write(experiment()), passed_by("right"), name=name)
    assert counted(found) == (3, 2, 0, 1)
    assert "missing_cases" in found.warned
    columns = (
        "eval_run_id",
        "case_id",
        "attempt",
        "passed",
        "error",
        "source_trace",
        "latency_ms",
        "tokens",
        "cost_usd",
    )
    assert [tuple(row[name] for name in columns) for row in found.table.to_pylist()] == [
        ("experiment-7", "C-1", 0, True, None, "r-1", 2000, 30, 0.5),
        ("experiment-7", "C-1", 1, None, "KeyError('x')", "r-2", 2000, 30, 0.5),
    ]
    assert found.cells("tools_expected") == [["find"], ["find"]]
    assert found.cells("user_segment") == ["pilot", "pilot"]
    assert found.cells("started_at")[0] == datetime(2026, 6, 1, 8, tzinfo=UTC)


def upload() -> dict[str, Any]:
    return {
        "experiment_name": "June",
        "dataset_name": "orders",
        "experiment_metadata": {"release": "2026.06"},
        "summary_experiment_scores": [{"key": "all", "score": 0.9}],
        "results": [
            {
                "row_id": "e-1",
                "inputs": {"q": "Why?"},
                "expected_outputs": {"a": "So."},
                "actual_outputs": {"a": "Because."},
                "error": None,
                "run_metadata": {"task": "billing"},
                "evaluation_scores": [
                    {"key": "right", "score": 1},
                    {"key": "tone", "score": None, "value": "kind"},
                ],
                "start_time": "2026-06-01T08:00:00Z",
                "end_time": "2026-06-01T08:00:00.250Z",
            },
            {
                "row_id": "e-2",
                "inputs": {"q": "How?"},
                "actual_outputs": None,
                "error": "boom",
                "evaluation_scores": [{"key": "right", "score": 0}],
            },
            "not a result",
        ],
    }


def test_an_experiment_as_it_is_uploaded(read: Any) -> None:
    found = read(json.dumps(upload()), passed_by("right"), name="experiment.json")
    assert (counted(found), found.codes) == ((3, 2, 1, 0), ["not_an_object"])
    columns = (
        "eval_run_id",
        "suite_version",
        "case_id",
        "passed",
        "error_kind",
        "response",
        "latency_ms",
        "release_bundle",
        "task_type",
    )
    assert [tuple(row[name] for name in columns) for row in found.table.to_pylist()] == [
        ("June", "orders", "e-1", True, None, "Because.", 250, "2026.06", "billing"),
        ("June", "orders", "e-2", None, "run", None, None, "2026.06", None),
    ]


# Datasets


def test_the_checked_dataset(read: Any, shared: Path) -> None:
    found = read(shared / EVALS / "exports_checked/langsmith.jsonl")
    assert (found.report.kind, found.report.source, counted(found)) == (
        Kind.CASES,
        "langsmith",
        (4, 4, 0, 0),
    )
    assert found.cells("case_id") == ["C-001", "C-002", "C-003", "C-004"]
    assert found.cells("query")[3] == '=How long, "exactly", to return?\nThanks – Zoë'
    assert found.cells("ground_truth") == ["Order 1042 shipped on 3 June", None, None, "30"]
    assert found.cells("tools_expected") == [["lookup_order"], ["issue_refund"], None, ["search_kb"]]
    assert found.cells("expected_behavior")[2] == "Refuse"
    assert found.cells("failure_observed")[1] == "Called lookup_order instead of issue_refund"
    assert found.cells("source_run_id") == ["run_7f3a", "run_81bc", None, "0042"]
    assert found.cells("part") == ["gold", "regression", "adversarial", "gold"]
    assert found.cells("tags")[0] == ["orders", "shipping"]


def test_a_dataset_as_a_table_and_without_ids(read: Any) -> None:
    found = read("id,inputs.question,outputs.answer,metadata.plan,split\ne-1,Why?,So.,gold,base\n")
    assert (found.report.kind, counted(found)) == (Kind.CASES, (1, 1, 0, 0))
    columns = ("case_id", "query", "ground_truth", "user_segment", "part")
    assert [found.cells(name)[0] for name in columns] == ["e-1", "Why?", "So.", "gold", "base"]
    rows = [{"inputs": {"q": "Why?"}, "outputs": {"a": "So."}}, {"inputs": {"q": "How?"}, "outputs": None}]
    bare = read(lines(rows), name="dataset.jsonl")
    assert len(set(bare.cells("case_id"))) == 2
    assert bare.cells("case_id")[0].startswith("query-")


@pytest.mark.parametrize(
    "row",
    [
        {"run_type": "cargo", "id": "1", "trace_id": "t", "session_id": "s"},
        {"inputs": "words", "outputs": "words"},
        {"inputs": {"q": 1}, "outputs": {"a": 1}, "score": 1},
        {"run_id": "1", "key": "k", "score": 1},
        {"id": "1", "input": "x", "output": "y", "feedback": "good"},
    ],
)
def test_files_of_others_are_not_recognised(read: Any, row: dict[str, Any]) -> None:
    try:
        source = read(lines([row]), name="rows.jsonl").report.source
    except QuestionsOpen as asked:
        source = ", ".join(question.key for question in asked.questions)
    assert source != "langsmith"


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "x", "{", "{'a': [", "[[", "-1", "1e400", "2026-06-01T08:00:00", "true", "\x00"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "generations",
                    "message",
                    "kwargs",
                    "tool_calls",
                    "n",
                    "avg",
                    "values",
                    "metadata",
                    "documents",
                    "tools",
                    "id",
                    "output",
                    "additional_kwargs",
                    "type",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


@settings(
    max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_result_feedback_or_example_is_too_odd_to_be_accounted_for(read: Any, data: st.DataObject) -> None:
    draw = data.draw
    uploaded = upload() | {
        "results": [
            {
                name: cell if name in ("row_id", "evaluation_scores") else draw(_JUNK)
                for name, cell in one.items()
            }
            for one in upload()["results"][:2]
        ]
    }
    runs = [
        example
        | {
            "inputs": draw(_JUNK),
            "outputs": draw(_JUNK),
            "metadata": draw(_JUNK),
            "runs": [
                {name: cell if name == "id" else draw(_JUNK) for name, cell in run.items()}
                for run in example["runs"]
            ]
            + [draw(_JUNK)],
        }
        for example in experiment()[:1]
    ]
    feedback = [
        {
            "id": "f",
            "run_id": draw(_JUNK),
            "trace_id": draw(_JUNK),
            "key": draw(_JUNK),
            "score": draw(_JUNK),
            "value": draw(_JUNK),
            "comment": draw(_JUNK),
            "correction": draw(_JUNK),
            "feedback_source": draw(_JUNK),
        }
    ]
    examples = [
        {
            "inputs": {"q": draw(_JUNK)},
            "outputs": {"a": draw(_JUNK), "expected_tool": draw(_JUNK)},
            "metadata": draw(_JUNK),
            "split": draw(_JUNK),
        }
    ]
    answers = passed_by("right").model_copy(update={"feedback": FeedbackRule(score="")})
    for name, content in (
        ("upload.json", json.dumps(uploaded)),
        ("runs.json", json.dumps(runs)),
        ("feedback.json", json.dumps(feedback)),
        ("examples.jsonl", lines(examples)),
    ):
        try:
            counted(read(content, answers, name=name))
        except (QuestionsOpen, UnreadableFile) as told:
            assert told.sentence if isinstance(told, UnreadableFile) else told.questions
