"""A backup from before an erasure brings the person back: the restore says who is to be erased anew."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from core.actions.audit_log import AuditFilter, view_audit
from core.actions.backups import make_backup
from core.actions.erasure import ask_erasure, erase
from core.actions.features import create_feature
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER
from core.actions.restoring import Restored, restore_backup
from core.actions.workspace import Workspace, open_workspace
from core.criteria.stakes import Stakes

DAY = timedelta(days=1)


@pytest.fixture
def opened(home: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Workspace]:
    """A workspace on SQLite with one trace of two users each."""
    for name in ("READYGATE_DATABASE_URL", "READYGATE_SECRET"):
        monkeypatch.delenv(name, raising=False)
    workspace = open_workspace(home=home)
    create_feature(workspace, LOCAL_CALLER, now, name="Helper", owner="Ada", stakes=Stakes.LOW, slug="helper")
    rows = b"run_id,user_id,query\nr1,user-1,Hello\nr2,user-2,Hello\n"
    asked = start_import(
        workspace, LOCAL_CALLER, now, "helper", file_name="t.csv", content=BytesIO(rows), for_worker=False
    )
    run_import(workspace, asked, lambda: now)
    yield workspace
    workspace.close()


def erase_user(workspace: Workspace, now: datetime, user: str, reason: str) -> None:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, "helper", wanted=user, reason=reason)
    erase(workspace, LOCAL_CALLER, now, "helper", asked.id)


def put_back(folder: Path, now: datetime, home: Path, *, replace: bool = True) -> Restored:
    return restore_backup(folder, now, by="Ada", home=home, url=None, replace=replace)


def test_erasures_after_the_backup_are_told_and_noted(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    erase_user(opened, now - DAY, "user-1", "Request number 16")
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    erase_user(opened, now + DAY, "user-2", "Request number 17")
    opened.close()
    done = put_back(made.folder, now + 2 * DAY, opened.home)
    assert done.to_erase_again == (
        "These people were erased after this backup was made, and are in it again: request 2 of helper, done "
        "on 2026-03-03 (Request number 17). Erase them anew."
    )
    restored = open_workspace(home=opened.home)
    told = view_audit(restored, LOCAL_CALLER, None, AuditFilter())
    restored.close()
    assert "To be erased anew: helper/2" in str(told)


def test_nothing_is_said_where_nobody_was_erased_since(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    erase_user(opened, now - DAY, "user-1", "Request number 16")
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    opened.close()
    assert put_back(made.folder, now + DAY, opened.home).to_erase_again == ""


def test_without_a_database_to_ask_the_own_list_is_named(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    done = put_back(made.folder, now, tmp_path / "other")
    assert "from your own list of requests" in done.to_erase_again
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "readygate.db").write_bytes(b"no database at all" * 100)
    assert "from your own list of requests" in put_back(made.folder, now, broken).to_erase_again
