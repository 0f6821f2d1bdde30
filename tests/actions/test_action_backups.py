"""Backups: whole while others write, proven by a restore, and refused when anything about them is off."""

import json
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from sqlalchemy import make_url

from core.actions.audit_verify import Anchor, read_anchor, verify_log
from core.actions.backups import MANIFEST, Backup, make_backup, read_manifest
from core.actions.features import create_feature, list_features
from core.actions.people import LOCAL_CALLER
from core.actions.restoring import Restored, restore_backup
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace, open_workspace
from core.criteria.stakes import Stakes
from core.errors import StoreUnavailable, UnreadableFile, UserError, WrongUsage
from core.evidence.fingerprints import of_file
from core.store import backup
from core.store.database import Database

WRITERS, BACKUPS = 4, 5


@pytest.fixture
def opened(home: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Any:
    """A workspace on SQLite with one feature, a secret and a template of the company's own."""
    for name in ("READYGATE_DATABASE_URL", "READYGATE_SECRET"):
        monkeypatch.delenv(name, raising=False)
    workspace = open_workspace(home=home)
    make_feature(workspace, now, "Helper")
    token_key(home, 1)
    (home / "templates" / "checklists").mkdir(parents=True)
    (home / "templates" / "checklists" / "ours.toml").write_text("title = 'Ours'\n")
    yield workspace
    workspace.close()


def make_feature(workspace: Workspace, now: datetime, name: str) -> None:
    create_feature(workspace, LOCAL_CALLER, now, name=name, owner="Ada", stakes=Stakes.LOW)


def put_back(made: Backup, now: datetime, home: Path, **options: Any) -> Restored:
    return restore_backup(made.folder, now, by="Ada", home=home, url=None, **options)


def names(home: Path) -> set[str]:
    workspace = open_workspace(home=home)
    try:
        return {line.name for line in list_features(workspace, LOCAL_CALLER)}
    finally:
        workspace.close()


def test_a_restored_home_is_the_one_that_was_backed_up(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    assert made.folder.name == "readygate-backup-2026-03-02T140530Z"
    assert made.manifest.secret == "token-key"
    assert made.to_do == ""
    assert {file.name for file in made.manifest.files} == {
        "readygate.db",
        "token-key",
        "templates/checklists/ours.toml",
    }
    make_feature(opened, now, "Later")
    other = tmp_path / "other"
    done = put_back(made, now, other)
    assert done.kept == ()
    assert names(other) == {"Helper"}
    assert token_key(other, 1) == token_key(opened.home, 1)
    assert (other / "templates" / "checklists" / "ours.toml").read_text() == "title = 'Ours'\n"
    assert stat.S_IMODE((other / "readygate.db").stat().st_mode) == 0o600


def test_the_restored_log_passes_through_the_anchor_and_so_does_the_one_that_went_on(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    anchor = read_anchor(made.manifest.anchor)
    assert made.manifest.check_with == f"readygate verify --anchor {made.manifest.anchor}"
    assert verify_log(opened, LOCAL_CALLER, now, anchor).ok
    put_back(made, now, tmp_path / "other", noted=anchor)
    restored = open_workspace(home=tmp_path / "other")
    found = verify_log(restored, LOCAL_CALLER, now, anchor)
    restored.close()
    assert found.ok
    # The entry that tells of the restore stands behind what was backed up.
    assert found.chain.events == (anchor or Anchor(0, "")).events + 1


def test_backups_during_writes_are_all_whole(opened: Workspace, now: datetime, tmp_path: Path) -> None:
    stop, faults = threading.Event(), list[BaseException]()

    def write(writer: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                make_feature(opened, now, f"Feature {writer} {number}")
            except BaseException as fault:  # a thread's fault would be lost
                faults.append(fault)
                return

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    made = [
        make_backup(opened, LOCAL_CALLER, now + timedelta(seconds=number), tmp_path / "kept")
        for number in range(BACKUPS)
    ]
    stop.set()
    for writer in writers:
        writer.join()
    assert faults == []
    anchors = [read_anchor(one.manifest.anchor) for one in made]
    for number, (one, anchor) in enumerate(zip(made, anchors, strict=True)):
        assert verify_log(opened, LOCAL_CALLER, now, anchor).chain.ok
        place = tmp_path / f"restored-{number}"
        put_back(one, now, place)
        with closing(sqlite3.connect(place / "readygate.db")) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        restored = open_workspace(home=place)
        found = verify_log(restored, LOCAL_CALLER, now, anchor)
        features = len(list_features(restored, LOCAL_CALLER))
        restored.close()
        # One entry a feature, one a backup before this one, and the one of the restore.
        assert (found.ok, found.chain.events) == (True, features + number + 1)
    assert [one.events for one in anchors if one] == sorted({one.events for one in anchors if one})


def rewrite(made: Backup, **changes: Any) -> None:
    path = made.folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def sign_again(made: Backup) -> None:
    """The manifest as somebody writes it who has changed the files and knows how."""
    said = json.loads((made.folder / MANIFEST).read_text())
    for file in said["files"]:
        path = made.folder / file["name"]
        file |= {"bytes": path.stat().st_size, "sha256": of_file(path)}
    rewrite(made, files=said["files"])


def change(made: Backup, *statements: str) -> None:
    with closing(sqlite3.connect(made.folder / "readygate.db")) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            file.execute(statement)
        file.commit()


def flip_a_byte(made: Backup) -> None:
    path = made.folder / "readygate.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_off(made: Backup) -> None:
    path = made.folder / "readygate.db"
    path.write_bytes(path.read_bytes()[:-8192])
    sign_again(made)


def edited_and_signed(made: Backup) -> None:
    change(made, "UPDATE audit_event SET actor = 'Eve' WHERE seq = 1")
    sign_again(made)


def end_removed(made: Backup) -> None:
    change(made, "DELETE FROM audit_payload WHERE seq = 2", "DELETE FROM audit_event WHERE seq = 2")
    sign_again(made)


def unguarded(made: Backup) -> None:
    change(made)
    sign_again(made)


def guarded_otherwise(made: Backup) -> None:
    with closing(sqlite3.connect(made.folder / "readygate.db")) as file:
        file.execute("CREATE TRIGGER sign AFTER INSERT ON person BEGIN DELETE FROM waiver; END")
        file.commit()
    sign_again(made)


def newer(made: Backup) -> None:
    change(made, "UPDATE alembic_version SET version_num = '9999'")
    sign_again(made)
    rewrite(made, schema_revision="9999")


def leads_out(made: Backup) -> None:
    said = json.loads((made.folder / MANIFEST).read_text())["files"]
    rewrite(made, files=[*said, {"name": "templates/../../x", "bytes": 0, "sha256": "0" * 64}])


TAMPERED: list[tuple[Callable[[Backup], object], str]] = [
    (flip_a_byte, "its fingerprint is another"),
    (lambda made: (made.folder / "token-key").write_text("mine\n"), "its fingerprint is another"),
    (lambda made: (made.folder / "token-key").unlink(), "is missing"),
    (lambda made: (made.folder / MANIFEST).unlink(), "is no backup"),
    (lambda made: (made.folder / MANIFEST).write_text("{"), "is not as it was written"),
    (lambda made: rewrite(made, anchor=f"{'a' * 64}:2"), "is broken at entry 2"),
    (lambda made: rewrite(made, extra="x"), "is not as it was written"),
    (leads_out, "is not as it was written"),
    (cut_off, "damaged"),
    (edited_and_signed, "is broken at entry 1"),
    (end_removed, "is broken at entry 2"),
    (unguarded, "triggers that guard the audit log"),
    (guarded_otherwise, "triggers that guard the audit log"),
    (newer, "newer version of Readygate"),
]


@pytest.mark.parametrize(("tamper", "said"), TAMPERED)
def test_a_backup_that_is_not_as_it_was_made_is_refused_and_touches_nothing(
    tamper: Callable[[Backup], object], said: str, opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    make_feature(opened, now, "Second")
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    tamper(made)
    other = tmp_path / "other"
    with pytest.raises(UserError, match=said):
        put_back(made, now, other)
    assert not [path for path in other.rglob("*") if path.name != "server.lock"]


def test_records_that_are_not_as_the_log_says_are_told_at_the_restore(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    assert put_back(made, now, tmp_path / "whole").changed == 0
    with closing(sqlite3.connect(made.folder / "readygate.db")) as file:
        file.execute("UPDATE feature SET stakes = 'high'")
        file.execute(SLIPPED_IN_PERSON)
        file.commit()
    sign_again(made)
    assert put_back(made, now, tmp_path / "tampered").changed == 2


SLIPPED_IN_PERSON = (
    "INSERT INTO person (name, email, added_by, added_at)"
    " VALUES ('Eve', 'eve@example.com', 'Root', '2026-01-01 00:00:00.000000')"
)


def test_a_log_written_anew_is_refused_by_a_head_noted_elsewhere(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    put_back(made, now, tmp_path / "first")
    with pytest.raises(StoreUnavailable, match="broken at entry 1"):
        put_back(made, now, tmp_path / "second", noted=Anchor(1, "a" * 64))


def test_nothing_is_overwritten_and_what_was_there_is_kept(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    other = tmp_path / "other"
    later = open_workspace(home=other)
    make_feature(later, now, "Of today")
    mine = token_key(other, 1)
    (other / "templates").mkdir()
    with pytest.raises(WrongUsage, match="overwrites nothing"):
        put_back(made, now, other)
    # The database is still open, so its newest rows lie in the log beside it.
    assert (other / "readygate.db-wal").stat().st_size
    done = put_back(made, now, other, replace=True)
    later.close()
    assert names(other) == {"Helper"}
    assert token_key(other, 1) != mine
    assert [path.name for path in done.kept] == [
        "readygate-before-restore-2026-03-02T140530Z.db",
        "token-key-before-restore-2026-03-02T140530Z",
        "templates-before-restore-2026-03-02T140530Z",
    ]
    assert (other / "templates" / "checklists" / "ours.toml").read_text() == "title = 'Ours'\n"
    old = tmp_path / "old"
    old.mkdir()
    for path in other.glob("readygate-before-restore-*"):
        shutil.copy(path, old / path.name.replace("-before-restore-2026-03-02T140530Z", ""))
    assert names(old) == {"Of today"}


def test_the_log_of_another_database_is_not_taken_for_its_own(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "readygate.db-wal").write_bytes(b"left behind")
    with pytest.raises(WrongUsage, match="overwrites nothing"):
        put_back(made, now, other)
    put_back(made, now, other, replace=True)
    assert names(other) == {"Helper"}


def test_a_server_that_runs_is_left_alone(opened: Workspace, now: datetime, tmp_path: Path) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    with (
        FileLock(opened.home / "server.lock"),
        pytest.raises(StoreUnavailable, match="A Readygate server is"),
    ):
        put_back(made, now, opened.home, replace=True)
    assert names(opened.home) == {"Helper"}


def test_a_damaged_database_gives_no_backup(opened: Workspace, now: datetime, tmp_path: Path) -> None:
    with closing(sqlite3.connect(opened.home / "readygate.db")) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute("UPDATE audit_event SET actor = 'Eve' WHERE seq = 1")
        file.commit()
    with pytest.raises(StoreUnavailable, match="broken at entry 1"):
        make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_place_that_cannot_be_one_is_said(opened: Workspace, now: datetime, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WrongUsage, match="is a file"):
        make_backup(opened, LOCAL_CALLER, now, tmp_path / "file")
    with pytest.raises(StoreUnavailable, match="could not be written"):
        make_backup(opened, LOCAL_CALLER, now, tmp_path / "file" / "below")


def test_two_backups_of_one_second_stand_beside_each_other(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = [make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept") for _ in range(2)]
    assert made[1].folder.name == f"{made[0].folder.name}-2"
    assert read_manifest(made[0].folder) == made[0].manifest


def test_a_secret_from_the_environment_is_said_not_to_be_in_it(
    opened: Workspace, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READYGATE_SECRET", "kept elsewhere")
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    assert made.manifest.secret == "READYGATE_SECRET"
    assert "READYGATE_SECRET is not in the backup" in made.to_do
    assert "kept elsewhere" not in (made.folder / MANIFEST).read_text()


def test_each_database_has_its_way(workspace: Workspace, now: datetime, tmp_path: Path) -> None:
    make_feature(workspace, now, "Helper")
    made = make_backup(workspace, LOCAL_CALLER, now, tmp_path / "kept")
    anchor = read_anchor(made.manifest.anchor)
    assert verify_log(workspace, LOCAL_CALLER, now, anchor).ok
    assert made.manifest.schema_revision >= "0005"
    if workspace.database.dialect == "sqlite":
        assert "readygate.db" in {file.name for file in made.manifest.files}
        return
    assert "pg_dump --format=custom --file=" in made.to_do
    assert str(made.folder / "readygate.dump") in made.to_do
    assert "postgresql://" in made.to_do
    with pytest.raises(WrongUsage, match="its own tool restores"):
        put_back(made, now, tmp_path / "other")


@pytest.mark.postgres
def test_the_password_of_a_server_is_not_shown(postgresql_url: str, tmp_path: Path) -> None:
    with_password = make_url(postgresql_url).set(password="secret").render_as_string(hide_password=False)
    database = Database.open(with_password, tmp_path)
    try:
        shown = backup.server_address(database)
    finally:
        database.close()
    assert shown.startswith("postgresql://")
    assert "secret" not in shown


def test_a_sqlite_backup_does_not_go_where_postgresql_is_used(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path)
    with pytest.raises(WrongUsage, match="names a PostgreSQL database"):
        restore_backup(made.folder, now, by="Ada", home=tmp_path / "other", url="postgresql://localhost/x")


def test_a_folder_that_is_no_backup_is_said(now: datetime, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="is no backup"):
        restore_backup(tmp_path, now, by="Ada", home=tmp_path / "other", url=None)
