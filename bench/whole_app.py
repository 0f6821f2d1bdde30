"""The whole app in one process, as its server runs it: an import with progress, then each page several times.

`python -m bench.whole_app HOME TRACES LABELS`

The import goes through the app's own worker thread and its reading process. Pages run through the
router, so each number is a whole run of the script, from the click to the last element; only the way
to the browser is missing.
"""

import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from bench.readygate_pages import SLUG
from core.actions.imports import list_uploads, start_import
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.store.tables import UNFINISHED
from core.web import wiring
from core.web.lifespan import served_workspace
from core.web.registry import PAGES, ROOT, PageSpec

_AGAIN = 5
_LOOK_SECONDS = 0.1


def measure(files: list[Path]) -> dict[str, Any]:
    with served_workspace():
        workspace = wiring.workspace()
        imported = [_import(workspace, file) for file in files]
        return {"imports": imported, "pages": {spec.title: _runs(spec) for spec in PAGES}}


def _import(workspace: Workspace, file: Path) -> dict[str, Any]:
    """Hand ``file`` in as the Evidence page does, and watch it as a visitor would."""
    begun = time.perf_counter()
    with file.open("rb") as content:
        upload_id = start_import(
            workspace, LOCAL_CALLER, datetime.now(UTC), SLUG, file_name=file.name, content=content
        )
    steps = set[int]()
    while True:
        upload = next(one for one in list_uploads(workspace, LOCAL_CALLER, SLUG) if one.id == upload_id)
        steps.add(upload.rows_done)
        if upload.state not in UNFINISHED:
            break
        time.sleep(_LOOK_SECONDS)
    if upload.state != "done":
        raise SystemExit(f"{file.name} was not imported: {upload.fault}")
    seconds = time.perf_counter() - begun
    return {"file": file.name, "seconds": seconds, "progress_steps": len(steps), "rows": upload.rows_done}


def _runs(spec: PageSpec) -> dict[str, float]:
    """Seconds of the first run of a page, and the median of more runs of it."""
    visit = AppTest.from_file(ROOT / "core" / "web" / "entry.py", default_timeout=120)
    visit.switch_page(str(spec.path))
    visit.query_params["feature"] = SLUG
    seconds = [_timed_run(visit) for _ in range(1 + _AGAIN)]
    return {"first": seconds[0], "again": statistics.median(seconds[1:])}


def _timed_run(visit: AppTest) -> float:
    begun = time.perf_counter()
    visit.run()
    seconds = time.perf_counter() - begun
    if visit.exception:
        raise SystemExit(f"A page failed: {visit.exception[0].value}")
    return seconds


if __name__ == "__main__":
    # Pages that run without a browser are warned about with every run; here that is the purpose.
    set_log_level("ERROR")
    os.environ["READYGATE_HOME"] = sys.argv[1]
    found = measure([Path(name) for name in sys.argv[2:]])
    sys.stdout.write(json.dumps(found))
