"""The running server: headers on every answer, JSON under /api, foreign host names refused."""

import asyncio
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.web.middleware import CONTENT_SECURITY_POLICY, SECURITY_HEADERS, SecurityHeaders
from core.web.registry import PAGES, PageSpec
from core.web.start_page import SCRIPT_PATH

ROOT = Path(__file__).resolve().parents[2]


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}"]


def environment(home: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "READYGATE_"))
    }
    return {**kept, "READYGATE_HOME": str(home)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    def __init__(self, port: int, home: Path, log: Path) -> None:
        self.port, self.home, self.log = port, home, log

    def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        # Closed also where no answer comes in time: a socket left open is a warning, and so an error.
        with closing(connection):
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            body = answer.read()
        return answer.status, answer.headers, body


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    running = Server(free_port(), folder / "home", folder / "log")
    with running.log.open("wb") as log:
        process = subprocess.Popen(
            command(running.port), cwd=folder, env=environment(running.home), stdout=log, stderr=log
        )
        try:
            wait_until_ready(running, process)
            yield running
        finally:
            process.terminate()
            process.wait(30)


def wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        try:
            if server.ask("/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{server.log.read_text(errors='replace')}")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/go_no_go",
        "/nowhere",
        SCRIPT_PATH,
        "/healthz",
        "/api/x",
        "/_stcore/health",
        "/media/x",
        "/static/x",
    ],
)
def test_every_answer_carries_the_security_headers(server: Server, path: str) -> None:
    headers = server.ask(path)[1]
    for name, value in SECURITY_HEADERS.items():
        assert headers.get_all(name) == [value]


def test_the_policy_allows_nothing_from_elsewhere() -> None:
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "'unsafe-eval'" not in CONTENT_SECURITY_POLICY
    assert "script-src 'self';" in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.key)
def test_the_start_of_every_page_says_where_the_server_is(server: Server, spec: PageSpec) -> None:
    status, headers, body = server.ask(f"/{spec.url_path}?feature=x")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Cache-Control"] == "no-cache"
    start, own, streamlits = (body.find(word) for word in (b"<head>", SCRIPT_PATH.encode(), b'type="module"'))
    assert 0 < start < own < streamlits, "the script runs before Streamlit's own"
    assert b"<title>Readygate</title>" in body
    scripts = re.findall(rb"<script[^>]*>", body)
    assert len(scripts) == 2
    assert all(b" src=" in script for script in scripts), "the policy runs no script that stands in the page"
    assert b"<noscript>" in body
    for streamlits_own in (b"Streamlit app", b"agent", b"prerender"):
        assert streamlits_own not in body


def test_the_script_of_the_start_is_kept_by_browsers(server: Server) -> None:
    status, headers, body = server.ask(SCRIPT_PATH)
    assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in headers["Cache-Control"]
    assert b"BACKEND_BASE_URL" in body


def test_the_health_check_says_ok(server: Server) -> None:
    status, headers, body = server.ask("/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/x", "/api/v1/features"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address_of_the_api_is_404_in_json(server: Server, path: str, method: str) -> None:
    status, headers, body = server.ask(path, method)
    assert status == 404
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/x", "/_stcore/health"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_name_is_refused(server: Server, path: str, host: str) -> None:
    status, headers, body = server.ask(path, headers={"Host": host})
    assert status == 400
    assert b"<html" not in body
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(("host", "accepted"), [("evil.example", False), ("127.0.0.1", True)])
def test_the_websocket_is_refused_under_a_foreign_host_name(
    server: Server, host: str, accepted: bool
) -> None:
    upgrade = {
        "Host": host,
        "Origin": f"http://{host}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/_stcore/stream", headers=upgrade)
    answer = connection.getresponse()
    connection.close()
    assert (answer.status == 101) is accepted


def test_only_this_machine_can_reach_the_server(server: Server) -> None:
    with socket.socket() as probe:
        probe.settimeout(5)
        # Another loopback address stands for the other interfaces: the server listens on one only.
        assert probe.connect_ex(("127.0.0.2", server.port)) != 0


def test_a_second_server_on_the_same_home_is_refused_in_one_sentence(server: Server) -> None:
    second = subprocess.run(
        command(free_port()), env=environment(server.home), capture_output=True, text=True, timeout=90
    )
    assert second.returncode != 0
    assert "Readygate did not start. Another Readygate server is already using the folder" in second.stderr
    assert "Traceback" not in second.stderr
    assert server.ask("/healthz")[0] == 200


def test_an_error_that_nobody_caught_has_the_headers_and_no_details() -> None:
    async def broken(scope: object, receive: object, send: object) -> None:
        raise ValueError("secret")

    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(SecurityHeaders(broken)(scope, receive, send))
    assert sent[0]["status"] == 500
    names = {name.decode().lower() for name, _ in sent[0]["headers"]}
    assert {name.lower() for name in SECURITY_HEADERS} <= names
    assert b"secret" not in sent[1]["body"]
