"""What all sources read in the same way: tools, documents, errors, scores, times, versions of one step."""

import json
from typing import Any

import pytest

from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule
from core.intake.sources.beside_words import beside_words
from core.intake.sources.epochs import later, milliseconds_from_to, milliseconds_text
from core.intake.sources.error_texts import message_in
from core.intake.sources.fetched_documents import document_id, documents_in
from core.intake.sources.newest_versions import NewestVersions
from core.intake.sources.scores import made_id, score_number
from core.intake.sources.tool_calls import calls_in, tool_name
from core.intake.sources.who_asked import conversation_in, user_in

NO_FEEDBACK = Answers(feedback=FeedbackRule(score=""))


@pytest.mark.parametrize(
    ("described", "name"),
    [
        ("refund", "refund"),
        ({"name": "refund"}, "refund"),
        ({"type": "function", "function": {"name": "refund", "arguments": "{}"}}, "refund"),
        ({"function": "refund"}, "refund"),
        ('{"function": {"name": "refund"}}', "refund"),
        ({"tool": {"json_schema": '{"function": {"name": "refund"}}'}}, "refund"),
        ({"toolSpec": {"name": "refund"}}, "refund"),
        ({"name": {"a": 1}}, None),
        ('{"function": {"name": "refu', None),
        (True, None),
        (None, None),
    ],
)
def test_the_name_of_a_tool(described: Any, name: str | None) -> None:
    assert tool_name(described) == name


@pytest.mark.parametrize(
    "answer",
    [
        {"tool_calls": [{"function": {"name": "refund"}}]},
        {"choices": [{"message": {"tool_calls": [{"name": "refund"}]}}]},
        [{"type": "text", "text": "…"}, {"type": "tool_use", "name": "refund"}],
        {"messages": [{"role": "user"}, {"tool_calls": [{"name": "refund"}]}]},
    ],
)
def test_the_tools_that_an_answer_asks_for(answer: Any) -> None:
    assert calls_in(answer) == calls_in(json.dumps(answer)) == ["refund"]


def test_the_metadata_of_a_document_say_what_it_is_a_piece_of() -> None:
    piece = {"id": "chunk-7", "metadata": {"source": "kb-12"}}
    assert documents_in({"documents": [piece, {"id": "kb-31"}, {"text": "without an id"}]}) == [
        "kb-12",
        "kb-31",
    ]
    assert document_id(piece, own_first=True) == "chunk-7"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("upstream 504", "upstream 504"),
        (
            "ValueError('no')Traceback (most recent call last):\n  File “x”\nValueError: no",
            "ValueError('no')",
        ),
        ("Traceback (most recent call last):\n  File “x”\nValueError: no answer\n", "ValueError: no answer"),
        ('Traceback\n  File "x"\nValueError: no answer', "ValueError: no answer"),
        ("x" * 900, "x" * 500),
    ],
)
def test_an_error_without_the_way_to_it(error: str, message: str) -> None:
    assert message_in(error) == message


@pytest.mark.parametrize(
    ("stated", "number"),
    [(True, 1), ("False", 0), (" true ", 1), ("0.8", 0.8), (2, 2), ("yes", None), ("nan", None), ([1], None)],
)
def test_a_score_as_a_number(stated: Any, number: float | None) -> None:
    assert score_number(stated) == number


def test_made_ids_stay_apart_where_they_are_long() -> None:
    assert made_id("step", "score", 0) == "step:score:0"
    first, second = made_id("s" * 300, "a"), made_id("s" * 300, "b")
    assert first != second
    assert max(len(first), len(second)) <= 200


def test_durations_and_ends() -> None:
    assert milliseconds_from_to("2026-05-04T09:00:00Z", "2026-05-04 09:00:01.5") == 1500
    assert milliseconds_from_to("2026-05-04T09:00:01Z", "2026-05-04T09:00:00Z") is None
    assert (milliseconds_text("0.291"), milliseconds_text(-1), milliseconds_text("soon")) == (
        "291",
        None,
        None,
    )
    assert later("2026-05-04T09:00:00", 1500) == "2026-05-04T09:00:01.500000+00:00"
    assert later("9999-12-31T23:59:59", 1500) is None
    assert later("yesterday", 1500) is None


def test_of_several_versions_the_newest_counts() -> None:
    versions = NewestVersions()
    assert versions.older([1, 2, 3], [("a", 1), ("a", 2), ("b", 1)]) == {1}
    assert versions.older([4, 5, 6, 7], [("a", 1), ("a", 2), (None, 9), ("b", None)]) == {4}, "5 is 2 again"


def test_what_stands_beside_the_words() -> None:
    given, gave = {"question": "Why?", "channel": "web"}, {"answer": "So.", "confidence": 0.5, "fallback": {}}
    found = dict(beside_words(("input", given), ("output", json.dumps(gave))))
    assert found == {"input": {"channel": "web"}, "output": {"confidence": 0.5}}


def test_who_asked() -> None:
    assert (user_in({"user": {"id": 1}, "userId": 7}), conversation_in({"thread_id": "t"})) == ("7", "t")


# The same in files


def test_cells_that_a_script_lost_are_told(read: Any) -> None:
    row = {
        "id": "a",
        "timestamp": "2026-05-04T09:12:33Z",
        "sessionId": "s",
        "bookmarked": False,
        "release": None,
    }
    found = read(
        json.dumps([row | {"input": "[object Object]", "output": "Yes."}]), NO_FEEDBACK, name="t.json"
    )
    assert found.cells("query") == [None]
    assert "lost_cells" in found.warned
    assert "filters_ignored" in found.warned


def test_a_first_step_with_a_caller_elsewhere_has_the_facts_of_its_run(read: Any) -> None:
    row = {
        "id": "s-1", "traceId": "t-1", "type": "AGENT", "startTime": "2026-05-04T09:12:33Z",
        "parentObservationId": "gateway", "isRootObservation": True, "traceName": "support",
        "metadata": {"fallback": True}, "output": "cut ...[truncated]",
    }  # fmt: skip
    found = read(json.dumps([row]), NO_FEEDBACK, name="o.json")
    assert (found.report.kind, found.cells("fallback"), found.cells("route")) == (
        Kind.SPANS,
        [True],
        ["support"],
    )
    assert "cut_texts" in found.warned


def test_a_data_set_of_mlflow(read: Any) -> None:
    record = {
        "dataset_record_id": "dr-1", "inputs": {"query": "Where is it?"}, "tags": {"case_id": "C-1"},
        "expectations": {"expected_tool": "lookup", "guidelines": ["be short"], "expected_response": "Here."},
    }  # fmt: skip
    found = read(json.dumps([record, {"inputs": {"query": "Why?"}, "expectations": {"x": 1}}]), name="d.json")
    assert (found.report.source, found.report.kind) == ("mlflow", Kind.CASES)
    assert (found.cells("case_id")[0], found.cells("query")) == ("C-1", ["Where is it?", "Why?"])
    assert (found.cells("ground_truth"), found.cells("tools_expected")) == (
        ["Here.", None],
        [["lookup"], None],
    )
    assert found.cells("expected_behavior") == ['["be short"]', None]
