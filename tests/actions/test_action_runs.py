"""Traces, steps, scores and the failure log as a user hands them in: what is published, and what it tells."""

import json
from collections.abc import Callable
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from core.actions.features import find_feature
from core.actions.gates import gate
from core.actions.imports import left_out_because_of
from core.actions.instrumentation import cannot_compute, instrumentation, unmatched
from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule
from core.store.traces import Unmatched
from core.store.uploads import Upload
from tests.stages import note_something_else

HandIn = Callable[..., Upload]

THUMBS = Answers(feedback=FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",)))


def api_trace(output_tokens: int = 23) -> str:
    """A trace as the API of Langfuse gives it, with its steps and a score inside."""
    call = {
        "id": "o2", "traceId": "t1", "parentObservationId": "o1", "type": "GENERATION", "name": "chat",
        "startTime": "2026-02-20T09:00:00.100Z", "endTime": "2026-02-20T09:00:01.000Z", "model": "m-1",
        "usageDetails": {"input": 800, "output": output_tokens, "total": 800 + output_tokens},
        "costDetails": {"total": 0.25}, "totalCost": 0.25, "level": "DEFAULT",
    }  # fmt: skip
    root = {
        "id": "o1", "traceId": "t1", "parentObservationId": None, "type": "AGENT", "name": "agent",
        "startTime": "2026-02-20T09:00:00.000Z", "endTime": "2026-02-20T09:00:02.000Z", "level": "DEFAULT",
    }  # fmt: skip
    score = {
        "id": "s1", "traceId": "t1", "name": "user_feedback", "value": 1, "dataType": "NUMERIC",
        "source": "API", "timestamp": "2026-02-20T09:05:00Z",
    }  # fmt: skip
    trace = {
        "id": "t1", "timestamp": "2026-02-20T09:00:00Z", "name": "help", "userId": "u-1", "sessionId": "s-1",
        "input": "Where is it?", "output": "Here.", "observations": [call, root], "scores": [score],
    }  # fmt: skip
    return json.dumps(trace)


def test_what_a_trace_holds_is_published_with_it_and_withdrawn_with_it(
    workspace: Workspace, now: datetime, hand_in: HandIn, run: Callable[[str], Any]
) -> None:
    upload = hand_in(api_trace(), "trace.json", answers=THUMBS)
    assert upload.kind == "traces"
    found = run("t1")
    assert found.values["latency_ms"] == 2000.0
    assert (found.values["input_tokens"], found.values["cost_usd"]) == (800, 0.25)
    assert found.values["user_feedback"] == "accepted"
    assert {(origin.kind, origin.file_name) for origin in found.origins} == {
        (kind, "trace.json") for kind in (Kind.TRACES, Kind.SPANS, Kind.SCORES)
    }
    withdraw_upload(workspace, LOCAL_CALLER, now, upload.id, "The wrong feature.")
    assert run("t1") is None


def test_a_step_that_changed_is_an_update_and_the_same_again_is_nothing_new(
    workspace: Workspace, feature: str, hand_in: HandIn, run: Callable[[str], Any]
) -> None:
    hand_in(api_trace(), "trace.json", answers=THUMBS)
    version = find_feature(workspace, feature).evidence_version
    hand_in(api_trace(), "again.json", answers=THUMBS)
    assert find_feature(workspace, feature).evidence_version == version
    hand_in(api_trace(output_tokens=99), "corrected.json", answers=THUMBS)
    assert run("t1").values["output_tokens"] == 99
    assert len(run("t1").spans) == 2


def test_withdrawing_a_trace_tells_which_file_left_its_steps_out(
    workspace: Workspace, now: datetime, hand_in: HandIn, run: Callable[[str], Any]
) -> None:
    trace = json.loads(api_trace()) | {"userId": None, "sessionId": None, "scores": []}
    whole = hand_in(json.dumps(trace), "trace.json")
    steps = hand_in("\n".join(map(json.dumps, trace["observations"])), "steps.jsonl")
    assert (steps.kind, (steps.report or {})["duplicate"]) == ("spans", 2)
    assert left_out_because_of(workspace, whole) == ["steps.jsonl"]
    assert left_out_because_of(workspace, steps) == []
    withdraw_upload(workspace, LOCAL_CALLER, now, whole.id, "Handed in twice.")
    assert run("t1") is None


def test_merged_runs_are_ready_before_the_first_page(
    workspace: Workspace, feature: str, hand_in: HandIn, home: Path
) -> None:
    hand_in(api_trace(), "trace.json", answers=THUMBS)
    (made,) = (home / "cache" / "derived").glob("runs-*")
    assert made.stat().st_size > 0


def test_an_import_stands_even_where_its_runs_cannot_be_merged_ahead(
    workspace: Workspace, hand_in: HandIn, home: Path, run: Callable[[str], Any]
) -> None:
    (home / "cache").mkdir(parents=True)
    blocked = home / "cache" / "derived"
    blocked.write_text("a file where the folder should be")
    note_something_else()
    assert hand_in(api_trace(), "trace.json", answers=THUMBS).state == "done"
    blocked.unlink()
    assert run("t1").values["latency_ms"] == 2000.0


def test_the_failure_log_and_every_kind_are_part_of_the_cited_evidence(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, run: Callable[[str], Any]
) -> None:
    def cited() -> str:
        return gate(workspace, LOCAL_CALLER, now, feature).evidence_sha256

    seen = [cited()]
    hand_in(api_trace(), "trace.json", answers=THUMBS)
    seen.append(cited())
    failed = hand_in("Run ID,Failure Type,Root Cause,Fix\nt1,Wrong tool,Vague prompt,\n", "failures.csv")
    assert failed.kind == "failures"
    assert [failure.failure_type for failure in run("t1").failures] == ["Wrong tool"]
    seen.append(cited())
    withdraw_upload(workspace, LOCAL_CALLER, now, failed.id, "Old.")
    assert cited() == seen[1]
    assert len(set(seen)) == 3


def test_labels_and_scores_without_their_run_are_counted_until_it_comes(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    def found() -> Unmatched:
        return unmatched(workspace, LOCAL_CALLER, feature)

    assert found() == Unmatched(0, 0, 0, 0)
    hand_in("run_id,answer_right,reviewer\na,yes,Ada\na,no,Bob\nb,yes,Ada\nc,yes,Ada\n", "labels.csv")
    assert found() == Unmatched(4, 4, 0, 0), "without any trace"
    hand_in("run_id,query\na,Where?\n", "traces.csv")
    assert found() == Unmatched(4, 2, 0, 0)
    header = "id,traceId,sessionId,source,name,dataType,value,stringValue,observationId\n"
    scores = header + "".join(f"s-{run},{run},,API,helpful,NUMERIC,1,,\n" for run in "abd")
    no_reaction = Answers(feedback=FeedbackRule(score=""))
    assert hand_in(scores, "scores.csv", answers=no_reaction).kind == "scores"
    assert found() == Unmatched(4, 2, 3, 2), "a run that only has a score is no trace"
    more = hand_in("run_id,query\nb,When?\nd,Who?\n", "more.csv")
    assert found() == Unmatched(4, 1, 3, 0)
    withdraw_upload(workspace, LOCAL_CALLER, now, more.id, "The wrong feature.")
    assert found() == Unmatched(4, 2, 3, 2)


def test_a_run_that_only_has_steps_is_there_for_its_labels_and_scores(
    workspace: Workspace, feature: str, hand_in: HandIn
) -> None:
    step = {
        "id": "o1", "traceId": "t1", "type": "SPAN", "name": "agent", "parentObservationId": None,
        "startTime": "2026-02-20T09:00:00Z", "endTime": "2026-02-20T09:00:01Z", "level": "DEFAULT",
    }  # fmt: skip
    assert hand_in(json.dumps(step) + "\n", "steps.jsonl").kind == "spans"
    hand_in("run_id,answer_right\nt1,yes\nt2,yes\n", "labels.csv")
    assert unmatched(workspace, LOCAL_CALLER, feature) == Unmatched(2, 1, 0, 0)


def test_six_questions_with_their_coverage(workspace: Workspace, feature: str, hand_in: HandIn) -> None:
    assert instrumentation(workspace, LOCAL_CALLER, feature).traces == 0
    rows = [
        {"run_id": "a", "query": "q", "tool_selected": "t", "tool_reason": "r", "retrieved_ids": ["d"]},
        {"run_id": "b", "query": "q", "tool_selected": "t", "context_summary": "c"},
        {"run_id": "c", "query": "q", "tool_reason": "r", "user_feedback": "edited", "latency_ms": 5},
    ]
    hand_in("".join(json.dumps(row) + "\n" for row in rows), "traces.jsonl")
    found = instrumentation(workspace, LOCAL_CALLER, feature)
    assert found.traces == 3
    assert [question.answered for question in found.questions] == [3, 0, 1, 2, 0, 1]
    picked = found.questions[2]
    assert [(field.column, field.filled) for field in picked.fields] == [
        ("tool_selected", 2), ("tool_reason", 2),
    ]  # fmt: skip
    assert {field.column: field.filled for field in found.further}["latency_ms"] == 1


@pytest.mark.parametrize(
    ("kind", "filled", "metric", "why"),
    [
        (Kind.TRACES, {"query"}, "p95 latency", "The tool's export of steps"),
        (Kind.SPANS, {"query"}, "p95 latency", "The file fills no column latency_ms."),
        (Kind.SPANS, {"latency_ms"}, "p95 latency", None),
        (Kind.SCORES, {"user_feedback"}, "User acceptance", None),
        (Kind.SCORES, {"scores"}, "User acceptance", "The file fills no column user_feedback."),
        (Kind.SPANS, {"latency_ms"}, "Eval pass rate", "It comes from eval results."),
        (Kind.TRACES, {"response"}, "Error rate", "The file has no column that says whether a run failed."),
        (Kind.TRACES, {"response", "error"}, "Error rate", None),
        (Kind.EVALS, {"tools_expected"}, "Tool selection accuracy", "The file fills no column tools_called."),
        (Kind.EVALS, {"tools_expected", "tool_selected"}, "Tool selection accuracy", None),
    ],
)
def test_steps_and_scores_count_as_what_they_tell_of_their_traces(
    kind: Kind, filled: set[str], metric: str, why: str | None
) -> None:
    said = {line["metric"]: line["why"] for line in cannot_compute(kind, filled)}
    assert said.get(metric) == why or (why is not None and why in said[metric])


def test_a_column_that_is_there_and_blank_is_recorded_but_for_reactions() -> None:
    listed = {"error", "tool_error", "user_feedback"}
    said = {line["metric"] for line in cannot_compute(Kind.TRACES, {"response"}, listed)}
    assert not {"Error rate", "Tool failure rate"} & said
    assert "Users who react" in said


SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "traces" / "langfuse"


@pytest.mark.parametrize("order", list(permutations(["traces", "observations", "scores"])), ids=" ".join)
def test_the_three_real_exports_together_are_one_trace(
    hand_in: HandIn, run: Callable[[str], Any], order: tuple[str, ...]
) -> None:
    if not SAMPLES.exists():
        pytest.skip("The folder of shared samples is not beside the repository.")
    for name in order:
        file = SAMPLES / f"ui_export_{name}_v3.157plus.csv"
        hand_in(file.read_bytes(), file.name, answers=THUMBS)
    values = run("5f0c1e1c7d2e4a0f9b1d3c2a1b0e9d8c").values
    assert values["cost_usd"] == 0.0001356
    assert values["input_tokens"] + values["output_tokens"] == 835
    assert values["latency_ms"] == 3420.0
    assert values["user_feedback"] == "accepted"
    assert (values["user_id"], values["session_id"]) == ("u-17", "sess-1")
