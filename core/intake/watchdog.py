"""Runs a program under watch: its memory, its time and its output are bounded, and it can be stopped."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from core.errors import ImportCancelled, UnreadableFile

_GLANCE_SECONDS = 0.03
_OUTPUT_BYTES = 4 * 2**20
_LINE_BYTES = 4_096


@dataclass(frozen=True)
class Bounds:
    """``memory_bytes`` of resident memory and ``seconds`` of wall-clock time."""

    memory_bytes: int
    seconds: float


def start(command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start ``command`` in ``folder``, in a group of its own, for :func:`run_watched`. Its standard input
    stays open until somebody writes to it, or this program ends."""
    return subprocess.Popen(  # noqa: S603 - the command is ours, no shell is involved
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run_watched(
    process: subprocess.Popen[bytes],
    *,
    said: str = "",
    bounds: Bounds,
    on_line: Callable[[bytes], None],
    is_cancelled: Callable[[], bool],
    granted_seconds: Callable[[], float] = lambda: 0.0,
) -> int:
    """Watch a program that was started to its end and return its exit status.

    It is ``said`` to its standard input. ``on_line`` is called in this thread with every line of output;
    ``granted_seconds`` says how much longer than its bounds it may take by now. Raises UnreadableFile
    (``too_big_to_read``, ``too_slow``, ``reader_failed`` for endless output) and ImportCancelled;
    the program and everything it started is dead by then, also after any other error.
    """
    lines: queue.Queue[bytes | None] = queue.Queue(maxsize=1_000)
    reader = threading.Thread(target=_collect, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        _tell(process, said)
        _watch(process, bounds, lines, on_line, is_cancelled, granted_seconds)
        return process.wait()
    finally:
        _kill(process)
        # Lets the reader, which may wait for room, come to its end.
        while reader.is_alive():
            _drain(lines, lambda _: None)
            reader.join(0.01)
        if process.stdout:
            process.stdout.close()


def _tell(process: subprocess.Popen[bytes], said: str) -> None:
    """Write to its standard input, and close it. One that has ended cannot be told anything; its exit status
    says why."""
    if process.stdin is not None:
        with contextlib.suppress(OSError), process.stdin:
            process.stdin.write(said.encode())


def _watch(
    process: subprocess.Popen[bytes],
    bounds: Bounds,
    lines: "queue.Queue[bytes | None]",
    on_line: Callable[[bytes], None],
    is_cancelled: Callable[[], bool],
    granted_seconds: Callable[[], float],
) -> None:
    begun, output = time.monotonic(), 0
    while True:
        ended = process.poll() is not None
        output += _drain(lines, on_line, wait=None if ended else _GLANCE_SECONDS)
        if output > _OUTPUT_BYTES:
            raise reader_failed()
        if ended:
            return
        if is_cancelled():
            raise ImportCancelled("The import was cancelled.", mend="Nothing was saved.")
        if _memory(process) > bounds.memory_bytes:
            raise too_big_to_read()
        allowed = bounds.seconds + granted_seconds()
        if time.monotonic() - begun > allowed:
            raise UnreadableFile(
                f"Reading the file took longer than {allowed:.0f} seconds and was stopped.",
                mend="Try again when the machine is less busy, or split the file.",
                code="too_slow",
            )


def too_big_to_read() -> UnreadableFile:
    """The one sentence for a reading that crossed its memory."""
    return UnreadableFile(
        "Reading the file needs more memory than is allowed.",
        mend="Split it into smaller files, or export fewer columns.",
        code="too_big_to_read",
    )


def reader_failed() -> UnreadableFile:
    """The one sentence for a reader that broke, whatever broke it."""
    return UnreadableFile(
        "The file could not be read: the reading process stopped unexpectedly.",
        mend="Save the file again, best as CSV UTF-8, and retry; if it stays so, the file is damaged.",
        code="reader_failed",
    )


def _collect(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    """Pass the lines of ``stream`` on; an endless line arrives in pieces."""
    while line := stream.readline(_LINE_BYTES):
        lines.put(line)
    lines.put(None)


def _drain(
    lines: "queue.Queue[bytes | None]", on_line: Callable[[bytes], None], wait: float | None = None
) -> int:
    """Take the lines that are there, waiting at most ``wait`` for the first; returns their bytes."""
    taken = 0
    try:
        line = lines.get(timeout=wait) if wait else lines.get_nowait()
        while True:
            if line is not None:
                taken += len(line)
                on_line(line)
            line = lines.get_nowait()
    except queue.Empty:
        return taken


def _memory(process: subprocess.Popen[bytes]) -> int:
    try:
        return int(psutil.Process(process.pid).memory_info().rss)
    except psutil.Error:
        return 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and, where the system has groups, whatever it started."""
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    process.wait()
