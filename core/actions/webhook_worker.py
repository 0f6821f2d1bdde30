"""The webhook worker: one thread that follows what happens into the outbox, and delivers what is due there.

Looking at an entry and putting its message into the outbox is one transaction, so that a crash neither
loses nor doubles a message. A delivery is taken for a minute before it is sent: whoever dies meanwhile
leaves it to the next, so that a receiver may get it twice, under the same name.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol

from core.actions.verdicts import note_verdict
from core.actions.webhook_events import news_for
from core.actions.webhook_sending import Answer, internal_allowed, send
from core.actions.worker import Worker
from core.actions.workspace import Workspace
from core.export.webhook_body import (
    DELIVERY_HEADER,
    EVENT_HEADER,
    SIGNATURE_HEADER,
    WebhookEvent,
    body_of,
    signature,
    written,
)
from core.store import audit, features, verdict_changes, webhooks
from core.store.webhooks import DELIVERED, FAILED, WAITING, Delivery

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=40))
"""How long after each try that failed the next one is due; after the last there is none."""

LEASE = timedelta(minutes=1)
KEPT = timedelta(days=90)
"""So long the log of deliveries reaches back."""

_LOG = logging.getLogger("readygate")
_LOOK_EVERY_SECONDS = 2.0
_JUDGE_EVERY = timedelta(minutes=15)
_AT_A_TIME = 8


class Send(Protocol):
    """Posts a body once; whatever goes wrong is an answer."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], *, internal: bool) -> Answer: ...


class WebhookWorker(Worker):
    """``url`` is the public address of Readygate, "" where nobody knows it: then messages have no link."""

    name = "webhook-worker"
    pause_seconds = _LOOK_EVERY_SECONDS
    patience_seconds = 12.0

    def __init__(self, workspace: Workspace, url: str = "") -> None:
        super().__init__(workspace)
        self._url = url
        self._judged: datetime | None = None

    def _round(self) -> bool:
        now = datetime.now(UTC)
        if self._judged is None or now - self._judged >= _JUDGE_EVERY:
            self._judged = now
            judge_anew(self._workspace, now, goes_on=self._goes_on)
        made = follow(self._workspace, now, self._url)
        sent = deliver(self._workspace, lambda: datetime.now(UTC), goes_on=self._goes_on)
        return bool(made or sent) and self._goes_on()

    def _goes_on(self) -> bool:
        return not self._stopping.is_set()

    def _tell(self, error: Exception) -> None:
        _LOG.error("webhooks were not told: %s", type(error).__name__)


def judge_anew(workspace: Workspace, now: datetime, *, goes_on: Callable[[], bool]) -> None:
    """Note the verdicts that webhooks wait for, since time alone can change them; forget old messages."""
    with workspace.database.reading() as connection:
        wants = {WebhookEvent.VERDICT.value, WebhookEvent.SIGNATURE.value}
        live = [one for one in webhooks.every(connection) if one.stopped_at is None]
        places = {one.feature_id for one in live if wants & set(one.events)}
        known = features.everything(connection)
        # Nobody's first verdict is noted here: that is for whoever does something.
        begun = {one.id for one in known if verdict_changes.newest(connection, one.id) is not None}
        has_old = any(webhooks.counted(connection).values())
    if has_old:
        with workspace.database.writing() as connection:
            webhooks.forget_ended(connection, now - KEPT)
    for feature in known:
        if goes_on() and feature.id in begun and (None in places or feature.id in places):
            note_verdict(workspace, now, feature.slug)


def follow(workspace: Workspace, now: datetime, url: str = "") -> int:
    """Put what happened since the last look into the outbox; returns how many messages it made.

    ``url`` is the public address of Readygate, "" where nobody knows it.
    """
    with workspace.database.reading() as connection:
        newest = audit.newest_seq(connection), verdict_changes.newest_id(connection)
        if not webhooks.is_behind(connection, *newest):
            return 0
    made, is_more = 0, True
    while is_more:
        is_more = False
        with workspace.database.writing() as connection:
            for hook in webhooks.to_follow(connection):
                # Asked before the entries are read: what comes in between is left for the next look.
                news = news_for(connection, hook, audit.newest_seq(connection), url)
                for told in news.told:
                    webhooks.add_delivery(
                        connection,
                        webhook_id=hook.id,
                        event=told.message.event.value,
                        subject=told.subject,
                        body=body_of(told.message),
                        now=now,
                    )
                if (news.seq, news.verdict) != (hook.followed_to, hook.verdicts_to):
                    webhooks.followed(connection, hook.id, seq=news.seq, verdict=news.verdict)
                made += len(news.told)
                is_more = is_more or news.is_more
    return made


def deliver(
    workspace: Workspace,
    clock: Callable[[], datetime],
    *,
    goes_on: Callable[[], bool] = lambda: True,
    post: Send = send,
) -> int:
    """Send what is due, the oldest of each webhook first; returns how many were taken by their receivers.

    Webhooks do not wait for each other, and one whose receiver fails is left alone until the next round.
    """
    with workspace.database.reading() as connection:
        waiting = webhooks.with_due(connection, clock())
    if not waiting:
        return 0

    def send_out(webhook_id: int) -> int:
        return _send_out(workspace, clock, webhook_id, goes_on, post)

    with ThreadPoolExecutor(min(_AT_A_TIME, len(waiting)), thread_name_prefix="webhook") as threads:
        return sum(threads.map(send_out, waiting))


def _send_out(
    workspace: Workspace,
    clock: Callable[[], datetime],
    webhook_id: int,
    goes_on: Callable[[], bool],
    post: Send,
) -> int:
    taken = 0
    while goes_on():
        now = clock()
        with workspace.database.writing() as connection:
            hook = webhooks.by_id(connection, webhook_id)
            one = webhooks.take(connection, webhook_id, now, LEASE)
        if hook is None or one is None:
            return taken
        body = written(one.body)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Readygate",
            EVENT_HEADER: one.event,
            DELIVERY_HEADER: str(one.body["delivery"]),
            SIGNATURE_HEADER: signature(hook.secret, int(now.timestamp()), body),
        }
        answer = post(hook.url, body, headers, internal=internal_allowed())
        _note(workspace, one, answer, clock())
        if not answer.is_taken:
            return taken
        taken += 1
    return taken


def _note(workspace: Workspace, one: Delivery, answer: Answer, now: datetime) -> None:
    is_last = one.tries > len(PAUSES)
    state = DELIVERED if answer.is_taken else FAILED if is_last else WAITING
    with workspace.database.writing() as connection:
        webhooks.tried(
            connection,
            one,
            state=state,
            status=answer.status,
            fault=answer.fault or None,
            due_at=now + PAUSES[one.tries - 1] if state == WAITING else now,
            now=now,
        )
