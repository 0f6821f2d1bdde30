"""A file that was handed in, in the spool folder of its upload: a copy, or for a command the file itself.

A command finds the file on the same disk. A second name for it costs nothing, where a copy of a gigabyte
takes as long as a tenth of the reading. Whoever writes to it meanwhile is noticed before anything is saved.
"""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from core.errors import UnreadableFile

_NAME, _LINKED = "upload", "linked.json"
_COPY_BYTES = 1 << 20


def spooled(folder: Path) -> Path:
    """Where the file of an upload lies, whose spool folder is ``folder``; it may be gone."""
    return folder / _NAME


def keep(content: BinaryIO, folder: Path) -> tuple[str, int]:
    """Copy ``content`` there: (SHA-256, bytes)."""
    digest, size = hashlib.sha256(), 0
    with spooled(folder).open("wb") as file, ThreadPoolExecutor(1, "hashing") as beside:
        while chunk := content.read(_COPY_BYTES):
            hashing = beside.submit(digest.update, chunk)
            size += len(chunk)
            file.write(chunk)
            hashing.result()
    return digest.hexdigest(), size


def keep_in_place(source: Path, folder: Path) -> tuple[str, int]:
    """Give ``source`` a second name there, or copy it where it lies on another disk or is another person's:
    (SHA-256, bytes). Raises OSError where it cannot be read."""
    with source.open("rb") as content:
        if not (source.is_file() and _linked(source, folder)):
            return keep(content, folder)
        state = _state(spooled(folder))
        (folder / _LINKED).write_text(json.dumps(state))
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return digest, state[0]


def require_unchanged(folder: Path) -> None:
    """Raises UnreadableFile where somebody wrote to a file that has only a second name here."""
    linked = folder / _LINKED
    if linked.exists() and json.loads(linked.read_text()) != _state(spooled(folder)):
        raise UnreadableFile(
            "The file was changed while it was being imported. Nothing was saved.",
            mend="Import it again once nothing writes to it any more.",
            code="changed_meanwhile",
        )


def keep_for_answers(folder: Path) -> None:
    """Make a second name a copy: the file waits for answers, and may be changed until they come."""
    linked, own = folder / _LINKED, spooled(folder)
    if not linked.exists():
        return
    copy = folder / "copy"
    shutil.copyfile(own, copy)
    require_unchanged(folder)
    copy.replace(own)
    linked.unlink()


def _linked(source: Path, folder: Path) -> bool:
    try:
        os.link(source, spooled(folder))
    except OSError:
        return False
    return True


def _state(path: Path) -> list[int]:
    """[bytes, nanoseconds of the last change]."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]
