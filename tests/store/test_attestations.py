from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.store import attestations
from core.store.database import Database
from core.store.features import Feature
from core.store.tables import attestation


def test_the_answer_given_last_is_the_current_one_and_all_are_kept(
    database: Database, feature: Feature, now: datetime
) -> None:
    given = [("privacy", "no"), ("support", "yes"), ("privacy", "yes")]
    asked = "Has somebody checked it?"
    with database.writing() as connection:
        for item_id, answer in given:
            # A clock that stands still, or goes back, must not change which answer was last.
            now -= timedelta(hours=1)
            attestations.add(
                connection,
                feature_id=feature.id,
                item_id=item_id,
                sentence=asked,
                answer=answer,
                why="checked",
                link="",
                answered_by="Ada",
                now=now,
            )
    with database.reading() as connection:
        current = attestations.current(connection, feature.id)
        assert attestations.current(connection, feature.id + 1) == {}
        kept = connection.scalar(select(func.count()).select_from(attestation))
    assert {key: found.answer for key, found in current.items()} == {
        ("privacy", asked): "yes",
        ("support", asked): "yes",
    }
    assert kept == 3


def test_an_answer_belongs_to_its_wording(database: Database, feature: Feature, now: datetime) -> None:
    words = [("Is legal informed?", "yes"), ("Has legal signed?", "no")]
    with database.writing() as connection:
        for sentence, answer in words:
            attestations.add(
                connection,
                feature_id=feature.id,
                item_id="legal",
                sentence=sentence,
                answer=answer,
                why="asked",
                link="",
                answered_by="Ada",
                now=now,
            )
    with database.reading() as connection:
        current = attestations.current(connection, feature.id)
    assert {key: found.answer for key, found in current.items()} == {
        ("legal", sentence): answer for sentence, answer in words
    }
