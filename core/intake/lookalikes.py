"""Ids that a person would take for the same: they differ in case, accents' encoding or unseen characters."""

import unicodedata

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.evidence.fingerprints import Keys
from core.intake.arrays import content

CHECKED_IDS = 1_000_000
"""Only this many ids of a file are compared, to bound memory."""

_UNSEEN = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])


class Lookalikes:
    """Collects the ids of a file as hashes and counts those that look like another one."""

    def __init__(self) -> None:
        self._exact: list[Keys] = []
        self._folded: list[Keys] = []
        self._checked = 0
        self._is_plain = True

    def note(self, ids: pa.Array) -> None:
        """``ids`` are texts of which none is missing."""
        ids = ids[: CHECKED_IDS - self._checked]
        self._checked += len(ids)
        # The hashes live only as long as this process, so Python's own will do.
        texts = ids.to_pylist()
        exact = np.fromiter(map(hash, texts), np.int64, len(texts))
        self._exact.append(exact)
        plain = _look_like_themselves(content(ids))
        self._is_plain &= plain
        self._folded.append(exact if plain else np.array([hash(_looks(one)) for one in texts], np.int64))

    def count(self) -> int:
        """How many different ids look like another id of the file."""
        if self._is_plain:
            return 0
        exact, folded = np.concatenate(self._exact), np.concatenate(self._folded)
        different, first = np.unique(exact, return_index=True)
        looks, sizes = np.unique(folded[first], return_counts=True)
        return 0 if len(looks) == len(different) else int(sizes[sizes > 1].sum())


def _look_like_themselves(letters: NDArray[np.uint8]) -> bool:
    """Whether all is ASCII, without capitals and spaces."""
    capital = (letters >= ord("A")) & (letters <= ord("Z"))
    return not (capital | (letters <= ord(" ")) | (letters >= 0x80)).any()


def _looks(one: str) -> str:
    if one.isascii():
        return one.strip().lower()
    return unicodedata.normalize("NFC", one.translate(_UNSEEN).strip().casefold())
