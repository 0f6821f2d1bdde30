"""W&B Weave: calls as JSON and as tables, what they are, what they cost, what was said about them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import QuestionsOpen
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule

SAMPLE = "samples/traces/weave/calls_stream_query.jsonl"
THUMBS = Answers(feedback=FeedbackRule(score="reaction", accepted=("👍",), rejected=("👎",)))
OP = "weave:///acme/helper/op/{}:v4xwFaH0dKTB"


def usage(into: int, out: int, model: str = "m-1") -> dict[str, Any]:
    return {
        model: {"prompt_tokens": into, "completion_tokens": out, "requests": 1, "total_tokens": into + out}
    }


def calls() -> list[dict[str, Any]]:
    """A trace of four calls: the helper, a model, a tool that it was offered, and a search."""
    shared = {
        "project_id": "acme/helper",
        "trace_id": "t-1",
        "thread_id": None,
        "wb_user_id": "the developer",
        "attributes": {
            "weave": {"kind": None, "source": "python-sdk"},
            "user_id": "u-1",
            "session_id": "s-1",
            "plan": "gold",
            "release": "2026.06",
        },
        "started_at": "2026-06-01T08:00:00Z",
        "exception": None,
        "deleted_at": None,
        "display_name": None,
    }
    given = [
        {
            "id": "f-1",
            "feedback_type": "wandb.reaction.1",
            "creator": "ada",
            "created_at": "2026-06-01T09:00:00Z",
            "payload": {"emoji": "👍🏽", "detoned": "👍", "alias": ":thumbs_up:"},
        },
        {"id": "f-2", "feedback_type": "wandb.note.1", "payload": {"note": "good"}},
        {"id": "f-3", "feedback_type": "wandb.annotation.tone", "payload": {"value": "rude"}},
        {
            "id": "f-4",
            "feedback_type": "wandb.runnable.judge",
            "payload": {"output": {"ok": True, "why": "x"}},
        },
        {"id": "f-5", "feedback_type": "correctness", "payload": {"value": 5}},
    ]
    root = {
        "id": "c-1",
        "op_name": OP.format("helper"),
        "parent_id": None,
        "ended_at": "2026-06-01T08:00:02Z",
        "inputs": {"self": {"name": "x"}, "question": "Where?", "channel": "chat"},
        "output": {"answer": "Here.", "confidence": 0.5},
        "summary": {
            "usage": usage(20, 6),
            "weave": {
                "status": "success",
                "latency_ms": 2000,
                "feedback": given,
                "costs": {"m-1": {"prompt_tokens_total_cost": 0.25, "completion_tokens_total_cost": 0.125}},
            },
            "grounded": True,
            "status_counts": {"success": 4},
        },
    }
    model = {
        "id": "c-2",
        "op_name": OP.format("openai.chat.completions.create"),
        "parent_id": "c-1",
        "ended_at": None,
        "inputs": {"model": "m", "messages": [], "tools": [{"function": {"name": "find"}}]},
        "output": {
            "model": "m-1",
            "choices": [{"message": {"tool_calls": [{"function": {"name": "find"}}]}}],
        },
        "summary": {
            "usage": usage(20, 6),
            "weave": {
                "status": "success",
                "latency_ms": 500,
                "costs": {
                    "m-1": {
                        "prompt_tokens_total_cost": 0.25,
                        "completion_tokens_total_cost": 0.125,
                        "prompt_token_cost": 9,
                    }
                },
            },
        },
    }
    tool = {
        "id": "c-3",
        "op_name": OP.format("find"),
        "parent_id": "c-1",
        "ended_at": "2026-06-01T08:00:01Z",
        "inputs": {"id": "7"},
        "output": None,
        "summary": {"weave": {"status": "error"}},
        "exception": json.dumps(
            {"type": "TimeoutError", "message": "too slow", "traceback": [{"filename": "x"}]}
        ),
    }
    search = {
        "id": "c-4",
        "op_name": OP.format("vector_search"),
        "parent_id": "c-3",
        "ended_at": "2026-06-01T08:00:01Z",
        "inputs": {"query": "x"},
        "output": [{"id": "kb-1", "text": "a"}, {"id": "kb-2", "text": "b"}],
        "summary": {"weave": {"status": "success", "latency_ms": 1}},
    }
    return [shared | one for one in (tool, search, model, root)]


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


def test_calls(read: Any) -> None:
    found = read(lines(calls()), THUMBS, name="weave_export_helper.jsonl")
    assert (found.report.kind, found.report.source, counted(found)) == (Kind.SPANS, "weave", (4, 4, 0, 0))
    by_id = steps(found)
    root, model, tool, search = (by_id[f"c-{number}"] for number in range(1, 5))
    assert [one["span_kind"] for one in (root, model, tool, search)] == ["chain", "llm", "tool", "retriever"]
    assert [one["name"] for one in (root, model)] == ["helper", "openai.chat.completions.create"]
    assert {one["run_id"] for one in by_id.values()} == {"t-1"}
    # Never wb_user_id: that is the developer.
    assert {(one["user_id"], one["session_id"]) for one in by_id.values()} == {("u-1", "s-1")}
    assert (root["user_segment"], root["release_bundle"], root["channel"]) == ("gold", "2026.06", "chat")
    assert (root["input"], root["output"], root["confidence"]) == ("Where?", "Here.", 0.5)
    assert root["ended_at"] == datetime(2026, 6, 1, 8, 0, 2, tzinfo=UTC)
    # Without an end of its own, a call ends when it has taken its milliseconds.
    assert model["ended_at"] == datetime(2026, 6, 1, 8, 0, 0, 500_000, tzinfo=UTC)
    assert (model["model"], model["tools_considered"], model["tools_called"]) == ("m-1", ["find"], ["find"])
    assert (model["input_tokens"], model["output_tokens"], model["cost_usd"]) == (20, 6, 0.375)
    assert (tool["error"], root["error"]) == ("TimeoutError: too slow", None)
    assert search["retrieved_ids"] == ["kb-1", "kb-2"]
    assert "no_costs" not in found.warned


def test_what_was_said_about_a_call(read: Any) -> None:
    found = read(lines(calls()), THUMBS, name="calls.jsonl")
    columns = (
        "run_id",
        "span_id",
        "score_id",
        "name",
        "value",
        "label",
        "source",
        "comment",
        "user_feedback",
    )
    assert [tuple(row[name] for name in columns) for row in found.part(Kind.SCORES)] == [
        ("t-1", None, "f-1", "reaction", None, "👍", "API", None, "accepted"),
        ("t-1", None, "f-2", "note", None, None, "API", "good", None),
        ("t-1", None, "f-3", "tone", None, "rude", "ANNOTATION", None, None),
        ("t-1", None, "f-4:judge.ok", "judge.ok", 1, None, "EVAL", None, None),
        ("t-1", None, "f-4:judge.why", "judge.why", None, "x", "EVAL", None, None),
        ("t-1", None, "f-5", "correctness", 5, None, "API", None, None),
        ("t-1", None, "c-1:grounded", "grounded", 1, None, None, None, None),
    ]
    assert found.part(Kind.SCORES)[0]["author"] == "ada"


def test_which_reaction_counts_is_asked(read: Any) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(lines(calls()), name="calls.jsonl")
    (question,) = asked.value.questions
    assert question.key == "feedback"
    assert {"reaction", "correctness"} <= set(question.options)
    assert question.values["reaction"] == ("👍", "👎")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"op_name": OP.format("anthropic.Messages.create")}, "llm"),
        ({"op_name": OP.format("openai.embeddings.create")}, "embedding"),
        ({"op_name": OP.format("langchain.Retriever.Store")}, "retriever"),
        ({"op_name": OP.format("langchain.Chain.RunnableSequence")}, "chain"),
        ({"op_name": "get_order", "attributes": {"weave": {"kind": "tool"}}}, "tool"),
        ({"op_name": "get_order", "attributes": {"kind": "agent"}}, "agent"),
        ({"op_name": "ask", "inputs": {"model": "m", "messages": []}, "output": {"choices": []}}, "llm"),
        ({"op_name": OP.format("openai")}, "chain"),
        ({"op_name": OP.format("web_search"), "output": "words"}, "chain"),
        ({"op_name": OP.format("find")}, "tool"),
    ],
)
def test_what_a_call_does(read: Any, change: dict[str, Any], kind: str) -> None:
    odd = calls()[0] | {"id": "odd"} | change
    found = read(lines([*calls(), odd]), THUMBS, name="calls.jsonl")
    assert steps(found)["odd"]["span_kind"] == kind


def test_other_names_of_tokens_and_several_models(read: Any) -> None:
    used = {"a-1": {"input_tokens": 3, "output_tokens": 4, "prompt_tokens": 3}, **usage(1, 2, "gpt-3.5")}
    row = calls()[2] | {"summary": {"usage": used}, "output": {}}
    (step,) = steps(read(lines([row]), name="calls.jsonl")).values()
    assert (step["input_tokens"], step["output_tokens"], step["cost_usd"]) == (4, 6, None)
    assert step["model"] == "m"


@pytest.mark.parametrize(
    ("exception", "summary", "error"),
    [
        ("ValueError('no')\nTraceback (most recent call last):\n x", None, "ValueError('no')"),
        (None, {"weave": {"status": "error"}}, "Status ERROR without a message"),
        (None, {"weave": {"status": "descendant_error"}}, None),
        (None, {"weave": {"status": "running"}}, None),
    ],
)
def test_errors(read: Any, exception: str | None, summary: Any, error: str | None) -> None:
    row = calls()[3] | {"exception": exception, "summary": summary}
    assert read(lines([row]), name="calls.jsonl").cells("error") == [error]


def test_deleted_calls_roots_alone_and_evaluations_are_told(read: Any) -> None:
    rows = [*calls(), calls()[0] | {"id": "gone", "deleted_at": "2026-06-02T08:00:00Z"}]
    found = read(lines(rows), THUMBS, name="calls.jsonl")
    assert (counted(found), "deleted" in found.warned) == ((5, 4, 0, 1), True)
    assert "roots_only" not in found.warned
    roots = [
        calls()[3],
        calls()[3] | {"id": "e", "trace_id": "e", "op_name": OP.format("Evaluation.evaluate")},
    ]
    warned = read(lines(roots), THUMBS, name="calls.jsonl").warned
    assert {"roots_only", "of_evaluation"} <= set(warned)


def test_models_without_costs_or_tools_are_told(read: Any) -> None:
    model = calls()[2]
    model["summary"]["weave"].pop("costs")
    assert {"no_costs", "no_tools"} <= set(read(lines([model]), name="calls.jsonl").warned)


def test_exactly_as_many_rows_as_the_page_gives_are_a_limit(read: Any) -> None:
    def rows(count: int) -> str:
        call = calls()[1] | {"attributes": {}, "output": None}
        return lines([call | {"id": f"c-{number}"} for number in range(count)])

    assert "row_limit" in read(rows(10_000), name="calls.jsonl").warned
    assert "row_limit" not in read(rows(9_999), name="calls.jsonl").warned


def test_the_table_of_the_page_has_visible_columns_only(read: Any) -> None:
    header = (
        "id,op_name,trace_id,started_at,inputs.question,output.answer,"
        "summary.weave.latency_ms,summary.weave.status"
    )
    cells = f'c-1,{OP.format("helper")},t-1,2026-06-01T08:00:00Z,Where?,"Here.",1500,error\n'
    found = read(f"{header}\n{cells}", name="weave_export.csv")
    assert (found.report.source, counted(found)) == ("weave", (1, 1, 0, 0))
    (step,) = found.table.to_pylist()
    assert (step["input"], step["output"], step["run_id"]) == ("Where?", "Here.", "t-1")
    assert step["ended_at"] == datetime(2026, 6, 1, 8, 0, 1, 500_000, tzinfo=UTC)
    assert step["error"] == "Status ERROR without a message"
    (sentence,) = [one.sentence for one in found.report.warnings if one.code == "visible_columns"]
    assert sentence.endswith("Not in this file: which call called which, errors.")


def test_the_table_without_the_column_of_the_trace(read: Any) -> None:
    table = "id\tsummary.weave.trace_name\tinputs.question\tsummary.usage.gpt-3.5.prompt_tokens\n"
    found = read(f"{table}c-1\thelper\tWhere?\t12\n", name="weave_export.tsv")
    (step,) = found.table.to_pylist()
    assert (step["run_id"], step["span_id"], step["name"]) == ("c-1", "c-1", "helper")
    assert step["input_tokens"] == 12
    assert "which calls belong together" in found.report.warnings[0].sentence


def as_pandas_writes(rows: list[dict[str, Any]]) -> str:
    """The table of ``get_calls().to_pandas().to_csv()``."""
    frame = pd.DataFrame(rows)
    moment = "datetime.datetime(2026, 6, 1, 9, 0, tzinfo=TzInfo(0))"
    frame["summary"] = [
        repr(one)
        .replace("'success'", "<TraceStatus.SUCCESS: 'success'>")
        .replace("'2026-06-01T09:00:00Z'", moment)
        for one in frame["summary"]
    ]
    frame["started_at"] = "2026-06-01 08:00:00+00:00"
    return str(frame.to_csv())


def test_the_table_of_pandas_says_the_same(read: Any) -> None:
    plain, table = read(lines(calls()), THUMBS), read(as_pandas_writes(calls()), THUMBS)
    assert table.table.drop(["row"]) == plain.table.drop(["row"])
    assert [one | {"row": 0} for one in table.part(Kind.SCORES)] == [
        one | {"row": 0} for one in plain.part(Kind.SCORES)
    ]
    assert "unread_cells" not in table.warned


def test_a_table_that_cannot_be_read_degrades_with_a_warning(read: Any) -> None:
    text = as_pandas_writes(calls()).replace("TzInfo(0)", "<a zone of its own>")
    found = read(text, THUMBS)
    assert (counted(found), "unread_cells" in found.warned) == ((4, 4, 0, 0), True)
    assert steps(found)["c-1"]["input"] == "Where?"
    assert steps(found)["c-1"]["input_tokens"] is None


def test_the_same_bytes_again_add_nothing(read: Any, tmp_path: Path) -> None:
    first = read(lines(calls()), THUMBS, name="calls.jsonl")
    keys = first.known_keys(tmp_path / "known.npz")
    again = read(lines(calls()), THUMBS, name="calls.jsonl", known_keys=keys)
    assert (again.report.accepted, again.report.duplicate) == (0, 4)


def test_the_sample(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLE, THUMBS)
    assert counted(found) == (12, 12, 0, 0)
    kinds = [row["span_kind"] for row in found.table.to_pylist()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "chain": 3,
        "llm": 5,
        "tool": 3,
        "retriever": 1,
    }
    failed = [row for row in found.table.to_pylist() if row["error"]]
    assert {row["error"] for row in failed} == {"TimeoutError: order service timed out"}
    assert {row["name"] for row in failed} == {"support_assistant", "get_order"}
    assert set(found.cells("session_id")) == {"sess-1", "sess-4"}
    assert set(found.cells("user_id")) == {"u-17", "u-31"}
    assert [(row["name"], row["user_feedback"]) for row in found.part(Kind.SCORES)] == [
        ("reaction", "accepted"),
        ("note", None),
        ("correctness", None),
        ("grounded", None),
        ("grounded", None),
    ]


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "x", "{", "{'a': [", "[[", "-1", "1e400", "2026-06-01T08:00:00", "error", "\x00"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "weave",
                    "usage",
                    "feedback",
                    "payload",
                    "feedback_type",
                    "tools",
                    "choices",
                    "status",
                    "latency_ms",
                    "costs",
                    "kind",
                    "model",
                    "messages",
                    "id",
                    "output",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_call_is_too_odd_to_be_accounted_for(read: Any, data: st.DataObject) -> None:
    kept = {"id", "trace_id"}
    odd = [
        {name: cell if name in kept else data.draw(_JUNK) for name, cell in call.items()} for call in calls()
    ]
    odd[0]["inputs.a.b"] = odd[1]["summary.weave.feedback"] = data.draw(_JUNK)
    nothing = Answers(feedback=FeedbackRule(score=""))
    assert counted(read(lines(odd), nothing, name="calls.jsonl"))[0] == 4
