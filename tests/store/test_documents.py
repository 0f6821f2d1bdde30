from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest

from core.errors import Conflict, UnknownFeature, WrongUsage
from core.evidence.fingerprints import of_document
from core.store import documents
from core.store.database import Database
from core.store.documents import DocumentVersion
from core.store.features import Feature

Save = Callable[..., DocumentVersion]


@pytest.fixture
def save(database: Database, feature: Feature, now: datetime) -> Save:
    def save_one(
        body: Mapping[str, Any], based_on: int | None, author: str = "Ada", kind: str = "checklist"
    ) -> DocumentVersion:
        with database.writing() as connection:
            return documents.save(
                connection,
                feature_id=feature.id,
                kind=kind,
                body=body,
                based_on=based_on,
                author=author,
                reason="because",
                now=now,
            )

    return save_one


def test_every_version_is_kept_with_its_parent_and_its_hash(
    database: Database, feature: Feature, save: Save
) -> None:
    first, second = save({"bar": 0.9}, None), save({"bar": 0.8}, 1)
    assert (first.number, first.parent, first.sha256) == (1, None, of_document({"bar": 0.9}))
    assert (second.number, second.parent, second.body) == (2, 1, {"bar": 0.8})
    with database.reading() as connection:
        assert documents.newest(connection, feature.id, "checklist") == second
        assert documents.version(connection, feature.id, "checklist", 1) == first
        assert documents.history(connection, feature.id, "checklist") == [second, first]
        assert documents.newest(connection, feature.id, "plan") is None
        with pytest.raises(WrongUsage, match="no version 3 of the checklist"):
            documents.version(connection, feature.id, "checklist", 3)


def test_kinds_are_numbered_apart(save: Save) -> None:
    assert save({"a": 1}, None, kind="scope").number == 1
    assert save({"a": 1}, None, kind="plan").number == 1


@pytest.mark.parametrize("based_on", [1, 2, None])
def test_saving_what_stands_there_already_makes_no_version(
    database: Database, feature: Feature, save: Save, based_on: int | None
) -> None:
    save({"bar": 0.9}, None)
    second = save({"bar": 0.8, "note": "ü"}, 1)
    assert save({"note": "ü", "bar": 0.8}, based_on, author="Bob") == second
    with database.reading() as connection:
        assert len(documents.history(connection, feature.id, "checklist")) == 2


def test_the_second_of_two_tabs_sees_who_was_first(save: Save) -> None:
    save({"bar": 0.9}, None)
    save({"bar": 0.8}, 1, author="Bob")
    with pytest.raises(Conflict) as conflict:
        save({"bar": 0.7}, 1, author="Ada")
    assert conflict.value.newest == 2
    assert conflict.value.sentence == (
        "Bob saved version 2 of the checklist on 2 March 2026 at 14:05 UTC, after you opened it."
    )


@pytest.mark.parametrize(("saved", "based_on", "newest"), [(0, 1, 0), (1, None, 1), (1, 2, 1)])
def test_a_version_that_is_not_the_newest_is_no_base(
    save: Save, saved: int, based_on: int | None, newest: int
) -> None:
    if saved:
        save({"bar": 0.9}, None)
    with pytest.raises(Conflict) as conflict:
        save({"bar": 0.8}, based_on)
    assert conflict.value.newest == newest


def test_a_feature_that_is_not_there_has_no_documents(database: Database, now: datetime) -> None:
    with database.writing() as connection, pytest.raises(UnknownFeature):
        documents.save(
            connection, feature_id=9, kind="plan", body={}, based_on=None, author="a", reason="", now=now
        )


def test_twenty_threads_that_read_change_and_write_lose_nothing(
    database: Database, feature: Feature, save: Save
) -> None:
    """Every thread adds its own mark to what it read; each mark told "saved" must be in the end."""
    save({"marks": []}, None)
    start = Barrier(20)

    def add_marks(thread: int) -> list[tuple[str, bool]]:
        start.wait(30)
        outcomes = []
        for turn in range(3):
            with database.reading() as connection:
                seen = documents.newest(connection, feature.id, "checklist")
            assert seen is not None
            mark = f"{thread}-{turn}"
            try:
                save({"marks": [*seen.body["marks"], mark]}, seen.number)
            except Conflict as conflict:
                assert conflict.newest > seen.number
                outcomes.append((mark, False))
            else:
                outcomes.append((mark, True))
        return outcomes

    with ThreadPoolExecutor(20) as threads:
        outcomes = dict(outcome for result in threads.map(add_marks, range(20)) for outcome in result)
    with database.reading() as connection:
        history = documents.history(connection, feature.id, "checklist")
    told_saved = {mark for mark, saved in outcomes.items() if saved}
    assert Counter(history[0].body["marks"]) == Counter(told_saved)
    assert [version.number for version in history] == list(range(len(told_saved) + 1, 0, -1))
    assert len(outcomes) == 60
    assert told_saved
