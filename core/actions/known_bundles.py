"""Release bundles by the hash of their document: read from the database once in the life of a process."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from core.rollout.bundle import ReleaseBundle, read_bundle, without_texts
from core.store import documents
from core.store.database import Connection
from core.store.documents import VersionLine

_MOST = 1_000
"""Bundles without their texts are small: a few KB each."""

_known: OrderedDict[str, ReleaseBundle] = OrderedDict()
_guard = threading.Lock()


def bundles_of(connection: Connection, versions: Sequence[VersionLine]) -> dict[int, ReleaseBundle]:
    """The bundle of each of ``versions`` by its number, with hashes in place of its texts.

    Every page asks for them, and texts may be long; what a hash stands for never changes.
    """
    with _guard:
        held = {one.sha256: _known[one.sha256] for one in versions if one.sha256 in _known}
    missing = {one.id: one.sha256 for one in versions if one.sha256 not in held}
    if missing:
        bodies = documents.bodies(connection, list(missing))
        held |= {missing[number]: without_texts(read_bundle(body)) for number, body in bodies.items()}
    with _guard:
        for one in versions:
            _known[one.sha256] = held[one.sha256]
            _known.move_to_end(one.sha256)
        while len(_known) > _MOST:
            _known.popitem(last=False)
    return {one.number: held[one.sha256] for one in versions}
