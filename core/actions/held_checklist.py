"""The checklist that a feature is held to: the locked one, and before the first lock the newest draft."""

from datetime import datetime

from core.criteria.checklist import Checklist, read_checklist
from core.criteria.stakes import Stakes
from core.store import commitments, documents
from core.store.database import Connection
from core.store.features import Feature


def held_checklist(
    connection: Connection, feature: Feature, now: datetime | None = None
) -> tuple[Checklist, bool]:
    """The checklist with its stakes, and whether it is locked; ``now`` leaves out later locks.

    A draft that is edited after a lock changes no number: neither its bars nor its stakes hold yet.
    """
    locks = [
        lock for lock in commitments.history(connection, feature.id) if now is None or lock.locked_at <= now
    ]
    if locks:
        number = locks[0].checklist_number
        body = documents.version(connection, feature.id, documents.CHECKLIST, number).body
        return read_checklist(body).model_copy(update={"stakes": Stakes(locks[0].stakes)}), True
    newest = documents.newest(connection, feature.id, documents.CHECKLIST)
    return (read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))), False
