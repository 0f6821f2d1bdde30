"""What one would write instead, run as a program of its own: pandas into a SQLite table, and back.

`python -m bench.pandas_tables load DATABASE TRACES LABELS`, `… traces DATABASE TRACES` or `… frames|sql
DATABASE`. It answers the same
questions in plain shares: no limit per user, no intervals, no account of bad rows.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, create_engine, text

ROWS_A_PIECE = 50_000
COLUMNS = "run_id, started_at, task_type, user_segment, user_feedback, latency_ms"

WEEK = "date(started_at, '-6 days', 'weekday 1')"
ACCEPTED = "AVG(user_feedback = 'accepted')"
REACTED = "FROM trace WHERE user_feedback IS NOT NULL"
SHARES = (
    "SELECT {} AVG(tool_right = 'yes') FROM label JOIN trace USING (run_id) {}",
    "SELECT {} AVG(answer_right = 'yes') FROM label JOIN trace USING (run_id) {}",
    f"SELECT {{}} {ACCEPTED} {REACTED} {{}}",
    f"SELECT {{}} {ACCEPTED} {REACTED} AND task_type = 'decisions' {{}}",
)
LATENCIES = ("WHERE latency_ms IS NOT NULL", "WHERE latency_ms IS NOT NULL AND user_segment = 'sales'")


def load(database: Path, traces: Path, labels: Path) -> None:
    _load(database, {"trace": traces, "label": labels})


def load_traces(database: Path, file: Path) -> None:
    _load(database, {"trace": file})


def _load(database: Path, files: dict[str, Path]) -> None:
    engine = create_engine(f"sqlite:///{database}")
    for table, file in files.items():
        for piece in pd.read_csv(file, chunksize=ROWS_A_PIECE):
            piece.to_sql(table, engine, if_exists="append", index=False)
    engine.dispose()
    print(json.dumps({}))


def frames(database: Path) -> None:
    """Read the columns back, then group: first from the table, then again with the frame at hand."""
    engine = create_engine(f"sqlite:///{database}")

    def read() -> tuple[pd.DataFrame, pd.DataFrame]:
        trace = pd.read_sql(f"SELECT {COLUMNS} FROM trace", engine)
        trace["week"] = pd.to_datetime(trace["started_at"]).dt.tz_localize(None).dt.to_period("W")
        label = pd.read_sql("SELECT run_id, tool_right, answer_right FROM label", engine)
        return trace, label.merge(trace, on="run_id")

    reading, (trace, labelled) = _timed(read)
    grouping, _ = _timed(lambda: _grouped(trace, labelled))
    print(json.dumps({"first": reading + grouping, "again": grouping}))


def _grouped(trace: pd.DataFrame, labelled: pd.DataFrame) -> list[Any]:
    reacted = trace[trace["user_feedback"].notna()]
    accepted = reacted.assign(passed=reacted["user_feedback"] == "accepted")
    shares = [
        labelled.assign(passed=labelled["tool_right"] == "yes"),
        labelled.assign(passed=labelled["answer_right"] == "yes"),
        accepted,
        accepted[accepted["task_type"] == "decisions"],
    ]
    found: list[Any] = [(one["passed"].mean(), one.groupby("week")["passed"].mean()) for one in shares]
    for one in (trace, trace[trace["user_segment"] == "sales"]):
        found.append((one["latency_ms"].quantile(0.95), one.groupby("week")["latency_ms"].quantile(0.95)))
    return found


def sql(database: Path) -> None:
    """The same in SQL on the table, twice."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        first, _ = _timed(lambda: _asked(connection))
        again, _ = _timed(lambda: _asked(connection))
    print(json.dumps({"first": first, "again": again}))


def _asked(connection: Connection) -> list[Any]:
    def all_of(query: str) -> list[Any]:
        return list(connection.execute(text(query)))

    found = []
    for share in SHARES:
        found += [all_of(share.format("", "")), all_of(share.format(f"{WEEK} AS week,", "GROUP BY week"))]
    for latency in LATENCIES:
        ranked = (
            "SELECT latency_ms, {} AS week, CUME_DIST() OVER (PARTITION BY {} ORDER BY latency_ms) AS place"
        )
        for group in ("1", WEEK):
            rows = f"{ranked.format(group, group)} FROM trace {latency}"
            found.append(
                all_of(f"SELECT week, MIN(latency_ms) FROM ({rows}) WHERE place >= 0.95 GROUP BY week")
            )
    return found


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


if __name__ == "__main__":
    {"load": load, "traces": load_traces, "frames": frames, "sql": sql}[sys.argv[1]](*map(Path, sys.argv[2:]))
