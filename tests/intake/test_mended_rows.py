"""Rejected rows, downloaded and mended, are handed in again as the rows of the file they came from."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from core.intake.rejects import MARK, unguarded, without_formula

LANGFUSE = (
    "id,timestamp,sessionId,bookmarked,release,input,output,metadata,tone\n"
    "t-1,2026-06-01T08:00:00Z,s,false,v1,hello,hi,{},[1]\n"
    "t-2,yesterday,s,false,v1,=cmd,hi,{},[1]\n"
)
OWN = "run_id,query,latency_ms,Notes\nr-1,=1+1,12,a\nr-2,-x,fast,b\nr-3,+49 30,slow,c\n"


def mended(rejected: bytes, change: Callable[[dict[str, str]], None]) -> str:
    """The sheet of rejected rows after somebody has mended each row in place."""
    rows = list(csv.DictReader(io.StringIO(rejected.decode("utf-8-sig"))))
    for row in rows:
        change(row)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_the_rows_of_a_table_come_back_as_they_were(read: Any) -> None:
    first = read(OWN)
    assert (first.report.accepted, first.report.rejected) == (1, 2)
    sheet = mended(first.outcome.rejected.read_bytes(), lambda row: row.update(latency_ms="70"))
    assert sheet.startswith(f"{MARK}row,{MARK}column,{MARK}value,{MARK}reason,{MARK}fix,run_id")
    again = read(sheet)
    assert (again.report.accepted, again.report.rejected) == (2, 0)
    assert again.cells("query") == ["-x", "+49 30"]
    assert again.cells("latency_ms") == [70.0, 70.0]
    assert again.warned == ["mended_rows"]
    assert [use.header for use in again.report.columns] == ["run_id", "query", "latency_ms", "Notes"]


def test_mended_rows_are_the_same_rows_as_in_a_mended_file(read: Any) -> None:
    sheet = mended(read(OWN).outcome.rejected.read_bytes(), lambda row: row.update(latency_ms="70"))
    whole = read(OWN.replace("fast", "70").replace("slow", "70"))
    assert read(sheet).cells("row_key") == whole.cells("row_key")[1:]


def test_the_rows_of_a_tool_are_recognised_again(read: Any) -> None:
    first = read(LANGFUSE)
    assert (first.report.accepted, first.report.rejected) == (1, 1)
    sheet = mended(
        first.outcome.rejected.read_bytes(), lambda row: row.update(timestamp="2026-06-01T09:00:00Z")
    )
    again = read(sheet)
    assert (again.report.source, again.report.accepted, again.report.rejected) == ("langfuse", 1, 0)
    assert again.cells("query") == ["=cmd"]
    assert again.cells("scores") == ['{"tone":1}']


def test_other_files_keep_their_apostrophes(read: Any) -> None:
    assert read("run_id,query\nr-1,'=1+1\n").cells("query") == ["'=1+1"]


@pytest.mark.parametrize("text", ["", "'", "'a", "a", "=1", "-1", "-x", "+49 30", "\t=1", "'=1", "＝1", "@x"])
def test_what_is_guarded_comes_back(text: str) -> None:
    assert unguarded(without_formula(text)) == text
