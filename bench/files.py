"""The files that every contender reads: traces of about 1 KB, and labels for one in fifty of them."""

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

from core.demo.files import csv_chunks
from core.demo.generator import benchmark_traces

SEED = 7
LABEL_EVERY = 50
ROWS_A_GROUP = 50_000
LEAN_ROWS = 100_000


def write_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """(traces, labels) as CSV; the same number of rows always gives the same bytes."""
    traces, labels = folder / "traces.csv", folder / "labels.csv"
    with traces.open("wb") as file:
        file.writelines(csv_chunks(benchmark_traces(rows, SEED)))
    with labels.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["run_id", "answer_right", "tool_right", "reviewer", "sampling", "labelled_at"])
        for number, i in enumerate(range(0, rows, LABEL_EVERY)):
            right = "no" if number % 8 == 0 else "yes"
            tool = "no" if number % 14 == 0 else "yes"
            writer.writerow([f"bench-{SEED}-{i:08d}", right, tool, "Ada", "random", "2026-06-01T10:00:00Z"])
    return traces, labels


def write_formats(folder: Path, rows: int) -> dict[str, Path]:
    """The same traces as CSV, as JSON lines and as Parquet, by the name of the format. Numbers, booleans
    and lists are themselves in the last two."""
    files = {name: folder / f"traces.{name}" for name in ("csv", "jsonl", "parquet")}
    with files["csv"].open("wb") as file:
        file.writelines(csv_chunks(benchmark_traces(rows, SEED)))
    with files["jsonl"].open("w", encoding="utf-8") as lines:
        for row in benchmark_traces(rows, SEED):
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    _write_parquet(files["parquet"], benchmark_traces(rows, SEED))
    return files


def write_new(folder: Path, rows: int) -> Path:
    """Traces of which none is in the files above, as CSV."""
    path = folder / "new.csv"
    with path.open("wb") as file:
        file.writelines(csv_chunks(benchmark_traces(rows, SEED + 1)))
    return path


_COPY = """SELECT * REPLACE (
        run_id || '-' || $copy AS run_id, session_id || '-' || $copy AS session_id,
        user_id || '-' || $copy AS user_id,
        STRFTIME(started_at::TIMESTAMP + TO_HOURS($copy), '%Y-%m-%dT%H:%M:%SZ') AS started_at)
    FROM READ_PARQUET($base) LIMIT $rows"""


def write_lean(folder: Path, rows: int) -> Path:
    """Very many traces as Parquet: those of the files above with short texts, over and over, each time with
    other ids, users and times. For sizes at which writing the texts would take longer than all the rest."""
    base, path = folder / "base.parquet", folder / "lean.parquet"
    once = min(rows, LEAN_ROWS)
    short = ({**row, "query": f"Task {i}", "response": "Done."} for i, row in _numbered(once))
    _write_parquet(base, short)
    with duckdb.connect() as connection:
        first = connection.sql(_COPY, params={"base": str(base), "copy": 0, "rows": 0}).to_arrow_table()
        with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
            # One copy at a time: all together would be held in memory as a whole.
            for copy in range(-(-rows // once)):
                asked = {"base": str(base), "copy": copy, "rows": min(once, rows - copy * once)}
                table = connection.sql(_COPY, params=asked).to_arrow_table()
                writer.write_table(table, row_group_size=ROWS_A_GROUP)
    base.unlink()
    return path


def _numbered(rows: int) -> Iterator[tuple[int, dict[str, Any]]]:
    return enumerate(benchmark_traces(rows, SEED))


def write_workbook(folder: Path, rows: int) -> Path:
    """Traces in the only sheet of a workbook, lists as JSON text."""
    path = folder / "traces.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Traces")
    for number, row in enumerate(benchmark_traces(rows, SEED)):
        if number == 0:
            sheet.append(list(row))
        sheet.append([json.dumps(cell) if isinstance(cell, list) else cell for cell in row.values()])
    book.save(path)
    return path


def _write_parquet(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    first = list(islice(rows, ROWS_A_GROUP))
    table = pa.Table.from_pylist(first)
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        while first:
            writer.write_table(pa.Table.from_pylist(first, schema=table.schema))
            first = list(islice(rows, ROWS_A_GROUP))
