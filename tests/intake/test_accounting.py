"""Every row is accounted for: repeats, known rows, changes, rejects and the file that lists them."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import QuestionsOpen
from core.evidence.fingerprints import content_keys
from core.intake.ledger import KeyIndex, Ledger
from core.intake.rejects import without_formula
from core.intake.report import ImportReport
from core.intake.segments import SEGMENT_ROWS
from core.intake.tables import CHUNK_ROWS


def test_the_same_id_twice_in_a_file(read: Any) -> None:
    done = read("run_id,query\nr1,a\nr2,a\nr1,a\nr1,b\n")
    report = done.report
    assert (report.read, report.accepted, report.duplicate, report.rejected) == (4, 2, 1, 1)
    (problem,) = report.problems
    assert (problem.row, problem.code, problem.value) == (5, "duplicate_id", "r1")
    assert "Row 2" in problem.reason


def test_rows_of_later_chunks_are_compared_with_all_rows_before_them(read: Any) -> None:
    rows = [f"r{number},a,5" for number in range(2 * CHUNK_ROWS + 10)]
    rows[7] = "r7,a,fast"
    rows[CHUNK_ROWS + 3] = "r1,b,5"
    rows[2 * CHUNK_ROWS + 1] = "r2,a,5"
    rows[2 * CHUNK_ROWS + 2] = f"r{CHUNK_ROWS},b,5"
    done = read("run_id,query,latency_ms\n" + "\n".join(rows))
    report = done.report
    assert (report.read, report.duplicate, report.rejected) == (len(rows), 1, 3)
    assert done.codes == ["not_a_number", "duplicate_id", "duplicate_id"]
    assert [problem.row for problem in report.problems] == [9, CHUNK_ROWS + 5, 2 * CHUNK_ROWS + 4]
    assert "Row 3 " in report.problems[1].reason
    assert f"Row {CHUNK_ROWS + 2} " in report.problems[2].reason
    assert done.cells("row") == sorted(done.cells("row"))
    assert len(done.cells("row")) == report.accepted == len(rows) - 4


def test_questions_stand_in_the_order_of_the_file_across_its_chunks(read: Any) -> None:
    rows = [{"run_id": f"r{number}", "query": "q" * 450} for number in range(2 * CHUNK_ROWS)]
    rows[5]["query"] = "write to anna@example.com"
    rows[-1] |= {"latencymilliseconds": "3", "durationms": "4"}
    with pytest.raises(QuestionsOpen) as asked:
        read("\n".join(map(json.dumps, rows)), name="file.jsonl")
    assert [question.key for question in asked.value.questions] == ["personal_text", "columns.latency_ms"]
    (preview,) = (question.values for question in asked.value.questions if question.values)
    assert preview["before"] == ("write to anna@example.com",)


def test_a_row_that_was_rejected_does_not_take_its_id(read: Any) -> None:
    done = read("run_id,query,latency_ms\nr1,a,fast\nr1,a,5\n")
    assert (done.codes, done.cells("row")) == (["not_a_number"], [3])


def test_known_rows_are_duplicates_and_changed_ones_are_updates(read: Any, tmp_path: Path) -> None:
    known = read("run_id,query\nr1,a\nr2,a\n").known_keys(tmp_path / "known.npz")
    done = read("run_id,query\nr1,a\nr2,changed\nr3,a\nr3,a\n", known_keys=known)
    report = done.report
    assert (report.accepted, report.duplicate, report.updated) == (1, 2, 1)
    assert done.cells("run_id") == ["r2", "r3"]
    assert done.outcome.updated_keys is not None
    assert np.load(done.outcome.updated_keys).tolist() == [done.cells("key")[0]]
    assert {"partly_known", "duplicate_row"} == set(done.warned)


def test_of_two_known_versions_the_later_counts(read: Any, tmp_path: Path) -> None:
    first, second = read("run_id,query\nr1,a\n"), read("run_id,query\nr1,b\n")
    known = tmp_path / "known.npz"
    np.savez(
        known,
        key=first.cells("key") + second.cells("key"),
        row_key=first.cells("row_key") + second.cells("row_key"),
    )
    assert read("run_id,query\nr1,b\n", known_keys=known).report.duplicate == 1
    assert read("run_id,query\nr1,a\n", known_keys=known).report.updated == 1


def test_no_known_keys_may_be_an_empty_archive(read: Any, tmp_path: Path) -> None:
    known = tmp_path / "known.npz"
    np.savez(known, key=np.array([], np.int64), row_key=np.array([], np.int64))
    assert read("run_id,query\nr1,a\n", known_keys=known).report.accepted == 1


def test_rows_go_into_segments_of_one_size(read: Any) -> None:
    rows = "".join(f"r{number},q\n" for number in range(SEGMENT_ROWS + 1))
    done = read("run_id,query\n" + rows)
    assert [path.name for path in done.outcome.segments] == ["segment-00000.parquet", "segment-00001.parquet"]
    assert done.cells("row") == list(range(2, SEGMENT_ROWS + 3))
    assert done.report.accepted == SEGMENT_ROWS + 1


def test_an_account_that_does_not_add_up_cannot_be_made(read: Any) -> None:
    report = read("run_id,query\nr1,a\n").report
    with pytest.raises(ValidationError, match="1 rows were read, but 2 are accounted for"):
        ImportReport(**{**report.model_dump(), "rejected": 1})


def test_the_span_of_time_is_that_of_the_good_rows(read: Any) -> None:
    report = read(
        "run_id,started_at\nr1,2025-03-02T00:00:00Z\nr2,2025-03-01T00:00:00Z\n,2025-01-01T00:00:00Z\n"
    ).report
    assert (report.earliest, report.latest) == (
        datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 2, tzinfo=UTC),
    )  # fmt: skip


def test_all_rejected_rows_are_listed_as_they_were(read: Any) -> None:
    bad = "".join(f'r{number},"=1+{number}",fast\n' for number in range(300))
    done = read("run_id,query,latency_ms\n" + bad + "x,q\nok,q,1\n")
    assert len(done.report.problems) == 200
    with done.outcome.rejected.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == done.report.rejected == 301
    first = {
        "readygate: row": "2", "readygate: column": "latency_ms", "readygate: value": "fast",
        "run_id": "r0", "query": "'=1+0", "latency_ms": "fast",
    }  # fmt: skip
    assert {key: rows[0][key] for key in first} == first
    assert [row["readygate: row"] for row in rows] == [str(number) for number in range(2, 303)]
    assert (rows[300]["run_id"], rows[300]["readygate: column"], rows[300]["latency_ms"]) == ("x", "", "")


def test_several_faults_of_a_row_count_once(read: Any) -> None:
    report = read("run_id,latency_ms,cost_usd\n,fast,dear\nr2,1,1\n").report
    assert report.rejected == 1
    [problem] = report.problems
    assert problem.column == "latency_ms"
    assert problem.reason == (
        "This is not a plain number. Also “cost_usd”: This is not a plain number. Also “run_id”: The id is"
        " blank."
    )
    assert problem.fix == (
        "Write digits with a point for decimals, without thousand separators, units or currency. “run_id”:"
        " Fill in the id of the row."
    )


def test_all_faults_of_a_row_stand_in_the_download(read: Any) -> None:
    done = read("run_id,Latency ms,confidence,user_feedback,escalated\nr1,fast,7,meh,?\nr2,1,1,,\n")
    with done.outcome.rejected.open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["readygate: column"] == "Latency ms"
    for column in ("confidence", "user_feedback", "escalated"):
        assert f"Also “{column}”: " in row["readygate: reason"]
        assert f"“{column}”: " in row["readygate: fix"]
    assert "Write one of: accepted, edited, rejected." in row["readygate: fix"]


def test_at_most_five_faults_of_a_row_are_told(read: Any) -> None:
    numbers = ["latency_ms", "cost_usd", "input_tokens", "output_tokens", "confidence", "escalated", "scores"]
    [problem] = read(f"run_id,query,{','.join(numbers)}\nr1,q{',x' * 7}\nr2,q,,,,,,,\n").report.problems
    assert problem.reason.count("Also “") == 4
    assert problem.reason.endswith("(and 2 more in this row)")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ("+cmd", "'+cmd"), ("-1+1", "'-1+1"), ("@SUM(1)", "'@SUM(1)"), ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"), ("＝1+1", "'＝1+1"), ("＋1", "'＋1"), ("－1", "'－1"), ("＠x", "'＠x"),
        (" =1", "' =1"),
        ("-5", "-5"), ("+3.5", "+3.5"), ("-1e5", "-1e5"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_no_cell_of_an_export_is_a_formula(text: str, safe: str) -> None:
    assert without_formula(text) == safe


@given(st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1), max_size=6))
def test_the_ledger_agrees_with_a_dictionary(chunks: list[list[tuple[int, int]]]) -> None:
    ledger, seen, row = Ledger(None), dict[int, tuple[int, int]](), 0
    for chunk in chunks:
        rows = list(range(row, row + len(chunk)))
        row += len(chunk)
        keys, contents = (np.array(part, np.int64) for part in zip(*chunk, strict=True))
        sorting = ledger.sort(keys, contents, np.array(rows, np.int64))
        for place, (key, content) in enumerate(chunk):
            first = seen.setdefault(key, (content, rows[place]))
            expected = (
                "new" if first[1] == rows[place] else "repeated" if first[0] == content else "conflicting"
            )
            names = [name for name in ("new", "updated", "known", "repeated", "conflicting")
                     if getattr(sorting, name)[place]]  # fmt: skip
            assert names == [expected]
            assert sorting.first_rows[place] == first[1]


def test_an_index_finds_the_later_of_two_and_nothing_else() -> None:
    index = KeyIndex()
    for place, key in enumerate([5, 3, 5, 9]):
        index.add(np.array([key]), np.array([place * 10]), np.array([place]))
    found, contents, places = index.find(np.array([5, 9, 4]))
    assert found.tolist() == [True, True, False]
    assert (contents.tolist(), places.tolist()) == ([20, 30, 0], [2, 3, 0])


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"a": ["x"]}, {"a": ["x"], "b": [None]}, True),
        ({"a": ["x"], "b": ["y"]}, {"b": ["y"], "a": ["x"]}, True),
        ({"a": ["x"]}, {"b": ["x"]}, False),
        ({"a": ["xy"], "b": [None]}, {"a": ["x"], "b": ["y"]}, False),
        ({"a": ["x\0001\0y"]}, {"a": ["x"], "b": ["y"]}, False),
        ({"a": [""]}, {"a": [None]}, False),
    ],
)
def test_content_keys(
    left: dict[str, list[str | None]], right: dict[str, list[str | None]], same: bool
) -> None:
    assert (content_keys(left, 1)[0] == content_keys(right, 1)[0]) == same


@pytest.mark.parametrize(
    ("good", "bad", "warned"),
    [(45, 5, False), (44, 5, True), (1, 4, False), (0, 5, True), (1_000, 100, False), (1_000, 200, True)],
)
def test_many_rejected_rows_are_said_to_spoil_the_rates(read: Any, good: int, bad: int, warned: bool) -> None:
    """More than a tenth of the rows and at least five; blank rows are no rows."""
    rows = [f"r{number},5" for number in range(good)] + [f"b{number},fast" for number in range(bad)]
    done = read("run_id,latency_ms\n" + "\n".join(rows) + "\n,\n,\n")
    assert done.report.rejected == bad
    said = [notice.sentence for notice in done.report.warnings if notice.code == "many_rejected"]
    told = f"{bad:,} of {good + bad:,} rows were rejected. What is left may not stand for the whole: mend"
    assert [sentence.startswith(told) for sentence in said] == [True] * warned
