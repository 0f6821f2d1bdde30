"""The rows of the failure log: newest wins, withdrawing brings the older word back."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection

from core.evidence.fingerprints import key_of
from core.store import failures, uploads
from core.store.database import Database
from core.store.failures import LoggedFailure
from core.store.features import Feature

Publish = Callable[..., int]

FOUND_AT = datetime(2026, 2, 1, 9, 30, 0, 7, UTC)


def identity(row: dict[str, Any]) -> int:
    return key_of("failures", row["run_id"], row["failure_type"])


def finish(connection: Connection, upload_id: str, now: datetime) -> None:
    uploads.finish(
        connection,
        upload_id,
        kind="failures",
        source=None,
        report={},
        rejected_rows=None,
        rows_done=1,
        now=now,
    )


@pytest.fixture
def publish(database: Database, feature: Feature, tmp_path: Path, now: datetime) -> Publish:
    def publish_upload(upload_id: str, noted: Sequence[dict[str, Any]], is_finished: bool = True) -> int:
        path = tmp_path / f"{upload_id}.parquet"
        rows = [
            {**one, "key": identity(one), "row_key": key_of(repr(one)), "row": place}
            for place, one in enumerate(noted, start=2)
        ]
        pq.write_table(pa.Table.from_pylist(rows), path)
        with database.writing() as connection:
            uploads.add(
                connection,
                upload_id=upload_id,
                feature_id=feature.id,
                file_name=f"{upload_id}.xlsx",
                sha256="",
                size=1,
                asked_by="Ada",
                now=now,
            )
            stored = failures.publish(connection, feature.id, upload_id, [path])
            if is_finished:
                finish(connection, upload_id, now)
        return stored

    return publish_upload


@pytest.fixture
def log(database: Database, feature: Feature) -> Callable[[], list[LoggedFailure]]:
    def read() -> list[LoggedFailure]:
        with database.reading() as connection:
            return failures.logged(connection, feature.id)

    return read


def test_a_failure_comes_back_with_every_column_and_its_way_to_the_trace(
    publish: Publish, log: Callable[[], list[LoggedFailure]], now: datetime
) -> None:
    said = {
        "run_id": "run 1",
        "failure_type": "wrong tool",
        "root_cause": "tool name or description",
        "fix": "renamed 🙈\nsecond line",
        "owner": "Ada",
        "note": "naïve",
        "found_at": FOUND_AT,
    }
    assert publish("one", [said]) == 1
    assert log() == [
        LoggedFailure(
            key=key_of("run 1"), upload_id="one", file_name="one.xlsx", row=2, uploaded_at=now, **said
        )
    ]


def test_the_newest_upload_wins_and_withdrawing_it_brings_the_older_word_back(
    database: Database,
    feature: Feature,
    publish: Publish,
    log: Callable[[], list[LoggedFailure]],
    now: datetime,
) -> None:
    before = {"run_id": "r", "failure_type": "slow", "fix": "none yet"}
    after = {**before, "fix": "index added"}
    publish("one", [before, {"run_id": "r", "failure_type": "rude", "fix": None}])
    publish("two", [after])

    def known() -> dict[int, int]:
        with database.reading() as connection:
            keys, row_keys = failures.known_keys(connection, feature.id)
        assert keys.tolist() == sorted(keys.tolist())
        return dict(zip(keys.tolist(), row_keys.tolist(), strict=True))

    assert {one.failure_type: one.fix for one in log()} == {"slow": "index added", "rude": None}
    assert known()[identity(after)] == key_of(repr(after))
    with database.writing() as connection:
        uploads.withdraw(connection, "two", by="Bob", reason="wrong file", now=now)
    assert {one.failure_type: one.fix for one in log()} == {"slow": "none yet", "rude": None}
    assert known()[identity(before)] == key_of(repr(before))


def test_an_upload_counts_only_when_it_is_done(
    database: Database, publish: Publish, log: Callable[[], list[LoggedFailure]], now: datetime
) -> None:
    publish("one", [{"run_id": "r", "failure_type": "slow"}], is_finished=False)
    assert log() == []
    with database.writing() as connection:
        finish(connection, "one", now)
    assert [one.run_id for one in log()] == ["r"]


def test_one_run_is_found_by_its_exact_id(database: Database, feature: Feature, publish: Publish) -> None:
    publish("one", [{"run_id": run, "failure_type": "slow"} for run in ("r1", "R1", "r1 ")])
    with database.reading() as connection:
        assert [one.run_id for one in failures.of_run(connection, feature.id, "R1")] == ["R1"]
        assert failures.of_run(connection, feature.id, "r2") == []


def test_without_any_failure_there_are_no_keys(database: Database, feature: Feature) -> None:
    with database.reading() as connection:
        keys, row_keys = failures.known_keys(connection, feature.id)
    assert (len(keys), len(row_keys)) == (0, 0)


def test_more_failures_than_fit_in_one_batch_all_arrive(
    publish: Publish, log: Callable[[], list[LoggedFailure]]
) -> None:
    assert publish("one", [{"run_id": f"run {n}", "failure_type": "slow"} for n in range(5_001)]) == 5_001
    assert [one.run_id for one in log()] == [f"run {n}" for n in range(5_001)]
