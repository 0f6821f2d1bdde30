from datetime import datetime, timedelta

from core.store import attestations
from core.store.database import Database
from core.store.features import Feature


def test_the_answer_given_last_is_the_current_one_and_all_are_kept(
    database: Database, feature: Feature, now: datetime
) -> None:
    given = [("privacy", "no"), ("support", "yes"), ("privacy", "yes")]
    with database.writing() as connection:
        for item_id, answer in given:
            # A clock that stands still, or goes back, must not change which answer was last.
            now -= timedelta(hours=1)
            attestations.add(
                connection,
                feature_id=feature.id,
                item_id=item_id,
                answer=answer,
                why="checked",
                link="",
                answered_by="Ada",
                now=now,
            )
    with database.reading() as connection:
        current = attestations.current(connection, feature.id)
        history = attestations.history(connection, feature.id, "privacy")
        assert attestations.current(connection, feature.id + 1) == {}
    assert {item_id: found.answer for item_id, found in current.items()} == {
        "privacy": "yes",
        "support": "yes",
    }
    assert [found.answer for found in history] == ["yes", "no"]
    assert history[0] == current["privacy"]
