"""How much memory DuckDB may hold: little, and more once a question has shown that it needs more."""

import threading
from collections.abc import Callable
from typing import TypeVar

import duckdb

from core.errors import StoreUnavailable

ROOMS = ("400MB", "25%", "50%")
"""Beyond the first, sorts and joins go to disk; what has to be held at once (values in their order, of some
ten million traces) does not fit there. The others are parts of what the machine or the container has."""

_T = TypeVar("_T")


class CountingRoom:
    """The memory of one instance of DuckDB. Safe to use from several threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rooms: tuple[str, ...] = ROOMS) -> None:
        self._connection = connection
        self._rooms = rooms
        self._at = 0
        self._guard = threading.Lock()
        self._take()

    def given(self, asked: Callable[[], _T]) -> _T:
        """What ``asked`` brings; where it does not fit it is asked again with more room. It must be such that
        it can be. Raises StoreUnavailable where there is no more."""
        while True:
            at = self._at
            try:
                return asked()
            except duckdb.OutOfMemoryException as error:
                if not self._grew(at):
                    raise StoreUnavailable(
                        "Counting this evidence needs more memory than half of what this machine has.",
                        mend="Run Readygate where there is more memory, or look at a shorter time.",
                    ) from error

    def _grew(self, at: int) -> bool:
        """Whether there is more room than that of the step ``at``, which another thread may have taken."""
        with self._guard:
            if self._at == at:
                if at + 1 == len(self._rooms):
                    return False
                self._at += 1
                self._take()
            return True

    def _take(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SET GLOBAL memory_limit = '{self._rooms[self._at]}'")
