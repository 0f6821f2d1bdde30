"""What one would write instead of the Health page: plain rates and quantiles, without intervals, witnesses or
duplicates.

`python -m bench.health_notebooks duckdb CACHE LABELS`   bare DuckDB over the same Parquet segments
`python -m bench.health_notebooks pandas TRACES LABELS`  a notebook that loads the CSV
`python -m bench.health_notebooks evidently TRACES OUT`  Evidently's data summary of the same columns
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SLICED_BY = "task_type"
NUMBERS = ("latency_ms", "cost_usd", "tokens")
LEVELS = {"latency_ms": (0.5, 0.95), "cost_usd": (0.5, 0.95, 0.99), "tokens": (0.5, 0.95)}
FLAGS = ("schema_valid", "escalated", "abstained", "fallback")
REACTIONS = ("accepted", "edited", "rejected")
COLUMNS = (
    *("run_id", "started_at", "task_type", "user_feedback", "relevant_ids", "retrieved_ids", "cited_ids"),
    *("response", "error", "latency_ms", "cost_usd", "input_tokens", "output_tokens", *FLAGS),
)
"""The columns that the metrics of the page read of these files."""

_NEEDED = "LIST_DISTINCT(relevant_ids)"
_FOUND = f"LEN(LIST_FILTER({_NEEDED}, LAMBDA ONE: LIST_CONTAINS(retrieved_ids, ONE))) / LEN({_NEEDED})"
SHARES = {
    **{word: f"AVG((user_feedback = '{word}')::INT)" for word in REACTIONS},
    "reacted": "AVG((user_feedback IS NOT NULL)::INT)",
    "found": f"AVG({_FOUND})",
    "cited": "AVG((NOT LIST_HAS_ALL(retrieved_ids, cited_ids))::INT)",
    "failed": "AVG((error IS NOT NULL)::INT) FILTER (response IS NOT NULL OR error IS NOT NULL)",
    "slow": "AVG((latency_ms > 10000)::INT)",
    **{name: f"AVG({name}::INT)" for name in FLAGS},
}
QUALITY = ("accepted", "found")
"""Of the five these are of the traces; two more are of the labels, and nobody judged the grounding."""


def bare_duckdb(cache: Path, labels: Path) -> dict[str, Any]:
    """One query for everything of the traces as a whole, one by week and one by task; the same of the labels.
    Opening the files is not timed."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    files = [str(path) for path in sorted(cache.glob("*.parquet"))]
    connection.execute("SET VARIABLE files = $files", {"files": files})
    connection.execute(
        """CREATE VIEW trace AS SELECT *, input_tokens + output_tokens AS tokens,
           DATE_TRUNC('week', MAKE_TIMESTAMP(EPOCH_US(started_at))) AS week
           FROM READ_PARQUET(GETVARIABLE('files'))"""
    )
    connection.execute(
        """CREATE TABLE label AS SELECT run_id, tool_right = 'yes' AS tool, answer_right = 'yes' AS answer
           FROM READ_CSV($file, ALL_VARCHAR = TRUE)""",
        {"file": str(labels)},
    )
    amounts = [f"QUANTILE_CONT({name}, {level})" for name in NUMBERS for level in LEVELS[name]]
    everything = ", ".join([*SHARES.values(), *amounts, "AVG(cost_usd)"])
    five = ", ".join(SHARES[name] for name in QUALITY)
    judged = "AVG(label.tool::INT), AVG(label.answer::INT) FROM label JOIN trace USING (run_id)"
    queries = [
        f"SELECT {everything} FROM trace",
        f"SELECT week, {everything} FROM trace GROUP BY week",
        f"SELECT {SLICED_BY}, {five} FROM trace GROUP BY {SLICED_BY}",
        f"SELECT {judged}",
        f"SELECT week, {judged} GROUP BY week",
        f"SELECT {SLICED_BY}, {judged} GROUP BY {SLICED_BY}",
    ]
    return _first_and_again(lambda: [connection.execute(query).fetchall() for query in queries])


def pandas_notebook(traces: Path, labels: Path) -> dict[str, Any]:
    """Load the two files, then compute; ``again`` computes once more with the frames at hand."""
    import pandas as pd

    begun, worked = time.perf_counter(), time.process_time()
    trace = pd.read_csv(traces, usecols=list(COLUMNS))
    label = pd.read_csv(labels)
    for name in ("relevant_ids", "retrieved_ids", "cited_ids"):
        trace[name] = [set(json.loads(cell)) if isinstance(cell, str) else None for cell in trace[name]]
    trace["week"] = pd.to_datetime(trace["started_at"]).dt.tz_localize(None).dt.to_period("W")
    trace["tokens"] = trace["input_tokens"] + trace["output_tokens"]
    for word in REACTIONS:
        trace[word] = (trace["user_feedback"] == word).where(trace["user_feedback"].notna()).astype(float)
    trace["reacted"] = trace["user_feedback"].notna()
    pairs = list(zip(trace["relevant_ids"], trace["retrieved_ids"], trace["cited_ids"], strict=True))
    trace["found"] = [
        len(needed & got) / len(needed) if needed and got is not None else None for needed, got, _ in pairs
    ]
    trace["cited"] = [
        float(not named <= got) if named and got is not None else None for _, got, named in pairs
    ]
    told = trace["response"].notna() | trace["error"].notna()
    trace["failed"] = trace["error"].notna().where(told).astype(float)
    trace["slow"] = trace["latency_ms"] > 10_000
    judged = label.merge(trace[["run_id", "week", SLICED_BY]], on="run_id")
    judged = judged.assign(tool=judged["tool_right"] == "yes", answer=judged["answer_right"] == "yes")
    loaded = time.perf_counter() - begun
    timed = _first_and_again(lambda: _grouped(trace, judged))
    timed["first"] += loaded
    timed["first_processor"] = time.process_time() - worked
    return timed | {"loading": loaded}


def _grouped(trace: Any, judged: Any) -> list[Any]:
    shares = list(SHARES)
    found: list[Any] = [trace[shares].mean(), trace["cost_usd"].mean()]
    found += [trace.groupby("week")[shares].mean(), trace.groupby("week")["cost_usd"].mean()]
    found += [trace.groupby(SLICED_BY)[list(QUALITY)].mean()]
    for name in NUMBERS:
        levels = list(LEVELS[name])
        found += [trace[name].quantile(levels), trace.groupby("week")[name].quantile(levels)]
    found += [judged[["tool", "answer"]].mean()]
    return [*found, *(judged.groupby(by)[["tool", "answer"]].mean() for by in ("week", SLICED_BY))]


def evidently_report(traces: Path, out: Path) -> dict[str, Any]:
    """Evidently's report of the numbers and flags of the same rows, as a page of HTML."""
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataSummaryPreset

    begun, worked = time.perf_counter(), time.process_time()
    names = ("task_type", "user_feedback", "latency_ms", "cost_usd", "input_tokens", "output_tokens", *FLAGS)
    trace = pd.read_csv(traces, usecols=list(names))
    Report([DataSummaryPreset()]).run(trace, None).save_html(str(out))
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    return {"first": seconds, "first_processor": processor, "again": None}


def _first_and_again(work: Callable[[], Any]) -> dict[str, Any]:
    seconds = []
    worked = time.process_time()
    for _ in range(2):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
        if len(seconds) == 1:
            processor = time.process_time() - worked
    return {"first": seconds[0], "first_processor": processor, "again": seconds[1]}


CONTENDERS = {"duckdb": bare_duckdb, "pandas": pandas_notebook, "evidently": evidently_report}

if __name__ == "__main__":
    print(json.dumps(CONTENDERS[sys.argv[1]](*map(Path, sys.argv[2:]))))
