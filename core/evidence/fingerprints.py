"""Fingerprints: of bytes, of documents and of rows.

A fingerprint is what signatures, duplicates and stale detection rest on, so there is exactly one
way to take each.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rfc8785
from numpy.typing import NDArray

Keys = NDArray[np.int64]
"""One signed 64-bit key per row."""

_MANY_ROWS = 1_000
"""From so many rows on it pays to look whether their cells repeat."""


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


def of_query(query: str) -> str:
    """The id of a test case that has none of its own: a hash of what it asks, whatever its case and its
    spaces, so that the same question is the same case in every file."""
    return f"query-{of_bytes(' '.join(query.casefold().split()).encode(errors='replace'))[:16]}"


def key_of(*parts: str | int) -> int:
    """A signed 64-bit key of an identity such as a run id, or (eval run, case, attempt).

    Parts are length-prefixed, so ("x,y", "z") and ("x", "y,z") differ. With 10^7 rows the chance
    of any collision is about 3 in a million.
    """
    return _signed_64(str(part).encode() for part in parts)


def keys_of(ids: pa.Array) -> Keys:
    """:func:`key_of` of each of ``ids``, which are texts of which none is missing."""
    lengths = np.diff(_offsets(ids)).astype("<i8").tobytes()
    prefixes = pa.Array.from_buffers(pa.binary(8), len(ids), [None, pa.py_buffer(lengths)])
    return _digests(pc.binary_join_element_wise(prefixes.cast(pa.binary()), ids.cast(pa.binary()), b""))


def content_keys(columns: Mapping[str, Sequence[str | None] | pa.Array], count: int) -> Keys:
    """A key of the content of each of ``count`` rows, from the canonical text of its cells by column.

    A missing cell adds nothing, so a blank column and an absent one are the same content. Names and
    lengths stand before the texts, so text cannot move from one column to the next unseen. Cells may come as
    a dictionary of texts.
    """
    arrays = {
        name: cells if isinstance(cells, pa.DictionaryArray) else pa.array(cells, pa.string())
        for name, cells in sorted(columns.items())
    }
    marked = [_marked(name, cells) for name, cells in arrays.items() if cells.null_count < len(cells)]
    if not marked:
        return _digests(pa.array([b""] * count, pa.binary()))
    return _digests(pc.binary_join_element_wise(*marked, "", null_handling="replace", null_replacement=""))


def _marked(name: str, cells: pa.Array) -> pa.Array:
    """Each cell behind its column and its length; those that stand in many rows are put together once."""
    if isinstance(cells, pa.DictionaryArray):
        return _marked_each(name, cells.dictionary).take(cells.indices)
    encoded = cells[: len(cells) // 8].dictionary_encode() if len(cells) >= _MANY_ROWS else None
    if encoded is not None and len(encoded.dictionary) * 4 < len(encoded):
        encoded = cells.dictionary_encode()
        return _marked_each(name, encoded.dictionary).take(encoded.indices)
    return _marked_each(name, cells)


def _marked_each(name: str, cells: pa.Array) -> pa.Array:
    lengths = pc.utf8_length(cells).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(name), lengths, cells, "\0")


def _digests(rows: pa.Array) -> Keys:
    """The keys of texts or bytes, of which none is missing."""
    content = rows.buffers()[2]
    if content is None:
        content = pa.py_buffer(b"")
    view, ends = memoryview(content), _offsets(rows).tolist()
    blake2b = hashlib.blake2b
    digests = [blake2b(view[begin:end], digest_size=8).digest() for begin, end in pairwise(ends)]
    return np.frombuffer(b"".join(digests), dtype="<i8").astype(np.int64)


def _offsets(texts: pa.Array) -> NDArray[np.int32]:
    """Where the bytes of each text begin in the buffer of all of them, and where the last one ends."""
    found: NDArray[np.int32] = np.frombuffer(texts.buffers()[1], np.int32)
    return found[texts.offset : texts.offset + len(texts) + 1]


def _signed_64(parts: Iterable[bytes]) -> int:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return int.from_bytes(digest.digest(), "little", signed=True)
