"""What the tests of one process share, because each of them would otherwise wait for its own.

Nothing of it holds anything of a test: statements that were compiled before, open connections to the
process's own PostgreSQL database, and a DuckDB without a table. A test that is about these makes its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb
import pytest
from sqlalchemy import URL, Engine, create_engine, event

from core.store import database

TESTS_DATABASE = "readygate_tests_"
"""What the name of a PostgreSQL database begins with that a process keeps from test to test."""

_connect_duckdb = duckdb.connect
_open_sqlite = database._sqlite
_open_postgresql = database._postgresql


@contextmanager
def sharing() -> Iterator[None]:
    """Inside, databases and warehouses that are opened share what they can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_sqlite", _sqlite)
        patch.setattr(database, "_postgresql", _postgresql)
        patch.setattr(duckdb, "connect", _duckdb)
        yield


def end_sharing() -> None:
    """Close what was shared, before the server it is open to or the process ends."""
    while _kept_engines:
        Engine.dispose(_kept_engines.popitem()[1])
    while _open_duckdb:
        _open_duckdb.pop().close()


def _sqlite(address: URL) -> Engine:
    engine, shared = _open_sqlite(address), _any_sqlite()
    # SQLAlchemy keeps what it compiled by dialect, and has no public way to hand either on.
    engine.dialect, engine._compiled_cache = shared.dialect, shared._compiled_cache

    # After the program's own settings: nobody cuts the power here, so no commit need wait for the disk.
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF").close()

    return engine


@cache
def _any_sqlite() -> Engine:
    """The engine whose dialect and compiled statements those of all SQLite files have."""
    engine = create_engine("sqlite://")
    engine.connect().close()
    return engine


_kept_engines: dict[URL, Engine] = {}


def _postgresql(address: URL) -> Engine:
    if not (address.database or "").startswith(TESTS_DATABASE):
        return _open_postgresql(address)
    if address not in _kept_engines:
        engine = _kept_engines[address] = _open_postgresql(address)
        # To close a database leaves the connections to the next test.
        engine.dispose = lambda close=True: None  # type: ignore[method-assign]
    return _kept_engines[address]


_open_duckdb: list[duckdb.DuckDBPyConnection] = []


def _duckdb(*asked: Any, **more: Any) -> duckdb.DuckDBPyConnection:
    """A connection with tables of its own to the one DuckDB."""
    if not _open_duckdb:
        _open_duckdb.append(_connect_duckdb(":memory:"))
        # Its answers do not depend on how many threads look for them, and few rows are no work for two.
        _open_duckdb[0].execute("SET GLOBAL threads = 1")
    return _open_duckdb[0].cursor()
