"""Webhooks: which systems Readygate tells, of what, and how each delivery went."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.webhook_events import trial
from core.actions.webhook_sending import check_address, internal_allowed
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.export.webhook_body import WebhookEvent as WebhookEvent
from core.export.webhook_body import body_of
from core.store import audit, features, verdict_changes, webhooks
from core.store.database import Connection
from core.store.webhooks import DELIVERED, FAILED, WAITING, Webhook

MOST_WEBHOOKS = 20
MOST_LISTED = 200

_PREFIX = "rgwh_"
_BYTES = 32
_LONGEST_NAME = 60
_CHOICES = tuple(event for event in WebhookEvent if event is not WebhookEvent.TEST)


@dataclass(frozen=True)
class WebhookLine:
    """A webhook as the Settings page lists it. ``place`` is the host of its address; the rest may be secret.

    ``slug`` and ``feature`` (its name) None: all features. The counts are of the deliveries that are kept.
    """

    id: int
    name: str
    place: str
    events: tuple[WebhookEvent, ...]
    slug: str | None
    feature: str | None
    made_by: str
    made_at: datetime
    stopped_by: str | None
    stopped_at: datetime | None
    delivered: int
    waiting: int
    failed: int


@dataclass(frozen=True)
class DeliveryLine:
    """A delivery as the page lists it; ``may_send_again`` where it has ended and its webhook goes on."""

    id: int
    webhook: str
    event: WebhookEvent
    slug: str | None
    feature: str | None
    made_at: datetime
    state: str
    tries: int
    status: int | None
    fault: str | None
    due_at: datetime
    ended_at: datetime | None
    body: Mapping[str, Any]
    may_send_again: bool


@dataclass(frozen=True)
class WebhooksView:
    """Every webhook and the newest deliveries, the newest first; ``deliveries_kept`` is how many there are.

    ``features`` (slug, name) and ``events`` are what a webhook can be made for. ``internal_allowed``: it may
    lead into the own network.
    """

    webhooks: tuple[WebhookLine, ...]
    deliveries: tuple[DeliveryLine, ...]
    deliveries_kept: int
    features: tuple[tuple[str, str], ...]
    events: tuple[WebhookEvent, ...]
    internal_allowed: bool


def make_webhook(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    *,
    name: str,
    url: str,
    events: Collection[WebhookEvent],
    slug: str | None = None,
) -> str:
    """Tell the system at ``url`` of what happens from now on to the feature ``slug`` (None: to any).

    Returns the secret that its messages are signed with: the receiver needs it, and it is not shown again.
    """
    require(workspace, caller, Act.NOTIFY)
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise WrongUsage(
            f"A webhook needs a name of at most {_LONGEST_NAME} characters.",
            mend="Name it after the system that it tells.",
        )
    url = check_address(url)
    chosen = [event.value for event in _CHOICES if event in events]
    if not chosen:
        raise WrongUsage("The webhook would never be told anything.", mend="Choose what it is told.")
    secret = _new_secret()
    with workspace.database.writing() as connection:
        feature = features.by_slug(connection, slug) if slug is not None else None
        live = [one for one in webhooks.every(connection) if one.stopped_at is None]
        if any(one.name == name for one in live):
            raise WrongUsage(
                f"There is a webhook “{name}” already.", mend="Stop it first, or choose another name."
            )
        if len(live) >= MOST_WEBHOOKS:
            raise WrongUsage(
                f"There are {MOST_WEBHOOKS} webhooks already.", mend="Stop one that nobody needs any more."
            )
        made = webhooks.add(
            connection,
            name=name,
            url=url,
            secret=secret,
            events=chosen,
            feature_id=feature.id if feature else None,
            made_by=caller.name,
            made_by_id=caller.person_id,
            followed_to=audit.newest_seq(connection),
            verdicts_to=verdict_changes.newest_id(connection),
            now=now,
        )
        said = {"name": name, "place": _place(url), "events": chosen, "feature": slug}
        _note(connection, caller, "webhook made", made, now, said)
    return secret


def renew_webhook_secret(workspace: Workspace, caller: Caller, now: datetime, webhook_id: int) -> str:
    """A new secret, with which everything is signed from now on; returns it, for the only time."""
    require(workspace, caller, Act.NOTIFY)
    secret = _new_secret()
    with workspace.database.writing() as connection:
        hook = _live(connection, webhook_id)
        webhooks.renew_secret(connection, webhook_id, secret)
        _note(connection, caller, "webhook secret renewed", hook, now, {"name": hook.name})
    return secret


def stop_webhook(workspace: Workspace, caller: Caller, now: datetime, webhook_id: int) -> None:
    """End a webhook for good; what still waits is not sent any more."""
    require(workspace, caller, Act.NOTIFY)
    with workspace.database.writing() as connection:
        hook = _live(connection, webhook_id)
        webhooks.stop(connection, webhook_id, by=caller.name, now=now)
        _note(connection, caller, "webhook stopped", hook, now, {"name": hook.name})


def send_test(workspace: Workspace, caller: Caller, now: datetime, webhook_id: int) -> int:
    """Put a message that only says that it is a test into the outbox; returns the number of the delivery."""
    require(workspace, caller, Act.NOTIFY)
    with workspace.database.writing() as connection:
        hook = _live(connection, webhook_id)
        feature = features.by_id(connection, hook.feature_id) if hook.feature_id is not None else None
        told = trial(hook, feature, caller.name, now)
        number = webhooks.add_delivery(
            connection,
            webhook_id=webhook_id,
            event=told.message.event.value,
            subject=told.subject,
            body=body_of(told.message),
            now=now,
        )
        _note(connection, caller, "webhook tested", hook, now, {"name": hook.name, "delivery": number})
    return number


def send_again(workspace: Workspace, caller: Caller, now: datetime, delivery_id: int) -> None:
    """Send what was delivered, or could not be, once more; the receiver knows it by its old name."""
    require(workspace, caller, Act.NOTIFY)
    with workspace.database.writing() as connection:
        one = webhooks.delivery(connection, delivery_id)
        if one is None or one.state == WAITING:
            raise WrongUsage("There is no such message to send again.", mend="Look at the list again.")
        hook = _live(connection, one.webhook_id)
        webhooks.send_again(connection, delivery_id, now)
        said = {"name": hook.name, "delivery": delivery_id, "event": one.event}
        _note(connection, caller, "webhook message sent again", hook, now, said)


def view_webhooks(workspace: Workspace, caller: Caller) -> WebhooksView:
    """The webhooks and their deliveries, for whoever makes them; no secret is in it."""
    require(workspace, caller, Act.NOTIFY)
    with workspace.database.reading() as connection:
        every = webhooks.every(connection)
        newest = webhooks.deliveries(connection, MOST_LISTED)
        counted = webhooks.counted(connection)
        known = {one.id: one for one in features.everything(connection)}
    names = {one.slug: one.name for one in known.values()}
    hooks = {one.id: one for one in every}
    lines = []
    for one in every:
        feature = known[one.feature_id] if one.feature_id is not None else None
        lines.append(
            WebhookLine(
                one.id,
                one.name,
                _place(one.url),
                tuple(WebhookEvent(event) for event in one.events),
                feature.slug if feature else None,
                feature.name if feature else None,
                one.made_by,
                one.made_at,
                one.stopped_by,
                one.stopped_at,
                *(counted.get((one.id, state), 0) for state in (DELIVERED, WAITING, FAILED)),
            )
        )
    offered = sorted((name.casefold(), slug, name) for slug, name in names.items())
    return WebhooksView(
        tuple(lines),
        tuple(_delivery_line(one, hooks[one.webhook_id], names) for one in newest),
        sum(counted.values()),
        tuple((slug, name) for _, slug, name in offered),
        _CHOICES,
        internal_allowed(),
    )


def _delivery_line(one: webhooks.Delivery, hook: Webhook, names: Mapping[str, str]) -> DeliveryLine:
    about = one.body.get("feature") or {}
    slug = about.get("slug")
    return DeliveryLine(
        one.id,
        hook.name,
        WebhookEvent(one.event),
        slug,
        names.get(slug or "", slug),
        one.made_at,
        one.state,
        one.tries,
        one.status,
        one.fault,
        one.due_at,
        one.ended_at,
        one.body,
        may_send_again=one.state != WAITING and hook.stopped_at is None,
    )


def _live(connection: Connection, webhook_id: int) -> Webhook:
    hook = webhooks.by_id(connection, webhook_id)
    if hook is None or hook.stopped_at is not None:
        raise WrongUsage("There is no such webhook any more.", mend="Look at the list again.")
    return hook


def _note(
    connection: Connection, caller: Caller, action: str, hook: Webhook, now: datetime, said: dict[str, Any]
) -> None:
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=f"webhook/{hook.id}",
        payload=said,
        now=now,
    )


def _place(url: str) -> str:
    return urlsplit(url).netloc


def _new_secret() -> str:
    return _PREFIX + secrets.token_urlsafe(_BYTES)
