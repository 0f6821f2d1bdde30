"""JSON lines read in blocks by Arrow, wherever it can be shown to mean the same as line by line."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from core.intake.arrays import json_texts, valid
from core.intake.gathered import Block, BlockReader, Place
from core.intake.json_values import compact

BLOCK_BYTES = 4 * 2**20

_OPENS, _CLOSES, _LINE_FEED, _RETURN = b"{}\n\r"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PLAIN_NAME = re.compile(r'[^"\\\x00-\x1f]+')
_AS_WRITTEN = (pa.string(), pa.bool_(), pa.null())
_KEY = rb'"%s"[ \t\r\n]*:[ \t\r\n]*'
_NUMBER = rb"(-?[0-9][0-9.eE+-]*)"


class Doubtful(Exception):
    """The block may mean something else when it is read line by line."""


class QuickLines(BlockReader):
    """Reads JSON lines, as long as Arrow understands them as they are read one by one."""

    def __init__(self, path: Path, block_bytes: int = BLOCK_BYTES) -> None:
        super().__init__(path, block_bytes)
        self._types: dict[str, pa.DataType] = {}
        self._keys: dict[str, None] = {}

    def learn(self, values: Iterable[Mapping[str, Any]]) -> None:
        """Note the keys of the first rows in their order, and which hold text: Arrow would put those first
        and take some texts for times."""
        for value in values:
            for key, part in value.items():
                self._keys.setdefault(key)
                if isinstance(part, str):
                    self._types.setdefault(key, pa.string())
                elif isinstance(part, list) and part and all(isinstance(one, str) for one in part):
                    self._types.setdefault(key, pa.list_(pa.string()))

    def _block(self, place: Place) -> Block | None:
        if self.is_at_end(place):
            return None
        self._file.seek(place.byte)
        read = self._file.read(self._block_bytes)
        is_last = place.byte + len(read) == self._size
        text = read if is_last else read[: read.rfind(b"\n") + 1]
        try:
            return self._read(text, place) if text else None
        except (Doubtful, pa.ArrowException, UnicodeDecodeError):
            return None

    def _read(self, text: bytes, place: Place) -> Block:
        filled, lines = _lines(text)
        if not text.isascii():
            text.decode()
        count = int(filled.sum())
        columns: dict[str, pa.Array] = {}
        if count:
            columns = self._columns(text, count)
        rows = (np.flatnonzero(filled) + place.lines + 1).tolist()
        end = Place(place.byte + len(text), 0, place.lines + lines)
        return Block(rows, columns, lines - count, len(text), end)

    def _columns(self, text: bytes, count: int) -> dict[str, pa.Array]:
        table = pa.json.read_json(
            pa.BufferReader(text),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pa.json.ParseOptions(explicit_schema=pa.schema(list(self._types.items()))),
        )
        if table.num_rows != count:
            raise Doubtful
        if _SURROGATE.search(text):
            table.validate(full=True)
        if not all(map(_PLAIN_NAME.fullmatch, table.column_names)):
            raise Doubtful
        absent = {name for name in self._types if table.column(name).null_count == count}
        absent = {name for name in absent if not _has_key(text, name)}
        present = set(table.column_names) - absent
        names = [key for key in self._keys if key in present]
        names += [name for name in table.column_names if name in present and name not in self._keys]
        columns = {name: pa.concat_arrays(table.column(name).chunks) for name in names}
        return {name: _texts(name, column, text) for name, column in columns.items()}


def _lines(text: bytes) -> tuple[Any, int]:
    """Which lines are filled, and how many there are. Each that is begins and ends with a brace: as no
    value goes on behind “}” with “{”, no object goes over several lines then."""
    letters = np.frombuffer(text, np.uint8)
    if _RETURN in text and text.count(b"\r") != text.count(b"\r\n"):
        raise Doubtful
    feeds = np.flatnonzero(letters == _LINE_FEED)
    if not text.endswith(b"\n"):
        feeds = np.append(feeds, len(text))
    begins = np.concatenate([[0], feeds[:-1] + 1])
    ends = feeds - ((feeds > begins) & (letters[feeds - 1] == _RETURN))
    filled = ends > begins
    first, last = letters[begins[filled]], letters[ends[filled] - 1]
    if not ((first == _OPENS) & (last == _CLOSES)).all():
        raise Doubtful
    return filled, len(feeds)


def _has_key(text: bytes, name: str) -> bool:
    """Whether an object has the key, which in a text would have escapes before its quotes."""
    if re.search(_KEY % re.escape(name.encode()), text):
        return True
    if b"\\u" in text:
        raise Doubtful  # a key that is written in escapes
    return False


def _texts(name: str, column: pa.Array, text: bytes) -> pa.Array:
    """The cells as text: what reading line by line makes of them."""
    of = column.type
    if of in _AS_WRITTEN:
        return column.cast(pa.string())
    if of == pa.int64():
        minus_zero = b"-0" in text and pc.any(pc.equal(column, 0)).as_py()
        return _digits(name, column, text) if minus_zero else column.cast(pa.string())
    if of == pa.float64():
        return _digits(name, column, text)
    if pa.types.is_list(of) and of.value_type in (pa.string(), pa.null()):
        found = json_texts(column)
        if found is not None:
            return found
        return pa.array([None if one is None else compact(one) for one in column.to_pylist()], pa.string())
    raise Doubtful


def _digits(name: str, column: pa.Array, text: bytes) -> pa.Array:
    """Numbers as they are written: Arrow keeps their values only, so their digits are looked up. In a text
    the quotes of the key would have escapes before them."""
    found = re.findall(_KEY % re.escape(name.encode()) + _NUMBER, text)
    if len(found) != len(column) - column.null_count:
        raise Doubtful  # not a number as JSON has it, or a key that is written in escapes
    digits = pa.array(found, pa.binary()).cast(pa.string())
    if not column.null_count:
        return digits
    is_there = valid(column)
    return digits.take(pa.array(np.cumsum(is_there) - 1, mask=~is_there))
