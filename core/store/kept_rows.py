"""Rows of the evidence that stay at hand for more questions, as tables of one connection to DuckDB."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

from core.store.counting_room import CountingRoom

Rows = list[tuple[Any, ...]]


class Kept:
    """A table made of the evidence, with tables made of it, until it is closed; for one thread."""

    name = "kept"

    def __init__(self, cursor: duckdb.DuckDBPyConnection, room: CountingRoom) -> None:
        self._cursor = cursor
        self._room = room
        self._tables = [self.name]

    def table(self, name: str, query: str, values: Mapping[str, Any] = MappingProxyType({})) -> str:
        """Keep the rows of ``query`` as well; returns ``name``."""
        made = f"CREATE TEMP TABLE {name} AS ({query})"
        self._room.given(lambda: self._cursor.execute(made, dict(values)))
        self._tables.append(name)
        return name

    def rows(
        self,
        query: str,
        values: Mapping[str, Any] = MappingProxyType({}),
        tables: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> Rows:
        for name, table in tables.items():
            self._cursor.register(name, table)
        return self._room.given(lambda: self._cursor.execute(query, dict(values)).fetchall())

    def close(self) -> None:
        for name in self._tables:
            self._cursor.execute(f"DROP TABLE {name}")
        self._cursor.close()
