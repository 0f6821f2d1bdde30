"""The files that every contender reads: traces of about 1 KB, and labels for one in fifty of them."""

import csv
from pathlib import Path

from core.demo.files import csv_chunks
from core.demo.generator import benchmark_traces

SEED = 7
LABEL_EVERY = 50


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
