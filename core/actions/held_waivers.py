"""The waivers that hold at a moment, put on the rows that they set aside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.commitment import item_sha256
from core.criteria.judge import Row, WaiverHeld
from core.criteria.stakes import Stakes
from core.store import waivers
from core.store.database import Connection
from core.store.features import Feature
from core.store.waivers import Waiver

ASKED, IN_FORCE, REFUSED, EXPIRED, REVOKED = "asked", "in force", "refused", "expired", "revoked"
VOID = "void: the item changed"


def state_of(waiver: Waiver, item: MeasuredItem | AttestedItem | None, stakes: Stakes, now: datetime) -> str:
    """How it stands at ``now``; ``item`` is the one of the locked checklist with its id, if there is one."""
    if waiver.revoked_at is not None and waiver.revoked_at <= now:
        return REVOKED
    is_decided = waiver.decided_at is not None and waiver.decided_at <= now
    if is_decided and waiver.choice == "refuse":
        return REFUSED
    if item is None or item_sha256(item, stakes) != waiver.item_sha256:
        return VOID
    if now >= waiver.expires_at:
        return EXPIRED
    return IN_FORCE if is_decided else ASKED


def with_waivers(
    connection: Connection, feature: Feature, rows: Sequence[Row], stakes: Stakes, now: datetime
) -> list[Row]:
    """The rows, those with a waiver in force marked with it."""
    asked = [one for one in waivers.of_feature(connection, feature.id) if one.asked_at <= now]
    return [_with_waiver(row, asked, stakes, now) for row in rows]


def _with_waiver(row: Row, asked: Sequence[Waiver], stakes: Stakes, now: datetime) -> Row:
    for one in asked:
        if one.item_id == row.item.id and state_of(one, row.item, stakes, now) == IN_FORCE:
            return replace(row, waiver=WaiverHeld(one.expires_at, one.decided_by or "", one.reason))
    return row
