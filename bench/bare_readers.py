"""The least that any import has to do, each run as a program of its own.

`python -m bench.bare_readers duckdb FILE TARGET` reads a file as it stands and writes it as Parquet;
`… calamine FILE` reads every cell of a workbook.
"""

import json
import sys
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook

_READ = {".csv": "read_csv", ".jsonl": "read_json_auto", ".parquet": "read_parquet"}


def with_duckdb(file: Path, target: Path) -> None:
    rows = f"SELECT * FROM {_READ[file.suffix]}($file)"
    copy = f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    duckdb.connect().execute(copy.replace("$file", f"'{file}'"))
    print(json.dumps({}))


def with_calamine(file: Path) -> None:
    sheet = CalamineWorkbook.from_path(file).get_sheet_by_index(0)
    print(json.dumps({"rows": sum(1 for _ in sheet.iter_rows())}))


if __name__ == "__main__":
    if sys.argv[1] == "duckdb":
        with_duckdb(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        with_calamine(Path(sys.argv[2]))
