"""What is counted of an upload, removed once it was kept long enough: rows in segments, labels, failures.

The upload itself stays: its name, its fingerprint, how many rows it had, and who handed it in, because
verdicts, signatures and reports name it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from core.evidence.columns import Kind
from core.store.expiry import without_cells
from core.store.tables import failure, label, review_session, segment, superseded, upload

_ENDED = ("done", "withdrawn")


@dataclass(frozen=True)
class Held:
    """An upload whose numbers are there. ``newest`` is the latest moment that anything in it can be of.

    ``is_live``: it counts; else it was withdrawn. ``sequence`` is its place in the order of publishing.
    """

    id: str
    kind: str
    asked_at: datetime
    newest: datetime
    sequence: int
    is_live: bool


@dataclass(frozen=True)
class Removed:
    """How many rows of segments, labels and failures went."""

    rows: int
    labels: int
    failures: int


def has_older(connection: Connection, feature_id: int, cutoff: datetime) -> bool:
    """Whether the numbers of an upload from before ``cutoff`` may be there: a cheap first question."""
    query = select(upload.c.id).where(
        upload.c.feature_id == feature_id,
        upload.c.asked_at < cutoff,
        upload.c.numbers_expired_at.is_(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def held(connection: Connection, feature_id: int) -> list[Held]:
    """Every upload of the feature whose numbers are there, in the order of publishing.

    Test cases are none: a set of them holds nothing that was counted. A review is as old as its last label.
    """
    later = {
        row.upload_id: row.newest
        for table, column in ((segment, segment.c.latest), (label, label.c.labelled_at))
        for row in connection.execute(
            select(table.c.upload_id, func.max(column).label("newest"))
            .where(table.c.feature_id == feature_id, column.is_not(None))
            .group_by(table.c.upload_id)
        )
    }
    query = (
        select(upload.c.id, upload.c.kind, upload.c.asked_at, upload.c.sequence, upload.c.state)
        .where(
            upload.c.feature_id == feature_id,
            upload.c.state.in_(_ENDED),
            upload.c.kind != Kind.CASES.value,
            upload.c.numbers_expired_at.is_(None),
            upload.c.sequence.is_not(None),
        )
        .order_by(upload.c.sequence)
    )
    return [
        Held(
            row.id,
            row.kind,
            row.asked_at,
            max(row.asked_at, later.get(row.id, row.asked_at)),
            row.sequence,
            row.state == "done",
        )
        for row in connection.execute(query)
    ]


def remove(connection: Connection, upload_ids: Sequence[str], now: datetime) -> Removed:
    """Remove the rows of these uploads for good, and say so on each of them."""
    rows = connection.scalar(
        select(func.coalesce(func.sum(segment.c.rows), 0)).where(segment.c.upload_id.in_(upload_ids))
    )
    connection.execute(delete(segment).where(segment.c.upload_id.in_(upload_ids)))
    connection.execute(delete(superseded).where(superseded.c.upload_id.in_(upload_ids)))
    gone = [
        connection.execute(delete(table).where(table.c.upload_id.in_(upload_ids))).rowcount
        for table in (label, failure)
    ]
    # A review that somebody goes on with begins another upload.
    reviews = update(review_session).where(review_session.c.upload_id.in_(upload_ids))
    connection.execute(reviews.values(upload_id=None))
    reports = select(upload.c.id, upload.c.report).where(upload.c.id.in_(upload_ids))
    for upload_id, report in connection.execute(reports).all():
        # Counts stay in it; cells of the file do not outlive its rows.
        marked = {"numbers_expired_at": now, "rejected_rows": None, "report": without_cells(report)}
        connection.execute(update(upload).where(upload.c.id == upload_id).values(marked))
    return Removed(int(rows or 0), *gone)
