"""Values of a sheet as columns of texts, where no value has to be looked at by itself."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa

from core.intake.array_texts import finite_texts
from core.intake.arrays import blank_rows
from core.intake.gathered import Block, Place
from core.intake.typed_values import text_of

EXCEL_DIGITS = 1e15
"""Excel keeps 15 digits of a number; a longer one was already changed when it was typed in."""

Value = str | float | bool | date | datetime | time | timedelta

_NOWHERE = Place(0, 0, 0)


def columns_of(rows: Sequence[Sequence[Value]]) -> tuple[list[pa.Array], int] | None:
    """The columns of ``rows`` as texts, and how many numbers Excel has rounded; None where a row has
    another width, or a value has no text."""
    if len(set(map(len, rows))) != 1:
        return None
    columns, rounded = [], 0
    for values in zip(*rows, strict=True):
        found = _texts(values)
        if found is None:
            return None
        columns.append(found[0])
        rounded += found[1]
    return columns, rounded


def block_of(numbers: list[int], names: Iterable[str], columns: list[pa.Array]) -> Block:
    """The rows with those ``numbers``, the blank ones left out."""
    blank = blank_rows(columns)
    count = len(numbers)
    if blank is not None:
        kept = np.flatnonzero(~blank)
        columns = [column.take(pa.array(kept)) for column in columns]
        numbers = [numbers[at] for at in kept.tolist()]
    size = sum(column.nbytes for column in columns)
    return Block(numbers, dict(zip(names, columns, strict=True)), count - len(numbers), size, _NOWHERE)


def _texts(values: Sequence[Value]) -> tuple[pa.Array, int] | None:
    kinds = set(map(type, values))
    if kinds == {str}:
        return pa.array(values, pa.string()), 0
    if kinds <= {str, bool}:
        words = [one if type(one) is str else "true" if one else "false" for one in values]
        return pa.array(words, pa.string()), 0
    if kinds <= {str, float} and (numbers := _numbers(values)) is not None:
        texts = finite_texts(numbers)
        return None if texts is None else (texts, _rounded(numbers))
    return _mixed(values)


def _numbers(values: Sequence[Value]) -> pa.Array | None:
    """The numbers of a column without other text."""
    try:
        return pa.array([None if one == "" else one for one in values], pa.float64())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None


def _rounded(numbers: pa.Array) -> int:
    return int((np.abs(numbers.drop_null().to_numpy()) >= EXCEL_DIGITS).sum())


def _mixed(values: Sequence[Value]) -> tuple[pa.Array, int] | None:
    texts = [one if type(one) is str else text_of(one) for one in values]
    if not all(text is None or type(text) is str for text in texts):
        return None
    numbers = [one for one in values if type(one) is float]
    return pa.array(texts, pa.string()), _rounded(pa.array(numbers, pa.float64()))
