"""A folder with copies of segments, so that queries read files; whatever is missing is fetched again.

The folder may be deleted at any time. What is used least recently goes first when it grows too large.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import StoreUnavailable
from core.evidence import fingerprints

_IN_USE_SECONDS = 600
"""How long after its last use a file may still be read by a query, of this or of another process."""


class SegmentCache:
    """Safe to use from several threads, and by several processes on the same folder."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._guard = threading.Lock()
        # A file is hashed once a process, and again when its size or time says that it changed.
        self._verified: dict[str, tuple[int, int]] = {}

    def path_of(self, sha256: str, load: Callable[[], bytes]) -> Path:
        """The file with the content of this hash; ``load`` fetches it where it is not there or damaged."""
        return self.paths_of([sha256], lambda _sha256: load())[0]

    def paths_of(self, sha256s: Sequence[str], load: Callable[[str], bytes]) -> list[Path]:
        """The files of several hashes, in their order, all there at once.

        Files above the limit are removed, but none of these and none used in the last ten minutes.
        Raises StoreUnavailable where ``load`` brings something else than its hash says.
        """
        with self._guard:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                paths = [self._fetched(sha256, load) for sha256 in sha256s]
                self._evict(keep=set(paths))
            except OSError as error:
                raise StoreUnavailable(
                    f"The folder {self._folder} cannot be used: {error.strerror}.",
                    mend="Check that the disk is not full and that the folder may be written to.",
                ) from error
        return paths

    def _fetched(self, sha256: str, load: Callable[[str], bytes]) -> Path:
        path = self._folder / f"{sha256}.parquet"
        if not self._is_whole(path, sha256):
            content = load(sha256)
            if fingerprints.of_bytes(content) != sha256:
                raise StoreUnavailable(
                    "A part of the evidence in the database is damaged.",
                    mend="Restore the newest backup.",
                )
            self._write(path, content)
        # The time of the file is the time of its last use.
        os.utime(path)
        self._verified[sha256] = _signature(path)
        return path

    def _is_whole(self, path: Path, sha256: str) -> bool:
        try:
            if self._verified.get(sha256) == _signature(path):
                return True
            with path.open("rb") as file:
                return fingerprints.of_bytes(file.read()) == sha256
        except FileNotFoundError:
            return False

    def _write(self, path: Path, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def _evict(self, keep: set[Path]) -> None:
        files = []
        for path in self._folder.iterdir():
            # Another process may have removed it since.
            try:
                files.append((path.stat(), path))
            except FileNotFoundError:
                continue
        total = sum(status.st_size for status, _ in files)
        newest_use = max((status.st_mtime for status, _ in files), default=0.0)
        for status, path in sorted(files, key=lambda file: file[0].st_mtime_ns):
            if total <= self._limit_bytes or status.st_mtime > newest_use - _IN_USE_SECONDS:
                break
            if path not in keep:
                path.unlink(missing_ok=True)
                total -= status.st_size


def _signature(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
