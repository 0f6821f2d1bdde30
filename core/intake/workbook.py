"""Excel workbooks (.xlsx): the rows of one sheet; calamine reads the values, ``sheet_scan`` the oddities."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice, repeat
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from core.errors import Question, UnreadableFile
from core.evidence.column import fold
from core.intake.cell_terms import Fault, Reading
from core.intake.gathered import Block, Gathered
from core.intake.grid import Grid, Record, too_wide
from core.intake.header import HeaderRow
from core.intake.package import Contents, Package, SheetPart, damaged, told_as_damage
from core.intake.report import shown
from core.intake.sheet_columns import EXCEL_DIGITS, Value, block_of, columns_of
from core.intake.sheet_scan import SheetScan, cell_name, scan_sheet
from core.intake.tables import Chunk
from core.intake.typed_values import text_of

_PIECE_ROWS = 2_000
_BEGINNING = 10
_NAMES = 5
_SHEETS = 20
_LONGEST_NAME = 30

_Range = tuple[tuple[int, int], tuple[int, int]]

_LONG_NUMBERS = "Numbers of more than 15 digits, which Excel rounds (store long ids as text): {count}."
_UNSAVED_TEXT = "(formula)"
_UNSAVED = Fault(
    "formula_without_value",
    "The cell is a formula whose value was never saved.",
    "Open the workbook in Excel, save it and upload it again.",
    of_file=True,
)


class WorkbookTable:
    """The rows of one sheet; ``named`` are the folded headers of the user's mapping."""

    def __init__(self, path: Path, named: frozenset[str], reading: Reading) -> None:
        self._path = path
        self._named = named
        self._reading = reading
        self._package = Package(path, reading.limits)
        self._scan = SheetScan()
        self._marked: dict[int, list[tuple[int, str]]] = {}
        self._values: Iterator[list[Value]] = iter(())
        self._left = self._right = 0
        self._row = 0
        self._characters = 0

    @property
    def share(self) -> float:
        return min(self._row / max(self._scan.last_row, 1), 1.0)

    def close(self) -> None:
        self._package.close()

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of rows. Nothing is yielded when sheet, header or merged cells raise a question."""
        with told_as_damage():
            contents = self._package.contents()
            chosen = self._choose(contents)
        if chosen is None:
            return
        with _told_by_calamine(), CalamineWorkbook.from_path(self._path) as book:
            listed = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            if listed != [sheet.name for sheet in contents.sheets]:
                raise damaged("it lists its sheets in two ways")
            yield from self._of_sheet(book.get_sheet_by_name(chosen.name))
        if contents.uncalculated and self._scan.formulas:
            sentence = "The workbook holds formulas that no spreadsheet program has calculated yet: {count}."
            self._reading.notices.add("uncalculated", sentence, self._scan.formulas)

    def _choose(self, contents: Contents) -> SheetPart | None:
        """The sheet to read, scanned; None when that is a question now."""
        wanted = self._reading.answers.sheet
        if wanted is not None:
            sheet = _named(wanted, contents.sheets)
            self._scan = self._scanned(sheet)
            return sheet
        visible = [sheet for sheet in contents.sheets if sheet.visible] or list(contents.sheets)
        scans = {sheet: self._scanned(sheet) for sheet in visible}
        filled = {sheet: scan for sheet, scan in scans.items() if scan.rows}
        if not filled:
            raise UnreadableFile("The workbook has no rows.", mend="Export it again.", code="no_rows")
        if len(filled) > 1:
            self._reading.doubts.ask(_which_sheet(filled, self._beginnings(filled)))
            return None
        hidden = [sheet.name for sheet in contents.sheets if sheet not in visible]
        if hidden:
            names = ", ".join(f"“{shown(name)}”" for name in hidden)
            self._reading.notices.add("hidden_sheets", f"Hidden sheets were not read: {names}.")
        [(sheet, self._scan)] = filled.items()
        return sheet

    def _beginnings(self, sheets: Iterable[SheetPart]) -> dict[str, str]:
        """Of each sheet the cells of its fullest row among the first ones: most often its header."""
        found = {}
        with _told_by_calamine(), CalamineWorkbook.from_path(self._path) as book:
            for sheet in islice(sheets, _SHEETS):
                rows = islice(book.get_sheet_by_name(sheet.name).iter_rows(), _BEGINNING)
                texts = [
                    [text for value in row if (text := text_of(value)) and type(text) is str] for row in rows
                ]
                fullest = max(texts, key=len, default=[])
                found[sheet.name] = ", ".join(shown(text)[:_LONGEST_NAME] for text in fullest[:_NAMES])
        return found

    def _scanned(self, sheet: SheetPart) -> SheetScan:
        reading = self._reading
        return scan_sheet(self._package, sheet.part, reading.limits, by_cell=reading.by_cell)

    def _of_sheet(self, sheet: CalamineSheet) -> Iterator[Chunk]:
        width = self._scan.last_column - self._scan.first_column + 1
        if width > self._reading.limits.columns:
            raise too_wide(1, width, self._reading.limits.columns)
        self._begin(sheet)
        ranges = sheet.merged_cell_ranges or []
        filled = ranges if self._reading.answers.merged_cells == "fill_down" else []
        grid = Grid(self._records(filled), self._named, self._reading, lambda: self._characters)
        header = grid.find_header()
        if header is None or self._asks_about_merged(ranges, header):
            return
        by_row = self._reading.by_cell or filled
        for chunk in grid.chunks(header) if by_row else self._in_blocks(grid, header):
            self._mark(chunk)
            yield chunk
        hidden = sum(row > header.row for row in self._scan.hidden)
        if hidden:
            sentence = "Rows that are hidden in the sheet, by a filter or by hand, were read too: {count}."
            self._reading.notices.add("hidden_rows", sentence, hidden)

    def _begin(self, sheet: CalamineSheet) -> None:
        """Compare what calamine sees with what the scan saw; its rows may leave out columns at the sides."""
        scan = self._scan
        first, last = sheet.start or (0, scan.first_column - 1), sheet.end or (0, scan.first_column - 2)
        self._left, self._right = first[1] + 1 - scan.first_column, scan.last_column - last[1] - 1
        if self._left < 0 or self._right < 0 or last[0] >= scan.last_row:
            raise damaged("it holds cells that only some programs see")
        self._marked = self._marked_texts()
        self._values = sheet.iter_rows()

    def _records(self, ranges: list[_Range]) -> Iterator[Record]:
        """Every row from the first one of the sheet, cut to the columns that hold anything."""
        merged = _Merged(ranges, self._scan)
        while self._row < self._scan.last_row:
            cells = self._cells(next(self._values, None))
            merged.fill(self._row, cells)
            self._characters += sum(map(len, cells))
            yield self._row, cells

    def _cells(self, read: list[Value] | None) -> list[str]:
        """The cells of the next row, of which calamine has ``read`` the values."""
        blank = [""] * (self._scan.last_column - self._scan.first_column + 1)
        if read:
            blank[self._left : len(blank) - self._right] = self._texts(read)
        self._row += 1
        for place, text in self._marked.get(self._row, ()):
            blank[place] = text
        return blank

    def _in_blocks(self, grid: Grid, header: HeaderRow) -> Iterator[Chunk]:
        """The rows below ``header``, the first ones as they were read to find it, the others by column."""
        gathered = Gathered(dict.fromkeys(header.names))
        first = grid.first_below(header)
        if first:
            columns = _columns([cells for _, cells in first])
            yield from gathered.add(block_of([number for number, _ in first], header.names, columns))
        while self._row < self._scan.last_row:
            yield from gathered.add(self._piece(header.names))
        yield from gathered.rest()

    def _piece(self, names: tuple[str, ...]) -> Block:
        begin, count = self._row + 1, min(_PIECE_ROWS, self._scan.last_row - self._row)
        rows = list(islice(self._values, count))
        numbers = list(range(begin, begin + count))
        is_plain = len(rows) == count and self._marked.keys().isdisjoint(numbers)
        found = columns_of(rows) if is_plain else None
        if found is None:
            read = chain(rows, repeat(None, count - len(rows)))
            return block_of(numbers, names, _columns([self._cells(row) for row in read]))
        columns, rounded = found
        self._row += count
        if rounded:
            self._reading.notices.add("long_numbers", _LONG_NUMBERS, rounded)
        left, right = ([pa.array([""] * count)] * wide for wide in (self._left, self._right))
        return block_of(numbers, names, [*left, *columns, *right])

    def _texts(self, values: list[Value]) -> list[str]:
        return [value if type(value) is str else self._text(value) for value in values]

    def _text(self, value: Value) -> str:
        if type(value) is float and abs(value) >= EXCEL_DIGITS:
            self._reading.notices.add("long_numbers", _LONG_NUMBERS)
        text = text_of(value)
        if isinstance(text, Fault):
            raise UnreadableFile(
                f"Row {self._row + 1:,} of the sheet holds a number that is none (NaN or infinite).",
                mend="No Excel writes this; correct the program that made the workbook.",
                code=text.code,
            )
        return text or ""

    def _marked_texts(self) -> dict[int, list[tuple[int, str]]]:
        """Row -> place and text of the cells that calamine leaves blank."""
        marked: dict[int, list[tuple[int, str]]] = {}
        found = [*self._scan.errors.items(), *((place, _UNSAVED_TEXT) for place in self._scan.unsaved)]
        for (row, column), text in found:
            marked.setdefault(row, []).append((column - self._scan.first_column, text))
        return marked

    def _mark(self, chunk: Chunk) -> None:
        """Note errors and unsaved formulas as faults of their cells."""
        headers = chunk.headers
        for place, row in enumerate(chunk.rows) if self._marked else ():
            for column, text in self._marked.get(row, ()):
                fault = _UNSAVED if text == _UNSAVED_TEXT else _error(text)
                chunk.faults.setdefault(headers[column], {})[place] = fault

    def _asks_about_merged(self, ranges: list[_Range], header: HeaderRow) -> bool:
        """Ask what a cell merged over several rows of the table means, unless that is answered."""
        tall = [one for one in ranges if one[1][0] > one[0][0] and one[0][0] >= header.row]
        if not tall or self._reading.answers.merged_cells is not None:
            return False
        self._reading.doubts.ask(_about_merged(tall))
        return True


class _Merged:
    """Fills merged blocks downwards while the rows pass."""

    def __init__(self, ranges: list[_Range], scan: SheetScan) -> None:
        self._begin: dict[int, list[tuple[int, int]]] = {}
        self._open: dict[int, tuple[int, str]] = {}
        width = scan.last_column - scan.first_column + 1
        for (top, column), (bottom, _) in ranges:
            place = column + 1 - scan.first_column
            if bottom > top and 0 <= place < width:
                self._begin.setdefault(top + 1, []).append((place, bottom + 1))

    def fill(self, row: int, cells: list[str]) -> None:
        for place, (last, text) in list(self._open.items()):
            if row > last:
                del self._open[place]
            else:
                cells[place] = text
        for place, last in self._begin.get(row, ()):
            self._open[place] = (last, cells[place])


def _columns(rows: list[list[str]]) -> list[pa.Array]:
    return [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]


def _error(text: str) -> Fault:
    reason = f"The cell holds the Excel error {text}."
    return Fault("error_cell", reason, "Correct the formula or the value in the workbook.")


def _named(wanted: str, sheets: tuple[SheetPart, ...]) -> SheetPart:
    exact = [sheet for sheet in sheets if sheet.name == wanted]
    alike = exact or [sheet for sheet in sheets if fold(sheet.name) == fold(wanted)]
    if len(alike) != 1:
        raise UnreadableFile(
            f"The workbook has no sheet “{shown(wanted)}”.",
            mend=f"Its sheets are: {', '.join(shown(sheet.name) for sheet in sheets[:12])}.",
            code="unknown_sheet",
        )
    return alike[0]


def _which_sheet(filled: dict[SheetPart, SheetScan], beginnings: dict[str, str]) -> Question:
    options = {}
    for sheet, scan in filled.items():
        corners = (
            f"{cell_name(scan.first_row, scan.first_column)}:{cell_name(scan.last_row, scan.last_column)}"
        )
        rows = "1 row" if scan.rows == 1 else f"{scan.rows:,} rows"
        names = beginnings.get(sheet.name)
        columns = f", with {names}" if names else ""
        options[sheet.name] = f"“{shown(sheet.name)}”: {rows} that are filled, within {corners}{columns}."
    sentence = "The workbook has several sheets with rows. Which one is to be read?"
    return Question("sheet", sentence, options, samples=tuple(options))


def _about_merged(ranges: list[_Range]) -> Question:
    names = [
        f"{cell_name(top + 1, left + 1)}:{cell_name(bottom + 1, right + 1)}"
        for (top, left), (bottom, right) in ranges[:5]
    ]
    return Question(
        "merged_cells",
        f"Cells are merged over several rows, such as {names[0]}. Does their value hold for every row?",
        {
            "fill_down": "Yes: every row of a merged block gets its value.",
            "as_is": "No: only the first row has it, the others are blank there.",
        },
        samples=tuple(names),
    )


@contextmanager
def _told_by_calamine() -> Iterator[None]:
    """Whatever calamine says about a damaged workbook, in one sentence."""
    try:
        yield
    except CalamineError:
        raise damaged("its cells cannot be read") from None
