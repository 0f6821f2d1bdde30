"""The record of verdicts: only changes are rows, and "since" is said only where it is known."""

from datetime import datetime, timedelta

from core.store import features, verdict_changes
from core.store.database import Connection, Database


def add_feature(connection: Connection, now: datetime, slug: str = "helper") -> int:
    added = features.add(
        connection, slug=slug, name=slug, owner="Ada", stakes="low", created_by="Ada", now=now
    )
    return added.id


def test_the_same_verdict_again_is_no_change(database: Database, now: datetime) -> None:
    later = now + timedelta(days=1)
    with database.writing() as connection:
        feature_id = add_feature(connection, now)
        other = add_feature(connection, now, "other")
        noted = [
            verdict_changes.note(connection, feature_id, verdict=verdict, is_draft=draft, now=at)
            for verdict, draft, at in (
                ("no_data", True, now),
                ("no_data", True, later),
                ("no_data", False, later),
                ("go", False, later),
                ("go", False, later + timedelta(days=1)),
            )
        ]
        assert noted == [True, False, True, True, False]
        newest = verdict_changes.newest(connection, feature_id)
        assert newest is not None
        assert (newest.verdict, newest.is_draft, newest.changed_at) == ("go", False, later)
        assert verdict_changes.newest(connection, other) is None


def test_since_is_known_only_while_the_verdict_is_the_noted_one(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        feature_id = add_feature(connection, now)
        assert verdict_changes.since(connection, feature_id, verdict="no_data", is_draft=True) is None
        verdict_changes.note(connection, feature_id, verdict="go", is_draft=False, now=now)
        assert verdict_changes.since(connection, feature_id, verdict="go", is_draft=False) == now
        assert verdict_changes.since(connection, feature_id, verdict="stale", is_draft=False) is None
        assert verdict_changes.since(connection, feature_id, verdict="go", is_draft=True) is None
