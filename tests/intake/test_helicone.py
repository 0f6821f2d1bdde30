"""Helicone exports: one row is one request, and the requests of a session are the steps of one run."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule

SAMPLES = "samples/traces/helicone"
NONE = Answers(feedback=FeedbackRule(score=""))


def record(number: int = 1, **other: Any) -> dict[str, Any]:
    """One request as the API gives it."""
    return {
        "response_id": f"r-{number}", "response_created_at": "2026-05-04 09:12:36.521",
        "response_status": 200,
        "request_id": f"q-{number}", "request_created_at": "2026-05-04 09:12:33.101",
        "request_path": "https://api.example/v1/chat/completions", "request_user_id": "u-17",
        "request_properties": {"Helicone-Session-Id": "s-1", "Helicone-Session-Path": "/support",
                               "Segment": "pilot", "Prompt-Version": "v12"},
        "model": "gpt-4o-mini", "delay_ms": 1390, "prompt_tokens": 812, "completion_tokens": 23,
        "cost": 0.0001356, "feedback_rating": None, "scores": {},
        "request_body": {"messages": [{"role": "user", "content": "Where is it?"}],
                         "tools": [{"type": "function", "function": {"name": "get_order"}}]},
        "response_body": {"choices": [{"message": {"role": "assistant", "content": "Here."}}]},
        **other,
    }  # fmt: skip


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in records)


def test_the_command_s_lines(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "cli_export.jsonl", NONE)
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.SPANS, "helicone", 3, 3)
    session, alone = "sess-1", "b1e0c6f2-0000-4000-8000-000000000003"
    assert found.cells("run_id") == [session, session, alone]
    assert found.cells("session_id") == [session, session, None]
    assert found.cells("span_kind") == ["llm"] * 3
    assert found.cells("input") == ["Where is my order 1042?", "Where is my order 1042?", "Hi"]
    assert found.cells("output") == [None, 'Order 1042 arrives "tomorrow", 🙂\nBye', None]
    assert found.cells("tools_considered")[0] == ["get_order", "search_help_center"]
    assert found.cells("tools_called") == [["get_order"], None, None]
    assert found.cells("input_tokens") == [812, 1204, None]
    assert found.cells("output_tokens") == [23, 96, None]
    assert found.cells("cost_usd") == [0.0001356, 0.000238, None]
    assert found.cells("error") == [None, None, "Status 429: Rate limit reached"]
    assert found.cells("user_segment") == ["pilot", "pilot", None]
    assert found.cells("prompt_version") == ["support-v12", "support-v12", None]
    assert found.cells("user_id") == ["u-17", "u-17", None]
    assert found.cells("model")[0] == "gpt-4o-mini-2024-07-18"
    assert found.cells("started_at")[0] == datetime(2026, 5, 4, 9, 11, 33, 101_000, tzinfo=UTC)
    took = [(end - start).total_seconds() * 1000 for start, end in
            zip(found.cells("started_at"), found.cells("ended_at"), strict=True)]  # fmt: skip
    assert took == [1390, 2100, 310]
    scores = {(one["span_id"][-1], one["name"]): one for one in found.part(Kind.SCORES)}
    assert scores[("2", "correctness")]["value"] == 90
    assert scores[("2", "grounded")]["value"] == 1
    assert scores[("2", "feedback_rating")]["user_feedback"] == "accepted"
    assert scores[("3", "feedback_rating")]["user_feedback"] == "rejected"
    assert len(scores) == 4
    assert {"sessions", "no_session"} <= set(found.warned)


def test_the_page_s_export_is_the_same_requests(read: Any, shared: Path) -> None:
    page = read(shared / SAMPLES / "ui_export_data.csv", NONE)
    record = read(shared / SAMPLES / "cli_export.jsonl", NONE)
    assert (page.report.source, page.report.kind) == ("helicone", Kind.SPANS)
    assert page.report.because.startswith("This is a Helicone export of the requests page")
    for column in (
        "run_id", "span_id", "session_id", "user_id", "input", "started_at", "ended_at",
        "input_tokens", "output_tokens", "cost_usd", "error", "tools_called", "user_segment",
    ):  # fmt: skip
        assert page.cells(column) == record.cells(column), column


def doubly_quoted(records: list[dict[str, Any]]) -> str:
    """As the command writes CSV: objects are quoted once too often, and the latency is always blank."""
    columns = [
        "response_id",
        "response_created_at",
        "response_status",
        "request_created_at",
        "request_body",
        "request_properties",
        "request_user_id",
        "model",
        "prompt_tokens",
        "completion_tokens",
        "latency",
        "cost",
    ]
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(columns)
    for one in records:
        cells = [one.get(name) for name in columns]
        writer.writerow(
            [json.dumps(cell).replace('"', '""') if isinstance(cell, dict) else cell for cell in cells]
        )
    return target.getvalue()


def test_the_command_s_csv_is_quoted_twice_and_has_no_latency(read: Any) -> None:
    found = read(doubly_quoted([record(1), record(2, response_status=429)]))
    assert (found.report.source, found.report.read, found.report.accepted) == ("helicone", 2, 2)
    assert found.cells("run_id") == ["s-1", "s-1"]
    assert found.cells("span_id") == ["r-1", "r-2"]
    assert found.cells("input") == ["Where is it?"] * 2
    assert found.cells("output") == [None] * 2
    assert found.cells("error") == [None, "Status 429"]
    took = found.cells("ended_at")[0] - found.cells("started_at")[0]
    assert took.total_seconds() == 3.42
    assert found.cells("user_segment") == ["pilot"] * 2


@pytest.mark.parametrize("ending", [",\n]", ",]", "\r\n]", "]"])
def test_a_list_that_ends_with_a_comma(read: Any, ending: str) -> None:
    text = "[\r\n" + ",\r\n".join(json.dumps(record(number)) for number in (1, 2)) + ending
    found = read(text, name="requests.json")
    assert (found.report.read, found.report.accepted) == (2, 2)
    assert ("comma_at_end" in found.warned) == ("," in ending)


def test_only_a_comma_at_the_end_is_forgiven(read: Any) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read("[" + json.dumps(record()) + ",,]", name="requests.json")
    assert refused.value.code == "bad_json"
    with pytest.raises(UnreadableFile):
        read('[{"run_id":"a","query":"q"},]', name="own.json")


def test_an_answer_of_the_api(read: Any) -> None:
    body = json.dumps({"data": [record(1), record(2)], "error": None})
    assert read(body, name="answer.json").report.accepted == 2


def test_the_older_page(read: Any) -> None:
    header = (
        "model,id,countryCode,cost,createdAt,path,completionTokens,promptTokens,totalTokens,latency,user,"
        "Helicone-Session-Id,Segment,requestBody,responseBody,status,promptId,feedback,provider,requestText,"
        "responseText\r\n"
    )
    status = '"{""statusType"":""success"",""code"":200}"'
    failed = '"{""statusType"":""error"",""code"":500}"'
    rating = '"{""createdAt"":""2026-05-04 09:20:00"",""id"":""f1"",""rating"":true}"'
    rows = (
        f"gpt-4o,q1,DE,0.5,2026-05-04T09:12:33.101Z,/v1,20,10,30,1390,u1,s-1,pilot,,,{status},,{rating},"
        "OPENAI,Where?,Here.\r\n"
        f"gpt-4o,q2,DE,0,2026-05-04T09:12:35Z,/v1,0,0,0,100,u1,,,,,{failed},,,OPENAI,Where?,\r\n"
    )
    found = read(header + rows)
    assert (found.report.source, found.report.accepted) == ("helicone", 2)
    assert found.cells("run_id") == ["s-1", "q2"]
    assert found.cells("input") == ["Where?", "Where?"]
    assert found.cells("output") == ["Here.", None]
    assert found.cells("error") == [None, "Status 500"]
    assert found.cells("user_segment") == ["pilot", None]
    assert found.cells("cost_usd") == [0.5, None]
    assert [one["user_feedback"] for one in found.part(Kind.SCORES)] == ["accepted"]
    assert "first_row_columns" in found.warned


def test_bodies_that_are_missing_are_told(read: Any) -> None:
    bare = {"request_body": None, "response_body": None}
    found = read(lines(record(1, **bare), record(2, **bare)))
    assert found.cells("input") == [None, None]
    assert "no_content" in found.warned


def test_five_hundred_requests_of_the_page_are_probably_not_all(read: Any) -> None:
    about = {"requestId": "q", "createdAt": "2026-05-04 09:12:33.101", "latency": 5, "status": {"code": 200}}
    rows = [
        {"_type": "openai-chat", "id": f"q{number}", "model": "m",
         "heliconeMetadata": {**about, "requestId": f"q{number}"}}
        for number in range(500)
    ]  # fmt: skip
    assert "row_limit" in read(lines(*rows)).warned
    assert "row_limit" not in read(lines(*rows[:499])).warned


def test_a_team_s_own_score_is_asked_about(read: Any) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(lines(record(1, scores={"helpful": 1}), record(2, scores={"helpful": 0})))
    assert [question.key for question in asked.value.questions] == ["feedback"]


def test_tools_logged_by_hand_are_steps_of_their_kind(read: Any) -> None:
    body = {"_type": "tool", "toolName": "get_order", "input": {"id": 1}}
    found = read(lines(record(1), record(2, request_body=body)))
    assert found.cells("span_kind") == ["llm", "tool"]
    assert found.cells("name")[1] == "get_order"


ODD = [
    None,
    "",
    0,
    -1,
    1e300,
    True,
    [],
    {},
    "x",
    [1],
    {"a": None},
    "{",
    "[object Object]",
    "2026-13-45",
    [[[]]],
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_stands_in_a_field_nothing_breaks(read: Any, odd: Any) -> None:
    rows = [record(number, **{name: odd}) for number, name in enumerate(record(), start=1)]
    page = {"_type": "t", "id": "p", "model": odd, "raw": odd, "schema": odd, "preview": odd}
    found = read(lines(record(99), *rows), NONE)
    report = found.report
    assert (
        report.read == report.accepted + report.duplicate + report.updated + report.rejected + report.skipped
    )
    about = {"requestId": "x", "createdAt": odd, "status": odd, "scores": odd, "feedback": odd, "user": odd}
    read(lines({**page, "heliconeMetadata": about}), NONE)


def test_the_same_file_again_adds_nothing(read: Any, tmp_path: Path) -> None:
    text = lines(record(1), record(2))
    first = read(text)
    again = read(text, known_keys=first.known_keys(tmp_path / "known.npz"))
    assert (again.report.accepted, again.report.duplicate) == (0, 2)
