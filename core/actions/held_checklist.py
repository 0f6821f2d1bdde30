"""The checklist that a feature is held to: the locked one, and before the first lock the newest draft."""

from datetime import datetime

from core.actions.committed import locked_checklist
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.stakes import Stakes
from core.store import commitments, documents
from core.store.database import Connection
from core.store.features import Feature


def held_checklist(
    connection: Connection, feature: Feature, now: datetime | None = None
) -> tuple[Checklist, bool]:
    """The checklist with its stakes, and whether it is locked; ``now`` leaves out later locks.

    A draft that is edited after a lock changes no number, and nor does an amendment that waits for its
    signatures: neither their bars nor their stakes hold yet.
    """
    locks = commitments.in_force(connection, feature.id, now)
    if locks:
        return locked_checklist(connection, feature, locks[0]), True
    newest = documents.newest(connection, feature.id, documents.CHECKLIST)
    return (read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))), False
