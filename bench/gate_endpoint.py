"""How long a program waits for the gate over HTTP, on a quiet server and while a file is imported.

`python -m bench.gate_endpoint --rows 1_000_000 --again 100_000`

A real server with ``rows`` traces answers the same question again and again on one connection; then it is
handed another file of ``again`` traces and asked on while it reads and saves them.
"""

import argparse
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from bench.files import SEED, write_files
from bench.readygate_pages import SLUG
from bench.watched import ROOT, run
from core.actions.people import LOCAL_CALLER
from core.actions.tokens import TokenScope, make_token
from core.actions.workspace import open_workspace
from core.demo.files import csv_chunks
from core.demo.generator import benchmark_traces

_WARM, _ASKED, _PAUSE_SECONDS = 20, 300, 0.01
_STARTS_SECONDS = 10


def measure(rows: int, again: int, folder: Path) -> dict[str, list[float]]:
    """Milliseconds of every answer: "quiet", and "during an import"."""
    home = folder / "home"
    environment = {"READYGATE_HOME": str(home), "READYGATE_DATABASE_URL": ""}
    run(["-m", "bench.readygate_pages", "prepare", str(home)], environment)
    files = write_files(folder, rows)
    run(["-m", "core.cli", "import", *map(str, files), "--feature", SLUG, "--json"], environment)
    later = folder / "later.csv"
    with later.open("wb") as file:
        file.writelines(csv_chunks(benchmark_traces(again, SEED + 1)))
    workspace = open_workspace(home)
    token = make_token(
        workspace, LOCAL_CALLER, datetime.now(UTC), name="bench", scopes=(TokenScope.READ, TokenScope.IMPORT)
    )
    workspace.close()
    with _server(home) as port:
        asking = _Client(port, token)
        for _ in range(_WARM):
            asking.gate()
        quiet = [_timed(asking.gate) for _ in range(_ASKED)]
        with ThreadPoolExecutor(1) as beside:
            importing = beside.submit(_Client(port, token).hand_in, later)
            during = []
            while not importing.done():
                during.append(_timed(asking.gate))
            importing.result()
    return {"on a quiet server": quiet, "during an import": during}


class _Client:
    """One connection to the server, as a flag service or a deployment keeps it open."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Authorization": f"Bearer {token}"}

    def gate(self) -> None:
        self._ask("GET", f"/api/v1/features/{SLUG}/gate")

    def hand_in(self, file: Path) -> None:
        with file.open("rb") as content:
            self._ask("POST", f"/api/v1/features/{SLUG}/imports?file={file.name}", content)

    def _ask(self, method: str, path: str, body: BinaryIO | None = None) -> None:
        length = {"Content-Length": str(os.fstat(body.fileno()).st_size)} if body else {}
        self._connection.request(method, path, body, {**self._headers, **length})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:200]!r}")


def _timed(ask: Callable[[], None]) -> float:
    """Milliseconds of one answer, then a pause as a program that asks often would make."""
    begun = time.perf_counter()
    ask()
    milliseconds = (time.perf_counter() - begun) * 1_000
    time.sleep(_PAUSE_SECONDS)
    return milliseconds


@contextmanager
def _server(home: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = {**os.environ, "READYGATE_HOME": str(home), "READYGATE_DATABASE_URL": ""}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    with subprocess.Popen([*command, "--server.headless=true"], cwd=ROOT, env=environment) as process:
        try:
            for _ in range(600):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            # What the server does at its start is no part of an answer.
            time.sleep(_STARTS_SECONDS)
            yield port
        finally:
            process.terminate()


def tell(found: dict[str, list[float]], rows: int, again: int) -> None:
    print(f"The gate over HTTP, {rows:,} traces; {again:,} more are imported beside it. Milliseconds:")
    for name, times in found.items():
        middle, high = np.percentile(times, [50, 95])
        print(f"  {name:20} {len(times):5} answers   median {middle:6.1f}   95 of 100 within {high:6.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.gate_endpoint")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--again", type=int, default=100_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tell(measure(wanted.rows, wanted.again, Path(folder)), wanted.rows, wanted.again)
