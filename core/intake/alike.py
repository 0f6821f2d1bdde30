"""Whether all cells of a column are written alike, seen from the bytes of all of them at once.

Machines write a column one way from the first row to the last; to see that is ten times as fast as a pattern
for each cell. False says only that it could not be seen.
"""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.intake.arrays import content, offsets, valid

_POINT, _ZERO, _NINE = b".09"


class _Cells(NamedTuple):
    """The bytes of all cells that are not missing, and where in them each begins and ends."""

    letters: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]


def are_whole(cells: pa.Array, most_digits: int) -> bool:
    """Whether each is 0, or at most so many digits without a sign and without a zero before them."""
    found = _filled(cells)
    if found is None or found.letters.min() < _ZERO or found.letters.max() > _NINE:
        return False
    lengths = found.ends - found.begins
    leads_with_zero = (found.letters[found.begins] == _ZERO) & (lengths > 1)
    return bool(lengths.max() <= most_digits and not leads_with_zero.any())


def are_decimals(cells: pa.Array, most_characters: int) -> bool:
    """Whether each has digits, a point and digits, without a sign; no zero stands before or behind them but
    the ones of “0.5” and “5.0”."""
    found = _filled(cells)
    if found is None or found.letters.min() < _POINT or found.letters.max() > _NINE:
        return False
    letters, begins, ends = found
    points = np.flatnonzero(letters == _POINT)
    if len(points) != len(begins) or int((letters >= _ZERO).sum()) != len(letters) - len(points):
        return False
    before, behind = points - begins, ends - points - 1
    zero_before = (letters[begins] == _ZERO) & (before > 1)
    zero_behind = (letters[ends - 1] == _ZERO) & (behind > 1)
    return bool(
        (ends - begins).max() <= most_characters
        and before.min() > 0
        and behind.min() > 0
        and not zero_before.any()
        and not zero_behind.any()
    )


def are_like(cells: pa.Array, pattern: str) -> bool:
    """Whether all have the length of the first, its characters and digits in place of its digits, and it
    matches ``pattern``, to which one digit has to be as good as another."""
    found = _filled(cells)
    if found is None:
        return False
    lengths = found.ends - found.begins
    length = int(lengths[0])
    if not (lengths == length).all():
        return False
    rows = found.letters.reshape(-1, length)
    first = rows[0]
    if not re.fullmatch(pattern, first.tobytes().decode(errors="replace"), re.ASCII):
        return False
    is_digit = (first >= _ZERO) & (first <= _NINE)
    digits = rows[:, is_digit]
    same = (rows[:, ~is_digit] == first[~is_digit]).all()
    return bool(same and digits.min() >= _ZERO and digits.max() <= _NINE)


def _filled(cells: pa.Array) -> _Cells | None:
    """The cells that are not missing; None where there is none, or where missing ones have a text."""
    places = offsets(cells).astype(np.int64) if len(cells) else np.zeros(1, np.int64)
    places -= places[0]
    filled = places[1:] > places[:-1]
    if not filled.any() or not np.array_equal(filled, valid(cells)):
        return None
    return _Cells(content(cells), places[:-1][filled], places[1:][filled])
