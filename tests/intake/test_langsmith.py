"""LangSmith: runs in every way they are written, and feedback."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import QuestionsOpen
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule

TRACES = "samples/traces/langsmith"
THUMBS = Answers(feedback=FeedbackRule(score="user_score", accepted=("1",), rejected=("0",)))
NO_FEEDBACK = Answers(feedback=FeedbackRule(score=""))

ROOT, CALL, TOOL = (f"0000000{n}-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
TRACE = ROOT


def order(*ids: str) -> str:
    return ".".join(f"20260601T08000{place}000000Z{one}" for place, one in enumerate(ids))


def runs_v1() -> list[dict[str, Any]]:
    """A trace of three runs, as the first version of the interface writes them; the root comes last."""
    metadata = {"session_id": "talk-1", "user_id": "u-1", "segment": "pilot", "revision_id": "2026.06"}
    shared = {"session_id": "the-project", "trace_id": TRACE, "status": "success", "error": None}
    call = {
        "id": CALL,
        "name": "Chat",
        "run_type": "llm",
        "parent_run_id": ROOT,
        "dotted_order": order(ROOT, CALL),
        "start_time": "2026-06-01T08:00:00.100000",
        "end_time": "2026-06-01T08:00:01",
        "extra": {
            "metadata": {**metadata, "ls_model_name": "m-1", "lc_hub_commit_hash": "c0ffee"},
            "invocation_params": {"tools": [{"function": {"name": "find"}}], "functions": [{"name": "old"}]},
        },
        "inputs": {"messages": [{"role": "user", "content": "Where?"}]},
        "outputs": {
            "generations": [
                [
                    {
                        "message": {
                            "lc": 1,
                            "type": "constructor",
                            "id": ["langchain", "schema", "messages", "AIMessage"],
                            "kwargs": {
                                "content": "",
                                "tool_calls": [{"name": "find", "args": {}, "id": "1"}],
                            },
                        }
                    }
                ]
            ]
        },
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "total_cost": "0.25",
        "prompt_cost": "0.2",
        "completion_cost": "0.05",
        "feedback_stats": {},
    }
    tool = {
        "id": TOOL,
        "name": "find",
        "run_type": "tool",
        "parent_run_id": ROOT,
        "dotted_order": order(ROOT, TOOL),
        "start_time": "2026-06-01T08:00:01",
        "end_time": "2026-06-01T08:00:01.500000",
        "extra": {"metadata": metadata},
        "inputs": {"id": "7"},
        "outputs": {"output": None},
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_cost": None,
        "feedback_stats": None,
    }
    root = {
        "id": ROOT,
        "name": "helper",
        "run_type": "chain",
        "parent_run_id": None,
        "dotted_order": order(ROOT),
        "start_time": "2026-06-01T08:00:00",
        "end_time": "2026-06-01T08:00:02",
        "extra": {"metadata": {**metadata, "channel": "chat"}},
        "inputs": {"question": "Where?"},
        "outputs": {"answer": "Here.", "confidence": 0.5},
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_cost": "0.25",
        "feedback_stats": {
            "user_score": {"n": 2, "avg": 0.5, "stdev": 0.5, "values": {}, "comments": ["so so"]},
            "failure_type": {"n": 1, "avg": None, "values": {"timeout": 1}},
        },
    }
    tool |= shared | {
        "status": "error",
        "error": "ValueError('no')\n\nTraceback (most recent call last):\n  x\n",
    }
    return [tool, call | shared, root | shared]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def steps(found: Any) -> dict[str, dict[str, Any]]:
    return {row["span_id"]: row for row in found.table.to_pylist()}


def counted(found: Any) -> tuple[int, int, int, int]:
    report = found.report
    assert report.read == (
        report.accepted + report.duplicate + report.updated + report.rejected + report.skipped
    )
    return report.read, report.accepted, report.rejected, report.skipped


# Runs


def test_runs_of_the_interface(read: Any) -> None:
    found = read(lines(runs_v1()), NO_FEEDBACK, name="runs.jsonl")
    assert (found.report.kind, found.report.source) == (Kind.SPANS, "langsmith")
    assert found.report.because == "These are LangSmith's runs: they have run_type and dotted_order."
    assert counted(found) == (3, 3, 0, 0)
    by_id = steps(found)
    root, call, tool = by_id[ROOT], by_id[CALL], by_id[TOOL]
    assert {row["run_id"] for row in by_id.values()} == {TRACE}
    assert (root["parent_id"], call["parent_id"], tool["parent_id"]) == (None, ROOT, ROOT)
    assert (root["span_kind"], call["span_kind"], tool["span_kind"]) == ("chain", "llm", "tool")
    # The field session_id is the project; the conversation stands in the metadata.
    assert {row["session_id"] for row in by_id.values()} == {"talk-1"}
    assert (root["user_id"], root["user_segment"], root["release_bundle"]) == ("u-1", "pilot", "2026.06")
    assert (root["input"], root["output"], root["confidence"]) == ("Where?", "Here.", 0.5)
    assert (root["channel"], root["route"]) == ("chat", "helper")
    assert root["started_at"] == datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert root["ended_at"] == datetime(2026, 6, 1, 8, 0, 2, tzinfo=UTC)
    assert (call["model"], call["prompt_version"]) == ("m-1", "c0ffee")
    assert (call["tools_considered"], call["tools_called"]) == (["find", "old"], ["find"])
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (10, 5, 0.25)
    assert (tool["input_tokens"], tool["cost_usd"], tool["output"]) == (None, None, None)
    assert (tool["error"], root["error"]) == ("ValueError('no')", None)


def test_statistics_in_runs_are_scores_of_averages(read: Any) -> None:
    found = read(lines(runs_v1()), THUMBS, name="runs.jsonl")
    assert [(row["name"], row["value"], row["label"], row["comment"]) for row in found.part(Kind.SCORES)] == [
        ("user_score", 0.5, None, "so so"),
        ("failure_type", None, "timeout", None),
    ]
    assert {row["run_id"] for row in found.part(Kind.SCORES)} == {TRACE}
    # An average of a yes and a no is neither.
    assert [row["user_feedback"] for row in found.part(Kind.SCORES)] == [None, None]
    assert {"feedback_averages", "feedback_varies", "feedback_values"} <= set(found.warned)


def test_who_gave_the_feedback_is_asked_once(read: Any) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(lines(runs_v1()), name="runs.jsonl")
    assert [question.key for question in asked.value.questions] == ["feedback"]


def envelope(rows: list[dict[str, Any]]) -> str:
    return json.dumps({"runs": rows, "cursors": {"next": None}, "search_cursors": [{"x": 1}]})


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("list.json", json.dumps),
        ("pretty.json", lambda rows: json.dumps(rows, indent=1)),
        ("page.json", envelope),
        ("pages.jsonl", lambda rows: envelope(rows[:1]) + "\n" + envelope(rows[1:])),
        ("dump.csv", lambda rows: pd.DataFrame(rows).to_csv(index=False)),
    ],
)
def test_every_way_of_writing_gives_the_same_steps(read: Any, name: str, write: Any) -> None:
    plain, other = (
        read(content, NO_FEEDBACK, name=one)
        for content, one in ((lines(runs_v1()), "runs.jsonl"), (write(runs_v1()), name))
    )
    # Where a row stands in its file is no part of what it says.
    assert other.table.drop(["row"]) == plain.table.drop(["row"])
    assert [row | {"row": 0} for row in other.part(Kind.SCORES)] == [
        row | {"row": 0} for row in plain.part(Kind.SCORES)
    ]


def test_a_page_of_many_says_so(read: Any) -> None:
    page = json.dumps({"runs": runs_v1(), "cursors": {"next": "abc"}})
    found = read(page, NO_FEEDBACK, name="page.json")
    assert (counted(found), "more_pages" in found.warned) == ((3, 3, 0, 0), True)
    assert "more_pages" not in read(envelope(runs_v1()), NO_FEEDBACK, name="page.json").warned


def test_a_dump_of_the_sdk_holds_pythons_own_writing(read: Any) -> None:
    frame = pd.DataFrame(runs_v1())
    frame["parent_run_ids"] = [f"[UUID('{ROOT}')]", f"[UUID('{ROOT}')]", "[]"]
    frame["extra"] = [
        repr(extra)[:-1] + ", 'at': datetime.datetime(2026, 6, 1, 8, 0, tzinfo=TzInfo(0))}"
        for extra in frame["extra"]
    ]
    frame["total_cost"] = [None, "0.25", "0.25"]
    frame = frame.drop(columns=["parent_run_id", "dotted_order"])
    by_id = steps(read(frame.to_csv(index=False), NO_FEEDBACK))
    assert {row["parent_id"] for row in by_id.values()} == {None, ROOT}
    assert {row["user_id"] for row in by_id.values()} == {"u-1"}
    assert by_id[CALL]["tools_called"] == ["find"]


def test_the_bulk_export_has_json_text_in_parquet(read: Any) -> None:
    rows = [
        {name: json.dumps(cell) if isinstance(cell, dict) else cell for name, cell in row.items()}
        | {
            "start_time": datetime.fromisoformat(row["start_time"]),
            "is_root": row["id"] == ROOT,
            "parent_run_ids": [] if row["id"] == ROOT else [ROOT],
        }
        for row in runs_v1()
    ]
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    found = read(target.getvalue(), NO_FEEDBACK, name="runs.parquet")
    plain = read(lines(runs_v1()), NO_FEEDBACK, name="runs.jsonl")
    assert found.table.drop(["row"]) == plain.table.drop(["row"])


def runs_v2() -> list[dict[str, Any]]:
    shared = {"project_id": "the-project", "thread_id": "talk-2", "trace_id": TRACE, "status": "SUCCESS"}
    call = {
        "id": CALL,
        "run_type": "LLM",
        "parent_run_ids": [ROOT],
        "is_root": False,
        "latency_seconds": 0.5,
        "start_time": "2026-06-01T08:00:00Z",
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_cost": 0.25,
        "metadata": {"user_id": "u-2", "ls_model_name": "m-2"},
        "inputs": {"messages": []},
        "outputs": {"role": "assistant", "tool_calls": [{"function": {"name": "find"}}]},
    }
    root = {
        "id": ROOT,
        "run_type": "CHAIN",
        "parent_run_ids": [],
        "is_root": True,
        "latency_seconds": 2.5,
        "start_time": "2026-06-01T08:00:00Z",
        "metadata": {"user_id": "u-2"},
        "status": "ERROR",
        "inputs_preview": "Where…",
        "feedback_stats": {"user_score": {"avg": 1, "min": 1, "max": 1, "n": 1, "values": {}}},
    }
    return [shared | call, shared | root]


def test_the_newer_interface(read: Any) -> None:
    found = read(lines(runs_v2()), THUMBS, name="runs.jsonl")
    by_id = steps(found)
    root, call = by_id[ROOT], by_id[CALL]
    assert (root["parent_id"], call["parent_id"], root["span_kind"]) == (None, ROOT, "chain")
    assert (root["session_id"], root["user_id"], call["model"]) == ("talk-2", "u-2", "m-2")
    assert root["ended_at"] == datetime(2026, 6, 1, 8, 0, 2, 500_000, tzinfo=UTC)
    assert (root["error"], root["input"]) == ("Status ERROR without a message", "Where…")
    assert (call["cost_usd"], call["tools_called"]) == (0.25, ["find"])
    assert [row["user_feedback"] for row in found.part(Kind.SCORES)] == ["accepted"]
    assert {"last_day", "previews", "fields_absent"} <= set(found.warned)
    (absent,) = [one.sentence for one in found.report.warnings if one.code == "fields_absent"]
    assert absent == (
        "Not in this file, because the export did not select it: errors. Select these fields and export"
        " again."
    )


def test_a_trace_without_parents_hangs_from_its_first_run(read: Any) -> None:
    rows = [
        {
            "id": one,
            "trace_id": TRACE,
            "run_type": kind,
            "project_id": "p",
            "start_time": "2026-06-01T08:00:00Z",
        }
        for one, kind in ((CALL, "LLM"), (ROOT, "CHAIN"))
    ]
    found = read(lines(rows), name="runs.jsonl")
    assert found.cells("parent_id") == [ROOT, None]
    alone = [{"id": CALL, "run_type": "LLM", "dotted_order": order(ROOT, CALL)}]
    found = read(lines(alone), name="runs.jsonl")
    assert (found.cells("run_id"), found.cells("parent_id")) == ([TRACE], [ROOT])


def test_a_run_of_no_known_trace_is_rejected(read: Any) -> None:
    rows = [*runs_v2(), {"id": TOOL, "run_type": "TOOL", "project_id": "p"}]
    found = read(lines(rows), THUMBS, name="runs.jsonl")
    assert (counted(found), found.codes) == ((3, 2, 1, 0), ["missing_id"])
    assert found.report.problems[0].column == "trace_id"


def test_the_command_line_tool(read: Any) -> None:
    row = {
        "run_id": CALL,
        "trace_id": TRACE,
        "name": "Chat",
        "run_type": "llm",
        "parent_run_id": ROOT,
        "start_time": "2026-06-01T08:00:00Z",
        "end_time": None,
        "duration_ms": 1500,
        "custom_metadata": {"thread_id": "talk-3", "user_id": "u-3", "plan": "gold"},
        "token_usage": {"prompt_tokens": 7, "completion_tokens": 3},
        "costs": {"total_cost": 0.125},
    }
    found = read(lines([row]), name="trace.jsonl")
    assert "command-line tool" in found.report.because
    (step,) = found.table.to_pylist()
    assert (step["span_id"], step["session_id"], step["user_id"]) == (CALL, "talk-3", "u-3")
    assert (step["user_segment"], step["input_tokens"], step["cost_usd"]) == ("gold", 7, 0.125)
    assert step["ended_at"] == datetime(2026, 6, 1, 8, 0, 1, 500_000, tzinfo=UTC)


def test_roots_alone_keep_their_totals_and_say_what_is_missing(read: Any) -> None:
    found = read(lines(runs_v1()[2:]), NO_FEEDBACK, name="runs.jsonl")
    assert (found.cells("input_tokens"), found.cells("cost_usd")) == ([10], [0.25])
    assert "roots_only" in found.warned
    assert "roots_only" not in read(lines(runs_v1()), NO_FEEDBACK, name="runs.jsonl").warned


def test_tags_with_a_name_are_facts(read: Any) -> None:
    root = runs_v1()[2] | {"tags": ["beta", "task:billing"]}
    found = read(lines([root]), NO_FEEDBACK, name="runs.jsonl")
    assert found.cells("task_type") == ["billing"]
    assert {use.header: use.canonical for use in found.report.columns}["tags"] == "task_type"


def test_runs_of_an_experiment_are_named(read: Any) -> None:
    root = runs_v1()[2] | {"reference_example_id": "e-1"}
    assert "of_experiment" in read(lines([root]), NO_FEEDBACK, name="runs.jsonl").warned


def test_runs_inside_runs_are_steps_too(read: Any) -> None:
    tool, call, root = runs_v1()
    found = read(lines([root | {"child_runs": [tool, call]}]), NO_FEEDBACK, name="runs.jsonl")
    inside = [path for one in found.outcome.parts if one.kind is Kind.SPANS for path in one.segments]
    assert {row["span_id"] for path in inside for row in pq.read_table(path).to_pylist()} == {CALL, TOOL}


@pytest.mark.parametrize(
    ("message", "called"),
    [
        (
            {"lc": 1, "kwargs": {"additional_kwargs": {"tool_calls": [{"function": {"name": "find"}}]}}},
            ["find"],
        ),
        ({"kwargs": {"additional_kwargs": {"function_call": {"name": "old", "arguments": "{}"}}}}, ["old"]),
        ({"kwargs": {"content": "words"}}, None),
    ],
)
def test_older_ways_of_asking_for_a_tool(read: Any, message: Any, called: list[str] | None) -> None:
    for generations in ([[{"message": message}]], [{"message": message}]):
        row = runs_v1()[1] | {"outputs": {"generations": generations}}
        assert read(lines([row]), name="runs.jsonl").cells("tools_called") == [called]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("ValueError('no')\n\nTraceback (most recent call last):\n x", "ValueError('no')"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 'id'\n", "KeyError: 'id'"),
        ("no order 7", "no order 7"),
        ("x" * 600, "x" * 500),
    ],
)
def test_of_an_error_the_message_is_kept(read: Any, error: str, words: str) -> None:
    found = read(lines([runs_v1()[0] | {"error": error}]), name="runs.jsonl")
    assert found.cells("error") == [words]


def test_cells_that_were_cut_off_are_told(read: Any) -> None:
    frame = pd.DataFrame(runs_v1())
    frame["inputs"] = "{'question': 'Whe"
    found = read(frame.to_csv(index=False), NO_FEEDBACK)
    assert (counted(found), "unread_cells" in found.warned) == ((3, 3, 0, 0), True)


def test_the_same_bytes_again_add_nothing(read: Any, tmp_path: Path) -> None:
    first = read(lines(runs_v1()), NO_FEEDBACK, name="runs.jsonl")
    again = read(
        lines(runs_v1()), NO_FEEDBACK, name="runs.jsonl", known_keys=first.known_keys(tmp_path / "known.npz")
    )
    assert (again.report.accepted, again.report.duplicate) == (0, 3)


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "x", "{", "{'a': [", "[[", "-1", "1e400", "2026-06-01T08:00:00", "true", ROOT, "\x00"]
    ),
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
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_run_is_too_odd_to_be_accounted_for(read: Any, data: st.DataObject) -> None:
    kept = {"id", "run_type", "dotted_order"}
    odd = [
        {name: cell if name in kept else data.draw(_JUNK) for name, cell in run.items()}
        | {"feedback_stats": data.draw(_JUNK), "child_runs": data.draw(_JUNK), "metadata": data.draw(_JUNK)}
        for run in runs_v1()
    ]
    assert counted(read(lines(odd), NO_FEEDBACK, name="runs.jsonl"))[0] == 3


def test_the_sample_of_the_interface_and_the_sample_of_the_sdk_agree(read: Any, shared: Path) -> None:
    runs = read(shared / TRACES / "api_runs.jsonl", THUMBS)
    frame = read(shared / TRACES / "sdk_list_runs_dataframe.csv", THUMBS)
    assert counted(runs) == counted(frame) == (12, 12, 0, 0)
    assert runs.table.drop(["row"]) == frame.table.drop(["row"])
    assert set(runs.cells("session_id")) == {"thread-1", "thread-4"}
    assert set(runs.cells("user_id")) == {"u-17", "u-31"}
    by_name = {row["name"]: row for row in runs.table.to_pylist() if row["run_id"].startswith("d9800828")}
    assert by_name["vector_search"]["retrieved_ids"] == ["kb-12", "kb-31"]
    assert by_name["support_assistant"]["input"] == 'How do I return shoes? 🙂\n"quick"'
    assert by_name["support_assistant"]["route"] == "support_assistant"
    failed = next(row for row in runs.table.to_pylist() if row["error"] and row["parent_id"] is None)
    assert failed["error"] == "TimeoutError('order service timed out after 8000 ms')"
    assert failed["output"] is None
    assert {
        (row["name"], row["value"], row["label"], row["user_feedback"]) for row in runs.part(Kind.SCORES)
    } == {
        ("user_score", 1, None, "accepted"),
        ("user_score", 0, None, "rejected"),
        ("correctness", 0.8, None, None),
        ("failure_type", None, "tool_timeout", None),
    }


# Feedback


def test_feedback_with_and_without_the_trace(read: Any) -> None:
    rows = [
        {
            "id": "f1",
            "run_id": ROOT,
            "trace_id": ROOT,
            "key": "user_score",
            "score": 1,
            "value": None,
            "comment": None,
            "correction": None,
            "feedback_source": {"type": "api"},
            "session_id": "p",
            "created_at": "2026-06-01T09:00:00",
            "modified_at": None,
        },
        {
            "id": "f2",
            "run_id": CALL,
            "trace_id": None,
            "key": "user_score",
            "score": 0.0,
            "value": None,
            "comment": "see",
            "correction": {"answer": "30"},
            "feedback_source": {"type": "api"},
            "created_at": "2026-06-01T09:00:00",
            "modified_at": "2026-06-01T10:00:00+00:00",
        },
        {
            "id": "f3",
            "run_id": CALL,
            "trace_id": ROOT,
            "key": "tone",
            "score": None,
            "value": "rude",
            "correction": {"value": "kind"},
            "feedback_source": {"type": "app", "user_name": "Ada"},
        },
        {
            "id": "f4",
            "run_id": CALL,
            "trace_id": ROOT,
            "key": "grounded",
            "score": True,
            "value": None,
            "feedback_source": {"type": "auto_eval"},
        },
        {
            "id": "f5",
            "run_id": None,
            "trace_id": None,
            "key": "of the project",
            "score": 1,
            "feedback_source": {"type": "api"},
        },
    ]
    found = read(json.dumps(rows), THUMBS, name="feedback.json")
    assert (found.report.kind, counted(found)) == (Kind.SCORES, (5, 4, 0, 1))
    assert "not_of_a_run" in found.warned
    columns = (
        "run_id",
        "span_id",
        "score_id",
        "name",
        "value",
        "label",
        "source",
        "user_feedback",
        "comment",
    )
    assert [tuple(row[name] for name in columns) for row in found.table.to_pylist()] == [
        (ROOT, None, "f1", "user_score", 1, None, "API", "accepted", None),
        (None, CALL, "f2", "user_score", 0, None, "API", "edited", 'see. Corrected: {"answer":"30"}'),
        (ROOT, CALL, "f3", "tone", None, "rude", "ANNOTATION", None, 'Corrected: {"value":"kind"}'),
        (ROOT, CALL, "f4", "grounded", 1, None, "EVAL", None, None),
    ]
    assert found.cells("scored_at")[1] == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert found.cells("author") == [None, None, "Ada", None]


def test_the_sample_of_feedback(read: Any, shared: Path) -> None:
    found = read(shared / TRACES / "feedback_as_sent_by_sdk.json", THUMBS)
    assert counted(found) == (4, 4, 0, 0)
    assert found.cells("user_feedback") == ["accepted", "edited", None, None]
    assert found.cells("label") == [None, None, None, "tool_timeout"]
    assert found.cells("run_id") == [None] * 4
    assert [one[:8] for one in found.cells("span_id")] == ["913f448c", "d9800828", "d9800828", "3cd8103f"]
