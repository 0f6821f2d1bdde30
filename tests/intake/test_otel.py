"""OpenTelemetry spans: every way of writing them, every generation of their names, what stays unknown."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.errors import UnreadableFile
from core.evidence.columns import Kind
from core.intake.sources.otel_attributes import Attributes
from core.intake.sources.otel_steps import Step, step_row
from core.intake.sources.otel_writing import identifier, instant, state

TRACE, ROOT, CHILD = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "eee19b7ec3c1b175"
BEGUN, ENDED = 1740832215123456789, 1740832216123456790


def typed(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [typed(one) for one in value]}}
        case dict():
            return {"kvlistValue": {"values": pairs(value)}}
        case _:
            return {"stringValue": value}


def pairs(stated: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": typed(value)} for key, value in stated.items()]


def span(attributes: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE, "spanId": ROOT, "name": "step", "startTimeUnixNano": str(BEGUN),
        "endTimeUnixNano": str(ENDED), "attributes": pairs(attributes or {}), "status": {}, **fields,
    }  # fmt: skip


def document(*spans: dict[str, Any], **resource: Any) -> dict[str, Any]:
    return {
        "resourceSpans": [{"resource": {"attributes": pairs(resource)}, "scopeSpans": [{"spans": [*spans]}]}]
    }


def snake(value: Any) -> Any:
    """The same document under the names that Python writes."""
    if isinstance(value, list):
        return [snake(one) for one in value]
    if not isinstance(value, dict):
        return value
    spelt = {
        "".join(f"_{c.lower()}" if c.isupper() else c for c in key): snake(one) for key, one in value.items()
    }
    return spelt


def step(attributes: dict[str, Any], **fields: Any) -> dict[str, str | None]:
    """The canonical row of a step with these attributes."""
    stated: dict[str, Any] = {
        "run": TRACE, "span": CHILD, "parent": ROOT, "name": "step", "kind": None, "begun": None,
        "ended": None, "failed": None, "message": None, **fields,
    }  # fmt: skip
    return step_row(Step(attributes=Attributes(attributes), **stated), lambda place, found: {})


# The samples


@pytest.fixture
def samples(shared: Path) -> Path:
    folder = shared / "samples/traces/otel_genai"
    if not folder.is_dir():
        pytest.skip("samples/traces/otel_genai is not beside this repository")
    return folder


def test_spans_of_the_current_names(read: Any, samples: Path) -> None:
    found = read(samples / "otlp_traces.jsonl")
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.SPANS, "opentelemetry", 14, 14)
    rows = {row["span_id"]: row for row in found.table.to_pylist()}
    assert len({row["run_id"] for row in rows.values()}) == 4
    root = rows["495bc61e8e1d935e"]
    assert (root["parent_id"], root["span_kind"], root["user_id"], root["session_id"]) == (
        None, "agent", "u-1", "conv-1",
    )  # fmt: skip
    assert (root["input"], root["output"]) == ("Where is my order 1042?", "It arrives tomorrow.")
    assert root["started_at"] == datetime(2026, 11, 20, 15, 13, 8, 733_553, tzinfo=UTC)
    assert set(found.cells("release_bundle")) == {"2026.05.1"}
    call = rows["3cc6ff5c53baed1e"]
    assert (call["model"], call["input_tokens"], call["output_tokens"]) == ("gpt-4o-mini-2024-07-18", 812, 23)
    assert (call["tools_called"], call["output"], call["cost_usd"]) == (["get_order"], None, None)
    assert call["tools_considered"] == ["search_help_center", "get_order", "issue_refund"]
    tool = rows["c53a3a93b8c5b3c7"]
    assert (tool["span_kind"], tool["name"], tool["input"], tool["output"]) == (
        "tool", "get_order", '{"order_id": "1042"}', '{"status": "shipped"}',
    )  # fmt: skip
    retrieval = rows["8d1f0972859f0cb2"]
    assert (retrieval["span_kind"], retrieval["input"], retrieval["retrieved_ids"]) == (
        "retriever", "return shoes", ["kb-12", "kb-31"],
    )  # fmt: skip
    assert rows["eee455671ae5c051"]["error"] == "TimeoutError: order service timed out"
    assert rows["c2b67ed6aa60e1e3"]["error"] == "order service timed out"
    assert rows["107164a576b0f8b7"]["input"] == 'Können Sie 🙂 \n"ändern"?'
    scores = found.part(Kind.SCORES)
    assert [(row["name"], row["value"], row["label"], row["source"], row["comment"]) for row in scores] == [
        ("Relevance", 0.85, "relevant", "EVAL", "ok")
    ] * 3
    assert scores[0]["span_id"] == "495bc61e8e1d935e"
    assert scores[0]["scored_at"] == datetime(2026, 11, 20, 15, 13, 8, 757_266, tzinfo=UTC)


def test_spans_of_openllmetry(read: Any, samples: Path) -> None:
    found = read(samples / "openllmetry_openai.otlp.jsonl")
    assert (found.report.read, found.report.accepted) == (4, 4)
    assert found.cells("run_id").count("14c78c865c4d68a91f6f3fbd9edee459") == 3
    assert found.cells("span_kind") == ["llm", "llm", None, "llm"]
    assert found.cells("input") == ["Where is order 1042? 🙂", "Where is order 1042? 🙂", None, "please fail"]
    assert found.cells("output") == [None, "Order 1042 arrives tomorrow.", None, None]
    assert found.cells("tools_called") == [["get_order"], None, None, None]
    assert found.cells("tools_considered")[0] == ["get_order", "search_help_center"]
    assert (found.cells("user_id")[2], found.cells("session_id")[2]) == ("u-17", "sess-1")
    assert found.cells("error") == [None, None, None, "Error code: 429 - Rate limit reached"]
    assert found.cells("input_tokens") == [91, 91, None, None]
    assert found.cells("release_bundle") == [None] * 4
    assert "no_content" not in found.warned


def test_the_same_bytes_again_add_nothing(read: Any, samples: Path, tmp_path: Path) -> None:
    path = samples / "otlp_traces.jsonl"
    keys = read(path).known_keys(tmp_path / "known.npz")
    again = read(path, known_keys=keys).report
    assert (again.read, again.duplicate, again.accepted, again.updated) == (14, 14, 0, 0)


def test_every_way_of_writing_a_document_gives_the_same_steps(read: Any, samples: Path) -> None:
    path = samples / "otlp_traces.jsonl"
    expected = read(path).table.drop_columns(["row"])
    documents = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    joined = {"resourceSpans": [one for whole in documents for one in whole["resourceSpans"]]}
    spans = [
        dict(one, release="") for whole in documents for group in whole["resourceSpans"]
        for scope in group["scopeSpans"] for one in scope["spans"]
    ]  # fmt: skip
    for content in (
        json.dumps(joined),
        json.dumps(joined, indent=2),
        json.dumps(documents),
        json.dumps(documents, indent=1),
        "".join(map(json.dumps, documents)),
        "\n".join(json.dumps(one, indent=2) for one in documents),
        "\n".join(json.dumps(snake(one)) for one in documents),
        json.dumps({"data": snake(joined)}),
        json.dumps({"batches": joined["resourceSpans"]}),
    ):
        found = read(content, name="traces.json")
        assert (found.report.read, found.report.source) == (14, "opentelemetry"), content[:60]
        assert found.table.drop_columns(["row"]) == expected, content[:60]
    for content in ("\n".join(map(json.dumps, spans)), json.dumps({"data": [snake(one) for one in spans]})):
        found = read(content, name="spans.json")
        assert found.cells("input") == expected.column("input").to_pylist()


def test_ids_in_base64_are_those_in_hexadecimal(read: Any) -> None:
    run, own = (base64.b64encode(bytes.fromhex(one)).decode() for one in (TRACE, CHILD))
    above = base64.b64encode(bytes.fromhex(ROOT)).decode()
    written = document(span(traceId=run, spanId=own, parentSpanId=above))
    found = read(json.dumps(written), name="t.json")
    assert [found.cells(name)[0] for name in ("run_id", "span_id", "parent_id")] == [TRACE, CHILD, ROOT]


# Documents that are damaged, large or something else


def test_a_document_far_larger_than_a_line_may_be_is_read_span_by_span(read: Any) -> None:
    spans = [span({"input.value": "x" * 400_000}, spanId=f"{place:016x}") for place in range(1, 31)]
    found = read(json.dumps(document(*spans, **{"service.version": "7"})), name="t.json")
    assert (found.report.read, found.report.accepted) == (30, 30)
    assert found.cells("release_bundle") == ["7"] * 30


def test_a_line_that_breaks_off_is_refused_and_the_others_count(read: Any) -> None:
    whole = json.dumps(document(span()))
    other = json.dumps(document(span(spanId=CHILD)))
    for text in (f"{whole}\n{other[:100]}", f"{whole[:90]}\n{whole}\n", f"{whole}\n[[[\n"):
        found = read(text, name="t.jsonl")
        assert (found.report.read, found.report.accepted, found.report.rejected) == (2, 1, 1)
        assert found.report.problems[0].reason == "The line is damaged or cut off."


def test_a_whole_document_that_breaks_off_is_refused(read: Any) -> None:
    with pytest.raises(UnreadableFile) as error:
        read(json.dumps(document(span(), span(spanId=CHILD)), indent=1)[:-40], name="t.json")
    assert error.value.code == "bad_json"


@pytest.mark.parametrize(("key", "word"), [("resourceMetrics", "metrics"), ("resource_logs", "logs")])
def test_other_signals_are_named(read: Any, key: str, word: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        read(json.dumps({key: [{"resource": {}}]}), name="t.jsonl")
    assert f"holds {word} of OpenTelemetry, not traces" in error.value.sentence
    lines = "\n".join(json.dumps(one) for one in (document(span()), {key: []}))
    mixed = read(lines, name="t.jsonl").report
    assert (mixed.accepted, mixed.rejected, mixed.problems[0].code) == (1, 1, "not_a_span")


def test_the_binary_form_is_named(read: Any) -> None:
    binary = b"\n\xdd\x01\n\x1f\n\x1d\n\x0cservice.name\x12\r\n\x0bshop-helper\x12\xb9\x01\x9c\xff"
    with pytest.raises(UnreadableFile) as error:
        read(binary * 3, name="traces.pb")
    assert "protobuf" in error.value.sentence
    assert "format: json" in error.value.mend


CONSOLE = """{
    "name": "openai.chat",
    "context": {
        "trace_id": "0x5b8efff798038103d269b633813fc60c",
        "span_id": "0xeee19b7ec3c1b175",
        "trace_state": "[]"
    },
    "kind": "SpanKind.CLIENT",
    "parent_id": "0xeee19b7ec3c1b174",
    "start_time": "2026-11-20T15:13:08.733659Z",
    "end_time": "2026-11-20T15:13:09.233659Z",
    "status": {
        "status_code": "UNSET"
    },
    "attributes": {
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "You are support",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "Where is order 9?",
        "llm.request.functions.0.name": "get_order",
        "llm.request.functions.1.name": "refund",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.finish_reason": "tool_calls",
        "gen_ai.completion.0.tool_calls.0.name": "get_order",
        "gen_ai.completion.0.tool_calls.0.arguments": "{}",
        "gen_ai.usage.prompt_tokens": 91,
        "llm.usage.total_tokens": 108
    },
    "events": [],
    "links": [],
    "resource": {
        "attributes": {
            "service.name": "shop",
            "service.version": "2026.05.1"
        },
        "schema_url": ""
    }
}
"""


def test_what_the_console_exporter_prints(read: Any) -> None:
    root = {
        "name": "answer.workflow",
        "context": {"trace_id": f"0x{TRACE}", "span_id": f"0x{ROOT}", "trace_state": "[]"},
        "kind": "SpanKind.INTERNAL",
        "parent_id": None,
        "start_time": "2026-11-20T15:13:08.700000Z",
        "end_time": "2026-11-20T15:13:09.300000Z",
        "status": {"status_code": "ERROR", "description": "TimeoutError: too slow"},
        "attributes": {
            "traceloop.span.kind": "workflow",
            "traceloop.entity.name": "answer",
            "traceloop.entity.input": '{"args": [], "kwargs": {"question": "Where is order 9?"}}',
            "traceloop.entity.output": '"It is late."',
            "traceloop.association.properties.user_id": "u-7",
            "traceloop.association.properties.session_id": "s-7",
            "traceloop.association.properties.plan": "gold",
        },
        "events": [{"name": "exception", "timestamp": "2026-11-20T15:13:09.2Z", "attributes": {}}],
        "links": [],
        "resource": {"attributes": {"service.version": "2026.05.1"}, "schema_url": ""},
    }
    for text in (CONSOLE + json.dumps(root, indent=4), f"[{CONSOLE},{json.dumps(root)}]"):
        found = read(text, name="console.txt")
        assert (found.report.source, found.report.read, found.report.accepted) == ("opentelemetry", 2, 2)
        call, top = found.table.to_pylist()
        assert (call["run_id"], call["span_id"], call["parent_id"]) == (TRACE, CHILD, ROOT)
        assert (call["span_kind"], call["model"], call["input"]) == (
            "llm",
            "gpt-4o-mini",
            "Where is order 9?",
        )
        assert (call["tools_considered"], call["tools_called"]) == (["get_order", "refund"], ["get_order"])
        assert (call["input_tokens"], call["output_tokens"]) == (91, 17)
        assert (call["release_bundle"], call["error"]) == ("2026.05.1", None)
        assert (top["span_kind"], top["input"], top["output"]) == (
            "chain",
            "Where is order 9?",
            "It is late.",
        )
        assert (top["user_id"], top["session_id"], top["user_segment"]) == ("u-7", "s-7", "gold")
        assert top["error"] == "TimeoutError: too slow"


def test_one_span_from_the_console_with_an_event_is_a_span(read: Any) -> None:
    printed = json.loads(CONSOLE) | {"events": [{"name": "exception", "attributes": {}}]}
    found = read(json.dumps(printed, indent=4), name="console.txt")
    assert found.cells("error") == ["Status ERROR without a message"]


# What is not captured


def test_model_calls_without_content_are_told(read: Any) -> None:
    counted = {
        "gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18", "gen_ai.usage.input_tokens": 91,
        "gen_ai.usage.output_tokens": 17, "gen_ai.response.finish_reasons": ["tool_calls"],
    }  # fmt: skip
    failed = {"gen_ai.operation.name": "chat", "error.type": "RateLimitError"}
    found = read(
        json.dumps(document(span(counted), span(failed, spanId=CHILD, status={"code": 2, "message": "429"}))),
        name="t.jsonl",
    )
    assert (found.cells("input"), found.cells("output")) == ([None, None], [None, None])
    assert found.cells("model") == ["gpt-4o-mini-2024-07-18", None]
    assert found.cells("error") == [None, "429"]
    assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" in found.sentences("no_content")[0]
    assert "query" not in found.report.fills


def test_the_smallest_span(read: Any) -> None:
    written = document(span({"gen_ai.usage.input_tokens": 12}, name="chat"))
    found = read(json.dumps(written), name="t.json")
    (row,) = found.table.to_pylist()
    assert row["started_at"] == datetime(2025, 3, 1, 12, 30, 15, 123_456, tzinfo=UTC)
    assert (row["span_kind"], row["input_tokens"], row["ended_at"].microsecond) == ("llm", 12, 123_456)


# Names, generation by generation


@pytest.mark.parametrize(
    ("attributes", "column", "cell"),
    [
        ({"gen_ai.operation.name": "text_completion"}, "span_kind", "llm"),
        ({"gen_ai.operation.name": "embeddings"}, "span_kind", "embedding"),
        ({"gen_ai.operation.name": "create_agent"}, "span_kind", "agent"),
        ({"gen_ai.operation.name": "my_own"}, "span_kind", "my_own"),
        ({"traceloop.span.kind": "task"}, "span_kind", "task"),
        ({"llm.request.type": "completion"}, "span_kind", "llm"),
        ({"openinference.span.kind": "RERANKER"}, "span_kind", "reranker"),
        ({"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "chat"}, "span_kind", "llm"),
        ({"gen_ai.tool.name": "refund"}, "span_kind", "tool"),
        ({"http.request.method": "GET"}, "span_kind", None),
        ({"gen_ai.request.model": "a", "gen_ai.response.model": "b"}, "model", "b"),
        ({"llm.model_name": "c"}, "model", "c"),
        ({"llm": {"token_count": {"prompt": 7.0, "completion": 2}}}, "input_tokens", "7"),
        ({"gen_ai.usage.completion_tokens": "5"}, "output_tokens", "5"),
        ({"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}, "input_tokens", None),
        ({"gen_ai.user": "u"}, "user_id", "u"),
        ({"enduser.id": 17}, "user_id", "17"),
        ({"session.id": "s", "gen_ai.conversation.id": "c"}, "session_id", "c"),
        ({"gen_ai.prompt.name": "support"}, "prompt_version", "support"),
        ({"traceloop.prompt.key": "support", "traceloop.prompt.version": 3}, "prompt_version", "support v3"),
        ({"llm.prompt_template.version": "v12"}, "prompt_version", "v12"),
        ({"gen_ai.agent.version": "4"}, "release_bundle", "4"),
        ({"llm.cost.prompt": 0.25, "llm.cost.completion": 0.5}, "cost_usd", "0.75"),
        ({"llm.cost.total": 0.0}, "cost_usd", None),
        ({"error.type": "timeout"}, "error", "timeout"),
        (
            {"gen_ai.operation.name": "execute_tool", "traceloop.entity.input": '{"a": 1}'},
            "input",
            '{"a": 1}',
        ),
        ({"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": "shoes"}, "input", "shoes"),
        (
            {"openinference.span.kind": "RETRIEVER", "output.value": '[{"page_content": "x", "id": "kb-1"}]'},
            "retrieved_ids",
            '["kb-1"]',
        ),
        (
            {
                "openinference.span.kind": "RETRIEVER",
                "retrieval.documents.0.document.metadata": '{"source": "kb/1.md"}',
                "retrieval.documents.1.document.id": 7,
            },
            "retrieved_ids",
            '["kb/1.md", "7"]',
        ),
    ],
)  # fmt: skip
def test_what_each_name_becomes(attributes: dict[str, Any], column: str, cell: str | None) -> None:
    assert step(attributes).get(column) == cell


PARTS = [
    {"role": "system", "parts": [{"type": "text", "content": "Be kind."}]},
    {"role": "user", "parts": [{"type": "text", "content": "First"}, {"type": "image", "content": "…"}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "late"}]},
    {"role": "user", "parts": [{"type": "text", "content": "Where"}, {"type": "text", "content": "is it?"}]},
]


@pytest.mark.parametrize(
    ("attributes", "question"),
    [
        ({"gen_ai.input.messages": json.dumps(PARTS)}, "Where\nis it?"),
        ({"gen_ai.input.messages": PARTS}, "Where\nis it?"),
        ({"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Hi", "gen_ai.prompt.name": "x"}, "Hi"),
        (
            {
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": '[{"type": "text", "text": "Hi"}, {"type": "image_url"}]',
            },
            "Hi",
        ),
        ({"gen_ai.prompt": "Say hello"}, "Say hello"),
        ({"llm.input_messages": [{"message.role": "user", "message.content": "Hi"}]}, "Hi"),
        (
            {
                "llm.input_messages.0.message.role": "user",
                "llm.input_messages.0.message.contents.0.message_content.type": "text",
                "llm.input_messages.0.message.contents.0.message_content.text": "Hi",
            },
            "Hi",
        ),
        ({"input.value": '{"messages": [{"role": "user", "content": "Hi"}]}'}, "Hi"),
        ({"gen_ai.input.messages": "[{", "input.value": "Hi"}, "Hi"),
        ({"gen_ai.input.messages": '[{"role": "us'}, '[{"role": "us'),
    ],
)
def test_the_question_of_a_model_call(attributes: dict[str, Any], question: str) -> None:
    assert step({"gen_ai.operation.name": "chat", **attributes})["input"] == question


@pytest.mark.parametrize(
    ("attributes", "answer", "called"),
    [
        (
            {"gen_ai.output.messages": json.dumps([
                {"role": "assistant", "finish_reason": "tool_call", "parts": [
                    {"type": "text", "content": "Let me see."},
                    {"type": "tool_call", "name": "get_order", "arguments": {}},
                    {"type": "tool_call", "name": "refund", "arguments": {}}]}])},
            "Let me see.", '["get_order", "refund"]',
        ),
        ({"gen_ai.completion.0.content": "Here.", "gen_ai.completion.0.role": "assistant"}, "Here.", None),
        ({"gen_ai.completion.0.function_call.name": "get_order"}, None, '["get_order"]'),
        (
            {
                "output.value": '{"choices": [{"message": {"content": null}}]}',
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "get_order",
            },
            None, '["get_order"]',
        ),
        ({"output.value": '{"choices": [{"message": {"role": "ai", "content": "Yes"}}]}'}, "Yes", None),
    ],
)  # fmt: skip
def test_the_answer_of_a_model_call(
    attributes: dict[str, Any], answer: str | None, called: str | None
) -> None:
    row = step({"gen_ai.operation.name": "chat", **attributes})
    assert (row.get("output"), row.get("tools_called")) == (answer, called)


def test_messages_in_an_event_count_where_the_span_has_none(read: Any) -> None:
    said = {"gen_ai.input.messages": json.dumps(PARTS)}
    event = {
        "name": "gen_ai.client.inference.operation.details",
        "timeUnixNano": "1",
        "attributes": pairs(said),
    }
    found = read(json.dumps(document(span({"gen_ai.operation.name": "chat"}, events=[event]))), name="t.json")
    assert found.cells("input") == ["Where\nis it?"]


def test_values_of_every_type_and_what_a_team_adds(read: Any) -> None:
    attributes = {
        "app": {"fallback": True, "user_segment": "pilot"}, "confidence": 0.5, "channel": "web",
        "gen_ai.tool.definitions": [{"type": "function", "function": {"name": "refund"}}, "noise"],
    }  # fmt: skip
    (row,) = read(json.dumps(document(span(attributes))), name="t.json").table.to_pylist()
    assert (row["fallback"], row["user_segment"], row["confidence"], row["channel"]) == (
        True, "pilot", 0.5, "web",
    )  # fmt: skip
    assert row["tools_considered"] == ["refund"]


# Ids, times and states


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (f"0x{TRACE}", TRACE),
        (TRACE.upper(), TRACE),
        ("W47/95gDgQPSabYzgT/GDA==", TRACE),
        ("7uGbfsPBsXQ=", ROOT),
        ("0000000000000000", None),
        ("", None),
        ("Run-7", "Run-7"),
        (7, "7"),
    ],
)
def test_ids(cell: Any, expected: str | None) -> None:
    assert identifier(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1740832215123456789", "2025-03-01T12:30:15.123456+00:00"),
        (1740832215123456789, "2025-03-01T12:30:15.123456+00:00"),
        ("1.740832215123e+18", "2025-03-01T12:30:15.123000+00:00"),
        (1740832215123456, "2025-03-01T12:30:15.123456+00:00"),
        (1740832215123, "2025-03-01T12:30:15.123000+00:00"),
        (1740832215.5, "2025-03-01T12:30:15.500000+00:00"),
        (0, None),
        ("", None),
        ("2025-03-01T12:30:15Z", "2025-03-01T12:30:15Z"),
        ("-5", "number -5"),
        ("9" * 40, f"number {'9' * 40}"),
        ("soon", "soon"),
    ],
)
def test_times(cell: Any, expected: str | None) -> None:
    assert instant(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(2, "error"), ("2", "error"), ("STATUS_CODE_ERROR", "error"), ("StatusCode.OK", "ok"), (1.0, "ok"),
     (0, None), ("UNSET", None), (None, None), ({}, None)],
)  # fmt: skip
def test_states(cell: Any, expected: str | None) -> None:
    assert state(cell) == expected


# Whatever else may stand in a file

JSON = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
WORDS = """
    gen_ai.input.messages gen_ai.output.messages gen_ai.prompt gen_ai.prompt.0 gen_ai.prompt.0.content
    gen_ai.completion.0.tool_calls gen_ai.tool.definitions gen_ai.usage.input_tokens gen_ai.evaluation.name
    llm.input_messages llm.output_messages.0.message llm.tools.0 retrieval.documents
    retrieval.documents.0.document
    input.value output.value metadata tag.tags annotations annotations.0.annotation traceloop.entity.input
    traceloop.association.properties session.id openinference.span.kind gen_ai.operation.name app app.x .
    error error.type"""
NAMES = some.sampled_from(WORDS.split())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stated=some.dictionaries(NAMES, JSON | JSON.map(json.dumps), max_size=6))
def test_no_attribute_can_raise(stated: dict[str, Any]) -> None:
    row = step(stated, parent=None)
    assert row["run_id"] == TRACE
    assert all(cell is None or isinstance(cell, str) for cell in row.values())


@pytest.mark.parametrize(
    "fields",
    [
        {"attributes": None}, {"attributes": {"a": 1}}, {"attributes": [7, {"key": None}, {"key": "a"}]},
        {"attributes": [{"key": "a", "value": {"arrayValue": None}}]},
        {"attributes": [{"key": "a", "value": {"arrayValue": {"values": None}}}]},
        {"attributes": [{"key": "a", "value": {"kvlistValue": {"values": [{"key": "b", "value": 1}]}}}]},
        {"attributes": [{"key": "a", "value": {"intValue": "9" * 5000}}]},
        {"attributes": [{"key": "a", "value": {"unknownValue": 1}}]},
        {"attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"doubleValue": "NaN"}}]},
        {"events": None}, {"events": [None, {"attributes": 3}]}, {"status": None}, {"status": {"code": []}},
        {"name": None}, {"startTimeUnixNano": True}, {"endTimeUnixNano": "never"}, {"parentSpanId": ["x"]},
        {"traceId": None}, {"spanId": {}},
    ],
)  # fmt: skip
def test_odd_spans_end_in_an_account(read: Any, fields: dict[str, Any]) -> None:
    written = document(span(), span(spanId=CHILD) | fields, {"a": 1}, 7)
    report = read(json.dumps(written), name="t.json").report
    assert (report.source, report.read) == ("opentelemetry", 4)
    assert report.accepted + report.rejected == 4
    assert 1 <= report.accepted <= 2


@pytest.mark.parametrize("name", ["gen_ai.input.messages", "metadata", "input.value", "app", "llm.tools"])
@pytest.mark.parametrize("deep", ["[" * 800 + "]" * 800, '{"a":' * 800 + "1" + "}" * 800])
def test_text_that_is_nested_deeply_does_no_harm(read: Any, name: str, deep: str) -> None:
    found = read(json.dumps(document(span({name: deep, "gen_ai.system": "x"}))), name="t.json")
    assert (found.report.accepted, found.cells("run_id")) == (1, [TRACE])


def test_deep_nesting_is_refused_row_by_row(read: Any) -> None:
    deep: dict[str, Any] = {"stringValue": "x"}
    for _ in range(60):
        deep = {"arrayValue": {"values": [deep]}}
    written = document(span(), span(spanId=CHILD) | {"attributes": [{"key": "a", "value": deep}]})
    assert read(json.dumps(written), name="t.json").report.read == 2
    lists = '{"resourceSpans":' * 500 + "[]" + "}" * 500
    with pytest.raises(UnreadableFile):
        read(lists, name="t.json")
