"""Entries of the audit log that may lose what they say: acts that changed no record."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, literal, not_, or_, select

from core.store.tables import audit_event, audit_payload, upload

OF_NO_RECORD = frozenset(
    {
        "refused",
        "texts revealed",
        "cases exported",
        "audit log exported",
        "signed out",
        "invitation not used",
        "import failed",
        "import cancelled",
        "import stop asked",
        "waiting file discarded",
        "trace deferred",
        "review ended",
    }
)
"""What was looked at, taken out, tried or left: no row is held against it, and nothing is decided by it."""


def of_feature(feature_id: int, slug: str) -> ColumnElement[bool]:
    """Entries about this feature or one of its uploads."""
    its_uploads = select(literal("upload/").concat(upload.c.id)).where(upload.c.feature_id == feature_id)
    return or_(audit_event.c.subject == f"feature/{slug}", audit_event.c.subject.in_(its_uploads))


def of_none() -> ColumnElement[bool]:
    """Entries about no feature."""
    subject = audit_event.c.subject
    return and_(not_(subject.startswith("feature/")), not_(subject.startswith("upload/")))


def due(connection: Connection, about: ColumnElement[bool], cutoff: datetime) -> list[int]:
    """The numbers of such entries from before ``cutoff`` that still say something, the oldest first."""
    query = (
        select(audit_event.c.seq)
        .join_from(audit_event, audit_payload)
        .where(
            about,
            audit_event.c.action.in_(OF_NO_RECORD),
            audit_event.c.ts < cutoff,
            audit_payload.c.payload.is_not(None),
        )
    )
    return list(connection.scalars(query.order_by(audit_event.c.seq)))
