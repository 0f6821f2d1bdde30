"""Rows of a sheet's XML taken as bytes, wherever an XML parser would be sure to find nothing odd in them."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRID_ROWS, GRID_COLUMNS = 2**20, 2**14

_Tags = NDArray[np.int64]
_Words = NDArray[np.uint64]

_LONGEST_WORD = 8
_CELL_BYTES, _ROW_BYTES = 3 * _LONGEST_WORD, 10 * _LONGEST_WORD
"""Longer attributes behind the place of a cell or a row are left to the parser."""

_DIFFERENT = 64
"""More different ways to write them within a block are as well."""

_SPACE, _LESS, _MORE, _SLASH, _AND, _QUOTE, _ZERO, _DELETE = b' <>/&"0\x7f'
_FIRST_LETTER, _LAST_LETTER = b"AZ"
_TEXT_CONTROLS = np.frombuffer(b"\t\n\r", np.uint8)

_ENTITY = re.compile(rb"&(?:amp|lt|gt|quot|apos);")
_CELL_ATTRIBUTES = re.compile(
    rb'(?: s="[0-9]{1,5}")?(?: t="(?:n|b|s|d|str|inlineStr)")?(?: s="[0-9]{1,5}")? ?/?'
)
_ROW_ATTRIBUTES = re.compile(rb'(?: [A-Za-z0-9:]+="[0-9A-Za-z.: ]*")*')
_ROW_ATTRIBUTE = re.compile(rb' ([A-Za-z0-9:]+)="')
_ROW_NAMES = frozenset(
    b"spans s customFormat ht customHeight outlineLevel collapsed thickTop thickBot ph".split()
)
_DESCENT = b"x14ac:dyDescent"

_PRESERVE = b'<t xml:space="preserve">'
_FIXED = {
    "row": b'<row r="', "c": b'<c r="', "v": b"<v>", "is": b"<is>", "t": b"<t>", "t=": _PRESERVE, "f": b"<f>",
    "/row": b"</row>", "/c": b"</c>", "/v": b"</v>", "/is": b"</is>", "/t": b"</t>", "/f": b"</f>",
}  # fmt: skip
"""The tags that are known here, each as it has to begin; “c/” is a cell that ends where it begins."""

_NAMES = ("", *_FIXED, "c/")
_CODE = {name: code for code, name in enumerate(_NAMES)}
_FOLLOWS = {
    "row": "c c/ /row", "c": "v is f /c", "c/": "c c/ /row", "v": "/v", "/v": "/c", "is": "t t=", "t": "/t",
    "t=": "/t", "/t": "/is", "/is": "/c", "f": "/f", "/f": "v", "/c": "c c/ /row", "/row": "row",
}  # fmt: skip
"""What may stand behind each tag. Nothing else may, so whatever is opened is closed again."""


def _word(text: bytes) -> int:
    return int.from_bytes(text[:_LONGEST_WORD], "little")


_TOLD_BY = np.zeros(2**16, np.uint8)
_BEGINS = np.full(len(_NAMES), 1, np.uint64)
_KEPT = np.zeros(len(_NAMES), np.uint64)
_LENGTH = np.zeros(len(_NAMES), np.int64)
_MAY_FOLLOW = np.zeros((len(_NAMES), len(_NAMES)), np.bool_)
for _name, _text in _FIXED.items():
    _TOLD_BY[int.from_bytes(_text[1:3], "little")] = _CODE[_name]
    _BEGINS[_CODE[_name]] = _word(_text)
    _KEPT[_CODE[_name]] = 2 ** (8 * min(len(_text), _LONGEST_WORD)) - 1
    _LENGTH[_CODE[_name]] = len(_text)
for _name, _others in _FOLLOWS.items():
    _MAY_FOLLOW[_CODE[_name], [_CODE[other] for other in _others.split()]] = True

_MOST_DIGITS = len(str(GRID_ROWS))
_POWERS = 10 ** np.arange(_MOST_DIGITS)
_FIRST_BYTES = np.array([2 ** (8 * count) - 1 for count in range(_LONGEST_WORD + 1)], np.uint64)
_IS_AT_ONCE_FOLLOWED = np.isin(_NAMES, ["is", "/row", "/c", "/v", "/is", "/t", "/f"])
_IS_CONTENT = np.isin(_NAMES, ["v", "is", "f"])


@dataclass(frozen=True)
class PlainRows:
    """``first`` and ``last`` are the numbers of the first and the last row, ``last_cell`` the column of that
    row's last cell (0: it has none); ``filled`` are the rows that hold anything, within the columns given;
    ``formulas`` all have a saved value.
    """

    first: int
    last: int
    last_cell: int
    filled: list[int]
    first_column: int
    last_column: int
    formulas: int


def plain_rows(text: bytes, *, with_descent: bool = False) -> PlainRows | None:
    """What ``text``, whole rows, holds; None where a parser has to read it.

    ``with_descent``: the document says what “x14ac:” means, with which Excel tells the height of letters.
    """
    if not _is_plain_text(text):
        return None
    block = _Block(text)
    numbers = block.numbers_of_rows(with_descent) if block.is_regular() else None
    if numbers is None:
        return None
    columns = block.columns(numbers)
    return None if columns is None else block.told(numbers, *columns)


def _is_plain_text(text: bytes) -> bool:
    """Whether every character is one that XML may hold, written so that a parser takes it for text."""
    letters = np.frombuffer(text, np.uint8)
    low = letters[letters < _SPACE]
    if len(low) and not np.isin(low, _TEXT_CONTROLS).all():
        return False
    if not text.isascii():
        if b"\xef\xbf\xbe" in text or b"\xef\xbf\xbf" in text:
            return False
        try:
            text.decode()
        except UnicodeDecodeError:
            return False
    if b"]]>" in text:
        return False
    return b"&" not in text or text.count(b"&") == len(_ENTITY.findall(text))


class _Block:
    """The tags of a block: ``_at`` is where each begins, ``_code`` which it is."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._letters = np.frombuffer(text + bytes(_ROW_BYTES + _LONGEST_WORD), np.uint8)
        # The eight bytes from every place on, as one number.
        self._words: _Words = np.ndarray(
            (len(self._letters) - _LONGEST_WORD + 1,), "<u8", self._letters.data, strides=(1,)
        )
        self._at: _Tags = np.flatnonzero(self._letters == _LESS)
        begins = self._words[self._at]
        self._code = _TOLD_BY[(begins >> np.uint64(8)) & np.uint64(0xFFFF)]
        self._is_known = bool(((begins & _KEPT[self._code]) == _BEGINS[self._code]).all())
        self._cells = np.flatnonzero(self._code == _CODE["c"])
        self._rows = np.flatnonzero(self._code == _CODE["row"])

    def is_regular(self) -> bool:
        """Whether there are known tags only, in an order in which rows and cells have them, with no text
        but that of values and formulas."""
        at, code = self._at, self._code
        if not len(at) or not self._is_known or at[0] or code[0] != _CODE["row"]:
            return False
        if code[-1] != _CODE["/row"] or at[-1] + _LENGTH[code[-1]] != len(self._text):
            return False
        preserving = at[code == _CODE["t="]]
        for place in (8, 16):
            if (self._words[preserving + place] != _word(_PRESERVE[place:])).any():
                return False
        at_once = _IS_AT_ONCE_FOLLOWED[code[:-1]]
        if ((at[:-1] + _LENGTH[code[:-1]] != at[1:]) & at_once).any():
            return False
        before_next = at[self._cells + 1] - 1
        if (self._letters[before_next] != _MORE).any():
            return False
        self._code[self._cells[self._letters[before_next - 1] == _SLASH]] = _CODE["c/"]
        return bool(_MAY_FOLLOW[self._code[:-1], self._code[1:]].all()) and self._are_saved()

    def _are_saved(self) -> bool:
        """Whether the value behind every formula begins with a visible character."""
        values = np.flatnonzero(self._code == _CODE["/f"]) + 1
        if not len(values):
            return True
        first = self._letters[self._at[values] + _LENGTH[_CODE["v"]]]
        is_odd = (first <= _SPACE) | (first >= _DELETE) | (first == _LESS) | (first == _AND)
        return not is_odd.any()

    def numbers_of_rows(self, with_descent: bool) -> NDArray[np.int64] | None:
        """The number of each row; None where they do not rise, or a row says anything else about itself."""
        begin = self._at[self._rows] + _LENGTH[_CODE["row"]]
        number, digits = np.zeros(len(begin), np.int64), np.zeros(len(begin), np.int64)
        for place in range(_MOST_DIGITS):
            digit = self._letters[begin + place].astype(np.int64) - _ZERO
            goes_on = (digits == place) & (digit >= 0) & (digit <= 9)
            number = np.where(goes_on, number * 10 + digit, number)
            digits += goes_on
        behind = begin + digits
        if not digits.all() or (self._letters[begin] == _ZERO).any() or (number > GRID_ROWS).any():
            return None
        if (self._letters[behind] != _QUOTE).any() or (number[1:] <= number[:-1]).any():
            return None
        if (self._letters[self._at[self._rows + 1] - 1] != _MORE).any():
            return None
        names = _ROW_NAMES | {_DESCENT} if with_descent else _ROW_NAMES
        return number if self._are_plain(self._rows, behind + 1, _ROW_BYTES, _of_row(names)) else None

    def columns(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """The column of each cell, and which of the rows it stands in; None where it is not sure."""
        in_row = np.searchsorted(self._rows, self._cells) - 1
        names = self._at[self._cells] + _LENGTH[_CODE["c"]]
        begins = self._words[names]
        first, second, third = (((begins >> np.uint64(8 * at)) & np.uint64(0xFF)) for at in range(3))
        two = second >= _FIRST_LETTER
        three = two & (third >= _FIRST_LETTER)
        if ((first < _FIRST_LETTER) | (first > _LAST_LETTER)).any():
            return None
        if (two & (second > _LAST_LETTER)).any() or (three & (third > _LAST_LETTER)).any():
            return None
        one, both, all_three = (
            letter.astype(np.int64) - _FIRST_LETTER + 1 for letter in (first, second, third)
        )
        column = np.where(two, one * 26 + both, one)
        column = np.where(three, column * 26 + all_three, column)
        # The digits of the row and the quote behind them.
        digits = (np.searchsorted(_POWERS, numbers, "right") + 1)[in_row]
        expected = self._words[self._at[self._rows] + _LENGTH[_CODE["row"]]][in_row]
        places = names + 1 + two + three
        if ((self._words[places] ^ expected) & _FIRST_BYTES[digits]).any():
            return None
        if (column > GRID_COLUMNS).any() or not self._are_plain(
            self._cells, places + digits, _CELL_BYTES, _is_of_cell
        ):
            return None
        rises = (column[1:] > column[:-1]) | (in_row[1:] != in_row[:-1])
        return (column, in_row) if rises.all() else None

    def _are_plain(self, tags: _Tags, begin: _Tags, longest: int, is_plain: Callable[[bytes], bool]) -> bool:
        """Whether the rest of each tag, from ``begin`` on, is plain; what is alike is looked at once."""
        length = self._at[tags + 1] - 1 - begin
        if (length < 0).any() or (length > longest).any():
            return False
        parts = [
            self._words[begin + place] & _FIRST_BYTES[np.clip(length - place, 0, _LONGEST_WORD)]
            for place in range(0, int(length.max(initial=0)), _LONGEST_WORD)
        ]
        waiting = np.arange(len(begin))
        for _ in range(_DIFFERENT):
            if not len(waiting):
                return True
            one = waiting[0]
            if not is_plain(self._text[begin[one] : begin[one] + length[one]]):
                return False
            alike = length[waiting] == length[one]
            for part in parts:
                alike &= part[waiting] == part[one]
            waiting = waiting[~alike]
        return False

    def told(
        self, numbers: NDArray[np.int64], column: NDArray[np.int64], in_row: NDArray[np.int64]
    ) -> PlainRows:
        """What the block holds, once it is known to be plain."""
        is_filled = _IS_CONTENT[self._code[self._cells + 1]]
        columns, rows = column[is_filled], np.flatnonzero(np.bincount(in_row[is_filled]))
        return PlainRows(
            first=int(numbers[0]),
            last=int(numbers[-1]),
            last_cell=int(column[-1]) if len(column) and in_row[-1] == len(numbers) - 1 else 0,
            filled=numbers[rows].tolist(),
            first_column=int(columns.min(initial=GRID_COLUMNS)),
            last_column=int(columns.max(initial=0)),
            formulas=int((self._code == _CODE["f"]).sum()),
        )


def _is_of_cell(attributes: bytes) -> bool:
    return bool(_CELL_ATTRIBUTES.fullmatch(attributes)) and attributes.count(b" s=") < 2


def _of_row(known: frozenset[bytes]) -> Callable[[bytes], bool]:
    def is_of_row(attributes: bytes) -> bool:
        names = _ROW_ATTRIBUTE.findall(attributes)
        is_plain = known.issuperset(names) and len(set(names)) == len(names)
        return is_plain and bool(_ROW_ATTRIBUTES.fullmatch(attributes))

    return is_of_row
