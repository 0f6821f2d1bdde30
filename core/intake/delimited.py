"""CSV and its relatives: strict cells, exact row numbers, every odd row told apart."""

import codecs
import csv
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

from core.errors import UnreadableFile
from core.intake.cell_terms import Reading
from core.intake.gathered import Gathered, Place
from core.intake.grid import FIRST_ROWS, Grid, Record, too_wide
from core.intake.header import HeaderRow
from core.intake.quick_csv import BLOCK_BYTES, QuickReader
from core.intake.tables import Chunk, TextSource

_DELIMITERS = ",;\t|"
_SNIFFED_LINES = 10

_FAILED_BLOCKS = 8
"""After so many blocks that only the csv module can read, the rest of the file is left to it."""


class DelimitedTable:
    """The rows of a delimited file; ``named`` are the folded headers of the user's mapping.

    The beginning, and every block with anything unusual in it, is read by the csv module, which also
    says what is wrong; all other blocks by :mod:`core.intake.quick_csv`.
    """

    def __init__(self, path: Path, encoding: str, named: frozenset[str], reading: Reading) -> None:
        self._path = path
        self._encoding = encoding
        self._source = TextSource(path, encoding, reading.limits)
        self._size = max(path.stat().st_size, 1)
        self._limits = reading.limits
        self._named = named
        self._reading = reading
        self._line = ""
        self._line_ends: set[str] = set()
        self._at = Place(0, 0, 0)
        self._begins: dict[int, Place] = {}
        self._characters = 0
        self._quick: QuickReader | None = None

    @property
    def share(self) -> float:
        return self._source.share if self._quick is None else min(self._at.byte / self._size, 1.0)

    def close(self) -> None:
        self._source.close()
        if self._quick is not None:
            self._quick.close()

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of rows. Nothing is yielded when the header raises a question."""
        records = self._first_records()
        grid = Grid(records, self._named, self._reading, lambda: self._characters)
        header = grid.find_header()
        if header is None:
            return
        # Of a single column a blank line can be a cell as well.
        is_plain = self._encoding == "utf-8-sig" and len(header.names) > 1
        if self._reading.by_cell or not is_plain or grid.beyond:
            yield from grid.chunks(header)
        else:
            records.close()
            yield from self._in_blocks(grid, header)
        if len(self._line_ends) > 1:
            self._reading.notices.add(
                "line_ends", "The file mixes line ends of several systems; all rows were read."
            )

    def _in_blocks(self, grid: Grid, header: HeaderRow) -> Iterator[Chunk]:
        # No line that is too long fits into a block.
        block_bytes = min(BLOCK_BYTES, self._limits.line_characters - 1)
        quick = QuickReader(self._path, self._reading.delimiter, header.names, block_bytes)
        self._quick, self._at = quick, self._begins[header.row]
        gathered = Gathered(dict.fromkeys(header.names))
        failed = 0
        while not quick.is_at_end(self._at):
            for block in quick.blocks(self._at):
                self._at = block.end
                self._line_ends |= block.line_ends
                yield from gathered.add(block)
            yield from gathered.rest()
            if not quick.is_at_end(self._at):
                failed += 1
                until = self._at.byte + block_bytes if failed < _FAILED_BLOCKS else self._size
                yield from grid.chunks(header, self._records_until(until))

    def _first_records(self) -> Generator[Record]:
        """Row number and cells of every record; the row that a spreadsheet shows first is row 1."""
        lines = self._source.lines()
        first = list(islice(lines, _SNIFFED_LINES))
        with self._path.open("rb") as file:
            mark = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        self._at = Place(mark, 0, 0)
        # Excel's own first line "sep=;" names the delimiter and is not shown as a row.
        stated = first[0].strip() if first else ""
        if stated.lower().startswith("sep=") and len(stated) == 5:
            self._reading.delimiter = stated[4]
            self._reading.notices.add("dialect", f"The first line “{stated}” was used as the separator.")
            self._at = Place(mark + _size(first[0]), 0, 0)
            first = first[1:]
        else:
            self._reading.delimiter = _sniff_delimiter(first)
        self._begins[0] = self._at
        for number, cells in self._parsed(chain(first, lines)):
            if number <= FIRST_ROWS:
                self._begins[number] = self._at
            yield number, cells

    def _records_until(self, byte: int) -> Iterator[Record]:
        """The records from the present place on that begin before ``byte``."""
        begin = self._at
        source = TextSource(self._path, "utf-8", self._limits, begin=begin.byte, lines_before=begin.lines)
        with closing(source), closing(self._parsed(source.lines())) as records:
            for record in records:
                yield record
                if self._at.byte >= byte:
                    return

    def _parsed(self, lines: Iterator[str]) -> Generator[Record]:
        """The records of ``lines``, which begin at the present place; moves it on."""
        before = csv.field_size_limit(self._limits.line_characters)
        place = self._at
        self._bytes = 0
        reader = csv.reader(self._remembered(lines), delimiter=self._reading.delimiter, strict=True)
        try:
            for count, cells in enumerate(reader, start=1):
                number = place.records + count
                self._at = Place(place.byte + self._bytes, number, place.lines + reader.line_num)
                end = self._line[-2:]
                if end[-1:] in ("\n", "\r"):  # the last line may have no end
                    self._line_ends.add(end if end == "\r\n" else end[-1:])
                if len(cells) > self._limits.columns:
                    raise too_wide(number, len(cells), self._limits.columns)
                yield number, cells
        except csv.Error as error:
            raise _quoting_fault(str(error), self._at.lines + 1) from None
        finally:
            csv.field_size_limit(before)

    def _remembered(self, lines: Iterator[str]) -> Iterator[str]:
        for self._line in lines:
            self._bytes += _size(self._line)
            self._characters += len(self._line)
            yield self._line


def _size(line: str) -> int:
    """The bytes of ``line`` in UTF-8."""
    return len(line) if line.isascii() else len(line.encode())


def _sniff_delimiter(lines: list[str]) -> str:
    """The delimiter that cuts the header into most cells; the header is the first line that holds one.

    Where no later line holds it, that line was a title, and the delimiter is that of the later lines.
    """
    outside = ["".join(line.split('"')[::2]) for line in lines]
    first = next((place for place, line in enumerate(outside) if _most(line) in line), None)
    if first is None:
        return ","
    best = _most(outside[first])
    later = [line for line in outside[first + 1 :] if line.strip()]
    if any(best in line for line in later):
        return best
    others = [_most(line) for line in later if _most(line) in line]
    return max(set(others), key=others.count) if len(others) > 1 else best


def _most(line: str) -> str:
    """The delimiter that stands most often in ``line``."""
    return max(_DELIMITERS, key=lambda one: (line.count(one), -_DELIMITERS.index(one)))


def _quoting_fault(words: str, line: int) -> UnreadableFile:
    if "unexpected end" in words or "field larger" in words:
        return UnreadableFile(
            f"A double quote that opens in the row at line {line:,} is never closed.",
            mend="Close it, or double it if it is part of the text.",
            code="unclosed_quote",
        )
    return UnreadableFile(
        f"The row at line {line:,} holds a double quote in the middle of a cell.",
        mend="Double every quote that is part of the text, or export again.",
        code="bad_quotes",
    )
