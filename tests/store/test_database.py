import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError

from core.errors import StoreUnavailable, UserError, WrongUsage
from core.evidence.fingerprints import of_bytes
from core.store import features, tables
from core.store.database import Database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sqlite(home: Path, migrated_sqlite_file: Path) -> Database:
    """A SQLite database that gives up waiting at once."""
    opened = Database.open(None, home, patience_seconds=0.1)
    opened.migrate()
    return opened


def add(connection: Connection, slug: str, now: datetime) -> None:
    features.add(connection, slug=slug, name=slug, owner="Ada", stakes="low", created_by="Ada", now=now)


def slugs(database: Database) -> list[str]:
    with database.reading() as connection:
        return [feature.slug for feature in features.everything(connection)]


class TabClosed(BaseException):
    """What a page script is ended with; ``except Exception`` does not see it."""


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, TabClosed])
def test_a_write_is_kept_whole_or_not_at_all(
    database: Database, now: datetime, interruption: type[BaseException]
) -> None:
    with database.writing() as connection:
        add(connection, "kept", now)
    with pytest.raises(interruption), database.writing() as connection:
        add(connection, "dropped", now)
        add(connection, "dropped too", now)
        raise interruption
    with database.writing() as connection:
        add(connection, "later", now)
    assert slugs(database) == ["kept", "later"]


def test_a_read_sees_one_state_while_others_write(database: Database, now: datetime) -> None:
    with database.reading() as connection:
        assert features.everything(connection) == []
        with database.writing() as other:
            add(other, "new", now)
        assert features.everything(connection) == []
    assert slugs(database) == ["new"]


def test_a_read_cannot_write(database: Database, now: datetime) -> None:
    with pytest.raises((StoreUnavailable, DBAPIError)), database.reading() as connection:
        add(connection, "smuggled", now)
    with database.writing() as connection:
        add(connection, "next", now)
    assert slugs(database) == ["next"]


def test_a_fault_of_the_program_is_not_dressed_as_a_fault_of_the_database(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as connection:
        connection.exec_driver_sql("SELECT no_such_column FROM feature")


def test_sqlite_is_set_up_to_lose_nothing(sqlite: Database) -> None:
    asked = ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema"]
    with sqlite.writing() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert dict(zip(asked, found, strict=True)) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    sqlite.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes of this kind")
def test_only_the_owner_may_read_the_files(sqlite: Database, home: Path) -> None:
    assert home.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()}
    assert modes == dict.fromkeys(
        ["readygate.db", "readygate.db-wal", "readygate.db-shm", "write.lock"], 0o600
    )
    sqlite.close()


def test_closing_leaves_one_file_with_everything(sqlite: Database, home: Path, now: datetime) -> None:
    with sqlite.writing() as connection:
        add(connection, "kept", now)
    sqlite.close()
    assert sorted(path.name for path in home.iterdir()) == ["readygate.db", "write.lock"]
    again = Database.open(None, home)
    assert slugs(again) == ["kept"]
    again.close()


def test_another_writer_of_this_program_is_waited_for_and_then_named(sqlite: Database, home: Path) -> None:
    beside = Database.open(None, home, patience_seconds=0.1)
    with beside.writing(), pytest.raises(StoreUnavailable, match="busy"), sqlite.writing():
        pass
    with sqlite.writing():
        pass
    beside.close()
    sqlite.close()


def test_a_foreign_program_that_holds_the_file_is_waited_for_and_then_named(
    sqlite: Database, home: Path
) -> None:
    foreign = sqlite3.connect(home / "readygate.db", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="busy"), sqlite.writing():
        pass
    foreign.execute("ROLLBACK")
    foreign.close()
    with sqlite.writing():
        pass
    sqlite.close()


def test_a_thread_that_waits_gets_its_turn(database: Database, now: datetime) -> None:
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with database.writing() as connection:
            add(connection, "first", now)
            inside.set()
            leave.wait(10)

    def second() -> None:
        inside.wait(10)
        with database.writing() as connection:
            add(connection, "second", now)

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    inside.wait(10)
    leave.set()
    for thread in threads:
        thread.join(20)
    assert sorted(slugs(database)) == ["first", "second"]


def test_a_write_inside_a_write_is_a_bug_and_said_at_once(sqlite: Database) -> None:
    with sqlite.writing(), pytest.raises(RuntimeError, match="wait for itself"), sqlite.writing():
        pass
    sqlite.close()


def test_a_full_disk_is_named_and_the_next_write_works(
    sqlite: Database, now: datetime, write_segment: Callable[..., Path]
) -> None:
    with sqlite.writing() as connection:
        add(connection, "before", now)
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}").close()
    with pytest.raises(StoreUnavailable, match="no space left"), sqlite.writing() as connection:
        add(connection, "half", now)
        row = {"feature_id": 1, "upload_id": "u", "kind": "traces", "ordinal": 0, "rows": 1}
        blob = os.urandom(200_000)
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON").close()
        connection.execute(
            insert(tables.segment).values(**row, sha256=of_bytes(blob), packed_keys=b"", content=blob)
        )
    with sqlite.writing() as connection:
        add(connection, "after", now)
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.scalar(select(func.count()).select_from(tables.segment)) == 0
    assert slugs(sqlite) == ["before", "after"]
    sqlite.close()


KILLED_WHILE_PUBLISHING = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from core.store import features, segments, uploads
from core.store.database import Database

database = Database.open(None, Path(sys.argv[1]))
with database.writing() as connection:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    uploads.add(connection, upload_id="half", feature_id=1, file_name="a.csv", sha256="", size=1,
                asked_by="Ada", now=now)
    segments.publish(connection, 1, "half", "traces", [Path(sys.argv[2])])
    features.bump_evidence_version(connection, 1)
    print("published, not yet committed", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_killed_while_it_publishes_leaves_nothing(
    sqlite: Database, home: Path, now: datetime, write_segment: Callable[..., Path]
) -> None:
    with sqlite.writing() as connection:
        add(connection, "helper", now)
    # Enough pages to be written into the log before the commit.
    traces = write_segment({f"run {place}": os.urandom(30).hex() for place in range(20_000)})
    command = [sys.executable, "-c", KILLED_WHILE_PUBLISHING, str(home), str(traces)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "published, not yet committed\n"
        child.send_signal(signal.SIGKILL)
    with sqlite.writing() as connection:
        for table in (tables.upload, tables.segment):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
        assert features.by_slug(connection, "helper").evidence_version == 0
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        add(connection, "next", now)
    sqlite.close()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ada:secret@localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "secret",
        "postgres:secret@@:x",
        "",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(url: str, home: Path) -> None:
    with pytest.raises(WrongUsage, match="READYGATE_DATABASE_URL") as refusal:
        Database.open(url, home)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("spelling", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_a_server_that_does_not_answer_is_named_without_its_password(spelling: str, home: Path) -> None:
    database = Database.open(f"{spelling}://ada:secret@127.0.0.1:1/nothing", home)
    assert database.dialect == "postgresql"
    with pytest.raises(StoreUnavailable, match="does not answer") as fault, database.reading() as connection:
        connection.execute(select(1))
    assert "secret" not in str(fault.value)
    database.close()


def test_a_path_of_ones_own_keeps_the_lock_beside_the_file(tmp_path: Path, home: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    database = Database.open(f"sqlite:///{elsewhere}/own.db", home)
    database.migrate()
    assert (elsewhere / "write.lock").exists()
    assert list(home.iterdir()) == []
    database.close()


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        Database.open(None, tmp_path / "file" / "home")


def test_a_folder_that_is_missing_is_named(tmp_path: Path, home: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        Database.open(f"sqlite:///{tmp_path}/missing/own.db", home)


def test_a_file_that_is_no_database_is_named(home: Path) -> None:
    home.mkdir()
    (home / "readygate.db").write_text("run_id,answer\n" * 1_000)
    database = Database.open(None, home)
    with pytest.raises(UserError, match="damaged"):
        database.migrate()
    database.close()
