"""Arrow columns of any type as texts, where Arrow writes them as Python would."""

import numpy as np
import pyarrow as pa

from core.intake.arrays import content, json_texts, valid
from core.intake.typed_values import EXACT_INTEGERS

_NOT_ASCII = 0x80


def plain_texts(array: pa.Array) -> pa.Array | None:
    """The cells as texts, where Arrow writes them as Python would; None where each has to be looked at."""
    of = array.type
    if pa.types.is_null(of):
        return pa.nulls(len(array), pa.string())
    if is_text(of):
        return _whole_text(array.cast(pa.string()))
    if pa.types.is_float64(of):
        return finite_texts(array)
    if pa.types.is_integer(of) or pa.types.is_boolean(of):
        return array.cast(pa.string())
    if pa.types.is_list(of) and of.value_type == pa.string():
        _whole_text(array.flatten())
        return json_texts(array)
    return None


def finite_texts(array: pa.Array) -> pa.Array | None:
    """What ``number_text`` writes; None where a number is not finite."""
    numbers = array.drop_null().to_numpy()
    if not np.isfinite(numbers).all():
        return None
    texts = list(map(repr, numbers.tolist()))
    for place in np.flatnonzero((numbers == np.trunc(numbers)) & (np.abs(numbers) < EXACT_INTEGERS)):
        texts[place] = str(int(numbers[place]))
    of_numbers = pa.array(texts, pa.string())
    if not array.null_count:
        return of_numbers
    is_there = valid(array)
    return of_numbers.take(pa.array(np.cumsum(is_there) - 1, mask=~is_there))


def decoded(array: pa.Array) -> pa.Array:
    """``array``, where it is a dictionary of texts, as texts."""
    is_texts = pa.types.is_dictionary(array.type) and is_text(array.type.value_type)
    return array.dictionary_decode() if is_texts else array


def joined(arrays: list[pa.Array]) -> pa.Array:
    """One array of all; a single one is not copied. Raises ArrowNotImplementedError for a few types."""
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)


def is_text(of: pa.DataType) -> bool:
    return bool(pa.types.is_string(of) or pa.types.is_large_string(of))


def _whole_text(texts: pa.Array) -> pa.Array:
    """``texts`` once it is sure that they are UTF-8. Raises UnicodeDecodeError."""
    if (content(texts) >= _NOT_ASCII).any():
        try:
            texts.validate(full=True)
        except pa.ArrowInvalid:
            texts.to_pylist()  # raises what says so
            raise
    return texts
