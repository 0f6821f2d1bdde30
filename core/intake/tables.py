"""A file as chunks of text cells with row numbers, whatever its format."""

import io
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa

from core.errors import UnreadableFile
from core.intake import arrays
from core.intake.cell_terms import Fault
from core.intake.cells import blank_to_missing
from core.intake.job import Limits

Cells = dict[str, list[str | None]]
"""Header -> the cells of one chunk, all lists of one length."""

Arrays = dict[str, pa.Array]
"""The same as Arrow arrays of texts."""

CHUNK_ROWS = 10_000
CHUNK_CHARACTERS = 16 * 2**20


@dataclass(frozen=True)
class Refusal:
    """A row that was rejected; ``cells`` are its cells as they stand in the file."""

    row: int
    column: str | None
    value: str
    reason: str
    fix: str
    code: str
    cells: dict[str, str]


@dataclass(frozen=True)
class InFile:
    """The ``cells`` of a chunk as they stand in the file, where its own were made from them, and
    ``headers``: the header of the file behind each of its own columns."""

    cells: Cells
    headers: dict[str, str]


class Chunk:
    """Consecutive rows: ``rows`` are the numbers of those in ``cells``; ``refused`` could not be cut
    into cells at all; ``skipped`` counts blank ones.

    ``faults`` are cells that the file itself marks as no value, by header and place in ``rows``; they
    count only where the column is used. A table may hand over ``texts`` in place of cells;
    either is made from the other where it is asked for, so neither is changed in place.
    """

    def __init__(
        self, rows: list[int] | None = None, cells: Cells | None = None, *, texts: Arrays | None = None
    ) -> None:
        self.rows = [] if rows is None else rows
        self.refused: list[Refusal] = []
        self.skipped = 0
        self.faults: dict[str, dict[int, Fault]] = {}
        self.in_file: InFile | None = None
        self._arrays: Arrays = {} if texts is None else texts
        self._cells = {} if cells is None and texts is None else cells

    @property
    def headers(self) -> list[str]:
        return list(self._arrays if self._cells is None else self._cells)

    @property
    def cells(self) -> Cells:
        if self._cells is None:
            self._cells = {header: array.to_pylist() for header, array in self._arrays.items()}
        return self._cells

    @cells.setter
    def cells(self, cells: Cells) -> None:
        self._cells, self._arrays = cells, {}

    def array(self, header: str) -> pa.Array | None:
        """The cells of a column as an array of texts; None where they hold half a character."""
        if header not in self._arrays:
            try:
                self._arrays[header] = pa.array(self.cells[header], pa.string())
            except (UnicodeEncodeError, pa.ArrowException):
                return None
        return self._arrays[header]

    def take_blank_as_missing(self) -> None:
        """From here on blank cells (empty, or only space) are missing ones."""
        if self._cells is None:
            self._arrays = {header: arrays.blank_to_missing(one) for header, one in self._arrays.items()}
        else:
            self.cells = {header: blank_to_missing(cells) for header, cells in self._cells.items()}

    def count_filled(self, header: str) -> int:
        """How many cells of a column are not missing."""
        if self._cells is None:
            return len(self._arrays[header]) - int(self._arrays[header].null_count)
        return len(self._cells[header]) - self._cells[header].count(None)

    def first_cells(self, header: str, count: int) -> list[str | None]:
        """The first cells of a column, at most ``count``."""
        if self._cells is None:
            first: list[str | None] = self._arrays[header][:count].to_pylist()
            return first
        return self._cells[header][:count]

    def without(self, numbers: Set[int]) -> "Chunk":
        """The rows whose numbers are not in ``numbers``; for chunks whose rows could all be cut."""
        if numbers.isdisjoint(self.rows):
            return self
        kept = [number not in numbers for number in self.rows]
        cells = {header: list(compress(column, kept)) for header, column in self.cells.items()}
        return Chunk(list(compress(self.rows, kept)), cells)


class Table(Protocol):
    """A file being read; ``share`` is how much of it has been read."""

    def chunks(self) -> Iterator[Chunk]: ...

    @property
    def share(self) -> float: ...

    def close(self) -> None: ...


class TableOver:
    """A table made from another one; ``chunks`` says how."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def share(self) -> float:
        return self._table.share

    def close(self) -> None:
        self._table.close()


class TextSource:
    """The text of a file, line by line or in blocks, with its encoding faults told by line."""

    def __init__(
        self, path: Path, encoding: str, limits: Limits, *, begin: int = 0, lines_before: int = 0
    ) -> None:
        """``begin`` is the byte to begin at, behind so many lines."""
        self._path = path
        self._encoding = encoding
        self._limits = limits
        self._size = max(path.stat().st_size, 1)
        self._lines_before = lines_before
        self._bytes = path.open("rb")
        self._bytes.seek(begin)
        # Line ends are kept as they are: inside a quoted cell they belong to the value.
        self._text = io.TextIOWrapper(self._bytes, encoding=encoding, newline="")
        self.characters = 0

    def close(self) -> None:
        self._text.close()

    @property
    def share(self) -> float:
        return min(self._bytes.tell() / self._size, 1.0)

    def lines(self) -> Iterator[str]:
        """Every line with its end. Raises UnreadableFile on bad text or an endless line."""
        limit = self._limits.line_characters
        number = self._lines_before
        while True:
            try:
                line = self._text.readline(limit)
            except UnicodeDecodeError:
                raise self.encoding_fault() from None
            if not line:
                return
            number += 1
            if len(line) == limit:
                raise UnreadableFile(
                    f"Line {number:,} is longer than {limit:,} characters.",
                    mend="Check that the export has line ends.",
                    code="line_too_wide",
                )
            self.characters += len(line)
            yield line

    def block(self, characters: int) -> str:
        """The next part of the text; empty at the end."""
        try:
            return self._text.read(characters)
        except UnicodeDecodeError:
            raise self.encoding_fault() from None

    def encoding_fault(self) -> UnreadableFile:
        """The fault with the line in which the text stops being what it says it is."""
        name = "UTF-16" if self._encoding == "utf-16" else "UTF-8"
        where = "It"
        if name == "UTF-8":
            with self._path.open("rb") as file:
                where = f"Line {_first_bad_line(file):,}"
        return UnreadableFile(
            f"{where} is not {name} text; the file was saved in another encoding.",
            mend="In Excel: File > Save As > CSV UTF-8, then upload that file.",
            code="encoding",
        )


def _first_bad_line(file: IO[bytes]) -> int:
    number = 0
    for number, line in enumerate(file, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return number
    return number
