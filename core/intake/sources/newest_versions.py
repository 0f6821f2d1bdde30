"""Of a step that a file states several times, the version that counts: exports overlap, and steps are sent
again as they go on."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

_REMEMBERED = 2_000_000
"""Of so many steps the newest version is known at once: a key and a version for each."""


class NewestVersions:
    """The newest version seen of each step of one file.

    A newer row that comes in a later chunk cannot take back the older one: the account refuses it then,
    with the row that it differs from.
    """

    def __init__(self) -> None:
        self._newest: dict[Hashable, Any] = {}

    def older(self, numbers: Sequence[int], stated: Iterable[tuple[Hashable, Any]]) -> set[int]:
        """The numbers of the rows of which the file holds, so far, a newer version.

        ``stated`` gives for each row the key of its step and its version, which can be compared; either is
        None where the row does not say it, and the row counts then.
        """
        old, here = set[int](), dict[Hashable, int]()
        for number, (key, version) in zip(numbers, stated, strict=True):
            if key is None or version is None:
                continue
            known = self._newest.get(key)
            if known is not None and version <= known:
                # The same version is the same row again, which the account counts as such.
                old |= {number} if version < known else set()
                continue
            if key in here:
                old.add(here[key])
            here[key] = number
            if known is not None or len(self._newest) < _REMEMBERED:
                self._newest[key] = version
        return old
