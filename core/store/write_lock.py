"""The lock that lets one writer at a time into a SQLite file, over all threads and processes.

SQLite has a lock of its own, but its waiting is unfair and its older versions can damage the file
when a writer and a checkpoint of two connections meet. Whoever holds this lock is alone.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import StoreUnavailable
from core.store import faults


class WriteLock:
    def __init__(self, path: Path) -> None:
        self._threads = threading.Lock()
        self._processes = FileLock(path, thread_local=False, mode=0o600, preserve_lock_file=True)
        self._holder: int | None = None

    @contextmanager
    def held(self, patience_seconds: float) -> Iterator[float]:
        """Holds the lock; yields the seconds of patience that are left, or raises StoreUnavailable."""
        if self._holder == threading.get_ident():
            raise RuntimeError("a write inside a write of the same thread would wait for itself")
        # Only the length of the wait is read from this clock; nothing of it is ever stored.
        deadline = time.monotonic() + patience_seconds
        if not self._threads.acquire(timeout=patience_seconds):
            raise StoreUnavailable(faults.BUSY[0], mend=faults.BUSY[1])
        try:
            try:
                self._processes.acquire(timeout=max(0.0, deadline - time.monotonic()))
            except Timeout:
                raise StoreUnavailable(faults.BUSY[0], mend=faults.BUSY[1]) from None
            self._holder = threading.get_ident()
            try:
                yield max(0.0, deadline - time.monotonic())
            finally:
                self._holder = None
                self._processes.release()
        finally:
            self._threads.release()
