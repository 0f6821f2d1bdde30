"""The other ways in which Langfuse hands out the same traces: older CSVs, events, blobs, pages of the API."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.evidence.columns import Kind
from core.intake.answers import Answers, FeedbackRule

FILES = Path(__file__).parent / "files" / "langfuse"
NONE = Answers(feedback=FeedbackRule(score=""))


def step(number: int = 1, **other: Any) -> dict[str, Any]:
    """One observation as the API gives it."""
    return {
        "id": f"o{number}", "traceId": "t1", "type": "GENERATION", "name": "call", "level": "DEFAULT",
        "startTime": "2026-05-04T09:12:33.101Z", "endTime": "2026-05-04T09:12:34.101Z",
        "parentObservationId": None, "statusMessage": None, "model": "gpt-4o-mini",
        "input": {"question": "Where?"}, "output": "Here.", "metadata": {"segment": "pilot"},
        "usageDetails": {"input": 10, "output": 5, "total": 15}, "totalCost": 0.5,
        "updatedAt": "2026-05-04T09:13:00.000Z", **other,
    }  # fmt: skip


def page(rows: list[dict[str, Any]], **meta: Any) -> str:
    return json.dumps({"data": rows, "meta": meta})


def as_quoted_before_v3_157(text: str) -> str:
    """The same CSV as versions from 3.121 to 3.156 write it: every text is JSON once more, null is \"\"."""
    header, *rows = csv.reader(io.StringIO(text))
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(
            [cell if cell.startswith(('"', "[")) else json.dumps(cell, ensure_ascii=False) for cell in row]
        )
    return target.getvalue()


def test_a_doubly_encoded_csv_is_the_same_traces(read: Any, shared: Path) -> None:
    path = shared / "samples/traces/langfuse/ui_export_traces_v3.157plus.csv"
    plain = read(path, NONE)
    quoted = read(as_quoted_before_v3_157(path.read_text()), NONE)
    assert quoted.report.source == "langfuse"
    for column in plain.table.column_names:
        if column not in ("row_key",):
            assert quoted.cells(column) == plain.cells(column), column
    assert quoted.cells("row_key") == plain.cells("row_key")


EVENT = (
    "id,traceId,traceName,type,name,startTime,endTime,environment,userId,sessionId,level,statusMessage,"
    "promptName,promptId,promptVersion,modelId,providedModelName,modelParameters,usageDetails,costDetails,"
    "totalCost,input,output,metadata,latencyMs,timeToFirstTokenMs,tags,release,parentObservationId,comments,"
    "correct"
)


def test_events_have_milliseconds_and_repeat_the_scores_of_their_trace(read: Any) -> None:
    def row(name: str, kind: str, parent: str, latency: str) -> list[str]:
        filled = {
            "id": name, "traceId": "t1", "type": kind, "name": name, "userId": "u1", "sessionId": "s1",
            "startTime": "2026-05-04 09:12:33.101000", "endTime": "2026-05-04 09:12:36.521000",
            "level": "DEFAULT", "providedModelName": "m", "latencyMs": latency, "release": "r1",
            "parentObservationId": parent, "correct": "[1]", "input": "Where?", "output": "Here.",
            "usageDetails": '{"input":812,"output":23,"total":835}', "totalCost": "0.0001356",
        }  # fmt: skip
        return [filled.get(header, "") for header in EVENT.split(",")]

    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(EVENT.split(","))
    writer.writerows([row("e1", "AGENT", "", "3420"), row("e2", "GENERATION", "e1", "1390")])
    found = read(target.getvalue(), NONE)
    assert (found.report.kind, found.report.source, found.report.accepted) == (Kind.SPANS, "langfuse", 2)
    took = [(end - start).total_seconds() for start, end in
            zip(found.cells("started_at"), found.cells("ended_at"), strict=True)]  # fmt: skip
    assert took == [3.42, 3.42]
    assert found.cells("session_id") == ["s1", "s1"]
    scores = found.part(Kind.SCORES)
    assert [(one["run_id"], one["span_id"], one["name"], one["value"]) for one in scores] == [
        ("t1", None, "correct", 1)
    ]


def test_blobs_in_parquet_and_packed_lines_are_one_and_the_same(read: Any, tmp_path: Path) -> None:
    lines = (FILES / "blob_observations.jsonl").read_text()
    packed = read(gzip.compress(lines.encode()), name="1.jsonl.gz")
    assert (packed.report.kind, packed.report.source) == (Kind.SPANS, "langfuse")
    assert packed.report.file == "1.jsonl.gz"
    rows = [json.loads(line) for line in lines.splitlines()]
    for row in rows:
        # The blob export writes maps; pyarrow would make one struct of all keys, with nulls.
        for name in ("usage_details", "cost_details", "metadata", "tool_definitions"):
            row[name] = list((row.get(name) or {}).items())
    schema = pa.schema([
        pa.field(name, pa.map_(pa.string(), pa.float64()))
        if name in ("usage_details", "cost_details")
        else pa.field(name, pa.map_(pa.string(), pa.string()))
        if name in ("metadata", "tool_definitions")
        else pa.field(name, pa.array([row.get(name) for row in rows]).type)
        for name in rows[0]
    ])  # fmt: skip
    path = tmp_path / "1.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    found = read(path)
    assert found.report.source == "langfuse"
    for column in ("run_id", "span_id", "started_at", "input_tokens", "cost_usd", "user_segment", "model"):
        assert found.cells(column) == packed.cells(column), column


@pytest.mark.parametrize(
    ("meta", "more"),
    [({"page": 1, "totalPages": 3}, True), ({"page": 3, "totalPages": 3}, False), ({"cursor": "abc"}, True),
     ({"cursor": None}, False), ({}, False), ({"page": "x", "totalPages": []}, False)],
)  # fmt: skip
def test_a_page_of_steps(read: Any, meta: dict[str, Any], more: bool) -> None:
    found = read(page([step(1), step(2, parentObservationId="o1")], **meta), name="observations.json")
    assert (found.report.kind, found.report.source, found.report.accepted) == (Kind.SPANS, "langfuse", 2)
    assert found.cells("input_tokens") == [10, 10]
    assert found.cells("user_segment") == ["pilot", "pilot"]
    assert ("more_pages" in found.warned) == more


def test_a_page_of_traces(read: Any) -> None:
    trace = {
        "id": "t1", "timestamp": "2026-05-04T09:12:33.101Z", "name": "support",
        "input": {"question": "Where?"},
        "output": {"answer": "Here."}, "sessionId": "s1", "release": "r1", "version": None, "userId": "u1",
        "metadata": {"segment": "pilot"}, "tags": [], "public": False, "htmlPath": "/x", "latency": 3.42,
        "totalCost": 0, "observations": ["o1"], "scores": ["s1"],
    }  # fmt: skip
    found = read(page([trace], page=1, totalPages=2), name="traces.json")
    [row] = found.table.to_pylist()
    assert (row["run_id"], row["latency_ms"], row["cost_usd"]) == ("t1", 3420, None)
    assert (row["query"], row["response"], row["session_id"]) == ("Where?", "Here.", "s1")
    assert {"no_steps", "more_pages"} <= set(found.warned)


def test_scores_whose_value_is_of_any_type(read: Any) -> None:
    def score(number: int, kind: str, value: Any) -> dict[str, Any]:
        return {"id": f"s{number}", "traceId": "t1", "name": f"n{number}", "source": "API", "dataType": kind,
                "value": value, "timestamp": "2026-05-04T09:20:00.000Z"}  # fmt: skip

    rows = [score(1, "NUMERIC", 0.5), score(2, "BOOLEAN", True), score(3, "BOOLEAN", False),
            score(4, "CATEGORICAL", "rude"), score(5, "TEXT", "Too long"),
            score(6, "BOOLEAN", 1)]  # fmt: skip
    found = read(page(rows), NONE, name="scores.json")
    assert (found.report.kind, found.report.accepted) == (Kind.SCORES, 6)
    assert found.cells("value") == [0.5, 1, 0, None, None, 1]
    assert found.cells("label") == [None, None, None, "rude", "Too long", None]


def test_of_several_versions_of_a_step_the_newest_counts(read: Any) -> None:
    old, new = "2026-05-04T09:13:00.000Z", "2026-05-04T09:14:00.000Z"
    rows = [step(1, updatedAt=new, output="New."), step(1, updatedAt=old, output="Old."),
            step(2, updatedAt=old, output="Old."), step(2, updatedAt=new, output="New.")]  # fmt: skip
    found = read("".join(json.dumps(row) + "\n" for row in rows))
    report = found.report
    assert (report.read, report.accepted, report.skipped, report.rejected) == (4, 2, 2, 0)
    assert sorted(found.cells("output")) == ["New.", "New."]
    assert "older_versions" in found.warned


def test_versions_that_nobody_dates_are_told_apart_by_hand(read: Any) -> None:
    rows = [step(1, updatedAt=None, output="One."), step(1, updatedAt=None, output="Two.")]
    report = read("".join(json.dumps(row) + "\n" for row in rows)).report
    assert (report.accepted, report.rejected) == (1, 1)


def test_what_a_team_writes_beside_its_first_step_is_of_the_run(read: Any) -> None:
    about = {"segment": "pilot", "channel": "chat", "expected_tool": "get_order", "escalated": True}
    rows = [step(1, metadata=about), step(2, parentObservationId="o1", metadata={"channel": "inner"})]
    found = read(page(rows), name="steps.json")
    assert found.cells("channel") == ["chat", None]
    assert found.cells("tool_expected") == ["get_order", None]
    assert found.cells("escalated") == [True, None]


def test_a_score_may_name_its_step_alone(read: Any) -> None:
    header = "id,traceId,sessionId,observationId,name,source,dataType,value\n"
    rows = "s1,,,o1,good,EVAL,NUMERIC,1\ns2,t1,,o1,good,EVAL,NUMERIC,1\ns3,,,,good,EVAL,NUMERIC,1\n"
    rows += "s1,,,o2,good,EVAL,NUMERIC,0\n"
    found = read(header + rows, NONE)
    assert (found.report.kind, found.report.accepted, found.report.rejected) == (Kind.SCORES, 3, 1)
    assert found.codes == ["missing_id"]
    assert "neither its run nor its step" in found.report.problems[0].reason
    keys = found.cells("run_key")
    assert keys[0] is None
    assert keys[1] is not None
    assert found.cells("span_id") == ["o1", "o1", "o2"]
    assert len(set(found.cells("key"))) == 3
