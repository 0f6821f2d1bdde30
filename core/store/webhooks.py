"""Webhooks and their deliveries: whom to tell what, and the outbox out of which it is told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from core.store.audit import AuditEvent, event_of
from core.store.raw_rows import raw
from core.store.tables import audit_event, audit_payload, webhook, webhook_delivery

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"
"""What became of a delivery."""


@dataclass(frozen=True)
class Webhook:
    """``feature_id`` None: it is told of every feature. ``followed_to`` and ``verdicts_to`` are the last
    audit event and the last change of a verdict that were looked at for it."""

    id: int
    name: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    events: Sequence[str] = field(hash=False)
    feature_id: int | None
    made_by: str
    made_by_id: int | None
    made_at: datetime
    followed_to: int
    verdicts_to: int
    stopped_by: str | None
    stopped_at: datetime | None


@dataclass(frozen=True)
class Delivery:
    """``subject`` is the row that it tells of; ``status`` the receiver's last answer, ``fault`` what was
    wrong with it, or with the way there. ``tries`` counts the one that is under way."""

    id: int
    webhook_id: int
    event: str
    subject: str
    made_at: datetime
    due_at: datetime
    tries: int
    state: str
    status: int | None
    fault: str | None
    ended_at: datetime | None
    body: Mapping[str, Any] = field(hash=False, repr=False)


def add(
    connection: Connection,
    *,
    name: str,
    url: str,
    secret: str,
    events: Sequence[str],
    feature_id: int | None,
    made_by: str,
    made_by_id: int | None,
    followed_to: int,
    verdicts_to: int,
    now: datetime,
) -> Webhook:
    row = {
        "name": name,
        "url": url,
        "secret": secret,
        "events": list(events),
        "feature_id": feature_id,
        "made_by": made_by,
        "made_by_id": made_by_id,
        "made_at": now,
        "followed_to": followed_to,
        "verdicts_to": verdicts_to,
    }
    added = connection.execute(insert(webhook).values(row).returning(*webhook.c)).one()
    return Webhook(**added._asdict())


def by_id(connection: Connection, webhook_id: int) -> Webhook | None:
    row = connection.execute(select(webhook).where(webhook.c.id == webhook_id)).one_or_none()
    return None if row is None else Webhook(**row._asdict())


def every(connection: Connection) -> list[Webhook]:
    """All that were ever made, the newest first."""
    newest_first = select(webhook).order_by(webhook.c.made_at.desc(), webhook.c.id.desc())
    return [Webhook(**row._asdict()) for row in connection.execute(newest_first)]


def renew_secret(connection: Connection, webhook_id: int, secret: str) -> None:
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(secret=secret))


def stop(connection: Connection, webhook_id: int, *, by: str, now: datetime) -> None:
    """End it for good: what still waits is not sent any more, and its secret is forgotten."""
    standing = update(webhook).where(webhook.c.id == webhook_id, webhook.c.stopped_at.is_(None))
    connection.execute(standing.values(stopped_by=by, stopped_at=now, secret=""))
    waiting = update(webhook_delivery).where(
        webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.state == WAITING
    )
    connection.execute(waiting.values(state=FAILED, fault="The webhook was stopped.", ended_at=now))


def is_behind(connection: Connection, seq: int, verdict: int) -> bool:
    """Whether one that goes on has not looked at the audit event ``seq`` or at the change ``verdict`` yet."""
    behind = or_(webhook.c.followed_to < seq, webhook.c.verdicts_to < verdict)
    query = select(webhook.c.id).where(webhook.c.stopped_at.is_(None), behind).limit(1)
    return connection.scalar(query) is not None


def to_follow(connection: Connection) -> list[Webhook]:
    """Those that go on, locked until the transaction ends; without those that another server follows now."""
    live = select(webhook).where(webhook.c.stopped_at.is_(None)).order_by(webhook.c.id)
    rows = connection.execute(live.with_for_update(skip_locked=True))
    return [Webhook(**row._asdict()) for row in rows]


def followed(connection: Connection, webhook_id: int, *, seq: int, verdict: int) -> None:
    """Everything up to these two was looked at."""
    mine = update(webhook).where(webhook.c.id == webhook_id)
    connection.execute(mine.values(followed_to=seq, verdicts_to=verdict))


def events_after(connection: Connection, seq: int, actions: Collection[str], limit: int) -> list[AuditEvent]:
    """The first ``limit`` events of these ``actions`` behind the number ``seq``, the oldest first."""
    query = select(*raw(audit_event, audit_payload.c.payload)).join_from(
        audit_event, audit_payload, isouter=True
    )
    query = query.where(audit_event.c.seq > seq, audit_event.c.action.in_(sorted(actions)))
    return [event_of(row) for row in connection.execute(query.order_by(audit_event.c.seq).limit(limit))]


def add_delivery(
    connection: Connection,
    *,
    webhook_id: int,
    event: str,
    subject: str,
    body: Mapping[str, Any],
    now: datetime,
) -> int:
    """Put a message into the outbox, due at once; returns its number."""
    row = {
        "webhook_id": webhook_id,
        "event": event,
        "subject": subject,
        "made_at": now,
        "due_at": now,
        "tries": 0,
        "state": WAITING,
        "body": dict(body),
    }
    query = insert(webhook_delivery).values(row).returning(webhook_delivery.c.id)
    return int(connection.execute(query).scalar_one())


def with_due(connection: Connection, now: datetime) -> list[int]:
    """The ids of the webhooks of which something is due."""
    due = select(webhook_delivery.c.webhook_id).where(
        webhook_delivery.c.state == WAITING, webhook_delivery.c.due_at <= now
    )
    return sorted(connection.scalars(due.distinct()))


def take(connection: Connection, webhook_id: int, now: datetime, lease: timedelta) -> Delivery | None:
    """The delivery of this webhook that is due longest, taken for as long as the ``lease``, or None.

    Nobody else takes it meanwhile. Whoever took it and was never heard of again has used up one try.
    """
    due = (
        select(webhook_delivery.c.id)
        .where(
            webhook_delivery.c.webhook_id == webhook_id,
            webhook_delivery.c.state == WAITING,
            webhook_delivery.c.due_at <= now,
        )
        .order_by(webhook_delivery.c.due_at, webhook_delivery.c.id)
        .limit(1)
    )
    number = connection.scalar(due.with_for_update(skip_locked=True))
    if number is None:
        return None
    taken = update(webhook_delivery).where(webhook_delivery.c.id == number)
    taken = taken.values(due_at=now + lease, tries=webhook_delivery.c.tries + 1)
    return Delivery(**connection.execute(taken.returning(*webhook_delivery.c)).one()._asdict())


def tried(
    connection: Connection,
    taken: Delivery,
    *,
    state: str,
    status: int | None,
    fault: str | None,
    due_at: datetime,
    now: datetime,
) -> None:
    """What came of a try: ``due_at`` is when the next one is due, where it still waits.

    A try that somebody else has taken over since, or that was ended meanwhile, changes nothing.
    """
    mine = update(webhook_delivery).where(
        webhook_delivery.c.id == taken.id,
        webhook_delivery.c.tries == taken.tries,
        webhook_delivery.c.due_at == taken.due_at,
        webhook_delivery.c.state == WAITING,
    )
    ended = None if state == WAITING else now
    connection.execute(mine.values(state=state, status=status, fault=fault, due_at=due_at, ended_at=ended))


def send_again(connection: Connection, delivery_id: int, now: datetime) -> None:
    """Due at once, with all its tries anew, under its old number."""
    ended = update(webhook_delivery).where(
        webhook_delivery.c.id == delivery_id, webhook_delivery.c.state != WAITING
    )
    connection.execute(
        ended.values(state=WAITING, tries=0, due_at=now, ended_at=None, status=None, fault=None)
    )


def delivery(connection: Connection, delivery_id: int) -> Delivery | None:
    query = select(webhook_delivery).where(webhook_delivery.c.id == delivery_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Delivery(**row._asdict())


def deliveries(connection: Connection, limit: int) -> list[Delivery]:
    """The newest deliveries of all webhooks."""
    newest = select(webhook_delivery).order_by(webhook_delivery.c.id.desc()).limit(limit)
    return [Delivery(**row._asdict()) for row in connection.execute(newest)]


def counted(connection: Connection) -> dict[tuple[int, str], int]:
    """(webhook, state) to how many of its deliveries are in that state."""
    by = webhook_delivery.c.webhook_id, webhook_delivery.c.state
    rows = connection.execute(select(*by, func.count()).group_by(*by))
    return {(one, state): number for one, state, number in rows}


def forget_ended(connection: Connection, until: datetime) -> int:
    """Remove what ended before the moment ``until``; returns how many."""
    old = delete(webhook_delivery).where(webhook_delivery.c.ended_at < until)
    return connection.execute(old).rowcount
