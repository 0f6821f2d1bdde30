"""Fingerprints: of bytes, of documents and of rows.

A fingerprint is what signatures, duplicates and stale detection rest on, so there is exactly one
way to take each.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rfc8785
from numpy.typing import NDArray

Keys = NDArray[np.int64]
"""One signed 64-bit key per row."""


def of_bytes(content: bytes) -> str:
    """The SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def of_file(path: Path) -> str:
    """The SHA-256 of the bytes of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_document(body: Any) -> str:
    """The SHA-256 of the canonical JSON (RFC 8785) of ``body``."""
    return of_bytes(rfc8785.dumps(body))


def key_of(*parts: str | int) -> int:
    """A signed 64-bit key of an identity such as a run id, or (eval run, case, attempt).

    Parts are length-prefixed, so ("x,y", "z") and ("x", "y,z") differ. With 10^7 rows the chance
    of any collision is about 3 in a million.
    """
    return _signed_64(str(part).encode() for part in parts)


def content_key(cells: Iterable[str | None]) -> int:
    """A signed 64-bit key of a row's content; a missing cell differs from an empty one."""
    return _signed_64(b"\x00" if cell is None else b"\x01" + cell.encode() for cell in cells)


def content_keys(columns: Mapping[str, Sequence[str | None]], count: int) -> Keys:
    """A key of the content of each of ``count`` rows, from the canonical text of its cells by column.

    A missing cell adds nothing, so a blank column and an absent one are the same content. Names and
    lengths stand before the texts, so text cannot move from one column to the next unseen.
    """
    marked = [
        ["" if cell is None else f"{name}\0{len(cell)}\0{cell}" for cell in cells]
        for name, cells in sorted(columns.items())
    ]
    rows = map("".join, zip(*marked, strict=True)) if marked else [""] * count
    digests = [hashlib.blake2b(row.encode(), digest_size=8).digest() for row in rows]
    return np.frombuffer(b"".join(digests), dtype="<i8").astype(np.int64)


def _signed_64(parts: Iterable[bytes]) -> int:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return int.from_bytes(digest.digest(), "little", signed=True)
