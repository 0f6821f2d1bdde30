"""Files of MLflow and Braintrust handed in: what the merged traces say, in whatever form they came."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.actions.features import create_feature, find_feature
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.intake.answers import Answers, FeedbackRule
from core.store.traces import TraceRecord
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Merged = Callable[..., TraceRecord]

FILES = Path(__file__).resolve().parents[1] / "intake" / "files"
MLFLOW = FILES / "mlflow" / "traces.jsonl"
BRAINTRUST = FILES / "braintrust" / "logs.jsonl"
FIRST, FAILED = "tr-" + "a" * 32, "tr-" + "b" * 32

BY_WORD = Answers(feedback=FeedbackRule(score="user_feedback", accepted=("true",), rejected=("false",)))
BY_NUMBER = Answers(feedback=FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",)))


@pytest.fixture
def run(workspace: Workspace) -> Merged:
    """``run(slug, run_id)``: one trace as the evidence now has it."""

    def ask(slug: str, run_id: str) -> TraceRecord:
        with workspace.database.reading() as connection:
            found = workspace.warehouse.trace(connection, find_feature(workspace, slug), run_id)
        assert found is not None
        return found

    return ask


def _traces() -> list[dict[str, Any]]:
    return [json.loads(line) for line in MLFLOW.read_text("utf-8").splitlines()]


def _as_table() -> str:
    """The column that counts, beside one that only Python can read."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["trace_id", "trace", "state", "tags"])
    for trace in _traces():
        info = trace["info"]
        writer.writerow([info["trace_id"], json.dumps(trace), info["state"], str(info["tags"])])
    return written.getvalue()


def test_traces_of_mlflow_are_the_same_from_every_file(
    workspace: Workspace, now: datetime, hand_in: HandIn, run: Merged
) -> None:
    forms = {
        "lines.jsonl": MLFLOW.read_text("utf-8"),
        "dicts.json": json.dumps(_traces(), indent=1),
        "search.csv": _as_table(),
    }
    merged = []
    for name, text in forms.items():
        slug = create_feature(workspace, LOCAL_CALLER, now, name=name, owner="Ada", stakes=Stakes.LOW).slug
        assert hand_in(text, name, slug=slug, answers=BY_WORD).state == "done"
        merged.append([run(slug, run_id).values for run_id in (FIRST, FAILED, "tr-" + "c" * 32)])
    assert merged[1] == merged[0]
    assert merged[2] == merged[0]


def test_a_trace_of_mlflow_counts_its_model_calls_once(feature: str, hand_in: HandIn, run: Merged) -> None:
    hand_in(MLFLOW.read_text("utf-8"), "traces.jsonl", answers=BY_WORD)
    found = run(feature, FIRST).values
    assert (found["input_tokens"], found["output_tokens"], found["cost_usd"]) == (950, 40, 0.003)
    assert found["latency_ms"] == 2000
    assert (found["tool_selected"], found["tools_called"]) == ("list_charges", ["list_charges"])
    assert found["tools_considered"] == ["list_charges", "refund"]
    assert found["retrieved_ids"] == ["kb-7", "kb-9"]
    assert (found["tool_expected"], found["user_feedback"]) == ("list_charges", "accepted")
    assert json.loads(found["scores"]) == {"groundedness": 0.75, "tone": "curt", "user_feedback": 1}
    failed = run(feature, FAILED).values
    assert (failed["error"], failed["tool_error"]) == ("ToolFailed: refund", "TimeoutError: no answer")
    unfinished = run(feature, "tr-" + "c" * 32).values
    assert (unfinished["input_tokens"], unfinished["cost_usd"], unfinished["latency_ms"]) == (950, None, None)


def test_logs_of_braintrust_are_rolled_up_without_their_scorers(
    feature: str, hand_in: HandIn, run: Merged
) -> None:
    rows = BRAINTRUST.read_text("utf-8").splitlines(keepends=True)
    hand_in("".join(rows[:2]), "first.jsonl", answers=BY_NUMBER)
    hand_in("".join(rows[2:]), "second.jsonl", answers=BY_NUMBER)
    found = run(feature, "r" * 32).values
    assert (found["input_tokens"], found["output_tokens"], found["cost_usd"]) == (900, 30, 0.002)
    assert found["latency_ms"] == 2000
    assert (found["query"], found["response"]) == ("Why two charges?", "The second is a deposit.")
    assert (found["user_id"], found["session_id"], found["channel"]) == ("u-1", "s-1", "chat")
    assert (found["user_segment"], found["release_bundle"]) == ("pilot", "2026.05.1")
    assert (found["tool_selected"], found["retrieved_ids"]) == ("list_charges", ["kb-7", "kb-9"])
    assert found["user_feedback"] == "accepted"
    failed = run(feature, "q" * 32).values
    assert (failed["error"], failed["tool_error"]) == ("ToolFailed: refund", "TimeoutError: no answer")
    assert failed["user_feedback"] == "edited"
    assert json.loads(failed["scores"]) == {"user_feedback": 0}
