"""The audit log: one row for every action, each chained to the one before it by its hash.

What an action was about (the payload) enters the chain only as a salted hash, so that personal
words in it can be erased later without breaking the chain.

The chain alone shows an edit, a swap or a gap. It cannot show that its end was cut off, or that
all of it was written anew: for that, a head noted elsewhere has to be handed to :func:`verify`.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, func, insert, select, update

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


@dataclass(frozen=True)
class ChainState:
    """``head`` is the hash of the last event; with ``events`` it is what to note down as an anchor."""

    ok: bool
    events: int
    first_broken_seq: int | None
    head: str


def append(
    connection: Connection, *, actor: str, action: str, subject: str, payload: Any, now: datetime
) -> int:
    """Add an event in the caller's transaction, as its last step; returns its number, from 1.

    On PostgreSQL this waits for other transactions that have appended, until they end.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_APPEND_LOCK)))
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


def newest_seq(connection: Connection) -> int:
    """The number of the last event, 0 while there is none: it grows with everything that anybody does."""
    return connection.scalar(select(func.max(audit_event.c.seq))) or 0


def erase(connection: Connection, seq: int) -> None:
    """Empty the payload of an event for good; who did what and when stays, and so does the chain."""
    connection.execute(
        update(audit_payload).where(audit_payload.c.seq == seq).values(salt=None, payload=None)
    )


def verify(connection: Connection, anchor: tuple[int, str] | None = None) -> ChainState:
    """Follow the chain from its first event to its last.

    ``anchor`` is (events, head) as noted at an earlier time: the chain must still pass through it.
    """
    head, events, broken = NO_EVENT, 0, None
    query = select(audit_event, audit_payload.c.seq.label("payload_seq"), *_PAYLOAD)
    query = query.join_from(audit_event, audit_payload, isouter=True).order_by(audit_event.c.seq)
    for row in connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        events += 1
        is_sound = row.seq == events and row.prev == head and _is_sound(row)
        if anchor is not None and anchor[0] == row.seq:
            is_sound = is_sound and anchor[1] == row.hash
        if broken is None and not is_sound:
            # A gap is named by the number that is missing, everything else by its own.
            broken = min(events, row.seq)
        head = row.hash
    if broken is None and _has_more(connection, events, anchor):
        broken = events + 1
    return ChainState(ok=broken is None, events=events, first_broken_seq=broken, head=head)


def timeline(connection: Connection, subject: str | None, limit: int) -> list[AuditEvent]:
    """The newest events about ``subject`` (about anything where it is ``None``), the newest first."""
    query = select(audit_event, *_PAYLOAD).join_from(audit_event, audit_payload, isouter=True)
    if subject is not None:
        query = query.where(audit_event.c.subject == subject)
    rows = connection.execute(query.order_by(audit_event.c.seq.desc()).limit(limit))
    return [
        AuditEvent(
            seq=row.seq,
            ts=row.ts,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            payload=None if row.payload is None else json.loads(row.payload),
            erased=row.payload is None,
            hash=row.hash,
        )
        for row in rows
    ]


def _is_sound(row: Row[Any]) -> bool:
    """Whether an event says what its hash was taken of, and its payload too unless it was erased."""
    if row.payload_seq is None:
        return False
    if row.payload is not None and (row.salt is None or _commitment(row.salt, row.payload) != row.commitment):
        return False
    return bool(row.hash == _link(row._asdict()))


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
