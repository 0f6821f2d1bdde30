"""Runs a contender in a process of its own and measures what it costs."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
_GLANCE_SECONDS = 0.03


@dataclass(frozen=True)
class Cost:
    """``peak_bytes`` is the most memory that the process and all it started held at one moment,
    ``processor_seconds`` what they worked together; Windows does not tell that."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    output: str

    @property
    def answer(self) -> Any:
        """What the program wrote, which is JSON."""
        return json.loads(self.output)


def run(arguments: Sequence[str], environment: Mapping[str, str], python: Path | None = None) -> Cost:
    """Run ``python ARGUMENTS`` from the project's folder to its end, by another Python where one is given.
    A failure ends the benchmark."""
    begun, worked = time.perf_counter(), _processor_seconds()
    process = subprocess.Popen(
        [python or sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    ended, peak = threading.Event(), [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, ended, peak))
    watcher.start()
    output, _ = process.communicate()
    seconds, worked = time.perf_counter() - begun, _processor_seconds() - worked
    ended.set()
    watcher.join()
    if process.returncode > 3:  # up to 3 the gate answers with it
        raise SystemExit(f"`python {' '.join(arguments)}` failed with exit code {process.returncode}.")
    return Cost(seconds, worked, peak[0], output)


def _processor_seconds() -> float:
    """What all processes that were started here and have ended worked, and those that they started."""
    times = os.times()
    return times.children_user + times.children_system


def _watch(pid: int, ended: threading.Event, peak: list[int]) -> None:
    while not ended.wait(_GLANCE_SECONDS):
        peak[0] = max(peak[0], _resident_bytes(pid))


def _resident_bytes(pid: int) -> int:
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for one in family:
        try:
            total += one.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return total
