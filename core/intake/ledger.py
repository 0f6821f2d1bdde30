"""Which rows are new, which changed and which are known, without holding the rows themselves."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.evidence.fingerprints import Keys

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]


class KeyIndex:
    """Keys with their content and their place: sorted runs that are merged as they grow."""

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, Keys, Places]] = []

    def add(self, keys: Keys, row_keys: Keys, places: Places) -> None:
        """``keys`` are sorted. Where one is added twice, the later one is found."""
        if not len(keys):
            return
        run = keys, row_keys, places
        # Runs double in size from the newest to the oldest, so every key is merged few times.
        while self._runs and len(self._runs[-1][0]) <= 2 * len(run[0]):
            older = self._runs.pop()
            run = _sorted(*(np.concatenate(pair) for pair in zip(older, run, strict=True)))
        self._runs.append(run)

    def find(self, keys: Keys) -> tuple[Mask, Keys, Places]:
        """For each of ``keys``: whether it is here, and its content and place (0 where it is not).
        Sorted ones are found in a fraction of the time."""
        found = np.zeros(len(keys), dtype=bool)
        row_keys, places = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        for run_keys, run_row_keys, run_places in self._runs:
            at = np.searchsorted(run_keys, keys, side="right") - 1
            here = (at >= 0) & (run_keys[at] == keys)
            found |= here
            row_keys[here], places[here] = run_row_keys[at[here]], run_places[at[here]]
        return found, row_keys, places


def _sorted(keys: Keys, row_keys: Keys, places: Places) -> tuple[Keys, Keys, Places]:
    order = np.argsort(keys, kind="stable")
    return keys[order], row_keys[order], places[order]


@dataclass(frozen=True)
class Sorting:
    """Masks over the rows of one chunk; every row is in exactly one.

    ``first_rows`` is, for each conflicting row, the row that stated the same id first.
    """

    new: Mask
    updated: Mask
    known: Mask
    repeated: Mask
    conflicting: Mask
    first_rows: Places


class Ledger:
    """Compares the rows of a file with each other and with what the feature already holds."""

    def __init__(self, known_keys: Path | None) -> None:
        self._known, self._seen = KeyIndex(), KeyIndex()
        if known_keys is not None:
            with np.load(known_keys, allow_pickle=False) as stored:
                key, row_key = stored["key"].astype(np.int64), stored["row_key"].astype(np.int64)
            self._known.add(*_sorted(key, row_key, np.zeros(len(key), np.int64)))

    def sort(self, keys: Keys, row_keys: Keys, rows: Places) -> Sorting:
        """Sort rows that follow, in the file, all rows sorted before."""
        different, first, group = np.unique(keys, return_index=True, return_inverse=True)
        was_seen, content_before, row_before = self._seen.find(different)
        content = np.where(was_seen, content_before, row_keys[first])[group]
        first_rows = np.where(was_seen, row_before, rows[first])[group]
        at = first[~was_seen]
        self._seen.add(different[~was_seen], row_keys[at], rows[at])
        fresh = np.zeros(len(keys), dtype=bool)
        fresh[at] = True
        stated_before = ~fresh
        is_held, held_before, _ = self._known.find(different)
        held, held_content = is_held[group], held_before[group]
        return Sorting(
            new=fresh & ~held,
            updated=fresh & held & (held_content != row_keys),
            known=fresh & held & (held_content == row_keys),
            repeated=stated_before & (content == row_keys),
            conflicting=stated_before & (content != row_keys),
            first_rows=first_rows,
        )
