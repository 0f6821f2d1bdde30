"""Tables as files that a spreadsheet opens without running anything in them."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫−")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_EXCEL_CELL_LIMIT = 32_767
_WIDEST = 60


@dataclass(frozen=True)
class Table:
    """Column names, and rows with one value for each of them."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def csv_bytes(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> bytes:
    """A CSV file in UTF-8 with the mark that Excel needs to recognise it.

    A text that a spreadsheet could take for a formula gets a leading apostrophe.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([_inert(name) for name in columns])
    writer.writerows([_csv_cell(value) for value in row] for row in rows)
    # A lone surrogate (half of an emoji in a broken export) cannot be written as UTF-8.
    return buffer.getvalue().encode("utf-8-sig", errors="replace")


def xlsx_bytes(
    rows: Sequence[Sequence[object]], columns: Sequence[str], sheet_name: str = "Readygate"
) -> bytes:
    """An Excel file: numbers and dates as such, every text as text and never as a formula."""
    return workbook_bytes({sheet_name: Table(columns, rows)})


def workbook_bytes(sheets: Mapping[str, Table]) -> bytes:
    """An Excel file of several sheets by their names, in their order."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, table in sheets.items():
        sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31] or "Readygate")
        _fill_sheet(sheet, table)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _fill_sheet(sheet: Worksheet, table: Table) -> None:
    for row_number, row in enumerate([table.columns, *table.rows], start=1):
        for column_number, value in enumerate(row, start=1):
            # Column and row come from enumerate, so no merged cell can be met here.
            _fill(cast(Cell, sheet.cell(row_number, column_number)), value)
    for column_number, name in enumerate(table.columns, start=1):
        sheet.cell(1, column_number).font = Font(bold=True)
        longest = max([len(name), *(len(str(row[column_number - 1])) for row in table.rows[:200])])
        width = min(_WIDEST, max(10, longest + 2))
        sheet.column_dimensions[get_column_letter(column_number)].width = width
    sheet.freeze_panes = "A2"


def _csv_cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if not math.isfinite(value):
            return ""
        case int() | float():
            return value
        case datetime() | date():
            return value.isoformat()
        case _:
            return _inert(str(value))


def _inert(text: str) -> str:
    """``text`` with an apostrophe before it when a spreadsheet could read it as a formula.

    Spaces and hidden characters in front do not hide a formula from every spreadsheet, so the
    first character that shows counts as well as the very first.
    """
    if _PLAIN_NUMBER.fullmatch(text):
        return text
    shown = next((c for c in text if c.isprintable() and not c.isspace()), "")
    return f"'{text}" if text[:1] in _FORMULA_STARTS or shown in _FORMULA_STARTS else text


def _fill(cell: Cell, value: object) -> None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, datetime):
        # A spreadsheet knows no time zones; all our moments are UTC.
        cell.value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    elif isinstance(value, bool):
        cell.value = "yes" if value else "no"
    elif isinstance(value, int | float | date):
        cell.value = value
    else:
        text = ILLEGAL_CHARACTERS_RE.sub("", str(value)).encode("utf-8", "replace").decode("utf-8")
        cell.value = text[:_EXCEL_CELL_LIMIT]
        # openpyxl makes a formula of any text that begins with "=".
        cell.data_type = "s"
        cell.quotePrefix = text[:1] in _FORMULA_STARTS
