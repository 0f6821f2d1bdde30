"""Readygate's side, run as a program of its own: prepare the feature, or ask for a page.

`python -m bench.readygate_pages prepare|ask HOME`
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.actions.applying import AppliedFile, apply
from core.actions.gates import view_gate
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import open_workspace
from core.demo.generator import BENCHMARK_START

SLUG = "bench"
AFTERWARDS = datetime(2026, 12, 1, tzinfo=UTC)

# Beside the two slices these are rows of the template "ready for everyone".
ITEMS = (
    {"id": "tool", "metric": "tool_selection_accuracy", "source": "label", "bar": 0.9},
    {"id": "answer", "metric": "answer_correctness", "source": "label", "bar": 0.8},
    {"id": "accepted", "metric": "user_acceptance", "source": "feedback", "bar": 0.75},
    {"id": "latency", "metric": "latency_p95", "source": "trace", "direction": "below", "bar": 8000},
    {
        "id": "accepted_decisions",
        "metric": "user_acceptance",
        "source": "feedback",
        "bar": 0.75,
        "slice": {"task_type": "decisions"},
    },
    {
        "id": "latency_sales",
        "metric": "latency_p95",
        "source": "trace",
        "direction": "below",
        "bar": 8000,
        "slice": {"user_segment": "sales"},
    },
)


def prepare(home: Path) -> None:
    """The feature and its checklist, locked before the first trace."""
    workspace = open_workspace(home)
    items = [{"kind": "measured", **item} for item in ITEMS]
    wanted = {"feature": {"slug": SLUG, "name": "Bench", "owner": "Ada"}, "checklist": {"items": items}}
    locked_at = BENCHMARK_START - timedelta(days=1)
    apply(workspace, LOCAL_CALLER, locked_at, AppliedFile.model_validate(wanted), lock=True)
    workspace.close()
    print(json.dumps({}))


def ask(home: Path) -> None:
    """The Go / no-go page twice: every row judged, with its weeks. Opening the workspace is not timed."""
    workspace = open_workspace(home)
    first, view = _timed(lambda: view_gate(workspace, LOCAL_CALLER, AFTERWARDS, SLUG))
    again, _ = _timed(lambda: view_gate(workspace, LOCAL_CALLER, AFTERWARDS, SLUG))
    workspace.close()
    verdicts = {row.item.id: row.verdict.value for row in view.decision.rows}
    weeks = {item: len(points) for item, points in view.weeks.items()}
    print(json.dumps({"first": first, "again": again, "verdicts": verdicts, "weeks": weeks}))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


if __name__ == "__main__":
    {"prepare": prepare, "ask": ask}[sys.argv[1]](Path(sys.argv[2]))
