"""Intercom conversations: the customer's question, Fin's answer, and what may be said of the outcome."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.evidence.columns import Kind
from core.intake.sources.html_text import text_in

SAMPLE = "samples/traces/intercom_fin/openapi_2.16_example_get_conversation.json"
CUSTOMER, PERSON = {"type": "user", "id": "u"}, {"type": "admin", "id": "a", "name": "Jo"}
FIN = {"type": "bot", "id": "f", "name": "Fin", "from_ai_agent": True, "is_ai_answer": True}


def said(author: dict[str, Any], body: str | None, at: Any, **other: Any) -> dict[str, Any]:
    return {"type": "conversation_part", "part_type": "comment", "body": body, "created_at": at,
            "author": author, **other}  # fmt: skip


def conversation(*parts: dict[str, Any], agent: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    stated = {"resolution_state": None, "last_answer_type": "ai_answer", "rating": None, **(agent or {})}
    return {
        "type": "conversation", "id": "c1", "created_at": 1_734_537_511,
        "source": {"type": "conversation", "body": "<p>Where is my <b>order</b>&nbsp;1042?</p><p>Thanks</p>",
                   "author": CUSTOMER},
        "contacts": {"contacts": [{"type": "contact", "id": "x", "external_id": "70"}]},
        "tags": {"tags": []}, "custom_attributes": {}, "conversation_rating": None,
        "ai_agent_participated": True, "ai_agent": stated,
        "conversation_parts": {"conversation_parts": list(parts), "total_count": len(parts)},
        **other,
    }  # fmt: skip


ANSWERED = (said(FIN, "<p>It arrives tomorrow.</p>", 1_734_537_515),)


def test_a_conversation_with_fin(read: Any) -> None:
    sources = {"content_sources": {"content_sources": [
        {"content_type": "article", "title": "Delivery", "url": "https://help.example/1"},
        {"content_type": "article", "title": "Refunds", "url": None},
    ]}}  # fmt: skip
    found = read(
        json.dumps(
            conversation(
                *ANSWERED,
                said(CUSTOMER, "<p>And a refund?</p>", 1_734_537_600),
                {"part_type": "custom_action_started", "body": None, "created_at": 1_734_537_601,
                 "author": FIN, "event_details": {"action": {"name": "Refund order"}}},
                {"part_type": "custom_action_finished", "body": None, "created_at": 1_734_537_602,
                 "author": FIN, "event_details": {"action": {"name": "Refund order", "result": "failed"}}},
                said(FIN, "<p>Sorry, no.</p>", 1_734_537_609),
                agent={"resolution_state": "confirmed_resolution", "rating": 5, **sources},
                channel="messenger", custom_attributes={"plan": "pro"},
                conversation_rating={"rating": 4, "remark": "ok", "created_at": 1_734_537_700},
                monitor_evaluations=[{"name": "tone", "score": 0.5}],
                scorecards={"data": [{"title": "policy", "passed": True}]},
            ),
            indent=1,
        ),
        name="conversation.json",
    )  # fmt: skip
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.TRACES, "intercom", 1, 1)
    [row] = found.table.to_pylist()
    assert row["run_id"] == row["session_id"] == "c1"
    assert row["started_at"].isoformat() == "2024-12-18T15:58:31+00:00"
    assert row["query"] == "Where is my order 1042?\nThanks"
    assert row["response"] == "Sorry, no."
    assert row["latency_ms"] == 9_000
    assert (row["user_id"], row["channel"], row["user_segment"]) == ("70", "messenger", "pro")
    assert (row["tools_called"], row["tool_selected"]) == (["Refund order"], "Refund order")
    assert row["tool_error"] == "Refund order: failed"
    assert row["retrieved_ids"] == row["cited_ids"] == ["https://help.example/1", "Refunds"]
    assert row["context_summary"] == "Delivery; Refunds"
    assert (row["escalated"], row["abstained"], row["user_feedback"]) == (False, False, "accepted")
    assert {one["name"]: one["value"] for one in found.part(Kind.SCORES)} == {
        "fin_rating": 5, "conversation_rating": 4, "tone": 0.5, "policy": 1,
    }  # fmt: skip
    assert "whole_seconds" in found.warned


@pytest.mark.parametrize(
    ("agent", "reaction"),
    [
        ({"resolution_state": "assumed_resolution"}, None),
        ({"resolution_state": "confirmed_resolution"}, "accepted"),
        ({"resolution_state": "negative_feedback"}, "rejected"),
        ({"resolution_state": "abandoned"}, None),
        ({"rating": 4}, "accepted"), ({"rating": 3}, None), ({"rating": 2}, "rejected"),
        ({"rating": 9}, None), ({"rating": "5"}, "accepted"),
        ({"resolution_state": "assumed_resolution", "rating": 1}, "rejected"),
        ({"resolution_state": "confirmed_resolution", "rating": 1}, None),
    ],
)  # fmt: skip
def test_silence_is_no_acceptance(read: Any, agent: dict[str, Any], reaction: str | None) -> None:
    found = read(json.dumps(conversation(*ANSWERED, agent=agent)) + "\n", name="c.jsonl")
    assert found.cells("user_feedback") == [reaction]
    silent = agent.get("resolution_state") == "assumed_resolution" and "rating" not in agent
    assert ("assumed_resolution" in found.warned) == silent
    assert ("feedback_disagrees" in found.warned) == (len(agent) == 2 and reaction is None)


@pytest.mark.parametrize(
    ("parts", "state", "escalated"),
    [
        (ANSWERED, None, False),
        (ANSWERED, "escalated", True),
        (ANSWERED, "procedure_handoff", True),
        (ANSWERED, "routed_to_team", True),
        ((*ANSWERED, said(PERSON, "<p>Hello</p>", 1_734_537_900)), None, True),
        ((*ANSWERED, said(PERSON, "<p>Hm</p>", 1_734_537_900, part_type="note")), None, False),
        ((said(PERSON, "<p>Hello</p>", 1_734_537_512), said(FIN, "<p>Hi</p>", 1_734_537_513)), None, False),
    ],
)
def test_a_person_after_fin_is_an_escalation(
    read: Any, parts: tuple[dict[str, Any], ...], state: str | None, escalated: bool
) -> None:
    found = read(json.dumps(conversation(*parts, agent={"resolution_state": state})), name="c.json")
    assert found.cells("escalated") == [escalated]


def test_the_shapes_a_file_can_have(read: Any) -> None:
    one, two = conversation(*ANSWERED), conversation(*ANSWERED, id="c2")
    texts = {
        "object": (json.dumps(one, indent=1), 1),
        "two objects": (json.dumps(one, indent=1) + "\n" + json.dumps(two, indent=1), 2),
        "lines": (json.dumps(one) + "\n" + json.dumps(two) + "\n", 2),
        "list": (json.dumps([one, two], indent=1), 2),
        "answer": (
            json.dumps({"type": "conversation.list", "pages": {"page": 1}, "total_count": 2,
                        "conversations": [one, two]}), 2,
        ),
        "data": (json.dumps({"data": [one, two]}), 2),
    }  # fmt: skip
    for name, (text, count) in texts.items():
        report = read(text, name="c.json").report
        assert (report.source, report.read, report.accepted) == ("intercom", count, count), name


def test_conversations_without_fin_are_left_out(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLE)
    assert (found.report.source, found.report.read, found.report.skipped) == ("intercom", 1, 1)
    assert "without_fin" in found.warned


def test_a_conversation_that_was_cut_is_told(read: Any) -> None:
    many = [said(CUSTOMER, "<p>x</p>", 1_734_537_511 + number) for number in range(500)]
    assert "cut_conversations" in read(json.dumps(conversation(*many)), name="c.json").warned
    cut = conversation(*ANSWERED)
    cut["conversation_parts"]["total_count"] = 700
    assert "cut_conversations" in read(json.dumps(cut), name="c.json").warned
    assert "cut_conversations" not in read(json.dumps(conversation(*ANSWERED)), name="c.json").warned


def test_without_an_answer_nothing_is_made_up(read: Any) -> None:
    found = read(json.dumps(conversation(agent={"last_answer_type": None})), name="c.json")
    [row] = found.table.to_pylist()
    assert (row["response"], row["latency_ms"], row["abstained"]) == (None, None, True)
    assert row["cost_usd"] is None
    assert "without_parts" in found.warned


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello <b>you</b></p><p>Bye</p>", "Hello you\nBye"),
        ("a &amp; b &lt;3", "a & b <3"),
        ("plain", "plain"),
        ("", None),
        ("<p></p><img src=x>", None),
        ("<script>alert(1)</script>hi", "hi"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>broken <b", "broken <b"),
    ],
)
def test_the_words_of_html(html: str, text: str | None) -> None:
    assert text_in(html) == text


ODD = [None, "", 0, -1, 1e300, True, [], {}, "x", [1], {"a": None}, "{", [[[]]], [{"author": 1, "body": []}]]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_stands_in_a_field_nothing_breaks(read: Any, odd: Any) -> None:
    whole = conversation(*ANSWERED)
    rows = [{**whole, "id": f"c{number}", name: odd} for number, name in enumerate(whole)]
    rows += [conversation(*ANSWERED, agent={name: odd}, id=f"a-{name}") for name in (
        "resolution_state", "last_answer_type", "rating", "rating_remark", "source_title", "content_sources",
    )]  # fmt: skip
    rows += [conversation({**ANSWERED[0], name: odd}, id=f"p-{name}") for name in ANSWERED[0]]
    text = "".join(json.dumps(row) + "\n" for row in (whole, *rows))
    report = read(text, name="c.jsonl").report
    assert (
        report.read == report.accepted + report.duplicate + report.updated + report.rejected + report.skipped
    )
    assert report.read == len(rows) + 1


def test_the_same_file_again_adds_nothing(read: Any, tmp_path: Path) -> None:
    text = json.dumps(conversation(*ANSWERED))
    first = read(text, name="c.json")
    again = read(text, name="c.json", known_keys=first.known_keys(tmp_path / "known.npz"))
    assert (again.report.accepted, again.report.duplicate) == (0, 1)
