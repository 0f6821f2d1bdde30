from datetime import datetime

import pytest

from core.errors import UnknownFeature, WrongUsage
from core.store import features
from core.store.database import Database
from core.store.features import Feature


def test_a_feature_is_found_by_its_slug(database: Database, feature: Feature) -> None:
    with database.reading() as connection:
        assert features.by_slug(connection, "helper") == feature
        assert features.everything(connection) == [feature]


def test_an_unknown_feature_is_named(database: Database) -> None:
    with database.reading() as connection, pytest.raises(UnknownFeature, match="ghost"):
        features.by_slug(connection, "ghost")


def test_a_slug_is_given_once_and_the_transaction_goes_on(
    database: Database, feature: Feature, now: datetime
) -> None:
    with database.writing() as connection:
        with pytest.raises(WrongUsage, match="already a feature “helper”") as refusal:
            features.add(
                connection, slug="helper", name="x", owner="x", stakes="low", created_by="x", now=now
            )
        changed = features.change(connection, feature.id, name="Aide", owner="Bob", stakes="high")
    assert refusal.value.code == "slug_taken"
    assert (changed.slug, changed.name, changed.owner, changed.stakes) == ("helper", "Aide", "Bob", "high")
    with database.reading() as connection:
        assert features.everything(connection) == [changed]


def test_every_bump_gives_a_new_evidence_version(database: Database, feature: Feature) -> None:
    with database.writing() as connection:
        versions = [features.bump_evidence_version(connection, feature.id) for _ in range(3)]
    assert versions == [1, 2, 3]
    with database.reading() as connection:
        assert features.by_slug(connection, "helper").evidence_version == 3


def test_nothing_can_be_done_to_a_feature_that_is_not_there(database: Database) -> None:
    with database.writing() as connection:
        with pytest.raises(UnknownFeature):
            features.bump_evidence_version(connection, 99)
        with pytest.raises(UnknownFeature):
            features.change(connection, 99, name="x", owner="x", stakes="low")
        with pytest.raises(UnknownFeature):
            features.lock(connection, 99)
