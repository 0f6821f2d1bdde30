"""A small workbook (.xlsx) with known columns, as rows of text by column; what they mean is for others."""

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnreadableFile
from core.evidence.column import fold
from core.intake.answers import Answers
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.job import Limits
from core.intake.report import shown
from core.intake.workbook import WorkbookTable

LIMITS = Limits(file_bytes=2**20, workbook_bytes=4 * 2**20, sheet_cells=100_000, rows=2_000, columns=60)
"""Small enough to be read by the server itself."""


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be read as text, by its number in the sheet."""

    row: int
    column: str
    value: str
    reason: str
    mend: str


@dataclass(frozen=True)
class PlainSheet:
    """``rows`` are (number in the sheet, text by column); a blank cell is empty text."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    refused: tuple[RefusedRow, ...]


def read_plain_sheet(path: Path, columns: Sequence[str], needed: Collection[str]) -> PlainSheet:
    """The sheet's ``columns``, no others; :class:`UnreadableFile` where it is no such sheet."""
    doubts = Doubts()
    reading = Reading(Answers(), LIMITS, doubts, Notices())
    rows: list[tuple[int, dict[str, str]]] = []
    refused: list[RefusedRow] = []
    with closing(WorkbookTable(path, frozenset(map(fold, columns)), reading)) as table:
        for chunk in table.chunks():
            cells = {fold(header): values for header, values in chunk.cells.items()}
            missing = next((name for name in needed if fold(name) not in cells), None)
            if missing is not None:
                raise UnreadableFile(
                    f"The sheet has no column “{missing}”.",
                    mend="Fill in the workbook that the page offers, and leave its first row as it is.",
                    code="missing_column",
                )
            refused += [
                RefusedRow(one.row, one.column or "", shown(one.value), one.reason, one.fix)
                for one in chunk.refused
            ]
            for place, number in enumerate(chunk.rows):
                read = {name: cells[fold(name)][place] for name in columns if fold(name) in cells}
                rows.append((number, {name: value or "" for name, value in read.items()}))
    if doubts.open:
        raise UnreadableFile(
            f"The sheet can be read in two ways. {doubts.questions()[0].sentence}",
            mend="Copy the rows into the workbook that the page offers.",
            code="two_readings",
        )
    return PlainSheet(tuple(rows), tuple(refused))
