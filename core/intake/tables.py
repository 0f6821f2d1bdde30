"""A file as chunks of text cells with row numbers, whatever its format."""

import io
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import IO, Protocol

from core.errors import UnreadableFile
from core.intake.cells import Fault
from core.intake.job import Limits

Cells = dict[str, list[str | None]]
"""Header -> the cells of one chunk, all lists of one length."""

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


@dataclass
class Chunk:
    """Consecutive rows: ``rows`` are the numbers of those in ``cells``; ``refused`` could not be cut
    into cells at all; ``skipped`` counts blank ones.

    ``faults`` are cells that the file itself marks as no value, by header and place in ``rows``; they
    count only where the column is used.
    """

    rows: list[int] = field(default_factory=list)
    cells: Cells = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    skipped: int = 0
    faults: dict[str, dict[int, Fault]] = field(default_factory=dict)
    in_file: InFile | None = None

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


class TextSource:
    """The text of a file, line by line or in blocks, with its encoding faults told by line."""

    def __init__(self, path: Path, encoding: str, limits: Limits) -> None:
        self._path = path
        self._encoding = encoding
        self._limits = limits
        self._size = max(path.stat().st_size, 1)
        self._bytes = path.open("rb")
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
        number = 0
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
