"""Delimited text read in blocks by Arrow, wherever they can be shown to mean the same to the csv module."""

import codecs
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from core.intake.arrays import blank_rows
from core.intake.gathered import Block, BlockReader, Place

BLOCK_BYTES = 4 * 2**20

_QUOTE, _LINE_FEED, _RETURN = b'"\n\r'

Bytes = NDArray[np.uint8]


class QuickReader(BlockReader):
    """Reads a file with the columns ``names``, as long as Arrow cuts it as the csv module would."""

    def __init__(
        self, path: Path, delimiter: str, names: tuple[str, ...], block_bytes: int = BLOCK_BYTES
    ) -> None:
        super().__init__(path, block_bytes)
        self._delimiter = delimiter.encode()
        self._names = names

    def blocks(self, place: Place) -> Iterator[Block]:
        reading: Future[Block | None] = self._beside.submit(self._block, place)
        while (block := reading.result()) is not None:
            reading = self._beside.submit(self._block, block.end)
            yield block

    def _block(self, place: Place) -> Block | None:
        """The block at ``place``; None at the end, and where its meaning is in doubt."""
        if self.is_at_end(place):
            return None
        self._file.seek(place.byte)
        read = self._file.read(self._block_bytes)
        whole = _whole_records(read, place.byte + len(read) == self._size, self._delimiter[0])
        # Arrow takes a byte order mark at the beginning for none of the text.
        if whole is None or read.startswith(codecs.BOM_UTF8):
            return None
        columns = self._cut(whole.text)
        if columns is None:
            return None
        count = len(columns[0])
        rows = list(range(place.records + 1, place.records + count + 1))
        blank = blank_rows(columns)
        if blank is not None:
            kept = np.flatnonzero(~blank)
            columns = [column.take(pa.array(kept)) for column in columns]
            rows = [rows[at] for at in kept.tolist()]
        size = len(whole.text)
        end = Place(place.byte + size, place.records + count, place.lines + whole.lines)
        named = dict(zip(self._names, columns, strict=True))
        return Block(rows, named, count - len(rows), size, end, whole.line_ends)

    def _cut(self, text: bytes) -> list[pa.Array] | None:
        """The columns of ``text``; None where a record has another width, or the text is not UTF-8."""
        names = [str(place) for place in range(len(self._names))]
        try:
            table = pa.csv.read_csv(
                pa.BufferReader(text),
                read_options=pa.csv.ReadOptions(
                    use_threads=False, block_size=len(text) + 1, column_names=names
                ),
                parse_options=pa.csv.ParseOptions(
                    delimiter=self._delimiter.decode(), newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), check_utf8=not text.isascii()
                ),
            )
        except pa.ArrowInvalid:
            return None
        found = [column.combine_chunks() for column in table.columns]
        return [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in found]


@dataclass(frozen=True)
class _Whole:
    """Complete records as text, the lines they stand on, and how they end."""

    text: bytes
    lines: int
    line_ends: frozenset[str]


def _whole_records(read: bytes, is_last: bool, delimiter: int) -> _Whole | None:
    """The complete records of a block that begins with one; None where its quotes or line ends are such
    that only the csv module can say what they mean."""
    letters: Bytes = np.frombuffer(read, np.uint8)
    quotes = np.flatnonzero(letters == _QUOTE)
    end = len(read) if is_last else _end_of_records(read, quotes)
    quotes = quotes[: np.searchsorted(quotes, end)]
    letters = letters[:end]
    if not end or not _are_regular(quotes, letters, delimiter):
        return None
    text = read[:end]
    if _RETURN not in text:
        lines = int(np.count_nonzero(letters == _LINE_FEED)) + (not text.endswith(b"\n"))
        return _Whole(text, lines, frozenset("\n"))
    feeds, returns = _outside(_LINE_FEED, letters, quotes), _outside(_RETURN, letters, quotes)
    after = returns + 1
    if len(after) and (after[-1] >= end or (letters[after] != _LINE_FEED).any()):
        return None
    found = {"\r\n"} if len(returns) else set()
    if len(feeds) > len(returns):
        found.add("\n")
    lines = text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n") + (not text.endswith(b"\n"))
    return _Whole(text, lines, frozenset(found))


def _end_of_records(read: bytes, quotes: NDArray[np.int64]) -> int:
    """Behind the last line feed that stands outside quotes; 0 where there is none."""
    at = read.rfind(b"\n")
    while at >= 0 and np.searchsorted(quotes, at) % 2:
        at = read.rfind(b"\n", 0, at)
    return at + 1


def _are_regular(quotes: NDArray[np.int64], letters: Bytes, delimiter: int) -> bool:
    """Whether every quote opens a cell, closes one, or is one half of a doubled one inside a cell."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = letters[opening - 1]  # of the first byte: the last one, which is left out below
    opens = (before == delimiter) | (before == _LINE_FEED) | (before == _QUOTE) | (opening == 0)
    after = letters[np.minimum(closing + 1, len(letters) - 1)]
    closes = (after == delimiter) | (after == _LINE_FEED) | (after == _RETURN) | (after == _QUOTE)
    return bool(opens.all() and (closes | (closing == len(letters) - 1)).all())


def _outside(letter: int, letters: Bytes, quotes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of ``letter`` outside quotes."""
    places = np.flatnonzero(letters == letter)
    outside: NDArray[np.int64] = places[np.searchsorted(quotes, places) % 2 == 0]
    return outside
