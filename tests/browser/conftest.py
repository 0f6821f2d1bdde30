"""What the browser tests share: a real server with a home of its own, and a Chromium that is watched."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from core.actions.demo import make_demo
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace, open_workspace
from core.store.uploads import Upload
from tests.browser.conversation import Conversation

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = os.environ.get("READYGATE_JOURNEY_PICTURES")
OPENS_FOLDS = """() => {
    const folded = document.querySelectorAll('[data-testid=stMain] details:not([open]) > summary');
    folded.forEach(summary => summary.click());
    return folded.length;
}"""
MOVES_SIDEWAYS = """() => ['html', '[data-testid=stAppViewContainer]', '[data-testid=stMain]',
    '[data-testid=stMainBlockContainer]'].filter(frame => {
        const found = document.querySelector(frame);
        return found.scrollWidth > found.clientWidth;
    })"""
INJECTED = 'img[src*=leak], [onerror], [onload], iframe, object, embed, a[href*="/leak"], a[href^=javascript]'
READY = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


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

    def __post_init__(self) -> None:
        self.conversation = Conversation(self.page)

    def open(self, address: str) -> None:
        self.page.goto(self.base + address)
        self.settle()

    def look(self, *, dark: bool = False, width: int = 1280, height: int = 1000) -> None:
        """Show the same page in the other colours, or on another screen."""
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.set_viewport_size({"width": width, "height": height})
        self.settle()

    def unfold(self) -> None:
        """Open everything on the page that is folded, and what unfolds inside of it."""
        for _ in range(3):
            if not self.page.evaluate(OPENS_FOLDS):
                return
            self.settle()

    def moves_sideways(self) -> list[str]:
        """Which of the page's frames can be scrolled sideways."""
        return list(self.page.evaluate(MOVES_SIDEWAYS))

    def shows_no_markup_of_others(self) -> None:
        """Nothing on the page was made by a text of somebody's, neither run nor drawn."""
        self.page.wait_for_timeout(500)
        assert self.page.locator(INJECTED).count() == 0
        assert self.page.evaluate("window.leaked") is None
        assert self.page.locator("script:not([src])").count() == 0

    def picture(self, name: str, looks: str = "light") -> None:
        """Where READYGATE_JOURNEY_PICTURES names a folder, put pictures of the page into it, to be looked at:
        ``looks`` are some of light, dark and phone."""
        for look in looks.split() if PICTURES else ():
            self.look(dark=look == "dark", width=390 if look == "phone" else 1280, height=844)
            self.page.wait_for_timeout(1500)
            tall = self.page.locator("[data-testid=stMain]").evaluate("main => main.scrollHeight")
            self.look(dark=look == "dark", width=390 if look == "phone" else 1280, height=min(tall, 5000))
            self.page.wait_for_timeout(700)
            self.page.screenshot(path=Path(PICTURES or "") / f"{name}-{look}.png")
        if PICTURES:
            self.look()

    def settle(self) -> None:
        """Wait until the script has run; the first pause lets a click reach the server, the later ones the
        answer reach the page."""
        end = time.monotonic() + PATIENCE_SECONDS
        self.page.wait_for_timeout(250)
        while self.conversation.waits_for_an_answer:
            assert time.monotonic() < end, f"The server did not answer within {PATIENCE_SECONDS} seconds."
            self.page.wait_for_timeout(150)
        self.page.wait_for_selector(READY)

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
        expect(button).to_be_enabled()
        self.settle()
        button.click()
        expect(button).to_be_disabled()
        self.settle()

    def shows(self, text: str) -> None:
        """Wait until ``text`` stands on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

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


@pytest.fixture(scope="session")
def demo_home(
    chromium_program: str,
    tmp_path_factory: pytest.TempPathFactory,
    reading_in_this_process: Callable[[], AbstractContextManager[None]],
) -> Path:
    """The demo as of now, made once for all test processes; every server works on a copy."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home, unfinished = folder / "demo", folder / "demo-unfinished"
    with FileLock(folder / "demo.lock"):
        if not home.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            workspace = open_workspace(home=unfinished, url="")
            with reading_in_this_process():
                make_demo(workspace, datetime.now(UTC))
            workspace.close()
            unfinished.rename(home)
    return home


@pytest.fixture(scope="module")
def demo_server(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the demo, for the tests of one file."""
    folder = tmp_path_factory.mktemp("browser")
    shutil.copytree(demo_home, folder / "home")
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
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        contexts.append(context)
        window = Watched(context.new_page(), of.base)
        context.on("request", lambda request: window.hosts.add(urlsplit(request.url).netloc))
        context.on(
            "console",
            lambda line: window.complaints.append(line.text) if line.type == "error" else None,
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


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server beside ours, and the list of what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    listening.server_close()
    thread.join()
