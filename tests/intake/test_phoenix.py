"""Phoenix and Arize exports: the same spans in every form, their annotations, and what is left unknown."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule

RULE = FeedbackRule(score="user_feedback", accepted=("thumbs-up",), rejected=("thumbs-down",))
ANSWERED = Answers(feedback=RULE)
COLUMNS = (
    "run_id", "span_id", "parent_id", "span_kind", "name", "started_at", "ended_at", "input", "output",
    "model", "prompt_version", "release_bundle", "user_id", "session_id", "user_segment", "channel",
    "tool_expected", "fallback", "tools_considered", "tools_called", "retrieved_ids", "input_tokens",
    "output_tokens", "cost_usd", "error",
)  # fmt: skip

Span = dict[str, Any]


def steps(found: Any) -> dict[str, dict[str, Any]]:
    return {row["span_id"]: {name: row[name] for name in COLUMNS} for row in found.table.to_pylist()}


@pytest.fixture
def samples(shared: Path) -> Path:
    folder = shared / "samples/traces/phoenix"
    if not folder.is_dir():
        pytest.skip("samples/traces/phoenix is not beside this repository")
    return folder


@pytest.fixture
def spans(samples: Path) -> list[Span]:
    """The spans of the sample as Phoenix's API gives them, with the annotations that the page adds."""
    text = (samples / "ui_download_spans_with_annotations.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def alone(span: Span) -> Span:
    """The span as the API gives it: without the annotations."""
    kept = {key: value for key, value in span["attributes"].items() if "annotations." not in key}
    return {**span, "attributes": kept}


# The five forms of one set of spans


def test_the_dataframe_as_parquet(read: Any, samples: Path) -> None:
    found = read(samples / "spans_dataframe.parquet")
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.SPANS, "phoenix", 26, 26)
    assert report.because == "These are Phoenix spans: they have context.trace_id and context.span_id."
    rows = steps(found)
    assert len({row["run_id"] for row in rows.values()}) == 8
    root = rows["7534a368bf77d2eb"]
    assert root["started_at"] == datetime(2026, 11, 20, 15, 6, 35, 993_604, tzinfo=UTC)
    assert root["ended_at"] == datetime(2026, 11, 20, 15, 6, 36, 93_599, tzinfo=UTC)
    assert {name: root[name] for name in COLUMNS[7:19]} == {
        "input": "Where is my order 1042?",
        "output": "Order 1042 shipped on 3 May and arrives tomorrow.",
        "model": None,
        "prompt_version": "support-v12",
        "release_bundle": "2026.05.1",
        "user_id": "u-17",
        "session_id": "sess-1",
        "user_segment": "internal",
        "channel": "chat",
        "tool_expected": "get_order",
        "fallback": False,
        "tools_considered": None,
    }
    call = rows["db9f4d660d46b360"]
    assert (call["span_kind"], call["model"]) == ("llm", "gpt-4o-mini-2024-07-18")
    assert call["tools_considered"] == ["search_help_center", "get_order", "issue_refund"]
    assert (call["tools_called"], call["output"]) == (["get_order"], None)
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (812, 23, None)
    tool = rows["d38dfe12b8ee0b1f"]
    assert (tool["name"], tool["input"], tool["output"]) == (
        "issue_refund", '{"order_id": "1042", "amount": 500}', '{"ok": true}',
    )  # fmt: skip
    retriever = rows["5522715c36f80f4e"]
    assert retriever["retrieved_ids"] == ["kb-12", "kb-31", "kb-07"]
    assert json.loads(retriever["output"])[0] == {
        "id": "kb-12", "content": "Returns are accepted within 30 days.",
    }  # fmt: skip
    orphan = rows["65bf473fd5b3e209"]
    assert (orphan["parent_id"], orphan["input"], orphan["output"], orphan["error"]) == (
        "1234567890abcdef", "ping", "pong", None,
    )  # fmt: skip
    failed = {row["run_id"] for row in rows.values() if row["error"] and row["parent_id"] is None}
    assert failed == {"37d4ba05d6ab00064ba66eef6ef34a8b", "02de6e231bfd27faefb4bd632272dce1"}
    assert rows["2e23d0d9dd98e37f"]["error"] == "RuntimeError: RateLimitError: 429 Too Many Requests"
    became = found.uses
    assert became["attributes.metadata"] == "user_segment, release_bundle, tool_expected"
    assert became["attributes.llm.output_messages"] == "output, tools_called"
    assert became["attributes.llm.provider"] is None


@pytest.mark.parametrize("name", ["spans_dataframe.csv", "ui_download_spans_with_annotations.jsonl"])
def test_the_other_files_give_the_same_steps(read: Any, samples: Path, name: str) -> None:
    assert steps(read(samples / name, ANSWERED)) == steps(read(samples / "spans_dataframe.parquet"))


def test_the_answers_of_the_api_give_the_same_steps(read: Any, samples: Path, spans: list[Span]) -> None:
    expected = steps(read(samples / "spans_dataframe.parquet"))
    listed = [alone(span) for span in spans]
    rest = json.dumps({"data": listed, "next_cursor": None})
    for content, name in ((rest, "rest_spans.json"), (json.dumps(listed, indent=1), "client_get_spans.json")):
        found = read(content, name=name)
        assert (found.report.source, found.report.read) == ("phoenix", 26)
        assert steps(found) == expected


def test_one_page_of_many_is_told(read: Any, spans: list[Span]) -> None:
    page = {"data": [alone(span) for span in spans], "next_cursor": "U3Bhbjox"}
    whole = read(json.dumps(page), name="page.json")
    assert (whole.report.source, whole.report.accepted) == ("phoenix", 26)
    assert "Fetch the other pages too" in whole.sentences("more_pages")[0]
    assert "more_pages" not in read(json.dumps({**page, "next_cursor": None}), name="page.json").warned
    written = {"data": [otlp_span(span) for span in spans], "next_cursor": "U3Bhbjox"}
    assert "more_pages" in read(json.dumps(written), ANSWERED, name="page.json").warned


def px_traces(spans: list[Span]) -> Iterator[dict[str, Any]]:
    """The traces as the command line of Phoenix writes them."""
    for run in dict.fromkeys(span["context"]["trace_id"] for span in spans):
        inside = [alone(span) for span in spans if span["context"]["trace_id"] == run]
        root = next((span for span in inside if span["parent_id"] is None), None)
        yield {
            "traceId": run, "spans": inside, "rootSpan": root, "startTime": "2026-11-20T15:06:36.000Z",
            "endTime": "2026-11-20T15:06:37.000Z", "duration": 1000, "status": "OK",
        }  # fmt: skip


def test_the_command_line_gives_the_same_steps(read: Any, samples: Path, spans: list[Span]) -> None:
    expected = steps(read(samples / "spans_dataframe.parquet"))
    traces = list(px_traces(spans))
    one_each_line = "\n".join(map(json.dumps, traces))
    for content, name in (
        (json.dumps(traces), "traces.json"),
        (json.dumps(traces, indent=2), "traces.json"),
        (one_each_line, "traces.jsonl"),
        (json.dumps({"data": traces}), "traces.json"),
    ):
        found = read(content, name=name)
        assert (found.report.source, found.report.read, found.report.accepted) == ("phoenix", 26, 26)
        assert steps(found) == expected
    single = read(json.dumps(traces[1], indent=2), name="trace.json")
    assert set(steps(single)) == {
        key for key, row in expected.items() if row["run_id"] == traces[1]["traceId"]
    }


def test_traces_of_the_api_with_their_spans(read: Any) -> None:
    span = {"id": "U1", "span_id": "00000000000000ab", "parent_id": None, "name": "agent",
            "span_kind": "AGENT", "status_code": "ERROR", "start_time": "2026-05-04T09:00:00Z",
            "end_time": "2026-05-04T09:00:02Z"}  # fmt: skip
    trace = {"id": "T1", "trace_id": "0" * 31 + "1", "project_id": "P1", "spans": [span, 7]}
    found = read(json.dumps({"data": [trace, {}], "next_cursor": None}), name="traces.json")
    assert (found.report.source, found.report.read, found.report.accepted) == ("phoenix", 3, 1)
    assert (found.cells("run_id"), found.cells("span_kind")) == (["0" * 31 + "1"], ["agent"])
    assert [problem.code for problem in found.report.problems] == ["not_a_span"] * 2


def test_annotations_that_the_command_line_includes(read: Any, spans: list[Span]) -> None:
    (trace,) = list(px_traces(spans[-1:]))
    given = {"id": "a1", "name": "user_feedback", "annotator_kind": "HUMAN",
             "created_at": "2026-11-21T10:00:00Z",
             "result": {"label": "thumbs-up", "score": 1, "explanation": None}}  # fmt: skip
    trace["spans"][0]["annotations"] = [given]
    trace["annotations"] = [
        {"id": "a2", "name": "resolved", "annotator_kind": "LLM", "result": {"score": 0.5}}
    ]
    first, second = read(json.dumps([trace]), ANSWERED, name="traces.json").part(Kind.SCORES)
    assert (first["score_id"], first["span_id"], first["user_feedback"]) == (
        "a1", spans[-1]["context"]["span_id"], "accepted",
    )  # fmt: skip
    assert first["scored_at"] == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert (second["span_id"], second["name"], second["value"], second["source"]) == (
        None, "resolved", 0.5, "EVAL",
    )  # fmt: skip
    assert {first["run_id"], second["run_id"]} == {trace["traceId"]}


def otlp_value(value: Any) -> dict[str, Any]:
    """A typed value as Phoenix writes it: every other type stands beside it, with null."""
    empty = dict.fromkeys(("array_value", "bool_value", "bytes_value", "double_value", "int_value",
                           "kvlist_value", "string_value"))  # fmt: skip
    match value:
        case bool():
            return {**empty, "bool_value": value}
        case int():
            return {**empty, "int_value": str(value)}
        case float():
            return {**empty, "double_value": value}
        case list():
            return {**empty, "array_value": {"values": [otlp_value(one) for one in value]}}
        case _:
            return {**empty, "string_value": value}


def nanoseconds(text: str) -> int:
    """As Phoenix computes them: rounded to what a floating-point number holds."""
    return int(datetime.fromisoformat(text).timestamp() * 1e9)


def otlp_attributes(stated: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": otlp_value(value)} for key, value in stated.items()]


def otlp_span(span: Span) -> dict[str, Any]:
    kind = {"openinference.span.kind": span["span_kind"]}
    code = {"OK": "STATUS_CODE_OK", "ERROR": "STATUS_CODE_ERROR"}.get(span["status_code"], 0)
    return {
        "trace_id": span["context"]["trace_id"],
        "span_id": span["context"]["span_id"],
        "parent_span_id": span["parent_id"],
        "name": span["name"],
        "start_time_unix_nano": nanoseconds(span["start_time"]),
        "end_time_unix_nano": nanoseconds(span["end_time"]),
        "attributes": otlp_attributes(kind | span["attributes"]),
        "status": {"code": code, "message": span["status_message"]},
        "events": [
            {
                "name": event["name"],
                "time_unix_nano": nanoseconds(event["timestamp"]),
                "attributes": otlp_attributes(event["attributes"]),
            }
            for event in span["events"]
        ],
        "links": None,
        "flags": None,
    }


def test_otlp_from_the_page_gives_the_same_steps(read: Any, samples: Path, spans: list[Span]) -> None:
    expected = steps(read(samples / "spans_dataframe.parquet"))
    written = [otlp_span(span) for span in spans]
    whole = {"resource_spans": [{"scope_spans": [{"spans": written}]}]}
    for content in (json.dumps(whole), json.dumps(whole, indent=2), json.dumps({"data": written})):
        found = read(content, ANSWERED, name="spans.json")
        report = found.report
        assert (report.kind, report.source, report.read, report.accepted) == (
            Kind.SPANS, "opentelemetry", 26, 26,
        )  # fmt: skip
        rows = steps(found)
        for key, row in rows.items():
            for moment in ("started_at", "ended_at"):
                off = row.pop(moment) - expected[key][moment]
                assert abs(off.total_seconds()) <= 0.000_001
        assert rows == {
            key: {name: cell for name, cell in row.items() if name not in ("started_at", "ended_at")}
            for key, row in expected.items()
        }
        assert len(found.part(Kind.SCORES)) == 9


def test_a_dataframe_as_json_lines_has_times_as_numbers(read: Any, samples: Path) -> None:
    rows = pq.read_table(samples / "spans_dataframe.parquet").to_pylist()
    for row in rows:
        for moment in ("start_time", "end_time"):
            row[moment] = int(row[moment].timestamp() * 1000)
    found = read("\n".join(map(json.dumps, rows)), name="spans.jsonl")
    whole = steps(read(samples / "spans_dataframe.parquet"))
    for key, row in steps(found).items():
        assert row.pop("started_at") == whole[key].pop("started_at").replace(
            microsecond=row_millisecond(rows, key)
        )
        assert row.pop("ended_at") is not None
        whole[key].pop("ended_at")
        assert row == whole[key]


def row_millisecond(rows: list[dict[str, Any]], span_id: str) -> int:
    row = next(one for one in rows if one["context.span_id"] == span_id)
    return int(row["start_time"]) % 1000 * 1000


def test_the_same_bytes_again_add_nothing(read: Any, samples: Path, tmp_path: Path) -> None:
    path = samples / "spans_dataframe.csv"
    first = read(path)
    again = read(path, known_keys=first.known_keys(tmp_path / "known.npz")).report
    assert (again.read, again.duplicate, again.accepted, again.updated) == (26, 26, 0, 0)
    parquet = read(samples / "spans_dataframe.parquet", known_keys=tmp_path / "known.npz").report
    assert (parquet.duplicate, parquet.accepted, parquet.updated) == (26, 0, 0)


def test_a_dataframe_that_was_read_and_written_again(read: Any, samples: Path) -> None:
    text = (samples / "spans_dataframe.csv").read_text("utf-8")
    header, rest = text.split("\n", 1)
    names = header.split(",")
    names[9] = "context.span_id.1"
    found = read(",".join(names) + "\n" + rest)
    assert steps(found) == steps(read(samples / "spans_dataframe.csv"))


# Annotations


def test_annotations_inside_the_spans_are_scores(read: Any, samples: Path) -> None:
    found = read(samples / "ui_download_spans_with_annotations.jsonl", ANSWERED)
    rows = found.part(Kind.SCORES)
    told = [(row["name"], row["label"], row["value"], row["source"], row["author"]) for row in rows]
    assert told == [
        ("toxicity", None, 0.02, "EVAL", None),
        ("note", None, None, "ANNOTATION", None),
        ("reviewer", "policy breach", None, "ANNOTATION", "ben@example.com"),
        ("reviewer", "wrong tool", None, "ANNOTATION", "anna@example.com"),
        ("correctness", "incorrect", 0.0, "EVAL", None),
        ("correctness", "correct", 1.0, "EVAL", None),
        ("user_feedback", "thumbs-down", 0.0, "API", None),
        ("user_feedback", "thumbs-up", 1.0, "API", None),
        ("resolved", "yes", 1.0, "ANNOTATION", None),
    ]
    assert [row["user_feedback"] for row in rows] == [None] * 6 + ["rejected", "accepted", None]
    assert len({row["score_id"] for row in rows}) == 9
    of_run = rows[-1]
    assert (of_run["run_id"], of_run["span_id"]) == ("2f709693e1baf913d16f2d36911a24ce", None)
    assert rows[1]["comment"] == "Should have asked for approval"


def test_the_annotations_sample(read: Any, samples: Path) -> None:
    found = read(samples / "span_annotations_dataframe.csv", ANSWERED)
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.SCORES, "phoenix", 7, 7)
    assert found.cells("run_id") == [None] * 7
    assert found.cells("span_id")[-1] == "7534a368bf77d2eb"
    assert found.cells("name") == [
        "toxicity",
        *["reviewer"] * 2,
        *["correctness"] * 2,
        *["user_feedback"] * 2,
    ]
    assert found.cells("value") == [0.02, None, None, 0, 1, 0, 1]
    assert found.cells("source") == ["EVAL", "ANNOTATION", "ANNOTATION", "EVAL", "EVAL", "API", "API"]
    assert found.cells("author")[1] == "ben@example.com"
    assert found.cells("comment")[3] == "Refund > limit, needs approval"
    assert found.cells("user_feedback")[-2:] == ["rejected", "accepted"]
    assert found.cells("scored_at")[0] == datetime(2026, 11, 20, 15, 6, 46, tzinfo=UTC)
    assert found.sentences("needs_spans") == [
        "Annotations that name a span but no run: 7. They count once the spans themselves are uploaded too;"
        " the order does not matter."
    ]


def test_annotations_from_the_api_of_spans_traces_and_sessions(read: Any) -> None:
    common = {"name": "csat", "annotator_kind": "HUMAN", "result": {"score": 4.0, "label": None}}
    rows = [
        {"id": "x1", **common, "span_id": "00000000000000ab"},
        {"id": "x2", **common, "trace_id": "0" * 30 + "AB"},
        {"id": "x3", **common, "session_id": "sess-1"},
    ]
    rule = FeedbackRule(score="csat", accepted=("4", "5"), rejected=("1", "2"))
    found = read(json.dumps({"data": rows, "next_cursor": None}), Answers(feedback=rule), name="notes.json")
    assert (found.report.accepted, found.report.rejected) == (2, 1)
    assert found.cells("run_id") == [None, "0" * 30 + "ab"]
    assert found.cells("user_feedback") == ["accepted"] * 2
    assert found.report.problems[0].code == "not_of_a_run"


# Arize AX


ARIZE = """context.trace_id,context.span_id,parent_id,name,start_time,end_time,latency_ms,status_code,\
attributes.openinference.span.kind,attributes.input.value,attributes.output.value,attributes.llm.cost.total,\
attributes.llm.token_count.prompt,attributes.llm.token_count.completion,attributes.metadata,\
attributes.retrieval.documents.ids,eval.Hallucination.label,eval.Hallucination.score,\
eval.Hallucination.explanation,annotation.user_feedback.label,annotation.user_feedback.updated_at
t1,s1,,agent,2026-05-04 09:00:00.000000+00:00,,2500.5,OK,AGENT,Why?,Because.,,,,"{""plan"": ""gold""}",,\
factual,1.0,All in the text.,thumbs-up,1777885300000
t1,s2,s1,call,2026-05-04 09:00:00.100000+00:00,2026-05-04 09:00:01+00:00,900,OK,LLM,Why?,Because.,0.0021,120,\
30,{},,,,,,
t1,s3,s1,search,2026-05-04 09:00:01+00:00,2026-05-04 09:00:01+00:00,0,ERROR,RETRIEVER,Why?,,0,,,{},\
"['kb-1', 'kb-2']",nan,nan,,,
"""


def test_arize_ax(read: Any) -> None:
    found = read(ARIZE, ANSWERED)
    assert (found.report.source, found.report.accepted) == ("arize", 3)
    assert "latency_ms" in found.report.because
    assert found.cells("ended_at")[0] == datetime(2026, 5, 4, 9, 0, 2, 500_500, tzinfo=UTC)
    assert found.cells("ended_at")[1] == datetime(2026, 5, 4, 9, 0, 1, tzinfo=UTC)
    assert found.cells("cost_usd") == [None, 0.0021, None]
    assert found.cells("user_segment") == ["gold", None, None]
    assert found.cells("retrieved_ids")[2] == ["kb-1", "kb-2"]
    assert found.cells("error") == [None, None, "Status ERROR without a message"]
    judged, said = found.part(Kind.SCORES)
    assert (judged["name"], judged["value"], judged["label"], judged["source"], judged["comment"]) == (
        "Hallucination", 1, "factual", "EVAL", "All in the text.",
    )  # fmt: skip
    assert (said["name"], said["user_feedback"], said["span_id"], said["run_id"]) == (
        "user_feedback", "accepted", "s1", "t1",
    )  # fmt: skip
    assert said["scored_at"] == datetime(2026, 5, 4, 9, 1, 40, tzinfo=UTC)
    assert found.uses["eval.Hallucination.score"] == "scores"


# Limits and odd rows


def made(count: int, **fields: Any) -> str:
    """Spans of the API: every run one root, or what ``fields`` say."""
    rows = (
        {
            "id": f"U{place}", "name": "step", "context": {"trace_id": f"t{place}", "span_id": f"s{place}"},
            "span_kind": "CHAIN", "parent_id": None, "start_time": "2026-05-04T09:00:00Z",
            "end_time": "2026-05-04T09:00:01Z",
            "status_code": "OK", "attributes": {}, **fields,
        }
        for place in range(count)
    )  # fmt: skip
    return "\n".join(map(json.dumps, rows))


def test_a_thousand_spans_are_the_limit_of_the_client(read: Any) -> None:
    assert "may be cut" in read(made(1000, parent_id="x"), name="s.jsonl").sentences("row_limit")[0]
    assert "row_limit" not in read(made(999, parent_id="x"), name="s.jsonl").warned


def test_first_steps_alone_are_told(read: Any) -> None:
    assert "export all spans" in read(made(3), name="s.jsonl").sentences("roots_only")[0]
    assert "roots_only" not in read(made(3, span_kind="LLM"), name="s.jsonl").warned
    assert "roots_only" not in read(made(3, parent_id="x"), name="s.jsonl").warned


def test_a_cost_of_nothing_is_unknown_and_a_handled_exception_is_no_error(read: Any) -> None:
    attributes = {"llm.cost.total": 0, "llm.token_count.prompt": 5, "llm.token_count.completion": 2}
    raised = [{"name": "exception", "timestamp": "2026-05-04T09:00:00Z",
               "attributes": {"exception.type": "KeyError", "exception.message": "'x'"}}]  # fmt: skip
    handled = read(made(1, span_kind="LLM", attributes=attributes, events=raised), name="s.jsonl")
    assert (handled.cells("cost_usd"), handled.cells("error")) == ([None], [None])
    unset = read(made(1, status_code="UNSET", events=raised), name="s.jsonl")
    assert unset.cells("error") == ["KeyError: 'x'"]


ODD = (
    {"context": None}, {"context": []}, {"context": {"trace_id": {}, "span_id": 7}}, {"attributes": "x"},
    {"attributes": [1]}, {"attributes": {"a": {"b": {"c": None}}, "a.b": 3, "": 1, ".": 2, "0": 1}},
    {"attributes": {"llm.output_messages": {"0": "x", "9" * 9: 1}, "llm.input_messages": "[[[["}},
    {"attributes": {"llm.tools": 7, "llm.token_count.prompt": "many", "retrieval.documents": {"a": 1}}},
    {"attributes": {"metadata": "[1]", "tag.tags": {"a": 1}, "annotations": [1, {"annotation": 3}, None]}},
    {"attributes": {"annotations.0.annotation.name": {"a": 1}, "annotations.1.annotation.score": "high"}},
    {"attributes": {"input.value": {"a": float("1e300")}, "output.value": [[]], "session.id": True}},
    {"events": 3}, {"events": [3, {"attributes": 4, "name": []}]}, {"status_code": {"a": 1}},
    {"start_time": 1e300}, {"start_time": -5}, {"start_time": 45_000}, {"end_time": "yesterday"},
    {"name": {"a": 1}, "span_kind": 4, "parent_id": ["x"]}, {"span_kind": None, "parent_id": ""},
)  # fmt: skip


@pytest.mark.parametrize("fields", ODD)
def test_odd_fields_end_in_an_account(read: Any, fields: dict[str, Any]) -> None:
    rows = f"{made(1)}\n{made(2, **fields).splitlines()[1]}\n"
    report = read(rows, ANSWERED, name="s.jsonl").report
    assert (report.source, report.read) == ("phoenix", 2)
    assert report.accepted + report.rejected == 2
    assert report.accepted >= 1


def test_times_that_are_none_are_refused_with_their_column(read: Any) -> None:
    rows = "\n".join([made(1), made(2, start_time="soon").splitlines()[1]])
    problem = read(rows, name="s.jsonl").report.problems[0]
    assert (problem.row, problem.column, problem.value, problem.code) == (
        2,
        "start_time",
        "soon",
        "not_a_time",
    )


def test_a_table_of_ones_own_with_similar_names_is_not_taken_for_phoenix(read: Any) -> None:
    found = read("trace_id,context,answer\nr-1,Some text,Because.\n", Answers(kind=Kind.TRACES))
    assert found.report.source == "canonical"
