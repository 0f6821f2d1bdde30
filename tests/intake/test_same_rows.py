"""The same table in CSV, JSON lines, XLSX and Parquet is the same evidence: values, keys and content keys."""

import csv
import io
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.evidence.columns import Kind
from core.intake.importing import read_file
from core.intake.job import ReadJob
from core.intake.missing_words import says_nothing
from core.intake.reading import Answers

# Canonical JSON (RFC 8785) holds integers below 2^53.
_SAFE = 2**53 - 1

# What reading removes or takes for blank is tested elsewhere; here text must stay byte for byte.
_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n"), min_size=1, max_size=30
).filter(lambda text: not text.isspace() and not says_nothing(text))
_ITEM = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)

_ROW = st.fixed_dictionaries(
    {},
    optional={
        "query": _TEXT,
        "response": _TEXT,
        "latency_ms": st.floats(0, 1e300, allow_nan=False),
        "cost_usd": st.floats(0, 1e6),
        "input_tokens": st.integers(0, 2**63 - 1),
        "escalated": st.booleans(),
        "tools_called": st.lists(_ITEM, max_size=3),
        "scores": st.dictionaries(
            _ITEM, st.one_of(st.booleans(), _ITEM, st.integers(-_SAFE, _SAFE)), max_size=3
        ),
        "started_at": st.datetimes(
            datetime.fromisoformat("2000-01-01"),
            datetime.fromisoformat("2099-12-31"),
            timezones=st.just(UTC),
        ),
    },
)
# Every time below has its zone or is a date cell of Excel, which never has one: here UTC.
_ANSWERS = Answers(kind=Kind.TRACES, as_stated=("latency_ms",), timezone="UTC")
_EXCEL_DIGITS = 10**15
_TYPES = {
    "run_id": pa.string(), "query": pa.string(), "response": pa.string(), "latency_ms": pa.float64(),
    "cost_usd": pa.float64(), "input_tokens": pa.int64(), "escalated": pa.bool_(),
    "tools_called": pa.list_(pa.string()), "scores": pa.string(), "started_at": pa.timestamp("us", "UTC"),
}  # fmt: skip
_HEADERS = list(_TYPES)


def _read(content: str | bytes, name: str) -> tuple[pa.Table, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        outcome = read_file(ReadJob(path, name, _ANSWERS, None, Path(folder)), lambda _: None)
        return pa.concat_tables([pq.read_table(segment) for segment in outcome.segments]), outcome.report


def _as_cell(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _with_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"run_id": f"r{place}", **row} for place, row in enumerate(rows)]


def _as_csv(rows: list[dict[str, Any]]) -> str:
    sheet = io.StringIO(newline="")
    writer = csv.DictWriter(sheet, _HEADERS)
    writer.writeheader()
    writer.writerows({header: _as_cell(value) for header, value in row.items()} for row in rows)
    return sheet.getvalue()


def _as_excel_holds_it(value: Any) -> Any:
    """Numbers of up to 15 digits and whole milliseconds stay values; what Excel cannot hold is text."""
    if isinstance(value, datetime):
        whole = value.microsecond % 1_000 == 0
        return value.replace(tzinfo=None) if whole else value.isoformat()
    if isinstance(value, list | dict) or (type(value) is int and value >= _EXCEL_DIGITS):
        return _as_cell(value)
    return value


def _as_parquet(rows: list[dict[str, Any]]) -> bytes:
    columns = {header: [row.get(header) for row in rows] for header in _HEADERS}
    columns["scores"] = [None if value is None else json.dumps(value) for value in columns["scores"]]
    target = io.BytesIO()
    pq.write_table(pa.table({name: pa.array(cells, _TYPES[name]) for name, cells in columns.items()}), target)
    return target.getvalue()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=12))
def test_csv_and_json_lines_agree(rows: list[dict[str, Any]]) -> None:
    rows = _with_ids(rows)
    lines = "".join(json.dumps(row, default=lambda value: value.isoformat()) + "\n" for row in rows)
    (from_csv, report), (from_json, _) = _read(_as_csv(rows), "a.csv"), _read(lines, "a.jsonl")
    assert report.accepted == len(rows)
    assert from_csv.drop_columns(["row"]).equals(from_json.drop_columns(["row"]))
    for header in ("query", "response", "latency_ms", "cost_usd", "input_tokens", "escalated", "started_at"):
        assert from_csv.column(header).to_pylist() == [row.get(header) for row in rows]
    assert from_csv.column("tools_called").to_pylist() == [row.get("tools_called") for row in rows]
    assert [text and json.loads(text) for text in from_csv.column("scores").to_pylist()] == [
        row.get("scores") for row in rows
    ]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(rows=st.lists(_ROW, min_size=1, max_size=12))
def test_workbook_and_parquet_agree_with_csv(workbook: Any, rows: list[dict[str, Any]]) -> None:
    rows = _with_ids(rows)
    cells = [[_as_excel_holds_it(row.get(header)) for header in _HEADERS] for row in rows]
    (from_csv, report), (from_sheet, of_sheet), (from_parquet, of_parquet) = (
        _read(_as_csv(rows), "a.csv"),
        _read(workbook({"Traces": [_HEADERS, *cells]}), "a.xlsx"),
        _read(_as_parquet(rows), "a.parquet"),
    )
    assert report.accepted == of_sheet.accepted == of_parquet.accepted == len(rows)
    assert from_sheet.equals(from_csv)
    assert from_parquet.drop_columns(["row"]).equals(from_csv.drop_columns(["row"]))
