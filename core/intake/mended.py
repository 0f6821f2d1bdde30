"""Rejected rows that were downloaded, mended and handed in again: read as the rows of their own file."""

from collections.abc import Iterator

from core.intake.cell_terms import Reading
from core.intake.rejects import MARK, unguarded
from core.intake.tables import Chunk, Table, TableOver


class MendedTable(TableOver):
    """A table; where it is our own file of rejected rows, without what stands there about the rejection
    and without the apostrophes that keep a spreadsheet from calculating."""

    def __init__(self, table: Table, reading: Reading) -> None:
        super().__init__(table)
        self._reading = reading

    def chunks(self) -> Iterator[Chunk]:
        for chunk in self._table.chunks():
            if any(header.startswith(MARK) for header in chunk.headers):
                sentence = "Rejected rows that were mended, read without the reasons beside them: {count}."
                self._reading.notices.add("mended_rows", sentence, len(chunk.rows))
                chunk.cells = {
                    unguarded(header): [cell if cell is None else unguarded(cell) for cell in cells]
                    for header, cells in chunk.cells.items()
                    if not header.startswith(MARK)
                }
            yield chunk
