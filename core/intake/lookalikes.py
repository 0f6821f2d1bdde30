"""Ids that a person would take for the same: they differ in case, accents' encoding or unseen characters."""

import unicodedata

import numpy as np

from core.evidence.fingerprints import Keys

CHECKED_IDS = 1_000_000
"""Only this many ids of a file are compared, to bound memory."""

_UNSEEN = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])


class Lookalikes:
    """Collects the ids of a file as hashes and counts those that look like another one."""

    def __init__(self) -> None:
        self._exact: list[Keys] = []
        self._folded: list[Keys] = []
        self._checked = 0

    def note(self, ids: list[str]) -> None:
        ids = ids[: CHECKED_IDS - self._checked]
        self._checked += len(ids)
        # The hashes live only as long as this process, so Python's own will do.
        self._exact.append(np.array([hash(one) for one in ids], np.int64))
        self._folded.append(np.array([hash(_looks(one)) for one in ids], np.int64))

    def count(self) -> int:
        """How many different ids look like another id of the file."""
        if not self._checked:
            return 0
        pairs = np.unique(np.stack([np.concatenate(self._folded), np.concatenate(self._exact)]), axis=1)
        _, sizes = np.unique(pairs[0], return_counts=True)
        return int(sizes[sizes > 1].sum())


def _looks(one: str) -> str:
    if one.isascii():
        return one.strip().lower()
    return unicodedata.normalize("NFC", one.translate(_UNSEEN).strip().casefold())
