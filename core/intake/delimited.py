"""CSV and its relatives: strict cells, exact row numbers, every odd row told apart."""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from core.errors import UnreadableFile
from core.intake.cells import Reading
from core.intake.header import HeaderRow, find_header
from core.intake.report import shown
from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Refusal, TextSource

_DELIMITERS = ",;\t|"
_FIRST_ROWS = 100
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
        records = self._records()
        first = list(islice(records, _FIRST_ROWS))
        top = [cells for _, cells in first]
        header = find_header(top, self._reading.answers.header_row, self._named, self._reading.doubts)
        if header is None:
            return
        for sentence in header.notices:
            self._reading.notices.add("blank_header", sentence)
        _refuse_shifted([cells for number, cells in first if number > header.row], len(header.names))
        yield from self._cut(header, first, records)
        if len(self._line_ends) > 1:
            self._reading.notices.add(
                "line_ends", "The file mixes line ends of several systems; all rows were read."
            )

    def _records(self) -> Iterator[tuple[int, list[str]]]:
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

    def _parsed(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(self._remembered(lines), delimiter=self._reading.delimiter, strict=True)
        begun, number = 1, 0
        try:
            for number, cells in enumerate(reader, start=1):
                begun = reader.line_num + 1
                end = self._line[-2:]
                self._line_ends.add(end if end == "\r\n" else end[-1:])
                if len(cells) > self._limits.columns:
                    raise _too_wide(number, len(cells), self._limits.columns)
                yield number, cells
        except csv.Error as error:
            raise _quoting_fault(str(error), begun) from None

    def _remembered(self, lines: Iterator[str]) -> Iterator[str]:
        for self._line in lines:
            yield self._line

    def _cut(
        self, header: HeaderRow, first: list[tuple[int, list[str]]], rest: Iterator[tuple[int, list[str]]]
    ) -> Iterator[Chunk]:
        width = len(header.names)
        chunk, kept, begun = Chunk(), list[list[str]](), 0
        for number, cells in chain(first, rest):
            if number <= header.row:
                continue
            if not any(cells):
                chunk.skipped += 1
            elif len(cells) == width:
                chunk.rows.append(number)
                kept.append(cells)
            else:
                chunk.refused.append(_wrong_width(number, cells, header.names))
            full = len(kept) + len(chunk.refused) >= CHUNK_ROWS
            if full or self._source.characters - begun > CHUNK_CHARACTERS:
                yield _filled(chunk, header.names, kept)
                chunk, kept, begun = Chunk(), [], self._source.characters
        if kept or chunk.refused or chunk.skipped:
            yield _filled(chunk, header.names, kept)


def _filled(chunk: Chunk, names: tuple[str, ...], kept: list[list[str]]) -> Chunk:
    columns = [list(column) for column in zip(*kept, strict=True)] if kept else [[] for _ in names]
    chunk.cells = dict(zip(names, columns, strict=True))
    return chunk


def _sniff_delimiter(lines: list[str]) -> str:
    """The delimiter that cuts the header into most cells; the header is the first line that holds one."""
    for line in lines:
        outside = "".join(line.split('"')[::2])
        best = max(_DELIMITERS, key=lambda one: (outside.count(one), -_DELIMITERS.index(one)))
        if best in outside:
            return best
    return ","


def _refuse_shifted(rows: list[list[str]], width: int) -> None:
    """Refuse a file whose rows all have more cells than the header: values would sit in wrong columns."""
    filled = [cells for cells in rows if any(cells)]
    if filled and all(len(cells) > width for cells in filled):
        raise UnreadableFile(
            f"Every row has more cells ({len(filled[0])}) than the header has names ({width}).",
            mend="Name every column in the first row, or export again.",
            code="field_count_mismatch",
        )


def _wrong_width(number: int, cells: list[str], names: tuple[str, ...]) -> Refusal:
    few = len(cells) < len(names)
    padded = dict(zip(names, cells, strict=False))
    padded |= {f"cell {place}": cells[place - 1] for place in range(len(names) + 1, len(cells) + 1)}
    return Refusal(
        row=number,
        column=None,
        value=shown(", ".join(cells)),
        reason=f"The row has {len(cells)} cells, but the header names {len(names)} columns.",
        fix="Fill the missing cells." if few else "Put text that holds the separator in double quotes.",
        code="too_few_fields" if few else "too_many_fields",
        cells=padded,
    )


def _too_wide(number: int, width: int, most: int) -> UnreadableFile:
    if number == 1:
        return UnreadableFile(
            f"The file has {width:,} columns; at most {most:,} can be read.",
            mend="Export only the columns you need.",
            code="too_many_columns",
        )
    return UnreadableFile(
        f"Row {number:,} has {width:,} cells; at most {most:,} can be read.",
        mend="Correct that row, or export again.",
        code="line_too_wide",
    )


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
