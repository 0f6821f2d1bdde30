"""Counts in small files, so that a new process finds what an earlier one counted; whatever is missing is
counted again.

The folder may be deleted at any time. A file holds the plain rows of one answer as JSON below a hash of them:
one that is damaged, or is no such file at all, is thrown away with a line in the log. What is used least
recently goes first when the folder grows too large.
"""

import json
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.evidence import fingerprints
from core.store.kept_rows import Rows

_LOG = logging.getLogger("readygate")
_LONGEST_TEXT = 200
"""A longer text is no name of a group; what holds one is not kept."""

_LARGEST_BYTES = 16 * 2**20
_SUFFIX, _PART = ".json", ".part"
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class CountsOnDisk:
    """Safe to use from several threads, and by several processes on the same folder."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._guard = threading.Lock()
        self._held_bytes: int | None = None
        self._told = False

    def rows(self, shelf: str, question: object, count: Callable[[], Rows]) -> Rows:
        """The rows that ``count`` brings, from the disk where the ``question`` was counted before.

        ``shelf`` is a path below the folder that names the state of the evidence; the words of the question
        tell it from every other one.
        """
        asked = fingerprints.of_bytes(repr(question).encode())
        path = self._folder / shelf / f"{asked[:40]}{_SUFFIX}"
        name = f"{shelf} {asked}"
        found = self._read(path, name)
        if found is None:
            found = count()
            self._write(path, name, found)
        return found

    def keep_only(self, parent: str, names: Collection[str]) -> None:
        """Remove every shelf that begins like ``parent`` but those of these names, which follow on it."""
        place = self._folder / parent
        kept = {f"{place.name}{name}" for name in names}
        for shelf in place.parent.glob(f"{place.name}*"):
            if shelf.is_dir() and shelf.name not in kept:
                shutil.rmtree(shelf, ignore_errors=True)

    def _read(self, path: Path, name: str) -> Rows | None:
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._cannot("read", error)
            return None
        try:
            rows = _rows_of(content, name)
        except _UNREADABLE:
            _LOG.warning("remembered counts were not what they should be and are counted anew: %s", path.name)
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):  # the time of the file is the time of its last use
            os.utime(path)
        return rows

    def _write(self, path: Path, name: str, rows: Rows) -> None:
        content = _content_of(rows, name)
        if content is None or len(content) > min(_LARGEST_BYTES, self._limit_bytes):
            return
        part: Path | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(dir=path.parent, suffix=_PART)
            part = Path(made)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            part.replace(path)
            self._make_room(len(content))
        except OSError as error:
            # The answer is there all the same; only the next process has to count again.
            if part is not None:
                with suppress(OSError):
                    part.unlink()
            # Another process has thrown away the shelf meanwhile, because the evidence changed.
            if not isinstance(error, FileNotFoundError):
                self._cannot("written", error)

    def _make_room(self, added: int) -> None:
        with self._guard:
            if self._held_bytes is not None and self._held_bytes + added <= self._limit_bytes:
                self._held_bytes += added
                return
            files = []
            # Also parts that a process left when it was stopped.
            for path in (*self._folder.rglob(f"*{_SUFFIX}"), *self._folder.rglob(f"*{_PART}")):
                with suppress(FileNotFoundError):  # another process may have removed it since
                    files.append((path.stat(), path))
            held = sum(status.st_size for status, _ in files)
            # Some more than has to: else every further answer would look through the folder.
            wanted = self._limit_bytes if held <= self._limit_bytes else self._limit_bytes * 3 // 4
            for status, path in sorted(files, key=lambda file: file[0].st_mtime_ns):
                if held <= wanted:
                    break
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                    held -= status.st_size
            self._held_bytes = held

    def _cannot(self, what: str, error: OSError) -> None:
        if not self._told:
            self._told = True
            _LOG.warning("remembered counts cannot be %s: %s", what, error.strerror)


def _content_of(rows: Rows, name: str) -> bytes | None:
    """The file of these rows; None where they hold anything but plain values and short names."""
    if not all(_is_plain(value) for row in rows for value in row):
        return None
    body = json.dumps({"of": name, "rows": rows}, ensure_ascii=True, separators=(",", ":")).encode()
    return fingerprints.of_bytes(body).encode() + b"\n" + body


def _rows_of(content: bytes, name: str) -> Rows:
    """Raises one of _UNREADABLE where the file is not whole or answers another question."""
    said, _, body = content.partition(b"\n")
    if fingerprints.of_bytes(body).encode() != said:
        raise ValueError("the hash does not fit")
    found = json.loads(body)
    if found["of"] != name:
        raise ValueError("another question")
    return [tuple(row) for row in found["rows"]]


def _is_plain(value: Any) -> bool:
    # Exactly these types: JSON gives them back as they were, every digit of a number too.
    if type(value) is list:
        return all(_is_plain(one) for one in value)
    return (type(value) is str and len(value) <= _LONGEST_TEXT) or type(value) in (
        type(None),
        bool,
        int,
        float,
    )
