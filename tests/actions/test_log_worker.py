"""The chain is followed by the server itself, and an upgrade of the tables stands in the log."""

import logging
from pathlib import Path

import pytest
from sqlalchemy import text

from core.actions.log_worker import LogWorker
from core.actions.workspace import Workspace, open_workspace
from core.store import audit, schema
from core.store.database import Database


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_broken_chain_is_told_where_the_server_tells_its_errors(
    is_changed: bool, workspace: Workspace, feature: str, caplog: pytest.LogCaptureFixture
) -> None:
    if is_changed:
        with workspace.database.writing() as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(text("DROP TRIGGER audit_event_update"))
            else:
                connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))
            connection.execute(text("UPDATE audit_event SET actor = 'Eve' WHERE seq = 1"))
    with caplog.at_level(logging.ERROR, "readygate"):
        assert LogWorker(workspace)._round() is False
    told = [one.getMessage() for one in caplog.records]
    assert [line[:36] for line in told] == ["the audit log is broken at entry 1: "] * is_changed


def test_an_upgrade_of_the_tables_is_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of the version before; a new one has nothing to tell."""
    monkeypatch.delenv("READYGATE_DATABASE_URL", raising=False)
    newest = schema._known()[-1]
    open_workspace(home=tmp_path).close()
    database = Database.open(None, tmp_path)
    with database.writing() as connection:
        assert audit.newest_seq(connection) == 0
        for name in ("number_days", "log_days", "case_days"):
            connection.execute(text(f"ALTER TABLE feature DROP COLUMN {name}"))
        for name in ("texts_expired_at", "asked_sha256"):
            connection.execute(text(f"ALTER TABLE eval_case DROP COLUMN {name}"))
        connection.execute(text("ALTER TABLE upload DROP COLUMN numbers_expired_at"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0012'"))
    database.close()
    opened = open_workspace(home=tmp_path)
    with opened.database.reading() as connection:
        [entry] = audit.timeline(connection, None, 10)
        sound = audit.verify(connection).ok
    opened.close()
    assert (entry.actor, entry.action, sound) == ("Readygate", "database upgraded", True)
    assert (entry.payload["before"], entry.payload["after"]) == ("0012", newest)
