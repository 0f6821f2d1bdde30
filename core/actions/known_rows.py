"""The rows that a feature has already, by which the next file's duplicates and changes are told."""

import numpy as np

from core.evidence.columns import RUN_KINDS, Kind
from core.evidence.fingerprints import Keys
from core.store import failures, labels, segments
from core.store.database import Connection
from core.store.features import Feature

_IN_SEGMENTS = (*RUN_KINDS, Kind.EVALS, Kind.CASES)


def known_keys(connection: Connection, feature: Feature) -> tuple[Keys, Keys]:
    """The keys and row keys of all that counts. Those of different kinds cannot meet (64-bit hashes)."""
    parts = [segments.known_keys(connection, feature.id, kind) for kind in _IN_SEGMENTS]
    parts.append(labels.known_keys(connection, feature.id))
    parts.append(failures.known_keys(connection, feature.id))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
