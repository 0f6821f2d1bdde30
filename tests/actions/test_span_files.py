"""Spans of OpenTelemetry and Phoenix as a user hands them in: what their runs look like once put together."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.actions.features import find_feature
from core.actions.workspace import Workspace
from core.intake.answers import Answers, FeedbackRule
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "traces"
RULE = FeedbackRule(score="user_feedback", accepted=("thumbs-up",), rejected=("thumbs-down",))
THUMBS = Answers(feedback=RULE)

SHOES = "64f8f27d32e2ed8d90a2e9145c0ef93e"


def sample(name: str) -> str:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"the shared sample {name} is not beside this repository")
    return path.read_text("utf-8")


def single_spans(text: str) -> list[str]:
    """Every span as a line of its own, with its resource."""
    lines = []
    for document in map(json.loads, text.splitlines()):
        for group in document["resourceSpans"]:
            for scope in group["scopeSpans"]:
                for span in scope["spans"]:
                    alone = {**group, "scopeSpans": [{"spans": [span]}]}
                    lines.append(json.dumps({"resourceSpans": [alone]}))
    return lines


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_run_over_two_files_is_one_trace(
    hand_in: HandIn, run: Callable[[str], Any], is_reversed: bool
) -> None:
    lines = single_spans(sample("otel_genai/otlp_traces.jsonl"))
    halves = [lines[0::2], lines[1::2]]
    for number, half in enumerate(halves[::-1] if is_reversed else halves):
        done = hand_in("\n".join(half), f"traces-{number}.jsonl")
        assert (done.state, (done.report or {})["accepted"]) == ("done", 7)
    values = run(SHOES).values
    assert (values["query"], values["response"]) == ("How do I return shoes?", "Within 30 days [kb-12].")
    assert (values["input_tokens"], values["output_tokens"], values["cost_usd"]) == (2016, 119, None)
    assert (values["tools_called"], values["tool_selected"]) == (["search_help_center"], "search_help_center")
    assert values["tools_considered"] == ["get_order", "issue_refund", "search_help_center"]
    assert values["retrieved_ids"] == ["kb-12", "kb-31"]
    assert (values["user_id"], values["session_id"]) == ("u-1", "conv-1")
    assert (values["model"], values["release_bundle"]) == ("gpt-4o-mini-2024-07-18", "2026.05.1")
    assert (values["latency_ms"], values["error"]) == (20.786, None)
    assert json.loads(values["scores"]) == {"Relevance": 0.85}
    assert len(run(SHOES).spans) == 5
    failed = run("57b44919b4bedb326e5c46b361c278c6").values
    assert (failed["error"], failed["tool_error"], failed["response"]) == (
        "order service timed out", "TimeoutError: order service timed out", None,
    )  # fmt: skip


def test_question_and_answer_come_from_the_model_calls_where_the_first_step_has_none(
    hand_in: HandIn, run: Callable[[str], Any]
) -> None:
    hand_in(sample("otel_genai/openllmetry_openai.otlp.jsonl"), "traces.jsonl")
    values = run("14c78c865c4d68a91f6f3fbd9edee459").values
    assert (values["query"], values["response"]) == (
        "Where is order 1042? 🙂", "Order 1042 arrives tomorrow.",
    )  # fmt: skip
    assert (values["input_tokens"], values["output_tokens"], values["latency_ms"]) == (182, 34, 45.253)
    assert (values["user_id"], values["tool_selected"]) == ("u-17", "get_order")


@pytest.mark.parametrize("first", ["spans", "annotations"])
def test_annotations_of_spans_join_their_runs_in_any_order(
    hand_in: HandIn, run: Callable[[str], Any], first: str
) -> None:
    files = [
        (sample("phoenix/spans_dataframe.csv"), "spans.csv", None),
        (sample("phoenix/span_annotations_dataframe.csv"), "annotations.csv", THUMBS),
    ]
    for content, name, answers in files if first == "spans" else files[::-1]:
        assert hand_in(content, name, answers=answers).state == "done"
    returned = run("71bce010ae02ee75c74b7abc959b4009").values
    assert returned["user_feedback"] == "rejected"
    assert json.loads(returned["scores"]) == {"correctness": 1, "user_feedback": 0}
    assert (returned["retrieved_ids"], returned["latency_ms"]) == (["kb-12", "kb-31", "kb-07"], 84.452)
    assert (returned["channel"], returned["fallback"], returned["user_segment"]) == (
        "chat",
        False,
        "internal",
    )
    shipped = run("2f709693e1baf913d16f2d36911a24ce").values
    assert (shipped["user_feedback"], shipped["tool_expected"], shipped["tool_selected"]) == (
        "accepted", "get_order", "get_order",
    )  # fmt: skip
    assert shipped["prompt_version"] == "support-v12"
    orphan = run("abcdef0123456789abcdef0123456789").values
    assert (orphan["query"], orphan["response"], orphan["error"]) == ("ping", "pong", None)
    failed = run("37d4ba05d6ab00064ba66eef6ef34a8b").values
    assert (failed["error"], failed["fallback"]) == ("RateLimitError: 429 Too Many Requests", True)


def test_all_runs_of_the_phoenix_sample_are_there(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, run: Callable[[str], Any]
) -> None:
    text = sample("phoenix/ui_download_spans_with_annotations.jsonl")
    done = hand_in(text, "spans.jsonl", answers=THUMBS)
    assert ((done.report or {})["read"], (done.report or {})["accepted"]) == (26, 26)
    runs = {json.loads(line)["context"]["trace_id"] for line in text.splitlines()}
    assert len(runs) == 8
    found = [run(one).values for one in runs]
    assert sum(values["error"] is not None for values in found) == 2
    assert sum(values["user_feedback"] is not None for values in found) == 2
    version = find_feature(workspace, feature).evidence_version
    again = hand_in(text, "again.jsonl", answers=THUMBS)
    assert (again.report or {})["duplicate"] == 26
    assert find_feature(workspace, feature).evidence_version == version
