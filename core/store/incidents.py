"""Incidents: what happened, who sees to it, and what it ended in; open until it has changed something."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from core.errors import WrongUsage
from core.evidence.free_text import erased_text
from core.store.tables import incident

_AT_ONCE = 500


@dataclass(frozen=True)
class Incident:
    """``ended_in`` is rubric, runbook or eval_case, None as long as the loop is open; ``link`` is to that."""

    id: int
    feature_id: int
    what: str
    happened_at: datetime
    run_id: str | None
    owner: str
    reported_by: str
    reported_by_id: int | None
    reported_at: datetime
    ended_in: str | None
    link: str | None
    closed_by: str | None
    closed_at: datetime | None


def add(
    connection: Connection,
    *,
    feature_id: int,
    what: str,
    happened_at: datetime,
    run_id: str | None,
    owner: str,
    by: str,
    by_id: int | None,
    now: datetime,
) -> Incident:
    row = {
        "feature_id": feature_id,
        "what": what,
        "happened_at": happened_at,
        "run_id": run_id,
        "owner": owner,
        "reported_by": by,
        "reported_by_id": by_id,
        "reported_at": now,
    }
    added = connection.execute(insert(incident).values(row).returning(*incident.c))
    return Incident(**added.one()._asdict())


def open_one(connection: Connection, feature_id: int, incident_id: int) -> Incident:
    """Raises WrongUsage where the feature has no such incident, or it is closed."""
    query = select(incident).where(incident.c.id == incident_id, incident.c.feature_id == feature_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise WrongUsage("There is no such incident.", mend="Choose one from the list.")
    found = Incident(**row._asdict())
    if found.closed_at is not None:
        raise WrongUsage(
            f"{found.closed_by} has closed this incident already.", mend="There is nothing left to close."
        )
    return found


def close(
    connection: Connection, incident_id: int, *, ended_in: str, link: str, by: str, now: datetime
) -> None:
    closed = {"ended_in": ended_in, "link": link, "closed_by": by, "closed_at": now}
    standing = update(incident).where(incident.c.id == incident_id, incident.c.closed_at.is_(None))
    connection.execute(standing.values(closed))


def of_feature(connection: Connection, feature_id: int) -> list[Incident]:
    """Every incident, the newest first."""
    mine = select(incident).where(incident.c.feature_id == feature_id)
    ordered = mine.order_by(incident.c.happened_at.desc(), incident.c.id.desc())
    return [Incident(**row._asdict()) for row in connection.execute(ordered)]


def count_of_runs(connection: Connection, feature_id: int, runs: Collection[str]) -> int:
    """How many incidents are about these runs."""
    about = select(func.count()).select_from(incident).where(incident.c.feature_id == feature_id)
    return sum(connection.scalar(about.where(incident.c.run_id.in_(part))) or 0 for part in _parts(runs))


def erase_of_runs(connection: Connection, feature_id: int, runs: Collection[str], day: str) -> int:
    """Blank what was written about incidents of these runs; returns of how many."""
    count = count_of_runs(connection, feature_id, runs)
    for part in _parts(runs):
        about = update(incident).where(incident.c.feature_id == feature_id, incident.c.run_id.in_(part))
        connection.execute(about.values(what=erased_text(day)))
    return count


def _parts(runs: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(runs)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
