from datetime import datetime

from core.store import commitments
from core.store.database import Database
from core.store.features import Feature


def test_commitments_are_numbered_and_kept(database: Database, feature: Feature, now: datetime) -> None:
    with database.writing() as connection:
        assert commitments.newest(connection, feature.id) is None
        made = [
            commitments.add(
                connection,
                feature_id=feature.id,
                checklist_number=number,
                checklist_sha256=f"{number:064}",
                stakes="high",
                locked_by="Ada",
                reason="ready to test",
                evidence_seen=number > 1,
                now=now,
            )
            for number in (1, 4)
        ]
    assert [commitment.number for commitment in made] == [1, 2]
    with database.reading() as connection:
        assert commitments.newest(connection, feature.id) == made[1]
        assert commitments.history(connection, feature.id) == made[::-1]
    assert (made[1].checklist_number, made[1].evidence_seen, made[1].locked_at) == (4, True, now)
