"""Readygate's side of the Health benchmark, run as a program of its own.

`python -m bench.health_pages HOME`: the Health page's board and one slice, counted anew, and again.
`python -m bench.health_pages HOME imported`: the same, opened after the server's worker has been there, as
it is after every import.
`python -m bench.health_pages HOME restarted`: the same once more, with what an earlier process left.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# What a server has loaded when a visitor comes is no part of an answer.
import pandas
import scipy.stats

from bench.readygate_pages import AFTERWARDS, SLUG
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.people import LOCAL_CALLER
from core.actions.slices import view_slices
from core.actions.warm_worker import warm_up
from core.actions.workspace import Workspace, open_workspace
from core.store.kept_counts import FOLDER

SLICED_BY = "task_type"
_AGAIN = 5


def ask(home: Path) -> dict[str, Any]:
    """Seconds of the first time and the median of more, by the clock; and those of the processor."""
    _forget(home)
    workspace = open_workspace(home)
    first, processor, metrics = _timed(lambda: _page(workspace))
    again = sorted(_timed(lambda: _page(workspace))[0] for _ in range(_AGAIN))[_AGAIN // 2]
    workspace.close()
    return {"first": first, "first_processor": processor, "again": again, "metrics": metrics}


def ask_imported(home: Path) -> dict[str, Any]:
    """Seconds that the worker takes in the background, and those of the first page after it."""
    _forget(home)
    workspace = open_workspace(home)
    worked, _, _ = _timed(lambda: len(warm_up(workspace, AFTERWARDS, {}, goes_on=lambda: True)))
    seconds, processor, _ = _timed(lambda: _page(workspace))
    workspace.close()
    return {"worker": worked, "first": seconds, "first_processor": processor, "again": None}


def ask_restarted(home: Path) -> dict[str, Any]:
    """Seconds of the first page of a process that finds what another one counted."""
    workspace = open_workspace(home)
    seconds, processor, _ = _timed(lambda: _page(workspace))
    workspace.close()
    return {"first": seconds, "first_processor": processor, "again": None}


def _forget(home: Path) -> None:
    """What an earlier process counted; the import has noted a verdict already."""
    shutil.rmtree(home / "cache" / FOLDER, ignore_errors=True)


def _page(workspace: Workspace) -> int:
    """All metrics with their weeks, then the five for each kind of task; how many were measured."""
    view = view_health(workspace, LOCAL_CALLER, AFTERWARDS, SLUG, Part())
    five = [one.main for one in view.quality if one.main is not None and one.main.measured is not None]
    view_slices(workspace, LOCAL_CALLER, AFTERWARDS, SLUG, Part(), SLICED_BY, five)
    return sum(gauge.measured is not None for gauge in view.gauges)


def _timed(work: Callable[[], int]) -> tuple[float, float, int]:
    begun, worked = time.perf_counter(), time.process_time()
    made = work()
    return time.perf_counter() - begun, time.process_time() - worked, made


WAYS = {"anew": ask, "imported": ask_imported, "restarted": ask_restarted}

if __name__ == "__main__":
    assert scipy.stats is not None and pandas is not None
    print(json.dumps(WAYS[sys.argv[2] if len(sys.argv) > 2 else "anew"](Path(sys.argv[1]))))
