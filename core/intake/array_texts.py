"""Arrow columns of any type as texts, where Arrow writes them as Python would."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.intake.arrays import content, json_texts
from core.intake.typed_values import number_text

_NOT_ASCII = 0x80
_LEAST_ALIKE, _MOST_ALIKE = 1e-4, 1e15


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
    numbers = array.fill_null(1.0).to_numpy()
    if not np.isfinite(numbers).all():
        return None
    texts, size = array.cast(pa.string()), np.abs(numbers)
    # Beyond these Arrow and Python use exponents at different sizes; and 0 has no sign.
    odd = ((size < _LEAST_ALIKE) & ((size != 0) | np.signbit(numbers))) | (size >= _MOST_ALIKE)
    if not odd.any():
        return texts
    own = [number_text(number) for number in numbers[odd].tolist()]
    return pc.replace_with_mask(texts, pa.array(odd), pa.array(own, pa.string()))


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
