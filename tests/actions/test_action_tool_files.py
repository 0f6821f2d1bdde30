"""Files of tools as a user hands them in: several requests, steps and scores become the runs they are of."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.actions.instrumentation import unmatched
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.intake.answers import Answers, FeedbackRule
from core.store.traces import Unmatched

HandIn = Callable[..., Any]
NONE = Answers(feedback=FeedbackRule(score=""))
THUMBS = Answers(feedback=FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",)))
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "traces"


@pytest.fixture
def sample() -> Callable[[str], str]:
    if not SHARED.is_dir():
        pytest.skip("the shared folder of samples is not beside this repository")
    return lambda name: (SHARED / name).read_text()


def test_the_requests_of_a_helicone_session_are_one_run(
    hand_in: HandIn, run: Callable[[str], Any], sample: Callable[[str], str]
) -> None:
    hand_in(sample("helicone/cli_export.jsonl"), "requests.jsonl", answers=NONE)
    found = run("sess-1")
    values = found.values
    assert [span.span_id[-1] for span in found.spans] == ["1", "2"]
    assert values["query"] == "Where is my order 1042?"
    assert values["response"] == 'Order 1042 arrives "tomorrow", 🙂\nBye'
    assert (values["input_tokens"], values["output_tokens"]) == (2_016, 119)
    assert values["cost_usd"] == pytest.approx(0.0001356 + 0.000238)
    # From the first request at 09:11:33.101 to the answer of the second, 2.1 s after 09:12:33.101.
    assert values["latency_ms"] == 62_100
    assert (values["tools_called"], values["tool_selected"]) == (["get_order"], "get_order")
    assert (values["user_feedback"], values["user_segment"]) == ("accepted", "pilot")
    assert json.loads(values["scores"]) == {"correctness": 90, "feedback_rating": 1, "grounded": 1}
    alone = run("b1e0c6f2-0000-4000-8000-000000000003").values
    assert (alone["error"], alone["user_feedback"]) == ("Status 429: Rate limit reached", "rejected")
    assert alone["cost_usd"] is None


def test_langfuse_traces_with_their_packed_observations(
    hand_in: HandIn, run: Callable[[str], Any], sample: Callable[[str], str]
) -> None:
    hand_in(sample("langfuse/ui_export_traces_v3.157plus.csv"), "traces.csv", answers=THUMBS)
    packed = gzip.compress(sample("langfuse/ui_export_observations_v3.157plus.csv").encode())
    assert hand_in(packed, "observations.csv.gz", answers=THUMBS).kind == "spans"
    values = run("5f0c1e1c7d2e4a0f9b1d3c2a1b0e9d8c").values
    assert values["cost_usd"] == 0.0001356
    assert values["input_tokens"] + values["output_tokens"] == 835
    assert values["latency_ms"] == 3_420


def test_scores_of_steps_wait_for_their_steps(
    workspace: Workspace, feature: str, hand_in: HandIn, run: Callable[[str], Any]
) -> None:
    scores = "id,traceId,observationId,name,source,dataType,value\ns1,,o1,user_feedback,API,NUMERIC,1\n"
    assert hand_in(scores, "scores.csv", answers=THUMBS).kind == "scores"
    assert unmatched(workspace, LOCAL_CALLER, feature) == Unmatched(0, 0, 1, 0, 1)
    step = {
        "id": "o1", "traceId": "t1", "type": "SPAN", "name": "agent", "parentObservationId": None,
        "startTime": "2026-02-20T09:00:00Z", "endTime": "2026-02-20T09:00:01Z", "level": "DEFAULT",
    }  # fmt: skip
    hand_in(json.dumps(step) + "\n", "steps.jsonl")
    assert run("t1").values["user_feedback"] == "accepted"
    assert [score.span_id for score in run("t1").scores] == ["o1"]
    assert unmatched(workspace, LOCAL_CALLER, feature) == Unmatched(0, 0, 1, 0, 0)
