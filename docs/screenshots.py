"""Takes the pictures of README and user guide: makes the demo in a home of its own, serves it, looks at it.

    python docs/screenshots.py [--date 2026-11-20] [--to docs/images] [--chromium /usr/bin/chromium]

Needs Playwright and a Chromium. ``--date`` is the day on which the demo ends (today unless given); the
pages themselves are always opened now, so a demo that ended long ago shows stale evidence.
"""

import argparse
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.actions.demo import make_demo  # noqa: E402
from core.actions.importing import run_import  # noqa: E402
from core.actions.imports import start_import  # noqa: E402
from core.actions.people import LOCAL_CALLER  # noqa: E402
from core.actions.workspace import Workspace, open_workspace  # noqa: E402
from core.errors import QuestionsOpen  # noqa: E402

WIDE, PHONE = 1280, 390
LARGEST_BYTES = 250_000
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
READY = "[data-testid=stApp][data-test-script-state=notRunning]"


@dataclass(frozen=True)
class Picture:
    """One file: the page it shows, how wide, at most how high, and from which element on."""

    name: str
    address: str
    tallest: int
    width: int = WIDE
    scheme: str = "light"
    only: str = ""


PICTURES = (
    Picture("portfolio", "/", 1100),
    Picture("go_no_go", "/go_no_go?feature=refund-agent", 1500),
    Picture("go_no_go_dark", "/go_no_go?feature=refund-agent", 1500, scheme="dark"),
    Picture("go_no_go_phone", "/go_no_go?feature=refund-agent", 1700, width=PHONE),
    Picture("checklist", "/checklist?feature=shipment-assistant", 1300),
    Picture("evidence", "/evidence?feature=refund-agent", 1500),
)
AFTER_MORE_UPLOADS = (
    Picture("evidence_rejected_rows", "/evidence?feature=shipment-assistant", 1300),
    Picture("evidence_question", "/evidence?feature=meeting-summaries", 1000),
)


def main() -> int:
    """Take every picture; returns 1 where one is too large for the repository."""
    wanted = _arguments()
    now = wanted.date.replace(tzinfo=UTC) if wanted.date else datetime.now(UTC)
    wanted.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        workspace = open_workspace(home=home, url="")
        make_demo(workspace, now)
        with _server(home) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=wanted.chromium, args=BROWSER_OPTIONS)
            sizes = [_take(browser, base, picture, wanted.to) for picture in PICTURES]
            _more_uploads(workspace, now + timedelta(minutes=1))
            sizes += [_take(browser, base, picture, wanted.to) for picture in AFTER_MORE_UPLOADS]
            browser.close()
        workspace.close()
    return int(max(sizes) > LARGEST_BYTES)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Take the pictures of README and user guide.")
    parser.add_argument("--date", type=datetime.fromisoformat, help="the day on which the demo ends")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser's program")
    return parser.parse_args()


@contextmanager
def _server(home: Path) -> Iterator[str]:
    """The app over ``home`` for as long as the block lasts; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}"],
        env=kept | {"READYGATE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait_for(base)
        yield base
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(base: str) -> None:
    # Without a proxy that the environment may name.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        try:
            with direct.open(f"{base}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The app did not start within a minute.")


def _take(browser: Browser, base: str, picture: Picture, folder: Path) -> int:
    """Write one picture; returns its size in bytes."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": 900},
        color_scheme="dark" if picture.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(base + picture.address)
    _settle(page)
    # Streamlit scrolls inside the page, so the window must grow to show more of it.
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": picture.width, "height": min(height, picture.tallest)})
    _settle(page)
    raw = page.screenshot()
    context.close()
    target = folder / f"{picture.name}.png"
    # A screen has few colours; a palette of 256 makes the file a third as large.
    image = Image.open(io.BytesIO(raw)).convert("RGB")
    image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(target, optimize=True)
    size = target.stat().st_size
    sys.stdout.write(f"{target.name}: {image.width} x {image.height}, {size / 1000:.0f} kB\n")
    return size


def _settle(page: Page) -> None:
    page.wait_for_selector(READY, timeout=60_000)
    # Charts and tables are drawn after the script has ended.
    page.wait_for_timeout(2_000)
    page.wait_for_selector(READY)


def _more_uploads(workspace: Workspace, now: datetime) -> None:
    """A file with rows that cannot be taken, and one that can be read in two ways."""
    at = [f"{now - timedelta(days=1, minutes=7 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(60)]
    rows = ["run_id,started_at,task_type,user_feedback,latency_ms"]
    rows += [f"app-{n:03},{started},track,accepted,{1_400 + 37 * n}" for n, started in enumerate(at)]
    rows[7] = f"app-006,{at[6]},track,accepted,fast"
    rows[19] = "app-018,yesterday,track,accepted,2100"
    rows[31] = f"app-030,{at[30]},track,maybe,1900"
    rows[44] = f",{at[43]},track,accepted,1700"
    rows[52] = f"app-051,{at[51]},track,accepted,-12"
    _import(workspace, now, "shipment-assistant", "app-export.csv", "\n".join(rows) + "\n")
    scores = ["case_id,attempt,score"] + [f"case-{n:02},0,{n % 10 / 10}" for n in range(40)]
    _import(workspace, now, "meeting-summaries", "nightly-evals.csv", "\n".join(scores) + "\n")


def _import(workspace: Workspace, now: datetime, slug: str, name: str, text: str) -> None:
    upload_id = start_import(
        workspace,
        LOCAL_CALLER,
        now,
        slug,
        file_name=name,
        content=io.BytesIO(text.encode()),
        for_worker=False,
    )
    try:
        run_import(workspace, upload_id, lambda: now)
    except QuestionsOpen:
        # The page asks; that is the picture.
        return


if __name__ == "__main__":
    raise SystemExit(main())
