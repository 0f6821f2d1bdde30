"""Weekly counts from a workbook (.xlsx): every row is read or named with what is wrong in it."""

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from core.errors import UnreadableFile
from core.evidence.column import fold
from core.evidence.outside_measures import COLUMNS, CountFault, WeekCount, checked
from core.intake.answers import Answers
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.job import Limits
from core.intake.report import shown
from core.intake.tables import Refusal
from core.intake.workbook import WorkbookTable

LIMITS = Limits(file_bytes=2**20, workbook_bytes=2**20, sheet_cells=200_000, rows=20_000, columns=50)
"""Small enough to be read by the server itself: a year of ten measures is 30 KB."""

_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", re.ASCII)
_NEEDED = COLUMNS[:3]
_WHOLE = re.compile(r"[+]?[0-9]{1,3}(?:[ ,.'’][0-9]{3})+|[+]?[0-9]{1,13}(?:[.,]0+)?")


@dataclass(frozen=True)
class BadRow:
    """A row that was left out, by its number in the sheet."""

    row: int
    column: str
    value: str
    reason: str
    fix: str


@dataclass(frozen=True)
class OutsideSheet:
    rows: tuple[tuple[int, WeekCount], ...]
    bad: tuple[BadRow, ...]


def read_outside_sheet(path: Path, today: date) -> OutsideSheet:
    """Raises UnreadableFile where it is no workbook, or lacks a column."""
    doubts = Doubts()
    reading = Reading(Answers(), LIMITS, doubts, Notices())
    good: list[tuple[int, WeekCount]] = []
    bad: list[BadRow] = []
    names = frozenset(fold(name) for name in COLUMNS)
    with closing(WorkbookTable(path, names, reading)) as table:
        for chunk in table.chunks():
            columns = {fold(header): cells for header, cells in chunk.cells.items()}
            _check_columns(columns)
            bad += [_refused(one) for one in chunk.refused]
            for place, number in enumerate(chunk.rows):
                cells = {name: (columns.get(fold(name)) or {place: None})[place] for name in COLUMNS}
                if not any(cells.values()):
                    continue
                read = _read(cells, today)
                if isinstance(read, WeekCount):
                    good.append((number, read))
                else:
                    value = cells[read.column] or ""
                    bad.append(BadRow(number, read.column, shown(value), read.reason, read.fix))
    if doubts.open:
        question = doubts.questions()[0]
        raise UnreadableFile(
            f"The sheet can be read in two ways. {question.sentence}",
            mend="Copy the rows into the sheet that the page offers.",
            code="two_readings",
        )
    return OutsideSheet(tuple(good), tuple(sorted(bad, key=lambda one: one.row)))


def _check_columns(columns: dict[str, list[str | None]]) -> None:
    missing = [name for name in _NEEDED if fold(name) not in columns]
    if missing:
        raise UnreadableFile(
            f"The sheet has no column “{missing[0]}”.",
            mend="Fill in the sheet that the page offers: its columns are " + ", ".join(COLUMNS) + ".",
            code="missing_column",
        )


def _refused(refusal: Refusal) -> BadRow:
    return BadRow(refusal.row, refusal.column or "", shown(refusal.value), refusal.reason, refusal.fix)


def _read(cells: dict[str, str | None], today: date) -> WeekCount | CountFault:
    day, count = _day(cells["Week"]), _whole(cells["Count"])
    out_of = _whole(cells["Out of"])
    if day is None:
        return CountFault("Week", "It is no date.", "Write the day as 2026-03-02 or 02.03.2026.")
    if count is None:
        return CountFault("Count", "It is no whole number.", "Give a whole number, such as 12.")
    if cells["Out of"] and out_of is None:
        return CountFault("Out of", "It is no whole number.", "Give a whole number, or leave it blank.")
    return checked(day, cells["Measure"] or "", count, out_of, cells["Note"], today)


def _day(cell: str | None) -> date | None:
    """A day as this app or Excel writes it, or as 2.11.2026: with points, the day comes first. One that could
    be two days is none."""
    try:
        if dotted := _DOTTED.fullmatch((cell or "").strip()):
            day, month, year = map(int, dotted.groups())
            return date(year, month, day)
        return datetime.fromisoformat((cell or "").strip()).date()
    except ValueError:
        return None


def _whole(cell: str | None) -> int | None:
    found = _WHOLE.fullmatch((cell or "").strip())
    if found is None:
        return None
    digits = re.sub(r"[.,]0+$", "", found[0]) if not re.search(r"[.,'’ ][0-9]{3}$", found[0]) else found[0]
    return int(re.sub(r"[^0-9]", "", digits))
