"""A column in its type, as Python values or as Arrow arrays, whichever the way of reading it gave."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from core.intake.arrays import Mask, valid

if TYPE_CHECKING:
    from core.intake.cell_terms import Fault


class Converted:
    """``values`` in the column's type, ``texts`` their canonical text; both None where missing or bad.

    Columns that were read as a whole hold Arrow arrays, the texts also as a dictionary; lists are made from
    them where asked for.
    """

    def __init__(
        self,
        values: Sequence[Any] | pa.Array,
        texts: Sequence[str | None] | pa.Array,
        faults: dict[int, "Fault"] | None = None,
    ) -> None:
        self._values, self._texts = values, texts
        self.faults: dict[int, Fault] = {} if faults is None else faults

    @property
    def values(self) -> list[Any]:
        self._values = _as_list(self._values)
        return self._values

    @property
    def texts(self) -> list[str | None]:
        self._texts = _as_list(self._texts)
        return self._texts

    def typed(self, of: pa.DataType) -> pa.Array:
        """The values as an array."""
        return self._values if isinstance(self._values, pa.Array) else pa.array(self._values, of)

    def canonical(self) -> pa.Array:
        """The texts as an array."""
        texts = self.coded()
        return texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts

    def coded(self) -> pa.Array:
        """The texts as an array of texts, or where they were read so, of codes of different texts."""
        return self._texts if isinstance(self._texts, pa.Array) else pa.array(self._texts, pa.string())

    def missing(self) -> Mask:
        """Where there is no value."""
        if isinstance(self._values, pa.Array):
            return ~valid(self._values)
        return np.fromiter((value is None for value in self._values), np.bool_, len(self._values))


def _as_list(cells: Sequence[Any] | pa.Array) -> list[Any]:
    return cells.to_pylist() if isinstance(cells, pa.Array) else list(cells)
