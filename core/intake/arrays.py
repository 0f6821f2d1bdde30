"""Arrow arrays of texts, looked at as the bytes they are: what lets whole columns be read at once."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_FIRST_VISIBLE, _LAST_VISIBLE = 0x21, 0x7E


def offsets(texts: pa.Array) -> NDArray[np.int32]:
    """Where the bytes of each text begin in the buffer of all of them, and where the last one ends."""
    found: NDArray[np.int32] = np.frombuffer(texts.buffers()[1], np.int32)
    return found[texts.offset : texts.offset + len(texts) + 1]


def content(texts: pa.Array) -> NDArray[np.uint8]:
    """The bytes of all texts, one after the other."""
    buffer = texts.buffers()[2]
    if buffer is None or not len(texts):
        return np.empty(0, np.uint8)
    places = offsets(texts)
    found: NDArray[np.uint8] = np.frombuffer(buffer, np.uint8)
    return found[places[0] : places[-1]]


def longest(texts: pa.Array) -> int:
    """The bytes of the longest text, which has at most so many characters."""
    return int(np.diff(offsets(texts)).max(initial=0)) if len(texts) else 0


def valid(array: pa.Array) -> Mask:
    """Which cells are not missing."""
    found: Mask = array.is_valid().to_numpy(zero_copy_only=False)
    return found


def blank_to_missing(texts: pa.Array) -> pa.Array:
    """Blank cells (empty, or only space) are missing ones."""
    if not len(texts):
        return texts
    begin, end = offsets(texts)[:-1], offsets(texts)[1:]
    blank = begin == end
    if not blank.all():
        all_bytes: NDArray[np.uint8] = np.frombuffer(texts.buffers()[2], np.uint8)
        first = all_bytes[np.minimum(begin, len(all_bytes) - 1)]
        # A text that begins with a visible character of ASCII is not blank; the others are looked at.
        doubtful = ~blank & ((first < _FIRST_VISIBLE) | (first > _LAST_VISIBLE))
        places = np.flatnonzero(doubtful)
        if len(places):
            blank[places] = [not text or text.isspace() for text in texts.take(pa.array(places)).to_pylist()]
    return texts if not blank.any() else without(texts, blank)


def blank_rows(columns: Iterable[pa.Array]) -> Mask | None:
    """Which rows have no filled cell; None where every row has one."""
    blank: Mask | None = None
    for column in columns:
        places = offsets(column)
        empty: Mask = places[1:] == places[:-1]
        blank = empty if blank is None else blank & empty
        if not blank.any():
            return None
    return blank


def without(texts: pa.Array, left_out: Mask) -> pa.Array:
    """``texts`` with those missing that are left out; none is copied."""
    if not left_out.any():
        return texts
    bits = np.packbits(valid(texts) & ~left_out, bitorder="little").tobytes()
    _, places, all_bytes = texts.buffers()
    places = places.slice(texts.offset * 4, (len(texts) + 1) * 4)
    return pa.Array.from_buffers(pa.string(), len(texts), [pa.py_buffer(bits), places, all_bytes])


def json_texts(lists: pa.Array) -> pa.Array | None:
    """Lists of texts as JSON without spaces; None where a text would have to be escaped, or is missing."""
    texts = lists.flatten()
    if not len(texts):
        return pc.if_else(lists.is_valid(), "[]", pa.scalar(None, pa.string()))
    if pa.types.is_null(texts.type):
        return None
    letters = content(texts)
    odd = (letters < _FIRST_VISIBLE - 1) | (letters == ord('"')) | (letters == ord("\\"))
    if texts.null_count or odd.any():
        return None
    joined = pc.binary_join(lists, '","')
    filled = pc.binary_join_element_wise('["', joined, '"]', "")
    return pc.if_else(pc.equal(pc.list_value_length(lists), 0), "[]", filled)
