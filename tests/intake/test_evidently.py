"""Evidently: the tests of a report are checks of a whole data set; its scored rows are an own table."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind


def legacy(*tests: dict[str, Any]) -> str:
    summary = {"all_passed": False, "total_tests": len(tests), "by_status": {}}
    return json.dumps(
        {"version": "0.7", "timestamp": "2026-11-20 15:00:00.5", "tests": list(tests), "summary": summary}
    )


def test(name: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "description": f"{name} is as it is.", "status": status, "group": "g", "parameters": {}
    } | more  # fmt: skip


test.__test__ = False  # type: ignore[attr-defined]


def test_the_report_of_the_sample(read: Any, shared: Path) -> None:
    found = read(shared / "samples/evals/evidently/report.json")
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.EVALS, "evidently", 7, 7)
    assert found.cells("of_whole_suite") == [True] * 7
    assert found.cells("passed") == [True, True, True, True, False, True, False]
    assert found.cells("case_id")[4] == "Mean value of 'latency_ms': Less or Equal 8000.000"
    # The report's own sentence says “10400.000 >= 8000.000” of this failure.
    assert found.cells("query")[4] == found.cells("case_id")[4]
    assert found.cells("response") == [
        "1 (at least 1)", "4 (above 0)", "0 (equal to 0)", "0 (equal to 0)", "10400 (at most 8000)",
        "30000 (at most 40000)", "0.5 (at least 0.9)",
    ]  # fmt: skip
    assert found.sentences("aggregates") == [
        "Figures of the report without a test, not imported: 8. Readygate counts cases itself; upload the"
        " scored rows for that."
    ]
    assert found.sentences("suite_checks") == [
        "Checks of the whole data set, not cases: 7 (5 passed, 2 failed). They are kept as they are stated"
        " and count in no rate."
    ]


def test_a_test_suite_of_the_old_kind(read: Any) -> None:
    found = read(
        legacy(
            test("Rows", "SUCCESS", parameters={"condition": {"gte": 10}, "value": 40}),
            test("Drift", "FAIL", parameters={"condition": {"lt": 0.3, "gt": 0.1}, "value": 0.5}),
            test("Share of missing", "ERROR", parameters={"column_name": "a"}),
            test("Share of missing", "WARNING", parameters={"column_name": "b"}),
            test("Share of missing", "SUCCESS"),
            test("Share of missing", "SKIPPED", description=None),
        ),
        name="suite.json",
    )
    assert found.cells("case_id") == [
        "Rows", "Drift", "Share of missing", "Share of missing (b)", "Share of missing (3)",
        "Share of missing (4)",
    ]  # fmt: skip
    assert found.cells("passed") == [True, False, None, None, True, None]
    assert found.cells("error_kind") == [None, None, "judge", "judge", None, "judge"]
    assert found.cells("error")[2:4] == [
        "ERROR: Share of missing is as it is.", "WARNING: Share of missing is as it is.",
    ]  # fmt: skip
    assert found.cells("response")[:2] == ["40 (at least 10)", "0.5 (below 0.3 and above 0.1)"]
    assert found.cells("query")[0] == "Rows is as it is."
    assert found.cells("started_at")[0] == datetime(2026, 11, 20, 15, 0, 0, 500_000, tzinfo=UTC)
    assert found.cells("of_whole_suite") == [True] * 6


def test_a_report_without_tests_is_refused_with_what_to_do(read: Any) -> None:
    metrics = [{"id": "a", "metric_name": "RowCount()", "config": {}, "value": 4.0}]
    with pytest.raises(UnreadableFile, match="no tests of them") as refused:
        read(json.dumps({"metrics": metrics, "tests": []}, indent=1), name="report.json")
    assert "to_csv" in refused.value.mend


def test_a_second_import_of_the_same_report_adds_nothing(read: Any, tmp_path: Path) -> None:
    text = legacy(test("Rows", "SUCCESS"), test("Drift", "FAIL"))
    keys = read(text, name="s.json").known_keys(tmp_path / "known.npz")
    again = read(text, name="s.json", known_keys=keys).report
    assert (again.read, again.duplicate) == (2, 2)


def test_the_scored_rows_are_a_table_of_ones_own(read: Any) -> None:
    rows = "question,answer,Length,Length: less or equal to 100.0\nWhere?,Here,4,True\n"
    with pytest.raises(QuestionsOpen) as asked:
        read(rows)
    assert asked.value.questions[0].key == "columns"


@pytest.mark.parametrize(
    "odd",
    [
        {"name": None, "status": None, "description": None},
        {"name": "x" * 500, "status": ["FAIL"]},
        {"name": "a", "parameters": [1], "description": {"b": 1}},
        {"name": "a", "parameters": {"condition": 3, "value": {"value": "x"}}, "test_config": "y"},
        {"name": "a", "test_config": {"type": 7, "threshold": [1]}, "metric_config": [2], "bound_test": 3},
    ],
)
def test_mutilated_tests_do_no_harm(read: Any, odd: dict[str, Any]) -> None:
    found = read(legacy(test("Rows", "SUCCESS"), test("Drift", "FAIL") | odd), name="s.json")
    report = found.report
    assert report.read == 2 == report.accepted + report.rejected
    assert all(len(name) <= 200 for name in found.cells("case_id"))
