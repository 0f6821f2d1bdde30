"""What the filled cells of one column look like: numbers, times, yes or no, ids, lists, texts."""

import json
import re
from collections.abc import Callable, Sequence
from itertools import islice

from core.evidence.column import CellType, Column
from core.evidence.columns import Kind
from core.intake.mapping import known_column
from core.intake.missing_words import filled_of
from core.intake.named_days import named_day
from core.intake.not_run import NOT_RUN

LOOKED_AT = 200
"""How many filled cells of a column are looked at."""

_MOST = 0.9

NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")
_AMOUNT = re.compile(r"[+-]?[0-9]+[.,][0-9]{1,2}", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?|[0-9]{1,2}([/.-])[0-9]{1,2}\2[0-9]{4}([T ,].*)?", re.ASCII
)
_EPOCH = re.compile(r"[0-9]{10}([0-9]{3})?(\.[0-9]+)?", re.ASCII)
_EXCEL_DAY = re.compile(r"[2-7][0-9]{4}(\.[0-9]+)?", re.ASCII)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_YES_NO_WORDS = (
    "true false yes no y n 1 0 ✓ ✔ ✗ ✘ ✅ ❌ pass fail passed failed p f t ok right wrong"
    " correct incorrect ja nein oui non si sí"
)
_YES_NO = frozenset(_YES_NO_WORDS.split())


def _is_list_of_texts(cell: str) -> bool:
    """Whether ``cell`` is a JSON list with nothing but texts in it."""
    try:
        found = json.loads(cell) if cell.startswith("[") else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


class Look:
    """The shares of the cells that are numbers, times, lists and objects, and their mean length."""

    def __init__(self, column: Sequence[str | None]) -> None:
        filled = [cell.strip() for cell in islice(filled_of(column), LOOKED_AT) if cell.strip()]
        self.cells = filled
        self.words = {cell.casefold() for cell in filled}
        self.numbers = self._share(lambda cell: bool(NUMBER.fullmatch(cell)))
        self.times = self._share(lambda cell: bool(_TIME.fullmatch(cell) or named_day(cell)))
        self.lists = self._share(lambda cell: cell.startswith("[") and cell.endswith("]"))
        self.objects = self._share(lambda cell: cell.startswith("{") and cell.endswith("}"))
        self.texts_listed = self._share(_is_list_of_texts)
        self.length = sum(map(len, filled)) / len(filled) if filled else 0.0

    def _share(self, holds: Callable[[str], bool]) -> float:
        return sum(map(holds, self.cells)) / len(self.cells) if self.cells else 0.0

    @property
    def is_yes_no(self) -> bool:
        return bool(self.words) and self.words <= _YES_NO

    @property
    def are_ids(self) -> bool:
        """Short texts without spaces, all different, no mere counting, and no amounts."""
        different = len(self.words) == len(self.cells) > 1
        if all(_AMOUNT.fullmatch(cell) or cell.endswith("%") for cell in self.cells):
            return False
        if all(cell.isdigit() and len(cell) < 5 for cell in self.cells):
            return False
        return different and all(len(cell) <= 80 and not re.search(r"\s", cell) for cell in self.cells)

    def contradicts(self, kind: Kind, header: str) -> bool:
        """Whether the cells are objects, although the name is that of a column of single values, or yes and
        no, although it is that of a tool."""
        column = known_column(kind, header)
        if column is not None and column.name in ("tool_expected", "tool_selected") and self.is_yes_no:
            return True
        return column is not None and column.type is not CellType.JSON and self.objects >= _MOST

    def may_be(self, column: Column) -> bool:
        """Whether nothing about the cells speaks against ``column``; blank ones speak against nothing."""
        if not self.cells:
            return True
        if column.choices:
            return bool(self.words & {word for word, _ in column.choices})
        match column.type:
            case CellType.TIME:
                numbers = self._share(lambda cell: bool(_EPOCH.fullmatch(cell) or _EXCEL_DAY.fullmatch(cell)))
                return self.times + numbers >= _MOST
            case CellType.NUMBER | CellType.INTEGER:
                return self.numbers >= _MOST
            case CellType.BOOLEAN if column.name == "passed":
                return bool(self.words & _YES_NO) and self.words <= _YES_NO | NOT_RUN
            case CellType.BOOLEAN:
                return self.is_yes_no
            case CellType.JSON:
                return self.lists + self.objects >= _MOST
            case CellType.TEXT if column.name in ("tool_expected", "tool_selected") and self.is_yes_no:
                return False
            case CellType.TEXT if column.name in ("query", "response", "corrected_answer", "note"):
                return (
                    self.numbers
                    + self._share(lambda cell: bool(_ADDRESS.fullmatch(cell)))
                    + self.times
                    + self.objects
                    < _MOST
                )
            case CellType.TEXT | CellType.TEXT_LIST:
                return self.times + self.objects < _MOST
