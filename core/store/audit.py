"""The audit log: one row for every action, each chained to the one before it by its hash.

What an action was about (the payload) enters the chain only as a salted hash, so that personal
words in it can be erased later without breaking the chain.

The chain alone shows an edit, a swap or a gap. It cannot show that its end was cut off, or that
all of it was written anew: for that, a head noted elsewhere has to be handed to :func:`verify`.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from core.store.raw_rows import moment_of, raw
from core.store.tables import audit_event, audit_payload

NO_EVENT = "0" * 64
"""The hash that the first event is chained to, and the head of an empty log."""

# Any number will do, as long as every Readygate takes the same one.
_APPEND_LOCK = 7_232_301_002
_ROWS_AT_ONCE = 1_000
_PAYLOAD = (audit_payload.c.salt, audit_payload.c.payload)


@dataclass(frozen=True)
class AuditEvent:
    """``payload`` is ``None`` where it was erased."""

    seq: int
    ts: datetime
    actor: str
    action: str
    subject: str
    payload: Any
    erased: bool
    hash: str


class ChainFault(StrEnum):
    """What is wrong with the first event at which the chain breaks."""

    CHANGED = "changed"
    MISSING = "missing"
    NOT_AS_NOTED = "not_as_noted"
    CUT = "cut"


@dataclass(frozen=True)
class ChainState:
    """``head`` is the hash of the last event; with ``events`` it is what to note down as an anchor."""

    ok: bool
    events: int
    first_broken_seq: int | None
    head: str
    fault: ChainFault | None = None


def append(
    connection: Connection, *, actor: str, action: str, subject: str, payload: Any, now: datetime
) -> int:
    """Add an event in the caller's transaction, as its last step; returns its number, from 1.

    On PostgreSQL this waits for other transactions that have appended, until they end.
    """
    hold_end(connection)
    last = connection.execute(
        select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)
    ).one_or_none()
    seq, prev = (last.seq + 1, last.hash) if last else (1, NO_EVENT)
    salt, text = secrets.token_bytes(16), rfc8785.dumps(payload).decode()
    event: dict[str, Any] = {
        "prev": prev,
        "seq": seq,
        "ts": now,
        "actor": actor,
        "action": action,
        "subject": subject,
        "commitment": _commitment(salt, text),
    }
    connection.execute(insert(audit_event).values(**event, hash=_link(event)))
    connection.execute(insert(audit_payload).values(seq=seq, salt=salt, payload=text))
    return seq


def hold_end(connection: Connection) -> None:
    """Let nobody else append until this transaction ends; what is read of the log from here on is the newest.

    On SQLite every writing transaction is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_APPEND_LOCK)))


def newest_payload(connection: Connection, action: str) -> Any:
    """What the last entry of this action says; None where there is none, or where it was erased."""
    query = select(*raw(audit_event, *_PAYLOAD)).join_from(audit_event, audit_payload, isouter=True)
    query = query.where(audit_event.c.action == action).order_by(audit_event.c.seq.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else event_of(row).payload


def newest_seq(connection: Connection) -> int:
    """The number of the last event, 0 while there is none: it grows with everything that anybody does."""
    return connection.scalar(select(func.max(audit_event.c.seq))) or 0


def newest_moment(connection: Connection, subject: str, until: datetime) -> datetime | None:
    """When the last thing about ``subject`` was done by ``until``; None where there was none."""
    mine = select(func.max(audit_event.c.ts)).where(audit_event.c.subject == subject)
    found: datetime | None = connection.scalar(mine.where(audit_event.c.ts <= until))
    return found


def erase(connection: Connection, seq: int) -> None:
    """Empty the payload of an event for good; who did what and when stays, and so does the chain."""
    connection.execute(
        update(audit_payload).where(audit_payload.c.seq == seq).values(salt=None, payload=None)
    )


def verify(
    connection: Connection,
    anchor: tuple[int, str] | None = None,
    on_events: Callable[[int], None] = lambda _: None,
) -> ChainState:
    """Follow the chain from its first event to its last.

    ``anchor`` is (events, head) as noted at an earlier time: the chain must still pass through it.
    ``on_events`` is told now and then how many events were followed.
    """
    head, events = NO_EVENT, 0
    broken: tuple[int, ChainFault] | None = None
    # A value that its type cannot hold is a fault of its event, and must not end the reading.
    query = select(*raw(audit_event), audit_payload.c.seq.label("payload_seq"), *raw(*_PAYLOAD))
    query = query.join_from(audit_event, audit_payload, isouter=True)
    for row in in_order(connection, query):
        events += 1
        fault = _fault(row, events, head, anchor)
        if broken is None and fault is not None:
            # A gap is named by the number that is missing, everything else by its own.
            broken = min(events, row.seq), fault
        head = row.hash
        if events % _ROWS_AT_ONCE == 0:
            on_events(events)
    if broken is None and _has_more(connection, events, anchor):
        broken = events + 1, ChainFault.CUT
    seq, found = broken or (None, None)
    return ChainState(ok=broken is None, events=events, first_broken_seq=seq, head=head, fault=found)


def _fault(row: Any, place: int, head: str, anchor: tuple[int, str] | None) -> ChainFault | None:
    """What is wrong with the event that stands at ``place``, after the one with the hash ``head``."""
    if row.seq > place:
        return ChainFault.MISSING
    if row.seq != place or row.prev != head or not _is_sound(row):
        return ChainFault.CHANGED
    if anchor is not None and anchor[0] == row.seq and anchor[1] != row.hash:
        return ChainFault.NOT_AS_NOTED
    return None


def timeline(connection: Connection, subject: str | None, limit: int) -> list[AuditEvent]:
    """The newest events about ``subject`` (about anything where it is ``None``), the newest first."""
    query = select(*raw(audit_event, *_PAYLOAD)).join_from(audit_event, audit_payload, isouter=True)
    if subject is not None:
        query = query.where(audit_event.c.subject == subject)
    rows = connection.execute(query.order_by(audit_event.c.seq.desc()).limit(limit))
    return [event_of(row) for row in rows]


def in_order(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    """The rows of a ``query`` over the events, whose ``seq`` it selects, the oldest first.

    They come page after page: no cursor stays open on the server where whoever reads stops.
    """
    pages = query.order_by(audit_event.c.seq).limit(_ROWS_AT_ONCE)
    rows = connection.execute(pages).all()
    while rows:
        yield from rows
        rows = connection.execute(pages.where(audit_event.c.seq > rows[-1].seq)).all()


def event_of(row: Any) -> AuditEvent:
    """The event in a row of both tables, read as it is: one that was tampered with can be shown too."""
    return AuditEvent(
        seq=row.seq,
        ts=moment_of(row.ts) or datetime.min.replace(tzinfo=UTC),
        actor=str(row.actor),
        action=str(row.action),
        subject=str(row.subject),
        payload=None if row.payload is None else _payload(row.payload),
        erased=row.payload is None,
        hash=str(row.hash),
    )


def _payload(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return {"unreadable": str(text)}


def _is_sound(row: Any) -> bool:
    """Whether an event says what its hash was taken of, and its payload too unless it was erased."""
    moment = moment_of(row.ts)
    if row.payload_seq is None or moment is None:
        return False
    try:
        if row.payload is not None and _commitment(row.salt, row.payload) != row.commitment:
            return False
        return bool(row.hash == _link(row._asdict() | {"ts": moment}))
    except (AttributeError, TypeError):
        # A text where bytes belong, or the other way round: nothing that this program writes.
        return False


def _has_more(connection: Connection, events: int, anchor: tuple[int, str] | None) -> bool:
    """Whether something is known to have stood behind the last event: by an anchor, or a payload left."""
    last_payload = connection.scalar(select(func.max(audit_payload.c.seq))) or 0
    return max(last_payload, anchor[0] if anchor else 0) > events


def _commitment(salt: bytes, text: str) -> str:
    return _hash(salt, text.encode())


def _link(event: Mapping[str, Any]) -> str:
    """The hash of an event: of every column but the hash itself."""
    moment = event["ts"].astimezone(UTC).isoformat(timespec="microseconds")
    who_and_what = (event["actor"], event["action"], event["subject"], event["commitment"])
    parts = ("audit-v1", event["prev"], str(event["seq"]), moment, *who_and_what)
    return _hash(*(part.encode() for part in parts))


def _hash(*parts: bytes) -> str:
    """SHA-256 over parts with their lengths, so that no two lists of parts run together into one."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
