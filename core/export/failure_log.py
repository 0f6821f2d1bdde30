"""The failure log as an Excel workbook with drop-downs: empty to fill in, or filled with what is known.

Uploading it again asks nothing and changes nothing: ids, times and texts are written as text, so that
no spreadsheet program turns them into numbers, dates or formulas.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from core.evidence.failure_words import STARTER_CAUSES, STARTER_TYPES, distinct_words

SHEET = "Failure log"
LISTS = "Lists"
COLUMNS = ("Run ID", "Failure Type", "Root Cause", "Fix", "Owner", "Found at", "Note")
FEWEST_ROWS = 500
"""So many rows have drop-downs, and a filled log as many more."""

_WIDTHS = (34, 24, 28, 44, 18, 24, 44)
_ASKS = (
    "The id of the trace that failed, as it stands in your traces.",
    "Choose one, or type a new one. Needed.",
    "Why it happened: choose one, or type a new one. May stay blank.",
    "What was done about it. May stay blank.",
    "Who takes care of it. May stay blank.",
    "When it was found, such as 2026-03-01T10:00Z. May stay blank.",
    "Anything else. May stay blank.",
)
_CELL_LIMIT = 32_767
_PROMPT_TITLE_LIMIT, _PROMPT_LIMIT = 32, 255
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA_STARTS = frozenset("=+-@\t\r\n")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_HEADER = PatternFill("solid", fgColor="DCEBEA")


@dataclass(frozen=True)
class FailureRow:
    """One row of the log; ``found_at`` is UTC."""

    run_id: str
    failure_type: str
    root_cause: str | None = None
    fix: str | None = None
    owner: str | None = None
    found_at: datetime | None = None
    note: str | None = None


def failure_log_template(
    known_types: Sequence[str] = (),
    known_causes: Sequence[str] = (),
    *,
    starters: tuple[Sequence[str], Sequence[str]] = (STARTER_TYPES, STARTER_CAUSES),
) -> bytes:
    """The empty workbook; its drop-downs offer the starter words and then the feature's own."""
    return failure_log_workbook((), known_types, known_causes, starters=starters)


def failure_log_workbook(
    rows: Sequence[FailureRow],
    known_types: Sequence[str] = (),
    known_causes: Sequence[str] = (),
    *,
    starters: tuple[Sequence[str], Sequence[str]] = (STARTER_TYPES, STARTER_CAUSES),
) -> bytes:
    """The workbook with ``rows`` in their order; texts beyond what a cell of Excel can hold are cut.

    ``starters`` are the (types, causes) that the drop-downs begin with, where some were renamed.
    """
    book = Workbook()
    log, lists = book.worksheets[0], book.create_sheet(LISTS)
    log.title = SHEET
    # Hidden sheets are never read, so the upload does not have to ask which sheet is meant.
    lists.sheet_state = "hidden"
    types = distinct_words(starters[0], known_types)
    causes = distinct_words(starters[1], known_causes)
    for place, (title, words) in enumerate((("Failure types", types), ("Root causes", causes)), start=1):
        for number, word in enumerate((title, *words), start=1):
            _write(lists, number, place, word)
    _header(log)
    for number, row in enumerate(rows, start=2):
        for place, value in enumerate(_cells(row), start=1):
            if value is not None:
                _write(log, number, place, value)
    last = max(FEWEST_ROWS, 2 * len(rows)) + 1
    choices = {2: f"{LISTS}!$A$2:$A${len(types) + 1}", 3: f"{LISTS}!$B$2:$B${len(causes) + 1}"}
    for place, sentence in enumerate(_ASKS, start=1):
        log.add_data_validation(_validation(place, sentence, choices.get(place), last))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _header(log: Worksheet) -> None:
    for place, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True), start=1):
        _write(log, 1, place, name)
        cell = log.cell(1, place)
        cell.font, cell.fill = Font(bold=True), _HEADER
        column = log.column_dimensions[get_column_letter(place)]
        column.width = width
        # Whatever is typed here stays the text that was typed.
        column.number_format = "@"
    log.freeze_panes = "A2"


def _validation(place: int, sentence: str, choices: str | None, last: int) -> DataValidation:
    """A drop-down, or only the hint; a new word is let through after a question."""
    letter = get_column_letter(place)
    # Any value may stand in a column without choices: such a rule is there for its hint only.
    rule = DataValidation(type="list" if choices else None, formula1=choices, allow_blank=True)
    rule.errorStyle = "warning"
    rule.showErrorMessage = choices is not None
    rule.errorTitle, rule.error = "A new word", "This word is not in the list yet. Keep it?"
    rule.showInputMessage = True
    rule.promptTitle = COLUMNS[place - 1][:_PROMPT_TITLE_LIMIT]
    rule.prompt = sentence[:_PROMPT_LIMIT]
    rule.add(f"{letter}2:{letter}{last}")
    return rule


def _cells(row: FailureRow) -> tuple[str | None, ...]:
    found = row.found_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if row.found_at else None
    return row.run_id, row.failure_type, row.root_cause, row.fix, row.owner, found, row.note


def _write(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """``text`` as text, character by character: never a formula, a number or an escape of the format."""
    cell = cast(Cell, sheet.cell(row, column))
    kept = ILLEGAL_CHARACTERS_RE.sub("", text).encode("utf-8", "replace").decode("utf-8")
    # XML has one kind of line end, and Excel reads _x000D_ as a character.
    cell.value = _LOOKS_ESCAPED.sub("_x005F_", kept)[:_CELL_LIMIT].replace("\r", "_x000D_")
    # openpyxl makes a formula of any text that begins with "=".
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = kept[:1] in _FORMULA_STARTS
    cell.alignment = _WRAPPED
