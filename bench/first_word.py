"""`python -m bench.first_word [--rows 100000]`: how soon the verdict can be read, and what a re-run costs.

In one run on one machine: the seconds in Chromium from following a link to the verdict of Go / no-go on a
warm server, beside those to the first word of a bare page of two lines on a Streamlit server of its own. A
visit is somebody's first (nothing in the browser's cache) or a later one. Then the same page without a
browser, again and again: what every click on it costs the server. Nothing is asserted: read the ratios.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from bench.files import write_files
from bench.readygate_pages import SLUG
from bench.watched import ROOT, run
from core.web.registry import spec_of

OURS, BARE = "Go / no-go", "a bare page of two lines"
FIRST, LATER = "first visit", "later visit"
_VISITS = 5
_RERUNS = 7
_TWO_LINES = 'import streamlit as st\nst.title("Hello")\n'
_BROWSER_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def measure(rows: int, folder: Path, chromium: str) -> dict[str, Any]:
    """Seconds to the first word by page and visit, and those of a re-run; ``folder`` is the caller's."""
    home, bare = folder / "home", folder / "bare.py"
    bare.write_text(_TWO_LINES, encoding="utf-8")
    own = {"READYGATE_HOME": str(home), "READYGATE_DATABASE_URL": ""}
    traces, labels = write_files(folder, rows)
    run(["-m", "bench.readygate_pages", "prepare", str(home)], own)
    run(["-m", "core.cli", "import", str(traces), str(labels), "--feature", SLUG, "--json"], own)
    with ExitStack() as open_here:
        ours = open_here.enter_context(_served(ROOT / "app.py", own))
        theirs = open_here.enter_context(_served(bare, {}))
        playwright = open_here.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=_BROWSER_OPTIONS)
        pages = {OURS: f"{ours}/go_no_go?feature={SLUG}", BARE: theirs}
        words = _first_words(browser, pages)
        browser.close()
    rerun = run(["-m", "bench.first_word", "--again", str(home)], own | {"STREAMLIT_LOGGER_LEVEL": "error"})
    return {"rows": rows, "words": words, "rerun": rerun.answer}


def _first_words(browser: Browser, pages: dict[str, str]) -> dict[str, dict[str, float]]:
    """Medians; the pages take turns, so that whatever else the machine does meets both."""
    seconds: dict[str, dict[str, list[float]]] = {name: {FIRST: [], LATER: []} for name in pages}
    for visit in range(_VISITS + 1):
        for name, address in pages.items():
            context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
            for which in (FIRST, LATER):
                page = context.new_page()
                took = _until_first_word(page, address)
                if visit:  # the one before warms the server
                    seconds[name][which].append(took)
                page.close()
            context.close()
    return {
        name: {which: statistics.median(times) for which, times in visits.items()}
        for name, visits in seconds.items()
    }


def _until_first_word(page: Page, address: str) -> float:
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("[data-testid=stMain] h1", timeout=120_000)
    return time.perf_counter() - begun


@contextmanager
def _served(script: Path, environment: dict[str, str]) -> Iterator[str]:
    """`streamlit run` until the block ends; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    options += ["--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options],
        cwd=script.parent,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            with direct.open(address, timeout=10):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("A server did not start.")


def run_again() -> dict[str, float]:
    """Seconds of one run of the page after another, by the clock and of the processor: the medians."""
    visit = AppTest.from_file(ROOT / "core" / "web" / "entry.py", default_timeout=120)
    visit.switch_page(str(spec_of("go_no_go").path))
    visit.query_params["feature"] = SLUG
    taken = [_timed(visit.run) for _ in range(1 + _RERUNS)]
    if visit.exception:
        raise SystemExit(f"The page failed: {visit.exception[0].value}")
    return {
        "first": taken[0][0],
        "again": statistics.median(wall for wall, _ in taken[1:]),
        "again_processor": statistics.median(worked for _, worked in taken[1:]),
    }


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    begun, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - worked


def tell(found: dict[str, Any]) -> str:
    """The numbers in lines, with the ratio that matters."""
    words, rerun = found["words"], found["rerun"]
    lines = [f"{found['rows']:,} traces"]
    for which in (FIRST, LATER):
        ours, bare = words[OURS][which], words[BARE][which]
        lines.append(f"{which}: {OURS} {ours:.2f} s, {BARE} {bare:.2f} s: {ours / bare:.2f} times")
    lines.append(
        f"a re-run of {OURS}: {rerun['again']:.3f} s, {rerun['again_processor']:.3f} s of the processor "
        f"(the first: {rerun['first']:.2f} s)"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--again", metavar="HOME", help="only the re-runs, on this home, as JSON")
    asked = parser.parse_args()
    if asked.again:
        set_log_level("ERROR")
        print(json.dumps(run_again()))
        return
    if asked.chromium is None:
        raise SystemExit("There is no Chromium here: name one with --chromium.")
    with tempfile.TemporaryDirectory() as folder:
        print(tell(measure(asked.rows, Path(folder), asked.chromium)))


if __name__ == "__main__":
    main()
