"""Whose the runs of failures were, when they ran, and which release they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from core.metrics.catalogue import Relation
from core.store.evidence_sql import PRODUCTION
from core.store.features import Feature
from core.store.warehouse import Warehouse

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RUNS = f"""SELECT run_id, user_id, bundle, EPOCH_US(moment) FROM evidence
    WHERE {PRODUCTION} AND run_id IN (SELECT UNNEST($runs))"""
_NEWEST = f"SELECT bundle FROM evidence WHERE {PRODUCTION} ORDER BY moment DESC, run_id LIMIT 1"


@dataclass(frozen=True)
class FailedRun:
    """One run: its user and its release, where they are recorded, and its moment."""

    user_id: str | None
    bundle: str | None
    at: datetime


def runs_of(
    warehouse: Warehouse, connection: Connection, feature: Feature, run_ids: Sequence[str]
) -> dict[str, FailedRun]:
    """The traces among these runs, by run id."""
    if not run_ids:
        return {}
    asked = {"runs": tuple(sorted(set(run_ids)))}
    rows = warehouse.rows(connection, feature, Relation.TRACES, _RUNS, asked)
    return {
        run: FailedRun(user, bundle, _EPOCH + timedelta(microseconds=at)) for run, user, bundle, at in rows
    }


def newest_release(warehouse: Warehouse, connection: Connection, feature: Feature) -> str | None:
    """The release of the newest trace of the users; None where it names none, or there is no trace."""
    rows = warehouse.rows(connection, feature, Relation.TRACES, _NEWEST)
    return rows[0][0] if rows else None
