"""Red-team findings and the later tries of each attack; rows are never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from core.store import features
from core.store.release_tables import red_team_check, red_team_finding


@dataclass(frozen=True)
class Finding:
    """An attack that worked at ``found_at``, on the ``bundle`` that was live then (None: none was).

    ``number`` counts within the feature; ``how`` says how to repeat it.
    """

    id: int
    feature_id: int
    number: int
    title: str
    kind: str
    severity: str
    how: str
    link: str
    bundle: str | None
    parts_sha256: str | None
    found_at: datetime
    recorded_by: str
    recorded_by_id: int | None
    recorded_at: datetime


@dataclass(frozen=True)
class Check:
    """One later try: ``state`` is "open" where the attack still worked, "closed" where it did not."""

    id: int
    feature_id: int
    finding_id: int
    bundle: str | None
    parts_sha256: str | None
    state: str
    note: str
    checked_at: datetime
    recorded_by: str
    recorded_by_id: int | None
    recorded_at: datetime


def add_finding(
    connection: Connection,
    *,
    feature_id: int,
    title: str,
    kind: str,
    severity: str,
    how: str,
    link: str,
    bundle: str | None,
    parts_sha256: str | None,
    found_at: datetime,
    by: str,
    by_id: int | None,
    now: datetime,
) -> Finding:
    """The finding under the next number of its feature."""
    features.lock(connection, feature_id)
    newest = select(func.max(red_team_finding.c.number)).where(red_team_finding.c.feature_id == feature_id)
    row = {
        "feature_id": feature_id,
        "number": (connection.scalar(newest) or 0) + 1,
        "title": title,
        "kind": kind,
        "severity": severity,
        "how": how,
        "link": link,
        "bundle": bundle,
        "parts_sha256": parts_sha256,
        "found_at": found_at,
        "recorded_by": by,
        "recorded_by_id": by_id,
        "recorded_at": now,
    }
    added = connection.execute(insert(red_team_finding).values(row).returning(*red_team_finding.c))
    return Finding(**added.one()._asdict())


def add_check(
    connection: Connection,
    *,
    feature_id: int,
    finding_id: int,
    bundle: str | None,
    parts_sha256: str | None,
    state: str,
    note: str,
    checked_at: datetime,
    by: str,
    by_id: int | None,
    now: datetime,
) -> Check:
    row = {
        "feature_id": feature_id,
        "finding_id": finding_id,
        "bundle": bundle,
        "parts_sha256": parts_sha256,
        "state": state,
        "note": note,
        "checked_at": checked_at,
        "recorded_by": by,
        "recorded_by_id": by_id,
        "recorded_at": now,
    }
    added = connection.execute(insert(red_team_check).values(row).returning(*red_team_check.c))
    return Check(**added.one()._asdict())


def findings_of(connection: Connection, feature_id: int, *, until: datetime) -> list[Finding]:
    """Every finding that was written down by ``until``, by number."""
    table = red_team_finding
    mine = select(table).where(table.c.feature_id == feature_id, table.c.recorded_at <= until)
    return [Finding(**row._asdict()) for row in connection.execute(mine.order_by(table.c.number))]


def checks_of(connection: Connection, feature_id: int, *, until: datetime) -> list[Check]:
    """Every later try that was written down by ``until``, in the order in which they were made."""
    table = red_team_check
    mine = select(table).where(table.c.feature_id == feature_id, table.c.recorded_at <= until)
    ordered = mine.order_by(table.c.checked_at, table.c.id)
    return [Check(**row._asdict()) for row in connection.execute(ordered)]
