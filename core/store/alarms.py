"""Alarms: early warnings that tripped, one row each, with what was done and who acknowledged it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from core.criteria.checklist import Tier
from core.errors import WrongUsage
from core.rollout.alarms import OpenAlarm
from core.store.tables import alarm

NOTHING, PAUSED, ROLLED_BACK = "nothing", "paused", "rolled_back"
"""What an alarm did to the rollout."""


@dataclass(frozen=True)
class Alarm:
    """``warning`` is the warning in words and ``metric`` its metric; both are "" where no single one could be
    worked out; a spend tripwire has its field of the plan for a metric.

    ``cases`` were counted until the trace of ``reached_at`` tripped it; both are None where the counting
    itself failed. ``upload_id`` brought the evidence.
    """

    id: int
    feature_id: int
    phase: str
    warning: str
    metric: str
    tier: str
    cases: int | None
    reached_at: datetime | None
    noticed_at: datetime
    upload_id: str | None
    did: str
    acknowledged_by: str | None
    acknowledged_by_id: int | None
    acknowledged_at: datetime | None
    acknowledged_reason: str | None
    sentence: str

    def is_open(self, now: datetime) -> bool:
        """Whether it had been noticed by ``now`` and nobody had acknowledged it."""
        return self.noticed_at <= now and (self.acknowledged_at is None or self.acknowledged_at > now)


def add(
    connection: Connection,
    *,
    feature_id: int,
    phase: str,
    warning: str,
    metric: str,
    tier: str,
    did: str,
    sentence: str,
    cases: int | None,
    reached_at: datetime | None,
    upload_id: str | None,
    now: datetime,
) -> Alarm:
    """Record an alarm that was noticed ``now``."""
    row = {
        "feature_id": feature_id,
        "phase": phase,
        "warning": warning,
        "metric": metric,
        "tier": tier,
        "cases": cases,
        "reached_at": reached_at,
        "noticed_at": now,
        "upload_id": upload_id,
        "did": did,
        "sentence": sentence,
    }
    return Alarm(**connection.execute(insert(alarm).values(row).returning(*alarm.c)).one()._asdict())


def by_id(connection: Connection, feature_id: int, alarm_id: int) -> Alarm:
    """Raises WrongUsage where the feature has no such alarm."""
    row = connection.execute(_of(feature_id).where(alarm.c.id == alarm_id)).one_or_none()
    if row is None:
        raise WrongUsage("There is no such alarm.", mend="Choose one from the list.")
    return Alarm(**row._asdict())


def acknowledge(
    connection: Connection, alarm_id: int, *, by: str, by_id: int | None, reason: str, now: datetime
) -> None:
    said = {
        "acknowledged_by": by,
        "acknowledged_by_id": by_id,
        "acknowledged_at": now,
        "acknowledged_reason": reason,
    }
    open_one = update(alarm).where(alarm.c.id == alarm_id, alarm.c.acknowledged_at.is_(None))
    connection.execute(open_one.values(said))


def of_feature(connection: Connection, feature_id: int) -> tuple[Alarm, ...]:
    """Every alarm there ever was, the newest first."""
    return tuple(Alarm(**row._asdict()) for row in connection.execute(_of(feature_id)))


def open_ones(connection: Connection, feature_id: int, now: datetime) -> tuple[OpenAlarm, ...]:
    """The alarms that were noticed by ``now`` and that nobody had acknowledged then, the newest first."""
    return tuple(
        OpenAlarm(one.id, one.warning, Tier(one.tier), one.did, one.sentence, one.noticed_at)
        for one in of_feature(connection, feature_id)
        if one.is_open(now)
    )


def counted_since(known: Sequence[Alarm], warning: str, tier: str, entered: datetime) -> datetime:
    """From when the cases of a warning count: since the phase was ``entered``, and since somebody last
    acknowledged an alarm of that warning among those ``known``."""
    acknowledged = [
        one.acknowledged_at
        for one in known
        if one.acknowledged_at is not None and (one.warning, one.tier) == (warning, tier)
    ]
    return max([entered, *acknowledged])


def _of(feature_id: int) -> Select[Any]:
    return select(alarm).where(alarm.c.feature_id == feature_id).order_by(alarm.c.id.desc())
