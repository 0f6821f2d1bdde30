"""Imports of the same traces in every format, beside pandas and beside the least that must be done.

Every contender is a whole command in a process of its own; Readygate begins each time with an empty home.
"""

import shutil
from pathlib import Path
from typing import Any

from bench.files import write_formats, write_new, write_workbook
from bench.readygate_pages import SLUG
from bench.watched import Cost, run

NEW_ROWS = 10_000
SHEET_ROWS = 50_000
"""The most that the workbook has; a run with fewer traces takes as many as there are."""

OURS, PANDAS, BARE, CALAMINE = "Readygate", "pandas + to_sql", "DuckDB, bare", "calamine, bare"


def measure_intake(rows: int, folder: Path) -> dict[str, Any]:
    """All numbers of one run; ``folder`` is thrown away by the caller."""
    lines: list[dict[str, Any]] = []
    files = write_formats(folder, rows)
    for name, file in files.items():
        lines.append(_line(name, OURS, rows, _imported(folder / f"home-{name}", file, rows)))
        bare = run(["-m", "bench.bare_readers", "duckdb", str(file), str(folder / f"{name}.bare")], {})
        lines.append(_line(name, BARE, rows, bare))
        if name == "csv":
            command = ["-m", "bench.pandas_tables", "traces", str(folder / "pandas.db"), str(file)]
            lines.append(_line(name, PANDAS, rows, run(command, {})))
            (folder / "pandas.db").unlink()
        else:
            shutil.rmtree(folder / f"home-{name}")
        file.unlink()
    home = folder / "home-csv"
    again = run(["-m", "bench.another_import", str(home), str(write_new(folder, NEW_ROWS))], _of(home))
    shutil.rmtree(home)
    in_sheet = min(rows, SHEET_ROWS)
    book = write_workbook(folder, in_sheet)
    lines.append(_line("xlsx", OURS, in_sheet, _imported(folder / "home-xlsx", book, in_sheet)))
    lines.append(
        _line("xlsx", CALAMINE, in_sheet, run(["-m", "bench.bare_readers", "calamine", str(book)], {}))
    )
    return {"rows": rows, "imports": lines, "another": {**again.answer, "rows": NEW_ROWS}}


def tell_intake(found: dict[str, Any]) -> None:
    """The numbers as a small table; a ratio above 1 says how many times longer Readygate takes."""
    head = f"{'Import':<8} {'contender':<16} {'rows':>9} {'seconds':>8} {'processor':>9} {'rows/s':>8}"
    print(f"{head} {'peak':>9}  Readygate takes")
    ours = {line["format"]: line for line in found["imports"] if line["contender"] == OURS}
    for line in found["imports"]:
        print(
            f"{line['format']:<8} {line['contender']:<16} {line['rows']:>9,} {line['seconds']:>8.2f} "
            f"{line['processor_seconds']:>9.2f} {line['rows'] / line['seconds']:>8,.0f} "
            f"{line['peak_bytes'] / 1e6:>6,.0f} MB  {_ratios(ours[line['format']], line)}"
        )
    another = found["another"]
    counts, start, verdict = (another[f"{name}_seconds"] for name in ("counts", "start", "verdict"))
    print(
        f"\nAnother {another['rows']:,} new rows onto {found['rows']:,} count after {counts:.2f} s, of which"
        f" {start:.2f} s start the reading process; the new verdict is noted after {verdict:.2f} s"
    )


def _ratios(ours: dict[str, Any], line: dict[str, Any]) -> str:
    if line is ours:
        return ""
    clock, processor = (ours[name] / max(line[name], 0.01) for name in ("seconds", "processor_seconds"))
    return f"{clock:.2f} times by the clock, {processor:.2f} of the processor"


def _imported(home: Path, file: Path, rows: int) -> Cost:
    run(["-m", "bench.readygate_pages", "prepare", str(home)], _of(home))
    cost = run(["-m", "core.cli", "import", str(file), "--feature", SLUG, "--json"], _of(home))
    if [one["accepted"] for one in cost.answer["files"]] != [rows]:
        raise SystemExit(f"{file.name} was not imported as a whole: {cost.output[:2_000]}")
    return cost


def _of(home: Path) -> dict[str, str]:
    return {"READYGATE_HOME": str(home), "READYGATE_DATABASE_URL": ""}


def _line(name: str, contender: str, rows: int, cost: Cost) -> dict[str, Any]:
    return {
        "format": name,
        "contender": contender,
        "rows": rows,
        "seconds": cost.seconds,
        "processor_seconds": cost.processor_seconds,
        "peak_bytes": cost.peak_bytes,
    }
