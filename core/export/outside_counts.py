"""Weekly counts from outside as an Excel workbook with drop-downs: to fill in, or to go on with."""

import io
from collections.abc import Sequence
from datetime import date
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from core.evidence.outside_measures import COLUMNS, WeekCount

SHEET, LISTS = "Weekly counts", "Lists"
FEWEST_ROWS = 200

_WIDTHS = (14, 44, 12, 12, 50)
_ASKS = (
    "A day of the week that is counted, such as 2026-03-02.",
    "Choose one, or type your own. One row for each week and measure.",
    "How many in that week: a whole number.",
    "Of how many in all, where you know it. May stay blank.",
    "Where the number is from. May stay blank.",
)


def outside_workbook(rows: Sequence[WeekCount], measures: Sequence[str], weeks: Sequence[date] = ()) -> bytes:
    """The workbook with ``rows``; its drop-downs offer ``weeks`` (Mondays) and ``measures``.

    Uploaded again unchanged it changes nothing.
    """
    book = Workbook()
    sheet, lists = book.worksheets[0], book.create_sheet(LISTS)
    sheet.title, lists.sheet_state = SHEET, "hidden"
    days = [day.isoformat() for day in weeks]
    for place, words in enumerate((days, measures), start=1):
        for number, word in enumerate(words, start=1):
            _text(cast(Cell, lists.cell(number, place)), word)
    for place, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True), start=1):
        cell = cast(Cell, sheet.cell(1, place))
        _text(cell, name)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DCEBEA")
        sheet.column_dimensions[get_column_letter(place)].width = width
    # A day typed into this column stays the text that was typed.
    sheet.column_dimensions["A"].number_format = "@"
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, start=2):
        for place, value in enumerate(
            (row.week.isoformat(), row.measure, row.count, row.out_of, row.note), start=1
        ):
            cell = cast(Cell, sheet.cell(number, place))
            if isinstance(value, int):
                cell.value = value
            elif value is not None:
                _text(cell, value)
    last = max(FEWEST_ROWS, 2 * len(rows)) + 1
    choices = {1: ("A", len(days)), 2: ("B", len(measures))}
    for place, sentence in enumerate(_ASKS, start=1):
        sheet.add_data_validation(_rule(place, sentence, choices.get(place), last))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _rule(place: int, sentence: str, choices: tuple[str, int] | None, last: int) -> DataValidation:
    """A drop-down that lets other words through, or a hint alone."""
    letter = get_column_letter(place)
    offered = f"{LISTS}!${choices[0]}$1:${choices[0]}${choices[1]}" if choices and choices[1] else None
    rule = DataValidation(type="list" if offered else None, formula1=offered, allow_blank=True)
    rule.errorStyle, rule.showErrorMessage = "warning", False
    rule.showInputMessage, rule.promptTitle, rule.prompt = True, COLUMNS[place - 1], sentence
    rule.add(f"{letter}2:{letter}{last}")
    return rule


def _text(cell: Cell, text: str) -> None:
    """``text`` as text: never a formula, a number or a date."""
    kept = ILLEGAL_CHARACTERS_RE.sub("", text).encode("utf-8", "replace").decode("utf-8")
    cell.value = kept
    cell.data_type, cell.number_format = "s", "@"
    cell.quotePrefix = kept[:1] in tuple("=+-@")
    cell.alignment = Alignment(wrap_text=True, vertical="top")
