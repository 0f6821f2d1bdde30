"""A folder with copies of segments, so that queries read files; whatever is missing is fetched again.

Files that are worked out from segments are kept in it as well. The folder may be deleted at any time.
What is used least recently goes first when it grows too large.
"""

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import StoreUnavailable
from core.evidence import fingerprints

SPILL = "spill-"
"""What the names of the folders begin with into which queries spill; a process clears its own at its end."""

_DERIVED = "derived"
_FORGOTTEN_SECONDS = 86_400
_IN_USE_SECONDS = 600
"""How long after its last use a file may still be read by a query, of this or of another process."""


class SegmentCache:
    """Safe to use from several threads, and by several processes on the same folder."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._guard = threading.Lock()
        # Making a file may need another derived one, such as the columns of a kind.
        self._making = threading.RLock()
        # A file is hashed once a process, and again when its size or time says that it changed.
        self._verified: dict[str, tuple[int, int]] = {}

    @property
    def folder(self) -> Path:
        return self._folder

    def path_of(self, sha256: str, load: Callable[[], bytes]) -> Path:
        """The file with the content of this hash; ``load`` fetches it where it is not there or damaged."""
        return self.paths_of([sha256], lambda _sha256: load())[0]

    def paths_of(self, sha256s: Sequence[str], load: Callable[[str], bytes]) -> list[Path]:
        """The files of several hashes, in their order, all there at once.

        Files above the limit are removed, but none of these and none used in the last ten minutes.
        Raises StoreUnavailable where ``load`` brings something else than its hash says.
        """
        with self._guard, self._explained():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            paths = [self._fetched(sha256, load) for sha256 in sha256s]
            self._evict(keep=set(paths))
        return paths

    def adopt(self, files: Iterable[Path]) -> None:
        """Move segments that were just stored into the folder, so that nobody has to fetch them. A short cut
        only: what cannot be moved, from another disk for example, is fetched."""
        with self._guard, suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for file in files:
                sha256 = fingerprints.of_file(file)
                file.chmod(0o600)
                path = file.replace(self._folder / f"{sha256}.parquet")
                self._verified[sha256] = _signature(path)

    def derived(self, family: str, state: str, make: Callable[[Path], None]) -> Path:
        """The file that ``make`` works out for this ``state``, kept until it is damaged or removed.

        Files of the ``family`` for other states go as soon as nobody reads them any more. In one
        process files are made one after the other, since that is what takes memory.
        """
        with self._explained():
            if (found := self._kept(family, state)) is not None:
                return found
            with self._making:
                # Another thread may have made it while this one waited.
                return self._kept(family, state) or self._made(family, state, make)

    def keep_only(self, sha256s: Collection[str]) -> None:
        """Remove every segment whose hash is not among these, at once: a query that has one open reads on,
        and one that was about to open it has to ask again."""
        with self._guard:
            for path in self._folder.glob("*.parquet"):
                if path.stem not in sha256s:
                    _remove(path)

    def forget_other_states(self, family: str, state: str | None) -> None:
        """Remove the derived files of the ``family`` but those of this ``state``, at once as well."""
        with self._guard:
            for path in (self._folder / _DERIVED).glob(f"{family}-*.parquet"):
                if state is None or not path.name.startswith(f"{family}-{state}-"):
                    _remove(path)

    def _kept(self, family: str, state: str) -> Path | None:
        """The derived file of the state. The name of each ends with the hash of what is in it."""
        with self._guard:
            for path in sorted((self._folder / _DERIVED).glob(f"{family}-{state}-*.parquet")):
                sha256 = path.stem.rpartition("-")[2]
                if self._is_whole(path, sha256):
                    os.utime(path)
                    self._verified[sha256] = _signature(path)
                    return path
                path.unlink(missing_ok=True)
        return None

    def _made(self, family: str, state: str, make: Callable[[Path], None]) -> Path:
        folder = self._folder / _DERIVED
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        os.close(handle)
        part = Path(name)
        try:
            make(part)
            sha256 = fingerprints.of_file(part)
            path = part.replace(folder / f"{family}-{state}-{sha256}.parquet")
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        with self._guard:
            self._verified[sha256] = _signature(path)
            made_at = path.stat().st_mtime
            for older in folder.glob(f"{family}-*.parquet"):
                if older != path and _last_used(older) < made_at - _IN_USE_SECONDS:
                    older.unlink(missing_ok=True)
            self._evict(keep={path})
        return path

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailable(
                f"The folder {self._folder} cannot be used: {error.strerror}.",
                mend="Check that the disk is not full and that the folder may be written to.",
            ) from error

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
        files, spilled = [], []
        for path in (*self._folder.glob("*"), *self._folder.glob(f"{_DERIVED}/*")):
            # Another process may have removed it since.
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            if stat.S_ISREG(status.st_mode):
                files.append((status, path))
            elif path.name.startswith(SPILL):
                spilled.append((status.st_mtime, path))
        total = sum(status.st_size for status, _ in files)
        newest_use = max((status.st_mtime for status, _ in files), default=0.0)
        for used_at, path in spilled:
            if used_at < newest_use - _FORGOTTEN_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
        for status, path in sorted(files, key=lambda file: file[0].st_mtime_ns):
            if total <= self._limit_bytes or status.st_mtime > newest_use - _IN_USE_SECONDS:
                break
            if path not in keep:
                path.unlink(missing_ok=True)
                total -= status.st_size


def _remove(path: Path) -> None:
    # Where a file cannot be removed while it is read (Windows), the next call does.
    with suppress(PermissionError):
        path.unlink(missing_ok=True)


def _last_used(path: Path) -> float:
    """When the file was used last, in seconds; never, where another process has removed it meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _signature(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
