"""What a webhook is told: the message as JSON, and the signature by which the receiver knows who sent it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SCHEMA_VERSION = 1
SIGNATURE_HEADER = "X-Readygate-Signature"
EVENT_HEADER = "X-Readygate-Event"
DELIVERY_HEADER = "X-Readygate-Delivery"


class WebhookEvent(StrEnum):
    """What a webhook can be told of; ``TEST`` is only ever asked for by hand."""

    VERDICT = "verdict_changed"
    ALARM = "alarm_tripped"
    ROLLOUT = "rollout_moved"
    SIGNATURE = "signature_asked"
    OVERRIDE = "override_given"
    IMPORT = "import_done"
    TEST = "test"


@dataclass(frozen=True)
class Message:
    """One message. ``delivery`` names it, the same at every try. ``slug`` None: it is of no feature.

    ``actor`` is a name as the audit log has it. The verdicts, ``state`` and ``phase`` are those right after
    what it tells; None where there was none yet. ``anchor`` is the head of the audit log when the message was
    made, as `readygate verify` takes it. ``summary`` has numbers and fixed words, never a text of a trace.
    """

    delivery: str
    event: WebhookEvent
    at: datetime
    actor: str
    slug: str | None = None
    feature: str | None = None
    verdict_before: str | None = None
    verdict_after: str | None = None
    is_draft: bool | None = None
    state: str | None = None
    phase: str | None = None
    link: str | None = None
    anchor: str | None = None
    summary: Mapping[str, Any] = field(default_factory=dict, hash=False)


def body_of(message: Message) -> dict[str, Any]:
    """The message as JSON; fields may be added later without a new ``schema_version``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "delivery": message.delivery,
        "event": message.event.value,
        "at": message.at.astimezone(UTC).isoformat(timespec="seconds"),
        "feature": {"slug": message.slug, "name": message.feature} if message.slug is not None else None,
        "actor": named(message.actor),
        "verdict": {
            "before": message.verdict_before,
            "after": message.verdict_after,
            "draft": message.is_draft,
        },
        "state": message.state,
        "phase": message.phase,
        "link": message.link,
        "anchor": message.anchor,
        "summary": dict(message.summary),
    }


def named(actor: str) -> str:
    """The name, unless it is an e-mail address, which is nobody else's business."""
    return "somebody" if "@" in actor else actor


def written(body: Mapping[str, Any]) -> bytes:
    """The bytes that are sent and signed: the same ones at every try."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def signature(secret: str, moment: int, body: bytes) -> str:
    """The signature header: HMAC-SHA256 of ``moment`` (seconds since 1970), a dot and the body."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
