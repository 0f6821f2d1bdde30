"""Copies of a SQLite database: made while others write, tried out, and put in the place of another.

The file of a database in use is never copied as a file, because such copies are often broken.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection

from core.errors import StoreUnavailable
from core.store import audit, schema
from core.store.database import PATIENCE_SECONDS, Database, address_of
from core.store.raw_rows import moment_of
from core.store.write_lock import WriteLock

DATABASE_FILE = "readygate.db"
_BESIDE = ("", "-wal", "-shm")
"""The endings of a database and its log, which SQLite finds by its name: they move together."""


_GUARDS = {f"audit_{what}_{how}" for what in ("event", "payload") for how in ("insert", "update", "delete")}
"""The triggers of the SQLite file, which refuse every change of the log but its growth."""


@dataclass(frozen=True)
class CopyState:
    """What a copy holds: its migration, and the head of its audit log with the number of entries."""

    revision: str
    events: int
    head: str


def state_of(connection: Connection) -> CopyState:
    """What a database holds now; ``head`` is read, not checked."""
    found = audit.verify(connection)
    return CopyState(schema.revision(connection) or "", found.events, found.head)


def copy_to(database: Database, target: Path) -> None:
    """The SQLite ``database`` as of one moment, as one file without a log of its own; others go on writing.

    Raises StoreUnavailable where the file cannot be written.
    """
    with database.reading() as connection:
        # The first reading fixes the moment; what is written from now on is not in the copy.
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").close()
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError("only a SQLite database can be copied as a file")
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE").close()
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(
                f"The copy of the database could not be written to {target.parent}: {error}.",
                mend="Nothing was kept of it; check that the folder may be written to and has room.",
            ) from error


def try_out(
    file: Path, folder: Path, anchor: tuple[int, str] | None, then: Callable[[Connection], None] | None = None
) -> tuple[Path, CopyState]:
    """Restore ``file`` into a new folder within ``folder``, as a start of the program would find it.

    The copy must be undamaged, of a schema that this program knows (an older one is upgraded), and its
    audit log whole, guarded and passing through ``anchor`` (events, head). ``then`` may write into it, in one
    transaction. Returns the restored file and what ``file`` held. Raises StoreUnavailable otherwise.
    """
    tried = Path(tempfile.mkdtemp(prefix=".try-", dir=folder)) / DATABASE_FILE
    shutil.copyfile(file, tried)
    tried.chmod(0o600)
    _check_pages(tried)
    database = Database.open(None, tried.parent)
    try:
        with database.reading() as connection:
            revision = schema.revision(connection) or ""
        database.migrate()
        with database.reading() as connection:
            chain = audit.verify(connection, anchor)
        if not chain.ok:
            raise StoreUnavailable(
                f"The audit log is broken at entry {chain.first_broken_seq:,}: it was changed from outside.",
                mend="`readygate verify` says more; a database in this state is not taken for a backup.",
                code="broken_chain",
            )
        _check_guards(database)
        if then is not None:
            with database.writing() as connection:
                then(connection)
    finally:
        database.close()
    return tried, CopyState(revision, chain.events, chain.head)


def _check_pages(file: Path) -> None:
    """Every page and every reference; a file that was cut off or overwritten is found here."""
    try:
        with closing(sqlite3.connect(file)) as opened:
            verdict = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
            dangling = opened.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        verdict, dangling = str(error), None
    if verdict != "ok" or dangling is not None:
        raise StoreUnavailable(
            "The database is damaged: SQLite's own check finds a fault in it.",
            mend="Use another backup." if verdict != "ok" else "A row refers to another that is not there.",
            code="damaged",
        )


def _check_guards(database: Database) -> None:
    """What keeps the log from being changed is there, and nothing else acts on its own in the database."""
    with database.reading() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
        if set(found) == _GUARDS:
            return
    raise StoreUnavailable(
        "The triggers that guard the audit log are not those that Readygate makes.",
        mend="Somebody has changed this database by hand: use another backup.",
        code="no_guards",
    )


def file_of(url: str | None, home: Path) -> Path | None:
    """The SQLite file that a start of the program would use; None where the records are in PostgreSQL."""
    address = address_of(url, home)
    return None if address.get_backend_name() == "postgresql" else Path(address.database or "").resolve()


def is_taken(target: Path) -> bool:
    """Whether a database stands there, or the log of one, which would be taken for that of another."""
    return any(target.with_name(target.name + ending).exists() for ending in _BESIDE)


@dataclass(frozen=True)
class DoneErasure:
    """A request to erase a person that was done, as its database has it: never who it was, but the
    ``fingerprint`` that knows them again with the secret of the feature with this id."""

    feature: str
    feature_id: int
    number: int
    fingerprint: str
    reason: str
    done_at: datetime


def erasures_since(file: Path, moment: datetime) -> list[DoneErasure] | None:
    """The erasures that the database ``file`` has done after ``moment``, the oldest first; None where it
    cannot be read, so that nobody knows."""
    query = (
        "SELECT feature.slug, feature.id, erasure.id, erasure.fingerprint, erasure.reason, erasure.done_at"
        " FROM erasure"
        " JOIN feature ON feature.id = erasure.feature_id WHERE erasure.done_at IS NOT NULL"
        " ORDER BY erasure.id"
    )
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            rows = opened.execute(query).fetchall()
    except sqlite3.Error:
        return None
    found = [(row, moment_of(row[5])) for row in rows]
    return [
        DoneErasure(row[0], row[1], row[2], row[3], row[4], at)
        for row, at in found
        if at is not None and at > moment
    ]


def put_in_place(new: Path, target: Path, *, aside: Path | None) -> None:
    """Make ``new`` the database at ``target``; the one that was there is kept as ``aside``.

    Both lie on one disk, and the step is alone with the database. Without ``aside`` there must be none.
    """
    with WriteLock(target.with_name("write.lock")).held(PATIENCE_SECONDS):
        if aside is None and is_taken(target):
            raise StoreUnavailable("A database was made there meanwhile.", mend="Nothing was changed.")
        for ending in _BESIDE:
            old = target.with_name(target.name + ending)
            if aside is not None and old.exists():
                old.rename(aside.with_name(aside.name + ending))
        new.rename(target)


def server_address(database: Database) -> str:
    """The address of a PostgreSQL database as its own tools take it, without the password."""
    with database.reading() as connection:
        url = connection.engine.url
    address = URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=url.query,
    )
    return address.render_as_string()
