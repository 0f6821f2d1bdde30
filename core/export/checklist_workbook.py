"""A checklist as an Excel workbook with drop-downs, to fill in without an account and upload again."""

import io
from collections.abc import Sequence
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from core.criteria.checklist import Checklist
from core.criteria.checklist_rows import COLUMNS, KINDS, METRICS, SOURCES, TIERS, YES_NO, row_of

SHEET, LISTS = "Checklist", "Lists"
FEWEST_ROWS = 100

_WIDE = {"Item": 52, "What failing means": 44, "Good evidence": 44, "Where from": 32, "Metric": 30, "Id": 24}
_USUAL_WIDTH = 18
_PROMPT_LIMIT = 255
_CHOICES: dict[str, Sequence[str]] = {
    "Kind": tuple(KINDS),
    "Metric": tuple(METRICS),
    "Measured from": tuple(SOURCES),
    "If it fails": tuple(TIERS),
    "Protected": tuple(YES_NO),
}


def checklist_workbook(checklist: Checklist) -> bytes:
    """The workbook; uploaded again unchanged it changes nothing. Every cell is text, never a formula."""
    book = Workbook()
    sheet, lists = book.worksheets[0], book.create_sheet(LISTS)
    sheet.title, lists.sheet_state = SHEET, "hidden"
    for place, words in enumerate(_CHOICES.values(), start=1):
        for number, word in enumerate(words, start=1):
            _text(cast(Cell, lists.cell(number, place)), word)
    for place, name in enumerate(COLUMNS, start=1):
        cell = cast(Cell, sheet.cell(1, place))
        _text(cell, name)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DCEBEA")
        column = sheet.column_dimensions[get_column_letter(place)]
        # What is typed here stays the text that was typed: "90 %" does not become 0.9.
        column.width, column.number_format = _WIDE.get(name, _USUAL_WIDTH), "@"
    sheet.freeze_panes = "B2"
    for number, item in enumerate(checklist.items, start=2):
        for place, value in enumerate(row_of(item).values(), start=1):
            # A blank cell gets its form as well, so that what is filled in there stays text.
            _text(cast(Cell, sheet.cell(number, place)), value)
    last = max(FEWEST_ROWS, 2 * len(checklist.items)) + 1
    for place, name in enumerate(COLUMNS, start=1):
        sheet.add_data_validation(_rule(place, name, last))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _rule(place: int, name: str, last: int) -> DataValidation:
    """A drop-down where the words are given, else a hint alone."""
    letter = get_column_letter(place)
    offered = None
    if name in _CHOICES:
        column = get_column_letter(list(_CHOICES).index(name) + 1)
        offered = f"{LISTS}!${column}$1:${column}${len(_CHOICES[name])}"
    rule = DataValidation(type="list" if offered else None, formula1=offered, allow_blank=True)
    rule.showErrorMessage = offered is not None
    rule.errorTitle, rule.error = "Choose from the list", "Only the words of the list can be read."
    rule.showInputMessage, rule.promptTitle, rule.prompt = True, name, COLUMNS[name][:_PROMPT_LIMIT]
    rule.add(f"{letter}2:{letter}{last}")
    return rule


def _text(cell: Cell, text: str) -> None:
    """``text`` as text: never a formula, a number or a date."""
    kept = ILLEGAL_CHARACTERS_RE.sub("", text).encode("utf-8", "replace").decode("utf-8")
    cell.number_format = "@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if kept:
        cell.value, cell.data_type = kept, "s"
        cell.quotePrefix = kept[:1] in tuple("=+-@\t\r\n")
