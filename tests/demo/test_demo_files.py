"""The demo files read back as the rows that were generated."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.demo.files import csv_chunks, failures_in, files_for
from core.demo.generator import earlier_results, eval_results, failure_log, labels, traces
from core.demo.stories import Story, load_stories
from core.evidence.column import fold
from core.evidence.columns import COLUMNS, Kind
from core.export.failure_log import COLUMNS as COLUMNS_OF_TEMPLATE

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
SEED = 2026

STORIES = {story.feature.slug: story for story in load_stories()}

each_story = pytest.mark.parametrize("story", STORIES.values(), ids=lambda story: story.feature.slug)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def content(story: Story, ending: str) -> bytes:
    """The content of the story's file with this ending of its name."""
    (found,) = (file.content for file in files_for(story, NOW, SEED) if file.name.endswith(ending))
    return found


def json_rows(story: Story, ending: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content(story, ending).decode().splitlines()]


def test_the_files_of_a_feature_with_its_own_log_and_of_one_that_traces_with_langfuse() -> None:
    own, langfuse = STORIES["refund-agent"], STORIES["shipment-assistant"]
    assert [(file.name, file.kind, file.release) for file in files_for(own, NOW, SEED)] == [
        ("refund-agent-eval-results-before.jsonl", Kind.EVALS, "refund-agent-2.2"),
        ("refund-agent-traces.csv", Kind.TRACES, "refund-agent-2.3"),
        ("refund-agent-labels.csv", Kind.LABELS, "refund-agent-2.3"),
        ("refund-agent-eval-results.jsonl", Kind.EVALS, "refund-agent-2.3"),
        ("refund-agent-failures.csv", Kind.FAILURES, "refund-agent-2.3"),
    ]
    assert [(file.name, file.kind) for file in files_for(langfuse, NOW, SEED)][1:4] == [
        ("shipment-assistant-langfuse-traces.jsonl", Kind.TRACES),
        ("shipment-assistant-langfuse-observations.jsonl", Kind.SPANS),
        ("shipment-assistant-langfuse-scores.jsonl", Kind.SCORES),
    ]


@each_story
def test_sheets_and_results_hold_every_row(story: Story) -> None:
    label_rows, log = read_csv(content(story, "-labels.csv")), read_csv(content(story, "-failures.csv"))
    assert [row["Run ID"] for row in label_rows] == [row["run_id"] for row in labels(story, NOW, SEED)]
    assert [row["Run ID"] for row in log] == [row["run_id"] for row in failure_log(story, NOW, SEED)]
    assert json_rows(story, "-eval-results.jsonl") == eval_results(story, NOW, SEED)
    if story.bundle.earlier:
        assert json_rows(story, "-eval-results-before.jsonl") == earlier_results(story, NOW, SEED)
    (failures,) = (file for file in files_for(story, NOW, SEED) if file.kind is Kind.FAILURES)
    assert failures_in(failures) == [(row["Run ID"], row["Failure Type"]) for row in log]


def test_a_log_of_ones_own_holds_every_trace() -> None:
    story = STORIES["refund-agent"]
    queries = [row["query"] for row in read_csv(content(story, "-traces.csv"))]
    assert queries == [row["query"] for row in traces(story, NOW, SEED)]


def test_the_three_exports_together_tell_what_the_traces_tell() -> None:
    story = STORIES["shipment-assistant"]
    rows = traces(story, NOW, SEED)
    exported, scores = json_rows(story, "-traces.jsonl"), json_rows(story, "-scores.jsonl")
    steps: dict[str, list[dict[str, Any]]] = {row["run_id"]: [] for row in rows}
    for step in json_rows(story, "-observations.jsonl"):
        steps[step["traceId"]].append(step)
    assert [trace["id"] for trace in exported] == [row["run_id"] for row in rows]
    assert {score["traceId"]: score["stringValue"] for score in scores} == {
        row["run_id"]: row["user_feedback"] for row in rows if row["user_feedback"]
    }
    assert all(datetime.fromisoformat(score["timestamp"]) <= NOW for score in scores)
    for row in rows:
        root, *others = steps[row["run_id"]]
        calls = [step for step in others if step["type"] == "GENERATION"]
        took = datetime.fromisoformat(root["endTime"]) - datetime.fromisoformat(root["startTime"])
        assert took.total_seconds() * 1000 == pytest.approx(row["latency_ms"], abs=2)
        assert sum(call["usageDetails"]["input"] for call in calls) == row["input_tokens"]
        assert sum(call["usageDetails"]["output"] for call in calls) == row["output_tokens"]
        assert sum(call["totalCost"] for call in calls) == pytest.approx(row["cost_usd"], abs=2e-6)
        assert all(root["startTime"] <= step["startTime"] <= step["endTime"] for step in others)
        assert all(step["endTime"] <= root["endTime"] for step in others)
        tools = [step["name"] for step in others if step["type"] == "TOOL"]
        assert tools == ([] if row["error"] else [row["tool_selected"]])
        assert (root["level"] == "ERROR") == (row["error"] is not None)


@each_story
def test_the_reviewers_sheet_has_headings_and_words_a_person_would_write(story: Story) -> None:
    rows = read_csv(content(story, "-labels.csv"))
    spellings = {fold(column.name) for column in COLUMNS[Kind.LABELS]}
    assert {fold(heading) for heading in rows[0]} <= spellings
    assert {row["Answer right"] for row in rows} == {"yes", "no"}


@each_story
def test_the_failure_log_has_the_headings_of_its_template_and_some_blanks(story: Story) -> None:
    rows = read_csv(content(story, "-failures.csv"))
    assert tuple(rows[0]) == COLUMNS_OF_TEMPLATE
    assert 10 <= len(rows) <= 40
    assert all(row["Failure Type"] for row in rows)
    assert 0 < sum(not row["Fix"] for row in rows) < len(rows)


def test_cells_are_written_as_documented() -> None:
    row = {
        "list": ["a", "b"],
        "flag": True,
        "other": False,
        "missing": None,
        "text": 'x, "y"\nz',
        "number": 1.5,
    }
    assert b"".join(csv_chunks([row])) == (
        b'list,flag,other,missing,text,number\n"[""a"", ""b""]",true,false,,"x, ""y""\nz",1.5\n'
    )


def test_no_rows_make_an_empty_file() -> None:
    assert list(csv_chunks([])) == []
