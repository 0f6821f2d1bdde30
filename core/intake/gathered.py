"""Blocks of rows that are read as a whole, and put together to chunks of the usual size."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Arrays, Chunk


@dataclass(frozen=True)
class Place:
    """Where a record begins: its first byte, and how many records and lines stand before it."""

    byte: int
    records: int
    lines: int


@dataclass(frozen=True)
class Block:
    """Rows as ``columns`` of texts with their numbers; ``blank`` ones are left out and only counted.

    ``end`` is where the next record begins, ``line_ends`` how the lines end on which the records stand.
    """

    rows: list[int]
    columns: Arrays
    blank: int
    characters: int
    end: Place
    line_ends: frozenset[str] = frozenset()


class BlockReader(ABC):
    """Reads a file block by block, from any place at which a record begins. While a block is in use the
    next ones are read beside it, by so many threads."""

    def __init__(self, path: Path, block_bytes: int, beside: int = 1) -> None:
        self._file = path.open("rb")
        self._size = path.stat().st_size
        self._block_bytes = block_bytes
        self._beside = ThreadPoolExecutor(beside, "block-reader")

    def close(self) -> None:
        self._beside.shutdown()
        self._file.close()

    def is_at_end(self, place: Place) -> bool:
        return place.byte >= self._size

    @abstractmethod
    def blocks(self, place: Place) -> Iterator[Block]:
        """The blocks from ``place`` on, up to the end or to the first one that has to be read otherwise."""


class Gathered:
    """Rows that wait until there are enough of them. ``headers`` are all headers so far, which whoever
    reads the file may still add to."""

    def __init__(self, headers: Mapping[str, None]) -> None:
        self._headers = headers
        self._rows: list[int] = []
        self._pieces: list[tuple[int, Arrays]] = []
        self._characters = self._blank = 0

    def add(self, block: Block) -> Iterator[Chunk]:
        """The chunks that are full by now."""
        self._rows += block.rows
        self._pieces.append((len(block.rows), block.columns))
        self._characters += block.characters
        self._blank += block.blank
        while len(self._rows) >= CHUNK_ROWS:
            yield self._chunk(CHUNK_ROWS)
        if self._characters > CHUNK_CHARACTERS:
            yield from self.rest()

    def rest(self) -> Iterator[Chunk]:
        """What has not come together to a whole chunk."""
        if self._rows or self._blank:
            yield self._chunk(len(self._rows))
        self._characters = 0

    def _chunk(self, count: int) -> Chunk:
        columns = {header: self._joined(header) for header in self._headers}
        chunk = Chunk(self._rows[:count], texts={name: one[:count] for name, one in columns.items()})
        chunk.skipped, self._blank = self._blank, 0
        self._characters = self._characters * (len(self._rows) - count) // max(len(self._rows), 1)
        self._rows = self._rows[count:]
        rest = {name: one[count:] for name, one in columns.items()}
        self._pieces = [(len(self._rows), rest)] if self._rows else []
        return chunk

    def _joined(self, header: str) -> pa.Array:
        parts = [
            columns[header] if header in columns else pa.nulls(count, pa.string())
            for count, columns in self._pieces
        ]
        return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
