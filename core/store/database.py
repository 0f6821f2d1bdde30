"""The database: opened once by a process, then read and written in whole transactions."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy import Connection as Connection
from sqlalchemy.exc import ArgumentError

from core.errors import StoreUnavailable, WrongUsage
from core.store import faults, schema
from core.store.write_lock import WriteLock

PATIENCE_SECONDS = 30.0

_BEGIN_WITH = "readygate_begin_with"
_POSTGRESQL_SPELLINGS = ("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2")
_POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 30, "pool_timeout": PATIENCE_SECONDS}


class Database:
    """One SQLite file or one PostgreSQL database. Safe to use from several threads."""

    def __init__(self, engine: Engine, write_lock: WriteLock | None, patience_seconds: float) -> None:
        self._engine = engine
        self._write_lock = write_lock
        self._patience_seconds = patience_seconds

    @classmethod
    def open(cls, url: str | None, home: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> "Database":
        """The database at ``url``, or the SQLite file ``readygate.db`` in ``home`` where it is ``None``.

        ``patience_seconds`` is how long a write waits for other writers before it gives up.
        Raises WrongUsage for an address that is not one, StoreUnavailable where a folder cannot be made.
        """
        _make_folder(home)
        address = address_of(url, home)
        if address.get_backend_name() == "postgresql":
            return cls(_postgresql(address), None, patience_seconds)
        path = Path(address.database or "").resolve()
        _make_file(path)
        return cls(_sqlite(address), WriteLock(path.with_name("write.lock")), patience_seconds)

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "postgresql" if self._write_lock is None else "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: kept as a whole when the block ends, gone as a whole when it raises.

        On SQLite the block is alone with the file, so it should be short. Raises StoreUnavailable
        where the database cannot work.
        """
        with self._transaction(("PRAGMA foreign_keys = ON", "BEGIN IMMEDIATE")) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only transaction that sees the same state from its first question to its last."""
        options: dict[str, Any] = (
            {_BEGIN_WITH: (_waiting(self._patience_seconds), "PRAGMA query_only = ON", "BEGIN")}
            if self.dialect == "sqlite"
            else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        with faults.explained(), self._engine.connect() as connection:
            yield connection.execution_options(**options)

    def migrate(self, note: Callable[[Connection, str], None] | None = None) -> bool:
        """Bring the schema to this program's version, wholly or not at all; False: it was there already.

        ``note`` is told, in the same transaction, which version a database had that was there before.
        Raises StoreUnavailable, and changes nothing, where a newer program wrote the schema.
        """
        # With foreign keys on, rebuilding a table would follow its references and delete their rows.
        # SQLite heeds the switch only outside a transaction; every other write turns it on again.
        with self._transaction(("PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE")) as connection:
            before = schema.revision(connection)
            upgraded = schema.upgrade(connection)
            if upgraded and before is not None and note is not None:
                note(connection, before)
            return upgraded

    def forget_deleted(self) -> None:
        """Let nothing that was overwritten survive in the log of the SQLite file; PostgreSQL tidies up
        with its own vacuum."""
        if self._write_lock is None:
            return
        outside = self._engine.execution_options(**{_BEGIN_WITH: ()})
        with (
            faults.explained(),
            self._write_lock.held(self._patience_seconds),
            outside.connect() as connection,
        ):
            connection.exec_driver_sql("PRAGMA query_only = OFF").close()
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def schema_is_current(self) -> bool:
        with self.reading() as connection:
            return schema.is_current(connection)

    def close(self) -> None:
        if self._write_lock is None:
            self._engine.dispose()
            return
        # The last connection to leave copies the log into the file, which is a write like any other.
        try:
            with self._write_lock.held(self._patience_seconds):
                self._engine.dispose()
        except StoreUnavailable:
            self._engine.dispose()

    @contextmanager
    def _transaction(self, sqlite_begin: tuple[str, ...]) -> Iterator[Connection]:
        with faults.explained():
            if self._write_lock is None:
                with self._engine.begin() as connection:
                    yield connection
                return
            with self._write_lock.held(self._patience_seconds) as patience_left:
                options = {_BEGIN_WITH: (_waiting(patience_left), "PRAGMA query_only = OFF", *sqlite_begin)}
                with self._engine.execution_options(**options).begin() as connection:
                    yield connection


def address_of(url: str | None, home: Path) -> URL:
    """The address of the database that :meth:`Database.open` would open; WrongUsage where it is none."""
    if url is None:
        return URL.create("sqlite", database=str(home.resolve() / "readygate.db"))
    try:
        address = make_url(url)
    except ArgumentError:
        address = URL.create("unknown")
    if address.drivername in _POSTGRESQL_SPELLINGS:
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
        return address
    # The address itself is not repeated, because a password may stand in it.
    raise WrongUsage(
        "READYGATE_DATABASE_URL is not an address of a database that Readygate can use.",
        mend="It begins with postgresql:// or with sqlite:/// and the path of a file; without it, a file in "
        "READYGATE_HOME is used.",
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The folder {folder} cannot be made: {error.strerror}.",
            mend="Set READYGATE_HOME to a folder that may be written to.",
        ) from error


def _make_file(path: Path) -> None:
    """An empty file for its owner only; SQLite gives its log the same rights."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreUnavailable(
            f"The database {path} cannot be opened: {error.strerror}.",
            mend="Check that its folder exists and that the account that runs Readygate may write there.",
        ) from error


def _sqlite(address: URL) -> Engine:
    engine = create_engine(address, **_POOL)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        # The driver must not open transactions by itself: BEGIN IMMEDIATE is ours to say.
        connection.isolation_level = None
        connection.execute(_waiting(PATIENCE_SECONDS)).close()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        for statement in connection.get_execution_options().get(_BEGIN_WITH, ("BEGIN",)):
            connection.exec_driver_sql(statement).close()

    return engine


def _waiting(seconds: float) -> str:
    return f"PRAGMA busy_timeout = {round(seconds * 1000)}"


def _postgresql(address: URL) -> Engine:
    engine = create_engine(address, pool_pre_ping=True, **_POOL)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.execute("SET lock_timeout = '10s'")
        connection.execute("SET statement_timeout = '30s'")
        connection.commit()

    return engine
