"""Settings with which a server starts stand in the log: once, in words, and secrets never by value."""

import re
import threading
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import core
from core.actions import server_settings
from core.actions.audit_upkeep import SETTINGS, setting_name
from core.actions.audit_words import told
from core.actions.server_settings import NOT_TOLD, SHIPPED, note_settings
from core.actions.token_keys import KEY_FILE
from core.actions.workspace import Workspace
from core.store import audit
from core.store.audit import AuditEvent
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse

LONG = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
SHARED = {"READYGATE_SECRET": "what all servers on the database have"}
PROXY = {
    "READYGATE_SIGN_IN": "proxy",
    "READYGATE_URL": "https://readygate.example.com",
    "READYGATE_PROXY_SECRET": LONG,
    "READYGATE_ADMINS": "bo@example.com, Ada@example.com",
}


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _names_in_the_program():
        monkeypatch.delenv(name, raising=False)


class Server:
    """A server that starts again and again, with what is set at that moment."""

    def __init__(self, workspace: Workspace, now: datetime, patch: pytest.MonkeyPatch) -> None:
        self.workspace, self._now, self._patch = workspace, now, patch

    def starts(self, variables: Mapping[str, str], **reach: str) -> tuple[str, ...] | None:
        """What the log says of it, a line each; None where it says nothing."""
        self._now += timedelta(hours=1)
        with self._patch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            before = len(self.entries())
            wrote = note_settings(self.workspace, {**SHIPPED, **reach}, self._now)
        entries = self.entries()
        assert len(entries) == before + wrote
        return tuple(map(_bare, told(entries[0]).details)) if wrote else None

    def entries(self) -> list[AuditEvent]:
        with self.workspace.database.reading() as connection:
            assert audit.verify(connection).ok
            return audit.timeline(connection, None, 100)


def _bare(line: str) -> str:
    """The line with the name of the setting alone, which its words stand before."""
    name = line.partition(":")[0]
    known = [one for one in SETTINGS if name == setting_name(one)]
    assert known, line
    return line.replace(name, known[0], 1)


@pytest.fixture
def server(workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(workspace, now, monkeypatch)


def test_a_server_as_it_is_handed_out_has_nothing_to_tell(server: Server) -> None:
    assert server.starts({}) is None
    # Said is not changed: this is what a server does where nobody says anything.
    assert server.starts({"READYGATE_SIGN_IN": "none", "READYGATE_SESSION_HOURS": "12.0"}) is None


def test_each_start_tells_what_is_not_as_at_the_last_one(server: Server) -> None:
    assert server.starts(PROXY | SHARED) == (
        "READYGATE_ADMINS: not set → ada@example.com, bo@example.com",
        "READYGATE_PROXY_SECRET: not set → set",
        "READYGATE_SECRET: not set → set",
        "READYGATE_SIGN_IN: none → proxy",
        "READYGATE_URL: not set → https://readygate.example.com",
    )
    [entry] = server.entries()
    assert (entry.actor, entry.action, entry.subject) == ("Readygate", "settings changed", "readygate")
    assert told(entry).sentence == "started with other settings than the last time"
    assert server.starts(PROXY | SHARED) is None
    reach = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_SERVER_ALLOWED_HOSTS": "readygate.example.com"}
    assert server.starts(PROXY | SHARED | {"READYGATE_SESSION_HOURS": "8"}, **reach) == (
        "READYGATE_SESSION_HOURS: 12 → 8",
        "STREAMLIT_SERVER_ADDRESS: 127.0.0.1 → 0.0.0.0",
        "STREAMLIT_SERVER_ALLOWED_HOSTS: 127.0.0.1, localhost → readygate.example.com",
    )
    assert server.starts({"READYGATE_SIGN_IN": "none", "READYGATE_ALLOW_OPEN": "yes"}) == (
        "READYGATE_ADMINS: ada@example.com, bo@example.com → not set",
        "READYGATE_ALLOW_OPEN: not set → yes",
        "READYGATE_PROXY_SECRET: set → not set",
        "READYGATE_SECRET: set → not set",
        "READYGATE_SESSION_HOURS: 8 → 12",
        "READYGATE_SIGN_IN: proxy → none",
        "READYGATE_URL: https://readygate.example.com → not set",
        "STREAMLIT_SERVER_ADDRESS: 0.0.0.0 → 127.0.0.1",
        "STREAMLIT_SERVER_ALLOWED_HOSTS: readygate.example.com → 127.0.0.1, localhost",
    )


def test_another_secret_is_told_and_no_secret_stands_in_the_log(server: Server) -> None:
    server.starts(PROXY | SHARED)
    other = PROXY | SHARED | {"READYGATE_PROXY_SECRET": OTHER}
    assert server.starts(other) == ("READYGATE_PROXY_SECRET: set → set to another value",)
    assert server.starts(other) is None
    moved = other | {"READYGATE_DATABASE_URL": "postgresql://readygate:hunter2@db/readygate"}
    assert server.starts(moved) == ("READYGATE_DATABASE_URL: not set → set",)
    # With another key no digest can be compared: of the other secrets nothing is claimed.
    assert server.starts(moved | {"READYGATE_SECRET": "another"}) == (
        "READYGATE_SECRET: set → set to another value",
    )
    with server.workspace.database.reading() as connection:
        said = "".join(connection.scalars(text("SELECT payload FROM audit_payload")))
    assert not [secret for secret in (LONG, OTHER, "hunter2", SHARED["READYGATE_SECRET"]) if secret in said]


def test_servers_without_a_secret_in_common_compare_no_secrets(server: Server) -> None:
    """On PostgreSQL each server makes a key of its own, and with another key digests say nothing."""
    server.starts(PROXY)
    told_other = server.starts(PROXY | {"READYGATE_PROXY_SECRET": OTHER})
    is_alone = server.workspace.database.dialect == "sqlite"
    assert told_other == (("READYGATE_PROXY_SECRET: set → set to another value",) if is_alone else None)


def test_another_key_file_is_told_where_it_is_what_secrets_are_told_apart_by(server: Server) -> None:
    if server.workspace.database.dialect != "sqlite":
        return
    assert "token-key: not set → set" in (server.starts(PROXY) or ())
    (server.workspace.home / "token-key").write_text(OTHER, encoding="ascii")
    assert server.starts(PROXY) == ("token-key: set → set to another value",)
    assert server.starts(PROXY) is None


def test_an_entry_that_was_emptied_or_meddled_with_stops_no_server(server: Server) -> None:
    server.starts(PROXY | SHARED)
    with server.workspace.database.writing() as connection:
        audit.erase(connection, 1)
    again = server.starts(PROXY | SHARED)
    assert again is not None
    assert "READYGATE_SIGN_IN: none → proxy" in again


def test_of_servers_that_start_at_once_one_tells(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (PROXY | SHARED).items():
        monkeypatch.setenv(name, value)
    begin, wrote = threading.Barrier(4), []
    told_last = audit.newest_payload

    def slowly(*asked: object) -> object:
        """Whoever has looked waits, so that the others would look too if they could."""
        found = told_last(*asked)  # type: ignore[arg-type]
        pause.wait(0.05)
        return found

    pause = threading.Event()
    monkeypatch.setattr(server_settings.audit, "newest_payload", slowly)

    def start() -> None:
        apart = Warehouse(SegmentCache(workspace.home / "cache", 1 << 20))
        begin.wait()
        wrote.append(note_settings(Workspace(workspace.home, workspace.database, apart), SHIPPED, now))
        apart.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(wrote) == [False, False, False, True]
    with workspace.database.reading() as connection:
        assert [one.action for one in audit.timeline(connection, None, 10)] == ["settings changed"]


def test_every_variable_that_the_program_reads_is_told_or_says_why_not() -> None:
    told_by = Path(server_settings.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"(READYGATE_[A-Z_]+)"', told_by))
    assert set(NOT_TOLD) <= named
    assert _names_in_the_program() == named


def test_every_setting_that_is_told_has_its_words_in_the_log() -> None:
    told_by = Path(server_settings.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"((?:READYGATE|STREAMLIT)_[A-Z_]+)"', told_by)) - set(NOT_TOLD)
    assert set(SETTINGS) == named | {KEY_FILE}
    assert setting_name("READYGATE_URL") == "Public address (READYGATE_URL)"


def test_what_is_handed_out_is_what_the_configuration_says() -> None:
    file = Path(core.__file__).parents[1] / ".streamlit" / "config.toml"
    said = tomllib.loads(file.read_text(encoding="utf-8"))["server"]
    assert {
        "STREAMLIT_SERVER_ADDRESS": said["address"],
        "STREAMLIT_SERVER_ALLOWED_HOSTS": ", ".join(sorted(said["allowedHosts"])),
        "STREAMLIT_SERVER_ENABLE_CORS": "yes" if said["enableCORS"] else "no",
        "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "yes" if said["enableXsrfProtection"] else "no",
    } == SHIPPED


def _names_in_the_program() -> set[str]:
    root = Path(core.__file__).parent
    texts = (path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    return {name for one in texts for name in re.findall(r'"(READYGATE_[A-Z_]+)"', one)}
