"""Large imports outlive their tab, stop on request, and count wholly or not at all when the server dies."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER
from core.demo.files import csv_chunks
from core.demo.generator import benchmark_traces
from core.metrics.measurement import Measurement

ROWS = 100_000
KIND = "Traces: one row is one answer of the feature"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """A file of 100,000 traces, about 100 MB; no two seeds have a trace in common."""
    folder = tmp_path_factory.mktemp("exports")

    def written(seed: int) -> Path:
        path = folder / f"traces-{seed}.csv"
        if not path.exists():
            with path.open("wb") as file:
                file.writelines(csv_chunks(benchmark_traces(ROWS, seed)))
        return path

    return written


@pytest.mark.timeout(400)
def test_a_closed_tab_a_stop_and_a_killed_server(
    own_server: Any,
    new_window: Callable[..., Any],
    records: Callable[..., Any],
    newest_upload: Callable[..., Any],
    export: Callable[[int], Path],
    today: Any,
) -> None:
    workspace = records(own_server)

    def newest() -> Any:
        return newest_upload(workspace, "bulk")

    def counted() -> int:
        """How many traces there are, by the metric that every one of them has; few users made them all,
        so most are set aside before they are judged."""
        measured = metrics_of(workspace, LOCAL_CALLER, today, "bulk", only="latency_p95")
        tallies = [found.tally for _, found in measured if isinstance(found, Measurement)]
        return sum(tally.n + tally.capped for tally in tallies)

    window = new_window(own_server)
    window.create_feature("Bulk")

    # The tab is closed half way: the import goes on without it.
    window.open("/evidence?feature=bulk")
    window.hand_in(export(1), kind=KIND)
    wait_until(lambda: (newest().share or 0) > 0.4, "the first import is half way")
    window.page.context.close()
    window = new_window(own_server)
    window.open("/evidence?feature=bulk")
    wait_until(lambda: newest().state == "done", "the first import is done")
    window.shows(f"traces-1.csv · {ROWS:,} rows")
    assert newest().report["accepted"] == ROWS
    assert counted() == ROWS

    # Stopped half way: nothing of it counts.
    window.hand_in(export(2), kind=KIND)
    wait_until(lambda: (newest().share or 0) > 0.3, "the second import is under way")
    window.page.get_by_role("button", name="Stop this import").click()
    wait_until(lambda: newest().state == "cancelled", "the second import has stopped")
    window.shows("stopped")
    assert counted() == ROWS

    # The server dies half way: after the next start the page says so, and nothing of it counts.
    window.hand_in(export(3), kind=KIND)
    wait_until(lambda: (newest().share or 0) > 0.3, "the third import is under way")
    own_server.kill()
    assert newest().state == "reading"
    own_server.start()
    window.open("/evidence?feature=bulk")
    window.shows("Readygate stopped while this file was being imported")
    assert counted() == ROWS

    # The same file again is taken whole.
    window.hand_in(export(3), kind=KIND)
    wait_until(lambda: newest().state == "done", "the next import is done")
    window.shows(f"traces-3.csv · {ROWS:,} rows")
    assert newest().report["accepted"] == ROWS
    assert counted() == 2 * ROWS
    assert window.hosts == {f"127.0.0.1:{own_server.port}"}


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain until {what}"
        time.sleep(0.05)
