"""JSON lines read in blocks by Arrow, wherever it can be shown to mean the same as line by line."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from core.intake.arrays import Mask, json_texts, valid
from core.intake.gathered import Block, BlockReader, Place
from core.intake.json_values import compact

BLOCK_BYTES = 4 * 2**20

_OPENS, _CLOSES, _LINE_FEED, _RETURN, _BACKSLASH = b"{}\n\r\\"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PLAIN_NAME = re.compile(r'[^"\\\x00-\x1f]+')
_AS_WRITTEN = (pa.string(), pa.bool_(), pa.null())
_KEY = rb'"%s"[ \t\r\n]*:[ \t\r\n]*'
_NUMBER = rb"(-?[0-9][0-9.eE+-]*)"
_BESIDE, _AHEAD = 2, 3
_FIRST_LINES, _FURTHER = 2**18, 128
"""How many bytes further from the end of its line a number may stand than in so many first bytes."""


class Doubtful(Exception):
    """The block may mean something else when it is read line by line."""


@dataclass(frozen=True)
class _Piece:
    """Whole lines as they stand in the file, the place where they begin and the one behind them."""

    text: bytes
    begin: Place
    end: Place


@dataclass(frozen=True)
class _Lines:
    """All lines of a piece with their line ends, and which of them are ``filled``."""

    texts: pa.Array
    filled: Mask


class QuickLines(BlockReader):
    """Reads JSON lines, as long as Arrow understands them as they are read one by one. Where a line ends is
    seen at once, so that several blocks are read side by side."""

    def __init__(self, path: Path, block_bytes: int = BLOCK_BYTES) -> None:
        super().__init__(path, block_bytes, _BESIDE)
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

    def blocks(self, place: Place) -> Iterator[Block]:
        reading: deque[Future[Block | None]] = deque()
        piece = self._piece(place)
        while piece is not None or reading:
            if piece is not None and len(reading) < _AHEAD:
                reading.append(self._beside.submit(self._block, piece))
                piece = self._piece(piece.end)
                continue
            block = reading.popleft().result()
            if block is None:
                return
            yield block

    def _piece(self, place: Place) -> _Piece | None:
        """The lines at ``place``; None at the end, and where a line is longer than a block."""
        self._file.seek(place.byte)
        read = self._file.read(self._block_bytes)
        is_last = place.byte + len(read) == self._size
        text = read if is_last else read[: read.rfind(b"\n") + 1]
        if not text:
            return None
        letters = np.frombuffer(text, np.uint8)
        lines = int(np.count_nonzero(letters == _LINE_FEED)) + (not text.endswith(b"\n"))
        return _Piece(text, place, Place(place.byte + len(text), 0, place.lines + lines))

    def _block(self, piece: _Piece) -> Block | None:
        try:
            return self._read(piece)
        except (Doubtful, pa.ArrowException, UnicodeDecodeError):
            return None

    def _read(self, piece: _Piece) -> Block:
        lines = _lines(piece.text)
        if not piece.text.isascii():
            piece.text.decode()
        count = int(lines.filled.sum())
        columns: dict[str, pa.Array] = {}
        if count:
            columns = self._columns(piece.text, lines.texts, count)
        rows = (np.flatnonzero(lines.filled) + piece.begin.lines + 1).tolist()
        return Block(rows, columns, len(lines.filled) - count, len(piece.text), piece.end)

    def _columns(self, text: bytes, lines: pa.Array, count: int) -> dict[str, pa.Array]:
        table = pa.json.read_json(
            pa.BufferReader(text),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pa.json.ParseOptions(explicit_schema=pa.schema(list(self._types.items()))),
        )
        if table.num_rows != count:
            raise Doubtful
        if _BACKSLASH in np.frombuffer(text, np.uint8) and _SURROGATE.search(text):
            table.validate(full=True)
        if not all(map(_PLAIN_NAME.fullmatch, table.column_names)):
            raise Doubtful
        absent = {name for name in self._types if table.column(name).null_count == count}
        absent = {name for name in absent if not _has_key(text, name)}
        present = set(table.column_names) - absent
        names = [key for key in self._keys if key in present]
        names += [name for name in table.column_names if name in present and name not in self._keys]
        columns = {name: pa.concat_arrays(table.column(name).chunks) for name in names}
        return {name: _texts(name, column, lines, text) for name, column in columns.items()}


def _lines(text: bytes) -> _Lines:
    """The lines of ``text``. Each filled one begins and ends with a brace: as no value goes on behind “}”
    with “{”, no object goes over several lines then."""
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
    offsets = np.append(begins, len(text)).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return _Lines(pa.Array.from_buffers(pa.binary(), len(feeds), buffers), filled)


def _has_key(text: bytes, name: str) -> bool:
    """Whether an object has the key, which in a text would have escapes before its quotes."""
    if re.search(_KEY % re.escape(name.encode()), text):
        return True
    if b"\\u" in text:
        raise Doubtful  # a key that is written in escapes
    return False


def _texts(name: str, column: pa.Array, lines: pa.Array, text: bytes) -> pa.Array:
    """The cells as text: what reading line by line makes of them."""
    of = column.type
    if of in _AS_WRITTEN:
        return column.cast(pa.string())
    if of == pa.int64():
        minus_zero = b"-0" in text and pc.any(pc.equal(column, 0)).as_py()
        return _digits(name, column, lines, text) if minus_zero else column.cast(pa.string())
    if of == pa.float64():
        return _digits(name, column, lines, text)
    if pa.types.is_list(of) and of.value_type in (pa.string(), pa.null()):
        found = json_texts(column)
        if found is not None:
            return found
        return pa.array([None if one is None else compact(one) for one in column.to_pylist()], pa.string())
    raise Doubtful


def _digits(name: str, column: pa.Array, lines: pa.Array, text: bytes) -> pa.Array:
    """Numbers as they are written: Arrow keeps their values only, so their digits are looked up. In a text
    the quotes of the key would have escapes before them, and Arrow takes no key twice."""
    number = re.compile(_KEY % re.escape(name.encode()) + _NUMBER)
    count = len(column) - column.null_count
    found = number.findall(_ends_from(number, lines, text))
    if len(found) != count:
        found = number.findall(text)
    if len(found) != count:
        raise Doubtful  # not a number as JSON has it, or a key that is written in escapes
    digits = pa.array(found, pa.binary()).cast(pa.string())
    if not column.null_count:
        return digits
    is_there = valid(column)
    return digits.take(pa.array(np.cumsum(is_there) - 1, mask=~is_there))


def _ends_from(number: re.Pattern[bytes], lines: pa.Array, text: bytes) -> memoryview | bytes:
    """The ends of all lines, which may begin before ``number`` as it stands in the first lines: to look
    through these takes a fraction of the time. Where it stands elsewhere in other lines, it is not found."""
    first = text[: text.find(b"\n", _FIRST_LINES) + 1]
    from_end = [first.find(b"\n", one.end()) - one.start() for one in number.finditer(first)]
    longest = max(from_end, default=len(text)) + _FURTHER
    if longest * len(lines) > len(text) / 2:
        return text
    return memoryview(pc.binary_slice(lines, -longest).buffers()[2])
