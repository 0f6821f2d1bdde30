"""Langfuse exports: what is recognised, what each row becomes, and what is left unknown."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule
from core.intake.report import Use

FILES = Path(__file__).parent / "files" / "langfuse"
RULE = FeedbackRule(score="user_feedback", accepted=("1",), rejected=("0",))
ANSWERED = Answers(feedback=RULE)
SAMPLES = "samples/traces/langfuse"


# Traces


def test_a_traces_export(read: Any) -> None:
    found = read(FILES / "traces.csv", ANSWERED)
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.TRACES, "langfuse", 3, 3)
    assert report.because == (
        "This is a Langfuse traces export: it has the columns bookmarked, sessionId and release."
    )
    assert found.cells("started_at")[0] == datetime(2026, 6, 1, 8, 0, 0, 250_000, tzinfo=UTC)
    assert found.cells("query") == ["Why two charges?", 'Cancel it!, "now"\nplease', "Grüße 🙂"]
    assert found.cells("response") == [
        "The second one is a deposit.", "Done, 20 € are on their way.", None,
    ]  # fmt: skip
    assert found.cells("user_id") == ["u-1", "u-2", None]
    assert found.cells("session_id") == ["s-1", "s-2", None]
    assert found.cells("route") == ["billing-helper"] * 3
    assert found.cells("release_bundle") == ["2026.06.0", "v3", None]
    assert found.cells("user_segment") == ["pilot", "internal", None]
    assert found.cells("channel") == ["chat", None, None]
    assert found.cells("tool_expected") == ["list_charges", None, None]
    assert found.cells("escalated") == [False, None, None]
    assert found.cells("confidence") == [0.75, None, None]
    assert found.cells("user_feedback") == ["accepted", "rejected", None]
    assert [json.loads(cell) if cell else None for cell in found.cells("scores")] == [
        {"user_feedback": 1, "correctness": [0.5, 1]},
        {"user_feedback": 0, "tone, style": "curt"},
        None,
    ]
    for unknown in ("latency_ms", "input_tokens", "output_tokens", "cost_usd", "error", "tools_called"):
        assert found.cells(unknown) == [None] * 3
    assert "observations export" in found.sentences("no_steps")[0]
    assert found.sentences("metadata_values") == [
        "Values that cannot be confidence (a number from 0 to 1), left out: 1."
    ]


def test_the_report_says_what_each_column_became(read: Any) -> None:
    found = read(FILES / "traces.csv", ANSWERED)
    became = found.uses
    assert became["metadata"] == "user_segment, tool_expected, escalated"
    assert became["output"] == "response, confidence"
    assert became["user_feedback"] == "scores, user_feedback"
    assert became["tone, style"] == "scores"
    assert became["bookmarked"] is None
    how = {use.header: use.how for use in found.report.columns}
    assert (how["sessionId"], how["bookmarked"]) == (Use.BY_TOOL, Use.UNKNOWN)
    assert set(found.report.fills) >= {"query", "user_segment", "scores", "user_feedback"}


@pytest.mark.parametrize("name", ["traces.jsonl", "traces_quoted.csv", "traces_before_october_2025.csv"])
def test_every_way_of_writing_gives_the_same_traces(read: Any, name: str) -> None:
    newest, other = read(FILES / "traces.csv", ANSWERED), read(FILES / name, ANSWERED)
    for column in ("run_id", "started_at", "query", "response", "user_id", "session_id", "release_bundle",
                   "user_segment", "tool_expected", "confidence", "user_feedback"):  # fmt: skip
        assert other.cells(column) == newest.cells(column), column


def test_the_export_before_october_2025_has_latency_tokens_cost_and_errors(read: Any) -> None:
    found = read(FILES / "traces_before_october_2025.csv", ANSWERED)
    assert found.cells("latency_ms") == [1500, 250, None]
    assert found.cells("input_tokens") == [400, 100, None]
    assert found.cells("output_tokens") == [20, 5, None]
    assert found.cells("cost_usd") == [0.002, None, None]
    assert found.cells("error") == [None, "Steps with level ERROR: 2", None]
    assert "no_steps" not in found.warned


# Steps


def test_an_observations_export(read: Any) -> None:
    found = read(FILES / "observations.csv")
    report = found.report
    assert (report.kind, report.source, report.accepted) == (Kind.SPANS, "langfuse", 4)
    assert found.cells("run_id") == ["t1", "t1", "t1", "t2"]
    assert found.cells("span_kind") == ["agent", "llm", "tool", "retriever"]
    assert found.cells("parent_id") == [None, "a", "a", None]
    assert found.cells("ended_at")[0] == datetime(2026, 6, 1, 8, 0, 2, tzinfo=UTC)
    assert found.cells("ended_at")[2] is None
    assert found.cells("input")[0] == "Why two charges?"
    assert found.cells("input")[2] == "{'user': 'u-1'}"
    assert found.cells("tools_considered") == [None, ["list_charges", "refund"], None, None]
    assert found.cells("tools_called") == [None, ["list_charges"], None, None]
    assert found.cells("retrieved_ids") == [None, None, None, ["kb-7", "kb-9"]]
    assert found.cells("prompt_version") == [None, "billing v4", None, None]
    assert found.cells("cost_usd") == [None, 0.0015, None, None]
    assert found.cells("error") == [None, None, "TimeoutError: no answer", None]
    assert found.cells("user_id") == ["u-1", "u-1", "u-1", "u-2"]


def test_cached_tokens_beside_the_input_are_added_and_inside_it_are_not(read: Any) -> None:
    assert read(FILES / "observations.csv").cells("input_tokens") == [None, 500, None, None]
    inside = (FILES / "observations.csv").read_text("utf-8").replace('""total"": 530', '""total"": 330')
    assert read(inside).cells("input_tokens") == [None, 300, None, None]
    assert read(inside).cells("output_tokens") == [None, 30, None, None]


def test_the_scores_of_an_observation_are_scores_of_its_run(read: Any) -> None:
    found = read(FILES / "observations.csv")
    (score,) = found.part(Kind.SCORES)
    assert (score["run_id"], score["span_id"], score["name"], score["value"]) == (
        "t1",
        "b",
        "hallucination",
        0,
    )
    assert found.uses["hallucination"] == "scores"


def test_the_scores_of_a_trace_that_stand_on_each_of_its_events_count_once(read: Any) -> None:
    header = "id,traceId,traceName,type,name,startTime,endTime,userId,sessionId,level,parentObservationId,"
    rows = [
        f"{step},t1,helper,{kind},{step},2026-06-01T08:00:00Z,2026-06-01T08:00:02Z,u-1,s-1,DEFAULT,{parent},"
        '2000,"[1]","[0.5]"'
        for step, kind, parent in (("a", "AGENT", ""), ("b", "GENERATION", "a"))
    ]
    found = read("\n".join([f"{header}latencyMs,user_feedback,quality", *rows]), ANSWERED)
    assert (found.report.kind, found.report.accepted) == (Kind.SPANS, 2)
    assert found.cells("session_id") == ["s-1", "s-1"]
    scores = found.part(Kind.SCORES)
    assert [(row["name"], row["value"], row["span_id"]) for row in scores] == [
        ("user_feedback", 1, None), ("quality", 0.5, None),
    ]  # fmt: skip
    assert scores[0]["user_feedback"] == "accepted"


def test_the_blob_export_is_read_like_the_page_export(read: Any) -> None:
    page, blob = read(FILES / "observations.csv"), read(FILES / "blob_observations.jsonl")
    for column in ("run_id", "span_id", "parent_id", "span_kind", "started_at", "ended_at", "input", "model",
                   "prompt_version", "tools_considered", "tools_called", "input_tokens", "output_tokens",
                   "cost_usd", "error"):  # fmt: skip
        assert blob.cells(column) == page.cells(column)[:3], column
    assert blob.cells("session_id") == ["s-1"] * 3
    assert blob.cells("user_segment") == ["pilot"] * 3
    assert blob.cells("release_bundle") == ["2026.06.0"] * 3


def test_steps_without_a_run_are_rejected(read: Any) -> None:
    text = (FILES / "observations.csv").read_text("utf-8").replace('"d","t2"', '"d",""')
    found = read(text)
    assert (found.report.accepted, found.report.rejected) == (3, 1)
    problem = found.report.problems[0]
    assert (problem.code, problem.column, problem.row) == ("missing_id", "traceId", 5)


# Single traces as JSON


@pytest.mark.parametrize("name", ["trace_from_sdk.json", "trace_download.json", "trace_download_older.json"])
def test_one_trace_with_its_steps(read: Any, name: str) -> None:
    found = read(FILES / name, ANSWERED)
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.TRACES, "langfuse", 1, 1)
    assert [found.cells(column)[0] for column in ("run_id", "route", "user_id", "session_id")] == [
        "t9", "converter", "u-9", "s-9",
    ]  # fmt: skip
    assert [found.cells(column)[0] for column in ("query", "response", "user_segment")] == [
        "How many inches is a foot?", "Twelve.", "gold",
    ]  # fmt: skip
    assert found.cells("latency_ms") == [1500]
    assert found.cells("cost_usd") == [None]
    steps = {step["span_id"]: step for step in found.part(Kind.SPANS)}
    assert {key: step["span_kind"] for key, step in steps.items()} == {
        "g1": "llm",
        "k1": "tool",
        "r1": "span",
    }
    model_call = steps["g1"]
    assert (model_call["input_tokens"], model_call["output_tokens"], model_call["cost_usd"]) == (90, 10, None)
    assert (model_call["tools_considered"], model_call["tools_called"]) == (["convert"], ["convert"])
    assert (model_call["user_id"], model_call["session_id"]) == ("u-9", "s-9")
    assert (steps["k1"]["input_tokens"], steps["k1"]["cost_usd"]) == (None, None)
    assert steps["k1"]["started_at"] == steps["k1"]["ended_at"]
    (score,) = found.part(Kind.SCORES)
    assert (score["score_id"], score["user_feedback"]) == ("sc1", "accepted")
    assert found.sentences("parts") == [
        "Steps found inside the rows: 3.", "Scores found inside the rows: 1.",
    ]  # fmt: skip


def test_a_list_of_traces_in_an_envelope_or_one_per_line(read: Any) -> None:
    one = json.loads((FILES / "trace_from_sdk.json").read_text("utf-8"))
    other = {**one, "id": "t10", "observations": [{**one["observations"][0], "id": "x", "trace_id": None}]}
    for content, name in (
        (json.dumps({"data": [one, other], "meta": {"page": 1}}), "list.json"),
        (json.dumps([one, other]), "list.json"),
        (f"{json.dumps(one)}\n{json.dumps(other)}\n", "lines.jsonl"),
    ):
        found = read(content, ANSWERED, name=name)
        assert found.cells("run_id") == ["t9", "t10"]
        assert [step["run_id"] for step in found.part(Kind.SPANS)] == ["t9"] * 3 + ["t10"]


def test_a_list_that_names_its_observations_by_id_says_what_is_missing(read: Any) -> None:
    row = {"id": "t1", "timestamp": "2026-06-01T08:00:00Z", "htmlPath": "/x", "observations": ["o1", "o2"],
           "scores": ["s1"], "latency": 2.5, "totalCost": 0.25}  # fmt: skip
    found = read(json.dumps({"data": [row]}), name="traces.json")
    assert (found.cells("latency_ms"), found.cells("cost_usd")) == ([2500], [0.25])
    assert found.part(Kind.SPANS) == []
    assert "1. Upload the observations export" in found.sentences("no_steps")[0]


def test_a_trace_larger_than_what_is_sniffed_is_still_one_row(read: Any) -> None:
    trace = json.loads((FILES / "trace_from_sdk.json").read_text("utf-8"))
    trace["observations"][1]["output"] = "x" * 1_200_000
    for text in (json.dumps(trace), json.dumps(trace, indent=1)):
        found = read(text, ANSWERED, name="trace.json")
        # The output is longer than a cell may be, so the step is told as one that cannot be used.
        assert (found.report.read, len(found.part(Kind.SPANS))) == (1, 2)
        assert found.sentences("part_faults") == [
            "Steps inside the rows that cannot be used: 1 (the first: row 1, output: The cell is longer than"
            " 1,048,576 characters.)"
        ]


def test_a_cost_that_leaves_model_calls_out_is_unknown(read: Any) -> None:
    trace = json.loads((FILES / "trace_from_sdk.json").read_text("utf-8")) | {"total_cost": 0.5}
    assert read(json.dumps(trace), ANSWERED, name="t.json").cells("cost_usd") == [None]
    trace["observations"][0]["calculated_total_cost"] = 0.5
    assert read(json.dumps(trace), ANSWERED, name="t.json").cells("cost_usd") == [0.5]


def test_a_step_with_a_time_that_is_none_is_told_and_the_trace_kept(read: Any) -> None:
    trace = json.loads((FILES / "trace_from_sdk.json").read_text("utf-8"))
    trace["observations"][0]["start_time"] = "yesterday"
    found = read(json.dumps(trace), ANSWERED, name="t.json")
    assert (found.report.accepted, len(found.part(Kind.SPANS))) == (1, 2)
    assert "row 1, started_at: This is not a date with a time." in found.sentences("part_faults")[0]


# Scores


def test_a_scores_export(read: Any) -> None:
    rule = FeedbackRule(score="thumbs", accepted=("1.0",), rejected=("-1",))
    found = read(FILES / "scores.csv", Answers(feedback=rule))
    report = found.report
    assert (report.kind, report.read, report.accepted, report.rejected) == (Kind.SCORES, 5, 4, 1)
    assert found.cells("run_id") == ["t1", "t2", "t2", "t1"]
    # The number of a category says nothing: it is 0 for any that was given none.
    assert found.cells("value") == [1, -1, None, 1]
    assert found.cells("label") == [None, None, "curt", "True"]
    assert found.cells("source") == ["API", "API", "ANNOTATION", "EVAL"]
    assert found.cells("span_id") == [None, None, None, "b"]
    assert found.cells("author") == [None, None, "Ada", None]
    assert found.cells("user_feedback") == ["accepted", "rejected", None, None]
    problem = report.problems[0]
    assert (problem.row, problem.column, problem.code) == (6, "traceId", "not_of_a_run")
    assert problem.reason == "The score is of a whole session, not of one run."


def test_a_rejected_row_is_given_back_as_it_stood_in_the_file(read: Any) -> None:
    found = read(FILES / "scores.csv", Answers(feedback=FeedbackRule(score="")))
    assert found.outcome.rejected is not None
    header, row = found.outcome.rejected.read_text("utf-8-sig").splitlines()
    ours = ",".join(f"readygate: {name}" for name in ("row", "column", "value", "reason", "fix"))
    assert header.startswith(f"{ours},id,traceId,sessionId")
    assert "s-1" in row


# Recognition


def test_a_table_of_somebody_elses_with_a_trace_id_is_read_by_its_columns(read: Any) -> None:
    found = read("traceId,question,answer\nr-1,Why?,Because.\n", Answers(kind=Kind.TRACES))
    assert (found.report.source, found.cells("run_id")) == ("canonical", ["r-1"])
    mixed = "traceId,input,output,release,timestamp\nr-1,Why?,Because.,1,2026-06-01T08:00:00Z\n"
    assert read(mixed).report.source == "canonical"


def test_what_the_user_says_stands_before_recognition(read: Any) -> None:
    answers = Answers(
        kind=Kind.TRACES,
        columns={
            "id": "run_id",
            "input": "query",
            "timestamp": "",
            "release": "",
            "version": "",
            "user_feedback": "",
        },
    )
    found = read(FILES / "traces.csv", answers)
    assert found.report.source == "canonical"
    assert found.cells("query")[2] == '"Grüße 🙂"'


def test_the_second_upload_of_the_same_file_is_all_duplicates(read: Any, tmp_path: Path) -> None:
    first = read(FILES / "observations.csv")
    second = read(FILES / "observations.csv", known_keys=first.known_keys(tmp_path / "known.npz"))
    assert (second.report.duplicate, second.report.accepted) == (4, 0)


def test_half_an_emoji_spoils_neither_its_row_nor_the_file(read: Any) -> None:
    text = (FILES / "traces.csv").read_text("utf-8")
    found = read(text.replace("Grüße 🙂", r"Grüße \ud83d"), ANSWERED)
    assert found.cells("query")[2] == "Grüße �"


def test_what_stands_inside_a_rejected_row_does_not_count(read: Any) -> None:
    whole = json.loads((FILES / "trace_from_sdk.json").read_text("utf-8"))
    broken = json.loads(json.dumps(whole).replace(whole["id"], "other")) | {"timestamp": "soon"}
    again = {**whole, "input": "Something else", "observations": broken["observations"]}
    found = read("\n".join(map(json.dumps, (whole, broken, again))), ANSWERED, name="traces.jsonl")
    report = found.report
    assert (report.read, report.accepted, report.rejected) == (3, 1, 2)
    assert {row["run_id"] for row in found.part(Kind.SPANS)} == {whole["id"]}
    assert found.sentences("parts")[0] == "Steps found inside the rows: 3."


def test_hostile_cells_do_no_harm(read: Any) -> None:
    deep = "[" * 5_000 + "]" * 5_000
    python = "{'a': " * 500 + "1" + "}" * 500
    for cell in (deep, python, "{'a': __import__('os')}", '{"a": NaN}', "[object Object]", '"', "{'a'"):
        text = (FILES / "traces.csv").read_text("utf-8").replace("{}", cell.replace('"', '""'))
        found = read(text, ANSWERED)
        assert (found.report.accepted, found.report.source) == (3, "langfuse")


# The samples that were made with Langfuse's own code, and real ones


@pytest.fixture
def samples(shared: Path) -> Path:
    folder = shared / SAMPLES
    if not folder.is_dir():
        pytest.skip(f"{SAMPLES} is not beside this repository")
    return folder


def test_the_observations_sample(read: Any, samples: Path) -> None:
    found = read(samples / "ui_export_observations_v3.157plus.csv")
    assert found.report.accepted == 5
    assert set(found.cells("run_id")) == {"5f0c1e1c7d2e4a0f9b1d3c2a1b0e9d8c", "a1"}
    assert sum(cost for cost in found.cells("cost_usd") if cost is not None) == 0.0001356
    assert (found.cells("input_tokens")[1], found.cells("output_tokens")[1]) == (812, 23)
    took = found.cells("ended_at")[0] - found.cells("started_at")[0]
    assert took.total_seconds() == 3.42
    assert found.cells("retrieved_ids")[3] == ["kb-40"]
    assert found.cells("error")[4] == "TimeoutError: order service timed out"


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_the_traces_samples(read: Any, samples: Path, ending: str) -> None:
    found = read(samples / f"ui_export_traces_v3.157plus.{ending}", ANSWERED)
    assert found.report.accepted == 3
    assert found.cells("query") == [
        "Where is my order 1042?", 'I want a refund of 500 € now!!, "please"\nthanks', "Können Sie 🙂",
    ]  # fmt: skip
    assert found.cells("user_feedback") == ["accepted", "rejected", None]
    assert "tone, style" in json.loads(found.cells("scores")[1])


@pytest.mark.parametrize(
    ("name", "steps", "latency"),
    [("434f3f96ac470e805428c4be45b4f2a3", 71, 60_280), ("4c354cfb5b17f61af073df6796f2b236", 23, 15_387)],
)
def test_the_real_traces(read: Any, samples: Path, name: str, steps: int, latency: float) -> None:
    found = read(samples / "api_json_ibm_clear" / f"{name}.json")
    assert (found.report.read, found.report.accepted) == (1, 1)
    assert (found.cells("user_id"), found.cells("session_id")) == (
        ["research-agent-runner"],
        ["session_3ee1dd4f"],
    )
    assert (found.cells("latency_ms"), found.cells("cost_usd")) == ([latency], [None])
    rows = found.part(Kind.SPANS)
    assert len(rows) == steps
    assert {row["run_id"] for row in rows} == {name}
    assert all(row["cost_usd"] is None for row in rows)
    calls = [row for row in rows if row["span_kind"] == "llm"]
    assert all(row["input_tokens"] for row in calls)
    assert any(row["tools_called"] for row in calls)
    assert any("knowledge_lookup" in (row["tools_considered"] or ()) for row in calls)
    assert all(row["input_tokens"] is None for row in rows if row["span_kind"] in ("tool", "chain"))


@pytest.mark.parametrize(
    ("name", "kind", "rows"),
    [("blob_observations_v2_SHAPE.jsonl", Kind.SPANS, 5), ("blob_scores_SHAPE.jsonl", Kind.SCORES, 2)],
)
def test_the_blob_samples(read: Any, samples: Path, name: str, kind: Kind, rows: int) -> None:
    found = read(samples / name, ANSWERED)
    assert (found.report.kind, found.report.accepted, found.report.source) == (kind, rows, "langfuse")
