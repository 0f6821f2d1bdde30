"""The server itself: it does not start where anybody could come in, and believes nobody but its proxy."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0123456789abcdef" * 2
CLAIMS = {
    "X-Forwarded-Email": "bo@example.com",
    "X-Forwarded-User": "b0",
    "X-Forwarded-Preferred-Username": "Bo behind the proxy",
}


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "READYGATE_"))
    }
    return {**kept, "READYGATE_HOME": str(home), **settings}


def command(port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}", *options]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("options", "settings", "sentence"),
    [
        (["--server.address=0.0.0.0"], {}, "whoever reaches Readygate on 0.0.0.0 could change everything"),
        ([], {"READYGATE_SIGN_IN": "oidc"}, "READYGATE_SIGN_IN=oidc needs READYGATE_URL, which is not set"),
        (
            [],
            {"STREAMLIT_SERVER_TRUSTED_USER_HEADERS": '{"X-User": "sub"}'},
            "STREAMLIT_SERVER_TRUSTED_USER_HEADERS is set",
        ),
    ],
)
def test_it_does_not_start_where_anybody_could_come_in(
    home: Path, options: list[str], settings: dict[str, str], sentence: str
) -> None:
    started = subprocess.run(
        command(free_port(), *options),
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert started.returncode != 0
    assert f"Readygate did not start. {sentence}" in started.stderr.replace("Without sign-in, ", "")
    assert "Traceback" not in started.stderr
    assert not home.exists(), "nothing was opened"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server behind a trusted proxy, which nobody administers yet."""
    folder, port = tmp_path_factory.mktemp("proxied"), free_port()
    settings = {
        "READYGATE_SIGN_IN": "proxy",
        "READYGATE_URL": f"http://localhost:{port}",
        "READYGATE_PROXY_SECRET": SECRET,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command(port), env=environment(folder / "home", **settings), stdout=log, stderr=log
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            try:
                with direct.open(f"http://127.0.0.1:{port}/healthz", timeout=10):
                    break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail((folder / "log").read_text(errors="replace"))
        yield port
        process.terminate()
        process.wait(30)


def shown_to(port: int, headers: dict[str, str]) -> bytes:
    """Everything that the first run of a session with these headers sends, as it is on the wire."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, additional_headers=headers, proxy=None, max_size=None) as socket_:
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        socket_.send(asked.SerializeToString())
        sent = b""
        while True:
            payload = socket_.recv(timeout=90)
            assert isinstance(payload, bytes)
            sent += payload
            message = ForwardMsg()
            message.ParseFromString(payload)
            if message.WhichOneof("type") == "script_finished":
                return sent


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", SECRET[:-1]], ids=["none", "empty", "wrong", "shortened"]
)
def test_whoever_comes_past_the_proxy_is_nobody(port: int, secret: str | None) -> None:
    more = {} if secret is None else {"X-Readygate-Proxy-Secret": secret}
    shown = shown_to(port, {**CLAIMS, **more})
    assert b"does not say who you are" in shown
    assert b"behind the proxy" not in shown


def test_whom_the_proxy_names_is_signed_in(port: int) -> None:
    shown = shown_to(port, {**CLAIMS, "X-Readygate-Proxy-Secret": SECRET})
    assert b"Bo behind the proxy" in shown
    assert b"You have no role yet" in shown
    assert SECRET.encode() not in shown


def test_what_it_was_set_to_is_the_first_entry_of_its_log(
    port: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.getbasetemp() / "proxied0" / "home"
    with closing(sqlite3.connect(f"file:{home / 'readygate.db'}?mode=ro", uri=True)) as connection:
        query = "SELECT action, payload FROM audit_event JOIN audit_payload USING (seq) ORDER BY seq LIMIT 1"
        action, payload = connection.execute(query).fetchone()
    assert action == "settings changed"
    assert json.loads(payload)["after"] == {
        "READYGATE_PROXY_SECRET": "set",
        "READYGATE_SIGN_IN": "proxy",
        "READYGATE_URL": f"http://localhost:{port}",
        "token-key": "set",
    }
    assert SECRET not in payload
