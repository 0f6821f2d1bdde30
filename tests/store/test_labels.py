from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection

from core.evidence.columns import LABEL_COLUMNS
from core.evidence.fingerprints import key_of
from core.store import labels, uploads
from core.store.database import Database
from core.store.features import Feature

Publish = Callable[..., int]

SEEN_AT = datetime(2026, 2, 1, 9, 30, 0, 7, UTC)


def identity(label: dict[str, Any]) -> int:
    return key_of(
        label["run_id"], label.get("reviewer") or "", "judge" if label.get("is_judge") else "person"
    )


def finish(connection: Connection, upload_id: str, now: datetime) -> None:
    uploads.finish(
        connection,
        upload_id,
        kind="labels",
        source=None,
        report={},
        rejected_rows=None,
        rows_done=1,
        now=now,
    )


@pytest.fixture
def publish(database: Database, feature: Feature, tmp_path: Path, now: datetime) -> Publish:
    def publish_upload(upload_id: str, judged: Sequence[dict[str, Any]], is_finished: bool = True) -> int:
        path = tmp_path / f"{upload_id}.parquet"
        rows = [
            {**label, "key": identity(label), "row_key": key_of(repr(label)), "row": place}
            for place, label in enumerate(judged, start=2)
        ]
        pq.write_table(pa.Table.from_pylist(rows), path)
        with database.writing() as connection:
            uploads.add(
                connection,
                upload_id=upload_id,
                feature_id=feature.id,
                file_name="labels.csv",
                sha256="",
                size=1,
                asked_by="Ada",
                now=now,
            )
            stored = labels.publish(connection, feature.id, upload_id, [path])
            if is_finished:
                finish(connection, upload_id, now)
        return stored

    return publish_upload


def counted(database: Database, feature_id: int) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return sorted(
            labels.arrow_table(connection, feature_id).to_pylist(),
            key=lambda row: (row["run_id"], row["reviewer"] or "", bool(row["is_judge"])),
        )


def test_a_label_comes_back_with_every_column_and_its_way_to_the_trace(
    database: Database, feature: Feature, publish: Publish, now: datetime
) -> None:
    said = {
        "run_id": "run 1",
        "tool_right": True,
        "answer_right": False,
        "failure_type": "wrong tool",
        "note": "naïve 🙈\nsecond line",
        "reviewer": "Ada",
        "sampling": "random",
        "labelled_at": SEEN_AT,
        "is_judge": False,
    }
    assert publish("one", [said]) == 1
    (row,) = counted(database, feature.id)
    assert row == {
        **dict.fromkeys(column.name for column in LABEL_COLUMNS),
        **said,
        "key": key_of("run 1"),
        "label_key": identity(said),
        "upload_id": "one",
        "sequence": 1,
        "uploaded_at": now,
        "row": 2,
    }


def test_every_reviewer_and_the_judge_keep_their_own_label(
    database: Database, feature: Feature, publish: Publish
) -> None:
    publish(
        "one",
        [
            {"run_id": "r", "reviewer": "Ada", "is_judge": False, "answer_right": True},
            {"run_id": "r", "reviewer": "Bob", "is_judge": False, "answer_right": False},
            {"run_id": "r", "reviewer": "Bob", "is_judge": True, "answer_right": True},
        ],
    )
    found = [(row["reviewer"], row["is_judge"], row["answer_right"]) for row in counted(database, feature.id)]
    assert found == [("Ada", False, True), ("Bob", False, False), ("Bob", True, True)]


def test_the_newest_upload_wins_and_withdrawing_it_brings_the_older_word_back(
    database: Database, feature: Feature, publish: Publish, now: datetime
) -> None:
    before = {"run_id": "r", "reviewer": "Ada", "answer_right": False}
    after = {"run_id": "r", "reviewer": "Ada", "answer_right": True}
    publish("one", [before])
    publish("two", [after])

    def said() -> tuple[list[Any], list[int]]:
        with database.reading() as connection:
            keys, row_keys = labels.known_keys(connection, feature.id)
        assert keys.tolist() == [identity(before)]
        return [row["answer_right"] for row in counted(database, feature.id)], row_keys.tolist()

    assert said() == ([True], [key_of(repr(after))])
    with database.writing() as connection:
        uploads.withdraw(connection, "two", by="Bob", reason="wrong file", now=now)
    assert said() == ([False], [key_of(repr(before))])


def test_labels_count_from_the_moment_and_in_the_order_that_their_uploads_are_done(
    database: Database, feature: Feature, publish: Publish, now: datetime
) -> None:
    for upload_id, answer in (("stored first", True), ("stored second", False)):
        publish(upload_id, [{"run_id": "r", "answer_right": answer}], is_finished=False)
    assert counted(database, feature.id) == []
    for upload_id in ("stored second", "stored first"):
        with database.writing() as connection:
            finish(connection, upload_id, now)
    assert [(row["upload_id"], row["answer_right"]) for row in counted(database, feature.id)] == [
        ("stored first", True)
    ]


def test_without_labels_there_is_an_empty_table_of_the_same_columns(
    database: Database, feature: Feature, publish: Publish
) -> None:
    with database.reading() as connection:
        empty = labels.arrow_table(connection, feature.id)
        keys, row_keys = labels.known_keys(connection, feature.id)
    assert (empty.num_rows, len(keys), len(row_keys)) == (0, 0, 0)
    publish("one", [{"run_id": "r", "answer_right": True}])
    with database.reading() as connection:
        assert labels.arrow_table(connection, feature.id).schema == empty.schema


def test_more_labels_than_fit_in_one_batch_all_arrive(
    database: Database, feature: Feature, publish: Publish
) -> None:
    assert publish("one", [{"run_id": f"run {n}", "answer_right": n % 3 > 0} for n in range(5_001)]) == 5_001
    assert sum(not row["answer_right"] for row in counted(database, feature.id)) == 1_667
