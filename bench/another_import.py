"""One more import into a workspace that is open, as the server's worker does it, run as a program of its own.

`python -m bench.another_import HOME FILE` tells the seconds from handing the file in until it counts, of them
those that a reading process takes to start, and those until the verdict on it is noted as well.
"""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.readygate_pages import SLUG
from bench.watched import ROOT
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import open_workspace
from core.intake.reader_process import start_ahead


def measure(home: Path, file: Path) -> dict[str, float]:
    workspace = open_workspace(home)
    begun, begun_at = time.perf_counter(), datetime.now(UTC)
    start_ahead()  # As the page does that takes the file in.
    with file.open("rb") as content:
        upload_id = start_import(
            workspace, LOCAL_CALLER, datetime.now(UTC), SLUG, file_name=file.name, content=content
        )
    upload = run_import(workspace, upload_id, lambda: datetime.now(UTC))
    seconds = time.perf_counter() - begun
    workspace.close()
    if upload.report is None or upload.finished_at is None:
        raise SystemExit(f"{file.name} was not imported.")
    return {
        "counts_seconds": (upload.finished_at - begun_at).total_seconds(),
        "start_seconds": _start(),
        "verdict_seconds": seconds,
        "accepted": upload.report["accepted"],
    }


def _start() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import core.intake.child"], cwd=ROOT, check=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]))))
