"""Finding events of the audit log: filtered and paged in the database, the newest first."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select

from core.store.audit import AuditEvent, event_of, in_order
from core.store.raw_rows import moment_of, raw
from core.store.tables import audit_event, audit_payload, upload

_ROWS_AT_ONCE = 1_000
_FEATURE, _UPLOAD = "feature/", "upload/"
_EVENT_AND_PAYLOAD = (audit_event, audit_payload.c.salt, audit_payload.c.payload)


@dataclass(frozen=True)
class EventFilter:
    """What is asked for; nothing narrows where it is None or "". ``until`` is not included.

    ``feature`` is (slug, id); ``words`` must stand in what the event was about, in capitals or not.
    """

    feature: tuple[str, int] | None = None
    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True)
class LinkedEvent:
    """An event as it is chained: all that it takes to work out its hash anew.

    ``salt`` and ``payload`` (canonical JSON) are None where the payload was erased; ``ts`` is an ISO time
    in UTC with microseconds, as it enters the hash.
    """

    seq: int
    ts: str
    actor: str
    action: str
    subject: str
    salt: str | None
    payload: str | None
    commitment: str
    prev: str
    hash: str


def found(connection: Connection, wanted: EventFilter, *, limit: int, offset: int = 0) -> list[AuditEvent]:
    """The newest events that fit, after the first ``offset`` of them."""
    query = _joined().where(*_conditions(wanted)).order_by(audit_event.c.seq.desc())
    return [event_of(row) for row in connection.execute(query.limit(limit).offset(offset))]


def count(connection: Connection, wanted: EventFilter) -> int:
    """How many events fit."""
    query = select(func.count()).select_from(audit_event)
    if wanted.words:
        query = query.join(audit_payload, isouter=True)
    return connection.scalar(query.where(*_conditions(wanted))) or 0


def event(connection: Connection, seq: int) -> AuditEvent | None:
    row = connection.execute(_joined().where(audit_event.c.seq == seq)).one_or_none()
    return None if row is None else event_of(row)


def actors(connection: Connection, wanted: EventFilter) -> list[str]:
    """Everybody who did anything that fits, by name."""
    return _distinct(connection, audit_event.c.actor, wanted)


def actions(connection: Connection, wanted: EventFilter) -> list[str]:
    """Everything that was done and fits, by its word."""
    return _distinct(connection, audit_event.c.action, wanted)


def head(connection: Connection) -> tuple[int, str] | None:
    """(number, hash) of the last event; None while there is none. This checks nothing."""
    query = select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.seq, row.hash)


def chain(connection: Connection) -> Iterator[LinkedEvent]:
    """Every event, the oldest first, with what its hash was taken of."""
    for row in in_order(connection, _joined()):
        moment = moment_of(row.ts)
        yield LinkedEvent(
            row.seq,
            moment.isoformat(timespec="microseconds") if moment else str(row.ts),
            row.actor,
            row.action,
            row.subject,
            bytes(row.salt).hex() if isinstance(row.salt, bytes | memoryview) else None,
            row.payload,
            row.commitment,
            row.prev,
            row.hash,
        )


def named_uploads(connection: Connection, upload_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
    """(file name, feature's id) of each of these uploads that there is."""
    asked = sorted(set(upload_ids) - {""})
    named: dict[str, tuple[str, int]] = {}
    for start in range(0, len(asked), _ROWS_AT_ONCE):
        part = asked[start : start + _ROWS_AT_ONCE]
        query = select(upload.c.id, upload.c.file_name, upload.c.feature_id).where(upload.c.id.in_(part))
        named |= {row.id: (row.file_name, row.feature_id) for row in connection.execute(query)}
    return named


def feature_of(subject: str) -> str | None:
    """The slug of the feature that the subject names; None where it names something else."""
    return subject.removeprefix(_FEATURE) if subject.startswith(_FEATURE) else None


def upload_of(subject: str) -> str | None:
    """The id of the upload that the subject names; None where it names something else."""
    return subject.removeprefix(_UPLOAD) if subject.startswith(_UPLOAD) else None


def _joined() -> Select[Any]:
    return select(*raw(*_EVENT_AND_PAYLOAD)).join_from(audit_event, audit_payload, isouter=True)


def _distinct(connection: Connection, column: ColumnElement[str], wanted: EventFilter) -> list[str]:
    query = select(column).where(*_conditions(wanted)).distinct().order_by(column)
    return [str(value) for value in connection.scalars(query)]


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    columns = audit_event.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.feature is not None:
        slug, feature_id = wanted.feature
        uploads = select(literal(_UPLOAD).concat(upload.c.id)).where(upload.c.feature_id == feature_id)
        # One OR over the subject alone, so that its index answers both halves.
        conditions.append(or_(columns.subject == f"{_FEATURE}{slug}", columns.subject.in_(uploads)))
    if wanted.actor:
        conditions.append(columns.actor == wanted.actor)
    if wanted.action:
        conditions.append(columns.action == wanted.action)
    if wanted.since is not None:
        conditions.append(columns.ts >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.ts < wanted.until)
    if wanted.words:
        conditions.append(_says(wanted.words))
    return conditions


def _says(words: str) -> ColumnElement[bool]:
    """Whether every word stands in the payload, as JSON writes it."""
    written = [json.dumps(word, ensure_ascii=False)[1:-1] for word in words.split()]
    return and_(*(audit_payload.c.payload.icontains(word, autoescape=True) for word in written))
