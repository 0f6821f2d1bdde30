"""A whole column of text cells read at once, where it can be shown that reading cell by cell gives the same.

What is not shown to be plain is read by the readers of single cells, each different cell once.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.evidence.column import CellType, Column
from core.intake import times
from core.intake.alike import are_decimals, are_like, are_whole
from core.intake.arrays import Mask, content, longest, valid, without
from core.intake.cell_terms import Fault, Reading
from core.intake.cells import CONTROLS, EXCEL_CELL, MOJIBAKE, OneCell, cell_reader, is_plain_text
from core.intake.converted import Converted
from core.intake.schema import arrow_type
from core.intake.shares import is_share

_INTEGER = r"^(?:0|-?[1-9][0-9]{0,17})$"
_WHOLE = r"^(?:0|-?[1-9][0-9]{0,14})$"
# As Python writes it: no zero at the end but the one of “5.0”.
_DECIMALS = r"^-?(?:0|[1-9][0-9]*)\.(?:0|[0-9]*[1-9])$"
_EXACT_DIGITS = 15
_LEAST_WITHOUT_EXPONENT = 1e-4

_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_WITH_ZONE = _ISO + r"(?:Z|[+-][0-9]{2}:[0-9]{2})$"
_WITHOUT_ZONE = _ISO + "$"
_UTC = pa.timestamp("us", "UTC")

_CONTROL_BYTES = np.frombuffer(CONTROLS, np.uint8)
_SPACE, _DELETE, _NOT_ASCII, _LEADS_A_CONTROL = 0x20, 0x7F, 0x80, 0xC2

Plain = tuple[Mask, pa.Array, pa.Array]
"""Which cells are plain, and their values and canonical texts; the others are missing in both."""


def read_column(header: str, column: Column, cells: pa.Array, reading: Reading) -> Converted | None:
    """The ``cells`` (texts, null: blank) of ``column`` in its type; None where each has to be looked at."""
    if is_plain_text(column):
        return Converted(cells, cells) if _is_plain_text(column, cells, reading) else None
    if column.type is CellType.TIME:
        one = times.cell_reader(header, reading)
        return _read(cells, one, _UTC, lambda texts: _plain_times(texts, reading))
    one = cell_reader(column, reading)
    of = arrow_type(column.type)
    match column.type:
        case CellType.NUMBER:
            return _read(cells, one, of, lambda texts: _plain_numbers(texts, column, reading))
        case CellType.INTEGER:
            return _read(cells, one, of, lambda texts: _plain_integers(texts, column))
    return _each_different(cells, one, of)


def _is_plain_text(column: Column, cells: pa.Array, reading: Reading) -> bool:
    """Whether every cell can be kept as it is, and there is nothing to tell about any of them."""
    found = content(cells)
    if not len(found):
        return True
    lowest, highest = found.min(), found.max()
    if column.is_identifier:
        if longest(cells) > reading.limits.id_characters or lowest < _SPACE:
            return False
        if highest >= _DELETE and ((found == _DELETE) | (found == _LEADS_A_CONTROL)).any():
            return False
    else:
        if longest(cells) >= min(EXCEL_CELL, reading.limits.cell_characters):
            return False
        if lowest < _SPACE and np.isin(found[found < _SPACE], _CONTROL_BYTES).any():
            return False
    if highest < _NOT_ASCII:
        return True
    text = found.tobytes()
    return not any(mark in text for mark in MOJIBAKE)


def _read(
    cells: pa.Array, one: OneCell, of: pa.DataType, read_plain: Callable[[pa.Array], Plain | None]
) -> Converted:
    """The plain cells at once, the others each by itself."""
    found = read_plain(cells)
    if found is None:
        return _each_different(cells, one, of)
    plain, values, texts = found
    if (plain | ~valid(cells)).all():
        return Converted(values, texts)
    keep = pa.array(plain)
    others = _each_different(without(cells, plain), one, of)
    values = pc.if_else(keep, values, others.typed(of))
    return Converted(values, pc.if_else(keep, texts, others.canonical()), others.faults)


def _each_different(cells: pa.Array, one: OneCell, of: pa.DataType) -> Converted:
    """``one`` over every different cell, in the order in which they come up."""
    encoded = cells.dictionary_encode()
    values, texts, bad = [], [], dict[int, Fault]()
    for place, cell in enumerate(encoded.dictionary.to_pylist()):
        found = one(cell)
        value, text = found if isinstance(found, tuple) else (None, None)
        values.append(value)
        texts.append(text)
        if isinstance(found, Fault):
            bad[place] = found
    faults = {}
    if bad:
        faults = {row: bad[place] for row, place in enumerate(encoded.indices.to_pylist()) if place in bad}
    typed, canonical = pa.array(values, of), pa.array(texts, pa.string())
    coded = pa.DictionaryArray.from_arrays(encoded.indices, canonical)
    return Converted(typed.take(encoded.indices), coded, faults)


def _plain_integers(cells: pa.Array, column: Column) -> Plain | None:
    kept, plain = (cells, valid(cells)) if are_whole(cells, 18) else _matching(cells, _INTEGER)
    values = kept.cast(pa.int64())
    return _kept_where(plain & _inside(values, column), values, kept)


def _plain_numbers(cells: pa.Array, column: Column, reading: Reading) -> Plain | None:
    """Up to 15 digits mean a number of their own, so its shortest text is the one it is written with."""
    if is_share(column) and reading.answers.percent == "percent":
        return None
    texts, plain = _written_plainly(cells, with_point=reading.answers.decimal != "comma")
    values = texts.cast(pa.float64())
    found = values.fill_null(1.0).to_numpy()
    # “-0.0” is 0.0, and a number that is nearly 0 is written with an exponent.
    plain = plain & ((np.abs(found) >= _LEAST_WITHOUT_EXPONENT) | ((found == 0) & ~np.signbit(found)))
    return _kept_where(plain & _inside(values, column), values, texts)


def _written_plainly(cells: pa.Array, *, with_point: bool) -> tuple[pa.Array, Mask]:
    """The shortest texts of the numbers among ``cells``, and which these are."""
    if with_point and are_decimals(cells, _EXACT_DIGITS):
        return cells, valid(cells)
    if are_whole(cells, _EXACT_DIGITS):
        return pc.binary_join_element_wise(cells, ".0", ""), valid(cells)
    whole, is_whole = _matching(cells, _WHOLE)
    texts = pc.binary_join_element_wise(whole, ".0", "")
    if not with_point:
        return texts, is_whole
    decimals, has_decimals = _matching(cells, _DECIMALS)
    # The sign and the point are no digits, but one shorter does no harm.
    has_decimals &= pc.binary_length(cells).fill_null(0).to_numpy() <= _EXACT_DIGITS
    return pc.if_else(pa.array(has_decimals), decimals, texts), is_whole | has_decimals


def _plain_times(cells: pa.Array, reading: Reading) -> Plain | None:
    try:
        kept, plain = (cells, valid(cells)) if are_like(cells, _WITH_ZONE) else _matching(cells, _WITH_ZONE)
        values = kept.cast(_UTC)
        if reading.answers.timezone == "UTC":
            local, is_local = _matching(cells, _WITHOUT_ZONE)
            as_utc = local.cast(pa.timestamp("us")).cast(_UTC)
            values, plain = pc.if_else(pa.array(is_local), as_utc, values), plain | is_local
    except pa.ArrowInvalid:  # a 30 February among them
        return None
    years = pc.year(values).fill_null(0).to_numpy()
    plain &= (years >= times.FIRST_YEAR) & (years < times.LAST_YEAR)
    return _kept_where(plain, values, values.cast(pa.int64()).cast(pa.string()))


def _matching(cells: pa.Array, pattern: str) -> tuple[pa.Array, Mask]:
    """``cells`` without those that do not match, and which do."""
    match = pc.match_substring_regex(cells, pattern).fill_null(False)
    mask: Mask = match.to_numpy(zero_copy_only=False)
    return without(cells, ~mask), mask


def _inside(values: pa.Array, column: Column) -> Mask:
    """Which values keep to the limits of the column."""
    inside = np.ones(len(values), np.bool_)
    found = values.fill_null(0).to_numpy()
    if column.low is not None:
        inside &= found >= column.low
    if column.high is not None:
        inside &= found <= column.high
    return inside


def _kept_where(plain: Mask, values: pa.Array, texts: pa.Array) -> Plain:
    if plain.all():
        return plain, values, texts
    keep = pa.array(plain)
    return plain, pc.if_else(keep, values, None), without(texts, ~plain)
