"""Runs of tools that write steps: one trace each, with its tokens counted once and its feedback joined."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.intake.answers import Answers, FeedbackRule
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Run = Callable[[str], Any]

ROOT, CALL = (f"0000000{n}-0000-4000-8000-00000000000{n}" for n in (1, 2))
THUMBS = Answers(feedback=FeedbackRule(score="user_score", accepted=("1",), rejected=("0",)))
REACTION = Answers(feedback=FeedbackRule(score="reaction", accepted=("👍",), rejected=("👎",)))


@pytest.fixture(scope="session")
def samples() -> Path:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "traces"
    if not folder.is_dir():
        pytest.skip("the shared folder of samples is not beside this repository")
    return folder


def langsmith_runs() -> str:
    shared = {
        "trace_id": ROOT, "session_id": "the-project", "status": "success", "error": None,
        "start_time": "2026-02-20T09:00:00", "end_time": "2026-02-20T09:00:02", "prompt_tokens": 10,
        "completion_tokens": 5, "total_cost": "0.25",
        "extra": {"metadata": {"thread_id": "talk-1", "user_id": "u-1", "channel": "chat"}},
    }  # fmt: skip
    root = {
        "id": ROOT, "run_type": "chain", "name": "helper", "parent_run_id": None,
        "inputs": {"question": "Where?"}, "outputs": {"answer": "Here.", "confidence": 0.5},
        "feedback_stats": {"user_score": {"n": 1, "avg": 0.0}},
    }  # fmt: skip
    call = {"id": CALL, "run_type": "llm", "name": "Chat", "parent_run_id": ROOT, "inputs": {}, "outputs": {}}
    return "".join(json.dumps(shared | one) + "\n" for one in (call, root))


FEEDBACK = json.dumps(
    [{"id": "f-1", "run_id": ROOT, "key": "user_score", "score": 0, "correction": {"answer": "There."},
      "feedback_source": {"type": "api"}, "created_at": "2026-02-20T09:05:00"}]
)  # fmt: skip


@pytest.mark.parametrize("feedback_first", [False, True])
def test_runs_and_feedback_of_langsmith_are_one_trace(
    hand_in: HandIn, run: Run, feedback_first: bool
) -> None:
    files = [("runs.jsonl", langsmith_runs()), ("feedback.json", FEEDBACK)]
    for name, content in reversed(files) if feedback_first else files:
        hand_in(content, name, answers=THUMBS)
    values = run(ROOT).values
    # The root repeats what its call used.
    assert (values["input_tokens"], values["output_tokens"], values["cost_usd"]) == (10, 5, 0.25)
    assert (values["session_id"], values["user_id"], values["channel"]) == ("talk-1", "u-1", "chat")
    assert (values["query"], values["response"], values["confidence"]) == ("Where?", "Here.", 0.5)
    assert (values["latency_ms"], values["route"]) == (2000, "helper")
    # The average alone would say that the user rejected the answer.
    assert values["user_feedback"] == "edited"


def test_roots_alone_keep_their_tokens(hand_in: HandIn, run: Run) -> None:
    hand_in(langsmith_runs().splitlines()[1] + "\n", "roots.jsonl", answers=THUMBS)
    values = run(ROOT).values
    assert (values["input_tokens"], values["cost_usd"], values["tools_called"]) == (10, 0.25, None)
    hand_in(langsmith_runs(), "all.jsonl", answers=THUMBS)
    assert run(ROOT).values["input_tokens"] == 10


def test_the_sample_of_langsmith(hand_in: HandIn, run: Run, samples: Path) -> None:
    hand_in((samples / "langsmith/api_runs.jsonl").read_bytes(), "api_runs.jsonl", answers=THUMBS)
    hand_in(
        (samples / "langsmith/feedback_as_sent_by_sdk.json").read_bytes(), "feedback.json", answers=THUMBS
    )
    edited = run("d9800828-5482-493a-8550-011c129d52ef").values
    assert (edited["input_tokens"], edited["output_tokens"]) == (2016, 119)
    assert edited["cost_usd"] == pytest.approx(0.0003738)
    assert edited["latency_ms"] == 9.688
    assert (edited["tools_called"], edited["retrieved_ids"]) == (["search_help_center"], ["kb-12", "kb-31"])
    assert edited["user_feedback"] == "edited"
    failed = run("3cd8103f-a6b6-40bd-b3cd-08f57b1d759b").values
    assert failed["tool_error"] == failed["error"] == "TimeoutError('order service timed out after 8000 ms')"
    assert failed["response"] is None
    assert json.loads(failed["scores"]) == {"failure_type": "tool_timeout"}


def test_the_sample_of_weave_counts_tokens_once(hand_in: HandIn, run: Run, samples: Path) -> None:
    hand_in((samples / "weave/calls_stream_query.jsonl").read_bytes(), "calls.jsonl", answers=REACTION)
    values = run("01a1f993-1add-7bab-9847-f8172499605a").values
    # 1,670 in the root and 835 in each of its two calls are not 3,340.
    assert values["input_tokens"] + values["output_tokens"] == 1670
    assert (values["tools_called"], values["user_feedback"]) == (["get_order"], "accepted")
    assert values["tools_considered"] == ["get_order", "search_help_center"]
    assert (values["latency_ms"], values["cost_usd"]) == (2.389, None)
    assert (values["model"], values["session_id"], values["user_id"]) == (
        "gpt-4o-mini-2024-07-18", "sess-1", "u-17",
    )  # fmt: skip
    assert json.loads(values["scores"]) == {"correctness": 5, "grounded": 1, "reaction": "👍"}
    failed = run("01a1f993-1af3-738c-9e0b-1b0bf2ab4eac").values
    assert failed["error"] == failed["tool_error"] == "TimeoutError: order service timed out"
