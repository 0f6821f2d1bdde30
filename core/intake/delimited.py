"""CSV and its relatives: strict cells, exact row numbers, every odd row told apart."""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from core.errors import UnreadableFile
from core.intake.cells import Reading
from core.intake.grid import Grid, Record, too_wide
from core.intake.tables import Chunk, TextSource

_DELIMITERS = ",;\t|"
_SNIFFED_LINES = 10


class DelimitedTable:
    """The rows of a delimited file; ``named`` are the folded headers of the user's mapping."""

    def __init__(self, path: Path, encoding: str, named: frozenset[str], reading: Reading) -> None:
        self._source = TextSource(path, encoding, reading.limits)
        self._limits = reading.limits
        self._named = named
        self._reading = reading
        self._line = ""
        self._line_ends: set[str] = set()

    @property
    def share(self) -> float:
        return self._source.share

    def close(self) -> None:
        self._source.close()

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of rows. Nothing is yielded when the header raises a question."""
        grid = Grid(self._records(), self._named, self._reading, lambda: self._source.characters)
        header = grid.find_header()
        if header is None:
            return
        yield from grid.chunks(header)
        if len(self._line_ends) > 1:
            self._reading.notices.add(
                "line_ends", "The file mixes line ends of several systems; all rows were read."
            )

    def _records(self) -> Iterator[Record]:
        """Row number and cells of every record; the row that a spreadsheet shows first is row 1."""
        lines = self._source.lines()
        first = list(islice(lines, _SNIFFED_LINES))
        # Excel's own first line "sep=;" names the delimiter and is not shown as a row.
        stated = first[0].strip() if first else ""
        if stated.lower().startswith("sep=") and len(stated) == 5:
            self._reading.delimiter = stated[4]
            self._reading.notices.add("dialect", f"The first line “{stated}” was used as the separator.")
            first = first[1:]
        else:
            self._reading.delimiter = _sniff_delimiter(first)
        before = csv.field_size_limit(self._limits.line_characters)
        try:
            yield from self._parsed(chain(first, lines))
        finally:
            csv.field_size_limit(before)

    def _parsed(self, lines: Iterator[str]) -> Iterator[Record]:
        reader = csv.reader(self._remembered(lines), delimiter=self._reading.delimiter, strict=True)
        begun, number = 1, 0
        try:
            for number, cells in enumerate(reader, start=1):
                begun = reader.line_num + 1
                end = self._line[-2:]
                self._line_ends.add(end if end == "\r\n" else end[-1:])
                if len(cells) > self._limits.columns:
                    raise too_wide(number, len(cells), self._limits.columns)
                yield number, cells
        except csv.Error as error:
            raise _quoting_fault(str(error), begun) from None

    def _remembered(self, lines: Iterator[str]) -> Iterator[str]:
        for self._line in lines:
            yield self._line


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
