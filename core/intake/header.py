"""Which row is the header, and what its cells are called."""

import re
from collections import Counter
from dataclasses import dataclass

from core.errors import Question, UnreadableFile
from core.evidence.column import fold
from core.evidence.columns import COLUMNS
from core.intake.doubts import Doubts
from core.intake.report import shown

_LOOKED_AT = 10
_LONGEST_NAME = 60
_GROUP_ROWS = 2
"""So many rows below one that names groups of columns, their own names are looked for."""
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?", re.ASCII)
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ].*)?", re.ASCII)

_KNOWN = frozenset(
    fold(word)
    for columns in COLUMNS.values()
    for column in columns
    for word in (column.name, *column.spellings)
)


@dataclass(frozen=True)
class HeaderRow:
    """``row`` is the number of the header as a spreadsheet shows it, 0 where there is none."""

    row: int
    names: tuple[str, ...]
    notices: tuple[str, ...]


def find_header(
    rows: list[list[str]], answered: int | None, named: frozenset[str], doubts: Doubts
) -> HeaderRow | None:
    """The header among the first ``rows``; ``None`` when ``doubts`` now holds a question about it.

    ``answered`` is the row the user named (0: there is none); ``named`` are the folded headers of
    the user's mapping.
    """
    if answered == 0:
        width = max((len(cells) for cells in rows), default=0)
        return HeaderRow(0, tuple(f"column {place}" for place in range(1, width + 1)), ())
    if answered is not None and answered <= len(rows):
        return _named(rows[answered - 1], answered)
    if answered is not None or not rows:
        raise UnreadableFile(
            f"The file has no row {answered or 1} that could be its header.",
            mend="Check the file and the row that was answered.",
            code="no_rows",
        )
    first = next((place for place, cells in enumerate(rows, start=1) if any(c.strip() for c in cells)), 1)
    cells = rows[first - 1]
    known = _known(cells, named)
    if known:
        below = _names_below_groups(rows, first, known, named)
        if below is None:
            return _named(cells, first)
        doubts.ask(_which_of_two_headers(first, below, rows))
        return None
    later = [
        place
        for place, other in enumerate(rows[:_LOOKED_AT], start=1)
        if place > first and _known(other, named) >= 2
    ]
    shaped = _first_of_header_shape(rows)
    if not later and shaped is not None and shaped > first:
        later = [shaped]
    if later:
        doubts.ask(_where_is_the_header(first, later[0], rows))
        return None
    if len(cells) > 1 and any(_looks_like_a_value(cell) for cell in cells):
        doubts.ask(_is_there_a_header(cells))
        return None
    return _named(cells, first)


def _names_below_groups(rows: list[list[str]], first: int, known: int, named: frozenset[str]) -> int | None:
    """A row below the ``first`` that names more columns than it: the first may only name groups of them."""
    for place, cells in enumerate(rows[first : first + _GROUP_ROWS], start=first + 1):
        more = _known(cells, named) >= max(2, known + 1)
        if more and not any(_looks_like_a_value(cell) for cell in cells):
            return place
    return None


def _first_of_header_shape(rows: list[list[str]]) -> int | None:
    """The first row of several short different texts above rows of about as many cells, where all
    before it is blank or a title; None where there is none."""
    filled = [[cell.strip() for cell in cells if cell.strip()] for cells in rows]
    for place, names in enumerate(filled[:_LOOKED_AT]):
        enough = max(2, len(names) / 2)
        is_shaped = (
            len(names) >= 2
            and len(set(map(fold, names))) == len(names)
            and all(len(name) <= _LONGEST_NAME and not _looks_like_a_value(name) for name in names)
        )
        under_titles = all(len(cells) <= len(names) / 2 for cells in filled[:place])
        if is_shaped and under_titles and any(len(cells) >= enough for cells in filled[place + 1 :]):
            return place + 1
    return None


def unique_names(headers: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """``headers`` made different from each other, and a notice for each blank one."""
    counts = Counter(header.strip() for header in headers)
    names, notices = list[str](), list[str]()
    for place, header in enumerate(headers, start=1):
        name = header.strip()
        if not name:
            name = f"column {place}"
            notices.append(f"Column {place} has no name; it is called “{name}”.")
        elif counts[name] > 1:
            name = f"{name} (column {place})"
        names.append(name)
    return tuple(names), tuple(notices)


def _named(cells: list[str], row: int) -> HeaderRow:
    names, notices = unique_names(cells)
    return HeaderRow(row, names, notices)


def _known(cells: list[str], named: frozenset[str]) -> int:
    return len({fold(cell) for cell in cells} & (_KNOWN | named))


def _looks_like_a_value(cell: str) -> bool:
    text = cell.strip()
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def _where_is_the_header(first: int, later: int, rows: list[list[str]]) -> Question:
    return Question(
        "header_row",
        f"Row {first} does not look like the names of the columns; row {later} does. Which row is it?",
        {str(place): f"Row {place}: {_line(rows[place - 1])}" for place in (later, first)},
        samples=tuple(line for cells in rows[:_LOOKED_AT] if (line := _line(cells))),
    )


def _which_of_two_headers(first: int, below: int, rows: list[list[str]]) -> Question:
    return Question(
        "header_row",
        f"Row {below} names more columns than row {first}, which may only name groups. Which row holds"
        " the names of the columns?",
        {str(place): f"Row {place}: {_line(rows[place - 1])}" for place in (below, first)},
        samples=tuple(line for cells in rows[:_LOOKED_AT] if (line := _line(cells))),
    )


def _is_there_a_header(cells: list[str]) -> Question:
    return Question(
        "header_row",
        "The first row looks like values, not like the names of columns. Does the file have a header?",
        {
            "0": "No. The columns are called “column 1”, “column 2” …, and you say what each one is.",
            "1": "Yes, the first row names the columns.",
        },
        samples=(_line(cells),),
    )


def _line(cells: list[str]) -> str:
    """The cells of a row that are not blank, to be shown; "" for a row without any."""
    return shown(", ".join(cell for cell in cells if cell.strip()))
