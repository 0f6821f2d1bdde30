"""What the browser tests share: a real server with a home of its own, and a Chromium that is watched."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace, open_workspace
from core.store.uploads import Upload
from core.web.registry import PAGES

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE_ADDRESSES = {f"/{spec.url_path}" for spec in PAGES}
READY = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"


def is_known(line: ConsoleMessage) -> bool:
    """Streamlit's own two: the small script in its index.html, which the policy refuses, and its search
    for the server's address below the address of a page."""
    refused = line.text.startswith("Executing inline script violates")
    searched = "/_stcore/" in line.location["url"] and "404" in line.text
    return searched or (refused and urlsplit(line.location["url"]).path in PAGE_ADDRESSES)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Server:
    """`streamlit run app.py` over a home; it can be killed and started again.

    ``settings`` are environment variables of its own.
    """

    def __init__(self, home: Path, log: Path) -> None:
        self.home, self._log = home, log
        self.settings: dict[str, str] = {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("STREAMLIT_", "READYGATE_"))
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "streamlit",
                    "run",
                    str(ROOT / "app.py"),
                    f"--server.port={self.port}",
                ],
                cwd=ROOT,
                env={**kept, "READYGATE_HOME": str(self.home), **self.settings},
                stdout=log,
                stderr=log,
            )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + 90
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with direct.open(f"{self.base}/healthz", timeout=10):
                    return
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"The server did not start:\n{self._log.read_text(errors='replace')}")

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Watched:
    """A browser window, and everything it asked for or complained about."""

    page: Page
    base: str
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        self.page.goto(self.base + address)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run; the pause lets a click reach the server first."""
        self.page.wait_for_timeout(250)
        self.page.wait_for_selector(READY, timeout=PATIENCE_SECONDS * 1000)

    def press(self, key: str) -> None:
        """Press the button whose Streamlit key is ``key``."""
        self.keyed(key).locator("button").first.click()
        self.settle()

    def press_and_leave(self, key: str) -> None:
        """Press a button that leads to another site."""
        with self.page.expect_navigation():
            self.keyed(key).locator("button").first.click()

    def keyed(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def fill(self, key: str, text: str) -> None:
        """Type into a field, and leave it."""
        field_of_key = self.keyed(key).locator("input, textarea").first
        field_of_key.fill(text)
        field_of_key.press("Tab")
        self.settle()

    def hand_in(self, *files: Path, kind: str | None = None) -> None:
        """Drop ``files`` on the Evidence page, and import them."""
        drop_zone = self.keyed("drop_zone")
        drop_zone.locator("input[type=file]").set_input_files(list(files))
        if kind is not None:
            self.keyed("upload_kind").locator("input").click()
            self.page.get_by_role("option", name=kind).click()
        button = self.keyed("import").locator("button")
        expect(button).to_be_enabled(timeout=PATIENCE_SECONDS * 1000)
        self.settle()
        button.click()
        expect(button).to_be_disabled(timeout=PATIENCE_SECONDS * 1000)
        self.settle()

    def shows(self, text: str) -> None:
        """Wait until ``text`` stands on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_SECONDS * 1000)

    def create_feature(self, name: str) -> None:
        """From anywhere to a new feature, which is then the chosen one."""
        self.open("/")
        fold = self.keyed("new_feature").locator("summary").first
        if not self.keyed("new_name").is_visible():
            fold.click()
            self.settle()
        self.fill("new_name", name)
        self.fill("new_owner", "Ada")
        self.press("create_feature")


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """Where Chromium is; without one, no server needs to start either."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "There is no Chromium on this machine, so no page was tried in a browser."
        if os.environ.get("READYGATE_TEST_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


@pytest.fixture(scope="module")
def chromium(chromium_program: str) -> Iterator[Browser]:
    # Not for the whole session: while Playwright runs, no other test can run an event loop.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all journeys that only add to it."""
    folder = tmp_path_factory.mktemp("browser")
    running = Server(folder / "home", folder / "log")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def another_server(chromium_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the module gives settings of its own; it starts it itself."""
    folder = tmp_path_factory.mktemp("browser")
    running = Server(folder / "home", folder / "log")
    yield running
    running.stop()


@pytest.fixture
def own_server(chromium_program: str, tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be killed."""
    running = Server(tmp_path / "home", tmp_path / "log")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def new_window(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens windows of separate visitors, and closes them at the end."""
    contexts: list[BrowserContext] = []

    def opened(of: Server, *, width: int = 1280, height: int = 1000) -> Watched:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", accept_downloads=False
        )
        contexts.append(context)
        window = Watched(context.new_page(), of.base)
        context.on("request", lambda request: window.hosts.add(urlsplit(request.url).netloc))
        context.on(
            "console",
            lambda line: (
                window.complaints.append(line.text) if line.type == "error" and not is_known(line) else None
            ),
        )
        context.on("weberror", lambda error: window.complaints.append(str(error.error)))
        return window

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def records() -> Iterator[Callable[[Server], Workspace]]:
    """The database of a server, looked at from beside it."""
    opened: list[Workspace] = []

    def look(of: Server) -> Workspace:
        opened.append(open_workspace(home=of.home, url=""))
        return opened[-1]

    yield look
    for workspace in opened:
        workspace.close()


@pytest.fixture
def newest_upload() -> Callable[[Workspace, str], Upload | None]:
    def newest(workspace: Workspace, slug: str) -> Upload | None:
        return next(iter(list_uploads(workspace, LOCAL_CALLER, slug)), None)

    return newest


@pytest.fixture(scope="session")
def today() -> datetime:
    """The present: a real server has a real clock, and evidence must be younger than its lock."""
    return datetime.now(UTC)
