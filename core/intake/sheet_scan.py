"""What a sheet's XML says beside its values: its extent, and the cells that a reader would blank.

Rows that are shown to be plain are looked at as bytes (:mod:`core.intake.plain_rows`), all others by an
XML parser.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache, partial

from core.errors import UnreadableFile
from core.intake.job import Limits
from core.intake.package import Attributes, Package, damaged, parser_for
from core.intake.plain_rows import GRID_COLUMNS, GRID_ROWS, PlainRows, plain_rows
from core.intake.sheet_pieces import blocks_of_rows, explains_descent, head_of, is_balanced

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_TAGS = {f"{space}}}{tag}": tag for space in _NAMESPACES for tag in ("row", "c", "f", "v", "is", "sheetData")}
_DIGITS = "0123456789"
_BESIDE, _AHEAD = 2, 4

Place = tuple[int, int]
"""Row and column, both from 1."""


@dataclass
class SheetScan:
    """``errors`` are cells with an Excel error, ``unsaved`` formulas without a saved value; ``rows``
    counts the rows that hold anything."""

    first_column: int = GRID_COLUMNS
    last_column: int = 0
    first_row: int = 0
    last_row: int = 0
    rows: int = 0
    formulas: int = 0
    hidden: list[int] = field(default_factory=list)
    errors: dict[Place, str] = field(default_factory=dict)
    unsaved: list[Place] = field(default_factory=list)


def scan_sheet(package: Package, part: str, limits: Limits, *, by_cell: bool = False) -> SheetScan:
    """Read the part once, without its values. Raises UnreadableFile where no reader could be trusted.

    With ``by_cell`` every cell is read by the parser: slow, and what the quick way must agree with.
    """
    scanner = _Scanner()
    with closing(package.blocks(part)) as blocks:
        if by_cell:
            scanner.read_all(blocks)
        else:
            _scan_quickly(scanner, blocks)
    scanner.end()
    scan = scanner.scan
    height, width = scan.last_row - scan.first_row + 1, scan.last_column - scan.first_column + 1
    if scan.rows and height * width > limits.sheet_cells:
        last = cell_name(scan.last_row, scan.last_column)
        raise UnreadableFile(
            f"The cells of the sheet lie too far apart: they span {height:,} rows and {width:,} columns.",
            mend=f"Delete what stands far outside the table, near {last}.",
            code="outside_grid",
        )
    return scan


def _scan_quickly(scanner: "_Scanner", blocks: Iterator[bytes]) -> None:
    head, read, is_plain = head_of(blocks)
    scanner.read(head)
    if not (is_plain and scanner.is_at_rows):
        scanner.read(read)
        scanner.read_all(blocks)
        return
    is_quick, with_descent = True, explains_descent(head)
    for piece, is_rows, looking in _looked_at(blocks_of_rows(read, blocks), with_descent):
        found = looking.result() if is_quick and is_rows else None
        if found is not None and found.first > scanner.row:
            scanner.pass_by(found)
        else:
            scanner.read(piece)
            is_quick = is_quick and is_rows and is_balanced(piece)


def _looked_at(
    pieces: Iterator[tuple[bytes, bool]], with_descent: bool
) -> Iterator[tuple[bytes, bool, Future[PlainRows | None]]]:
    """The pieces in their order. The next ones are unpacked and looked at meanwhile."""
    with ThreadPoolExecutor(_BESIDE, "sheet-scan") as beside:
        waiting: deque[tuple[bytes, bool, Future[PlainRows | None]]] = deque()
        for piece, is_rows in pieces:
            look = partial(plain_rows, piece if is_rows else b"", with_descent=with_descent)
            waiting.append((piece, is_rows, beside.submit(look)))
            if len(waiting) > _AHEAD:
                yield waiting.popleft()
        yield from waiting


class _Scanner:
    """Follows rows and cells in their order; one cell twice or out of order is damage."""

    def __init__(self) -> None:
        self._parser = parser_for(self._on_tag)
        self.is_at_rows = False
        self._row = self._column = 0
        self._filled_row = 0
        self._is_hidden = False
        self._in_cell = False
        self._type = ""
        self._has_formula = self._has_value = False
        self._text: list[str] | None = None
        self.scan = SheetScan()

    @property
    def row(self) -> int:
        """The number of the last row so far."""
        return self._row

    def read(self, text: bytes) -> None:
        self._parser.Parse(text, False)

    def read_all(self, blocks: Iterable[bytes]) -> None:
        for block in blocks:
            self._parser.Parse(block, False)

    def end(self) -> None:
        """The document is over."""
        self._parser.Parse(b"", True)
        self._end_cell()

    def pass_by(self, rows: PlainRows) -> None:
        """Note rows that the parser is not given."""
        self._end_cell()
        self._row, self._column = rows.last, rows.last_cell
        if rows.filled:
            scan = self.scan
            scan.rows += len(rows.filled)
            scan.first_row = scan.first_row or rows.filled[0]
            scan.last_row = self._filled_row = rows.filled[-1]
            scan.first_column = min(scan.first_column, rows.first_column)
            scan.last_column = max(scan.last_column, rows.last_column)
            scan.formulas += rows.formulas

    def _on_tag(self, tag: str, attributes: Attributes) -> None:
        known = _TAGS.get(tag)
        if known == "c":
            self._begin_cell(attributes)
        elif known == "row":
            self._begin_row(attributes)
        elif known == "sheetData":
            self.is_at_rows = True
        elif known is not None and self._in_cell:
            self._note_content(known)

    def _begin_row(self, attributes: Attributes) -> None:
        self._end_cell()
        row = _number(attributes.get("r"), self._row + 1)
        if row > GRID_ROWS:
            raise _outside(f"row {row:,}")
        if row <= self._row:
            raise damaged(f"row {row:,} stands in it twice or out of order")
        self._row, self._column = row, 0
        self._is_hidden = attributes.get("hidden") in ("1", "true")

    def _begin_cell(self, attributes: Attributes) -> None:
        if self._in_cell:
            self._end_cell()
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else self._column_of(reference)
        if column <= self._column:
            raise damaged(f"cell {cell_name(self._row, column)} stands in it twice or out of order")
        self._column, self._in_cell = column, True
        self._type = attributes.get("t", "n")
        if self._type == "e":
            self._listen()

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip(_DIGITS)
        row = _number(reference[len(letters) :], self._row)
        if row > GRID_ROWS:
            raise _outside(f"row {row:,}")
        if row != self._row:
            raise damaged(f"cell {reference[:20]} stands in row {self._row:,}")
        return _column_number(letters)

    def _note_content(self, tag: str) -> None:
        scan = self.scan
        if tag == "f":
            scan.formulas += 1
            self._has_formula = True
            self._listen()
        else:
            self._has_value = True
            if self._text is not None:
                self._text.clear()
        if self._filled_row != self._row:
            self._filled_row = self._row
            scan.rows += 1
            scan.first_row = scan.first_row or self._row
            scan.last_row = self._row
            if self._is_hidden:
                scan.hidden.append(self._row)
        if self._column < scan.first_column:
            scan.first_column = self._column
        if self._column > scan.last_column:
            scan.last_column = self._column

    def _listen(self) -> None:
        """Collect the text of the cell: of a formula and its value, of which only the value is kept."""
        self._text = []
        self._parser.CharacterDataHandler = self._text.append

    def _end_cell(self) -> None:
        """Settle the cell that was open."""
        self._in_cell = False
        if self._text is not None:
            value = "".join(self._text).strip() if self._has_value else ""
            place = (self._row, self._column)
            if self._type == "e" and self._has_value:
                self.scan.errors[place] = value[:20] or "#ERROR"
            elif self._has_formula and not value and not (self._type == "str" and self._has_value):
                self.scan.unsaved.append(place)
            self._parser.CharacterDataHandler = None
            self._text = None
        self._has_formula = self._has_value = False


def cell_name(row: int, column: int) -> str:
    """A place as Excel writes it: B2."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


@lru_cache(maxsize=GRID_COLUMNS)
def _column_number(letters: str) -> int:
    if not (letters.isascii() and letters.isalpha()):
        raise damaged(f"“{letters[:20]}” is no name of a column")
    column = 0
    for letter in letters.upper()[:4]:
        column = column * 26 + ord(letter) - ord("A") + 1
    if column > GRID_COLUMNS:
        raise _outside(f"column {letters[:20]}")
    return column


def _number(text: str | None, absent: int) -> int:
    if text is None:
        return absent
    if not text.isascii() or not text.isdigit():
        raise damaged(f"“{text[:20]}” is no number of a row")
    return int(text[:20])


def _outside(where: str) -> UnreadableFile:
    return UnreadableFile(
        f"The workbook has a cell in {where}, which no Excel sheet has.",
        mend="The file looks damaged; copy the rows into a new workbook, or save them as CSV.",
        code="outside_grid",
    )
