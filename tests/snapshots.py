"""Databases with their homes as they stood: taken once, and put back instead of made again."""

import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from core.store.tables import METADATA

_FILE = "readygate.db"
_WAL = slice(18, 20)
"""The place in a SQLite file that says that it has a log beside it, which one in memory has not."""


@dataclass(frozen=True)
class Snapshot:
    """A SQLite file, or the rows and counters of PostgreSQL, and the other files of a home."""

    sqlite: bytes
    rows: Mapping[str, bytes]
    counters: tuple[tuple[str, int], ...]
    files: Mapping[Path, tuple[int, bytes]]
    """By their place in the home: the rights and the content."""

    @classmethod
    def of(cls, home: Path, url: str | None) -> "Snapshot":
        """``url`` is the address of the PostgreSQL database; without one the SQLite file is in the home."""
        files = {
            path.relative_to(home): (path.stat().st_mode, path.read_bytes())
            for path in home.rglob("*")
            if path.is_file() and not path.name.startswith(_FILE) and path.suffix != ".lock"
        }
        if url is None:
            with closing(sqlite3.connect(home / _FILE)) as file, closing(sqlite3.connect(":memory:")) as copy:
                file.backup(copy)
                return cls(zlib.compress(copy.serialize(), 1), {}, (), files)
        with psycopg.connect(url) as connection:
            rows = {name: _copied(connection, name) for name in _filled(connection)}
            counted = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
            return cls(b"", rows, tuple(connection.execute(counted).fetchall()), files)

    def put_back(self, home: Path, url: str | None) -> None:
        """Make the records what they were, whatever they are, and let the files be there as well."""
        for place, (mode, content) in self.files.items():
            path = home / place
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
        if url is None:
            self._put_back_sqlite(home / _FILE)
            return
        with psycopg.connect(url) as connection:
            empty(connection)
            for name, rows in self.rows.items():
                with connection.cursor().copy(_copy("COPY {} FROM STDIN", name)) as copy:
                    copy.write(rows)
            for name, last in self.counters:
                connection.execute("SELECT setval(%s::regclass, %s)", (name, last))

    def _put_back_sqlite(self, file: Path) -> None:
        content = bytearray(zlib.decompress(self.sqlite))
        content[_WAL] = b"\x01\x01"
        # Page by page, as any writer would, so that whoever has the file open sees what became of it.
        with closing(sqlite3.connect(":memory:")) as copy, closing(sqlite3.connect(file)) as there:
            there.execute("PRAGMA synchronous = OFF")
            copy.deserialize(bytes(content))
            copy.backup(there)


def empty(connection: psycopg.Connection) -> None:
    """Remove every row; in the role of a replica the audit log's triggers keep quiet."""
    connection.execute("SET session_replication_role = replica")
    # Far quicker than to truncate every table, most of which a test never touches.
    for name in _filled(connection):
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    connection.execute(
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)"
        " FROM pg_sequences WHERE last_value IS NOT NULL"
    )


def _filled(connection: psycopg.Connection) -> list[str]:
    has_rows = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    asked = sql.SQL(" UNION ALL ").join(
        has_rows.format(sql.Literal(name), sql.Identifier(name)) for name in METADATA.tables
    )
    return [name for (name,) in connection.execute(asked).fetchall()]


def _copied(connection: psycopg.Connection, name: str) -> bytes:
    with connection.cursor().copy(_copy("COPY {} TO STDOUT", name)) as copy:
        return b"".join(bytes(part) for part in copy)


def _copy(statement: str, name: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(name))


class Commits:
    """Says whether anybody else committed something to the SQLite file of a home; it must be closed."""

    def __init__(self, home: Path) -> None:
        self._connection = sqlite3.connect(home / _FILE)

    def version(self) -> int:
        """A number that another connection's commit changes."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._connection.close()
