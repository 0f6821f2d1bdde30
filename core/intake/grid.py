"""Numbered rows of text cells -> chunks under a header: what text files and sheets have in common."""

from collections.abc import Callable, Iterator
from itertools import chain, islice

from core.errors import UnreadableFile
from core.intake.cell_terms import Reading
from core.intake.header import HeaderRow, find_header
from core.intake.report import shown
from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Refusal

FIRST_ROWS = 100

Record = tuple[int, list[str]]
"""A row as a spreadsheet numbers it (the first is 1), and its cells."""


class Grid:
    """The rows of a file; ``named`` are the folded headers of the user's mapping, ``characters``
    tells how much text has been read so far. ``beyond``: so many cells each row has beyond the header, all
    of them blank."""

    def __init__(
        self,
        records: Iterator[Record],
        named: frozenset[str],
        reading: Reading,
        characters: Callable[[], int],
    ) -> None:
        self._records = records
        self._named = named
        self._reading = reading
        self._characters = characters
        self._first: list[Record] = []
        self.beyond = 0

    def find_header(self) -> HeaderRow | None:
        """The header; ``None`` when it raises a question. Called once, before ``chunks``."""
        self._first = list(islice(self._records, FIRST_ROWS))
        top = [cells for _, cells in self._first]
        header = find_header(top, self._reading.answers.header_row, self._named, self._reading.doubts)
        if header is None:
            return None
        for sentence in header.notices:
            self._reading.notices.add("blank_header", sentence)
        below = [cells for number, cells in self._first if number > header.row]
        self.beyond = _blank_beyond(below, len(header.names))
        if self.beyond:
            cells = "a blank cell" if self.beyond == 1 else f"{self.beyond} blank cells"
            sentence = f"Each row ends in {cells} more than the header has names; they were left out."
            self._reading.notices.add("dialect", sentence)
        else:
            _refuse_shifted(below, len(header.names))
        return header

    def first_below(self, header: HeaderRow) -> list[Record]:
        """Those rows below ``header`` that were read to find it."""
        return [record for record in self._first if record[0] > header.row]

    def chunks(self, header: HeaderRow, rows: Iterator[Record] | None = None) -> Iterator[Chunk]:
        """The rows below ``header``; ``rows`` are given where they were read another way."""
        width = len(header.names)
        chunk, kept, begun = Chunk(), list[list[str]](), self._characters() if rows else 0
        for number, cells in chain(self._first, self._records) if rows is None else rows:
            if number <= header.row:
                continue
            if not any(cells):
                chunk.skipped += 1
            elif len(cells) == width + self.beyond and not any(map(str.strip, cells[width:])):
                chunk.rows.append(number)
                kept.append(cells[:width])
            else:
                chunk.refused.append(_wrong_width(number, cells, header.names, self.beyond))
            full = len(kept) + len(chunk.refused) >= CHUNK_ROWS
            if full or self._characters() - begun > CHUNK_CHARACTERS:
                yield _filled(chunk, header.names, kept)
                chunk, kept, begun = Chunk(), [], self._characters()
        if kept or chunk.refused or chunk.skipped:
            yield _filled(chunk, header.names, kept)


def too_wide(number: int, width: int, most: int) -> UnreadableFile:
    """Row ``number`` has more cells than the ``most`` that are read."""
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


def _filled(chunk: Chunk, names: tuple[str, ...], kept: list[list[str]]) -> Chunk:
    columns = [list(column) for column in zip(*kept, strict=True)] if kept else [[] for _ in names]
    chunk.cells = dict(zip(names, columns, strict=True))
    return chunk


def _blank_beyond(rows: list[list[str]], width: int) -> int:
    """How many more cells than ``width`` each row has, where all of these are blank: commas that a program
    left at the ends. Of rows with other widths nothing can be told: a cell may have slipped out of place."""
    filled = [cells for cells in rows if any(cells)]
    widths = set(map(len, filled))
    if len(widths) != 1 or any(cell.strip() for cells in filled for cell in cells[width:]):
        return 0
    return max(widths.pop() - width, 0)


def _refuse_shifted(rows: list[list[str]], width: int) -> None:
    """Refuse a file whose rows all have more cells than the header: values would sit in wrong columns."""
    filled = [cells for cells in rows if any(cells)]
    if filled and all(len(cells) > width for cells in filled):
        raise UnreadableFile(
            f"Every row has more cells ({len(filled[0])}) than the header has names ({width}).",
            mend="Name every column in the first row, or export again.",
            code="field_count_mismatch",
        )


def _wrong_width(number: int, cells: list[str], names: tuple[str, ...], beyond: int) -> Refusal:
    few = len(cells) < len(names) + beyond
    expected = f"the header names {len(names)} columns"
    if beyond and few:
        expected = f"the other rows have {len(names) + beyond}"
    padded = dict(zip(names, cells, strict=False))
    padded |= {f"cell {place}": cells[place - 1] for place in range(len(names) + 1, len(cells) + 1)}
    return Refusal(
        row=number,
        column=None,
        value=shown(", ".join(cells)),
        reason=f"The row has {len(cells)} cells, but {expected}.",
        fix="Fill the missing cells." if few else "Put text that holds the separator in double quotes.",
        code="too_few_fields" if few else "too_many_fields",
        cells=padded,
    )
