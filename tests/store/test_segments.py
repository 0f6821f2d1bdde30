from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.errors import StoreUnavailable, UnknownFeature
from core.evidence.fingerprints import key_of, of_bytes
from core.store import features, segments, tables, uploads
from core.store.database import Database
from core.store.features import Feature

Publish = Callable[..., None]
WriteSegment = Callable[..., Path]

ADDED = count()
"""Numbers the features of generated examples, which share a database."""


def known(database: Database, feature_id: int) -> dict[int, int]:
    with database.reading() as connection:
        keys, row_keys = segments.known_keys(connection, feature_id, "traces")
    assert keys.dtype == row_keys.dtype == np.int64
    assert len(set(keys.tolist())) == len(keys)
    return dict(zip(keys.tolist(), row_keys.tolist(), strict=True))


def keys_of(said: Mapping[str, str]) -> dict[int, int]:
    return {key_of(run_id): key_of(words) for run_id, words in said.items()}


def withdraw(database: Database, upload_id: str, now: datetime) -> None:
    with database.writing() as connection:
        uploads.withdraw(connection, upload_id, by="Bob", reason="wrong file", now=now)


def test_a_segment_comes_back_as_the_file_it_was(
    database: Database, feature: Feature, publish: Publish, write_segment: WriteSegment, now: datetime
) -> None:
    said = {"run 1": "yes", "run 2": "no"}
    publish("one", said)
    file = write_segment(said).read_bytes()
    with database.reading() as connection:
        (found,) = segments.live(connection, feature.id, "traces")
        assert segments.content(connection, found.sha256) == file
        assert segments.live(connection, feature.id, "evals") == []
        assert features.by_slug(connection, "helper").evidence_version == 1
    assert found.sha256 == of_bytes(file)
    assert (found.upload_id, found.sequence, found.ordinal, found.rows) == ("one", 1, 0, 2)
    assert (found.uploaded_at, found.earliest, found.latest) == (now, None, None)


def test_segments_keep_their_order_their_count_and_their_span(
    database: Database, feature: Feature, write_segment: WriteSegment, now: datetime
) -> None:
    early, late = datetime(2026, 1, 1, 0, 0, 0, 1, UTC), datetime(2026, 2, 1, tzinfo=UTC)
    files = [
        write_segment({"a": "1", "b": "2", "c": "3"}, [late, None, early]),
        write_segment({"d": "4"}, [None]),
    ]
    with database.writing() as connection:
        uploads.add(
            connection,
            upload_id="one",
            feature_id=feature.id,
            file_name="a.csv",
            sha256="",
            size=1,
            asked_by="Ada",
            bundle="v7",
            suite="gold",
            now=now,
        )
        assert segments.publish(connection, feature.id, "one", "evals", files) == 4
        assert segments.live(connection, feature.id, "evals") == []
        uploads.finish(
            connection,
            "one",
            kind="evals",
            source=None,
            report={},
            rejected_rows=None,
            rows_done=4,
            now=now + timedelta(minutes=1),
        )
        first, second = segments.live(connection, feature.id, "evals")
    assert (first.rows, first.earliest, first.latest) == (3, early, late)
    assert (second.rows, second.earliest, second.latest) == (1, None, None)
    assert (first.bundle, first.suite, first.uploaded_at) == ("v7", "gold", now)


def test_publishing_is_all_or_nothing(
    database: Database, feature: Feature, write_segment: WriteSegment, now: datetime
) -> None:
    def interrupted() -> None:
        with database.writing() as connection:
            uploads.add(
                connection,
                upload_id="half",
                feature_id=feature.id,
                file_name="a.csv",
                sha256="",
                size=1,
                asked_by="Ada",
                now=now,
            )
            segments.publish(connection, feature.id, "half", "traces", [write_segment({"a": "1"})])
            segments.supersede(connection, "half", "traces", np.array([1, 2], np.int64))
            features.bump_evidence_version(connection, feature.id)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with database.reading() as connection:
        for table in (tables.upload, tables.segment, tables.superseded):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
        assert features.by_slug(connection, "helper").evidence_version == 0


def test_withdrawing_brings_back_what_the_upload_had_updated(
    database: Database, feature: Feature, publish: Publish, now: datetime
) -> None:
    publish("one", {"a": "old", "b": "same"})
    publish("two", {"a": "new", "b": "same", "c": "added"})
    assert known(database, feature.id) == keys_of({"a": "new", "b": "same", "c": "added"})
    with database.reading() as connection:
        ((sequence, keys),) = segments.superseded_keys(connection, feature.id, "traces")
        assert segments.superseded_keys(connection, feature.id, "evals") == []
    assert (sequence, keys.dtype, keys.tolist()) == (2, np.int64, [key_of("a")])

    withdraw(database, "two", now)
    assert known(database, feature.id) == keys_of({"a": "old", "b": "same"})
    with database.reading() as connection:
        assert segments.superseded_keys(connection, feature.id, "traces") == []
        assert [found.upload_id for found in segments.live(connection, feature.id, "traces")] == ["one"]


def test_the_same_rows_again_add_no_row(database: Database, feature: Feature, publish: Publish) -> None:
    for place in range(3):
        publish(f"upload {place}", {"a": "1", "b": "2"})
    with database.reading() as connection:
        assert [found.rows for found in segments.live(connection, feature.id, "traces")] == [2, 0, 0]
        assert segments.superseded_keys(connection, feature.id, "traces") == []


def test_features_do_not_see_each_other(
    database: Database, feature: Feature, publish: Publish, now: datetime
) -> None:
    with database.writing() as connection:
        other = features.add(
            connection, slug="other", name="Other", owner="Ada", stakes="low", created_by="Ada", now=now
        )
    publish("one", {"a": "1"})
    publish("two", {"a": "2"}, other.id)
    assert known(database, feature.id) == keys_of({"a": "1"})
    assert known(database, other.id) == keys_of({"a": "2"})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"), min_size=1), max_size=4),
    withdrawn=st.sets(st.integers(0, 3)),
)
def test_the_newest_upload_that_counts_wins(
    database: Database, publish: Publish, now: datetime, files: list[dict[str, str]], withdrawn: set[int]
) -> None:
    """Uploads that bring something new each: the rest of them, laid over one another, is what counts."""
    number = next(ADDED)
    with database.writing() as connection:
        mine = features.add(
            connection, slug=f"f{number}", name="F", owner="Ada", stakes="low", created_by="Ada", now=now
        )
    # Words are made different in each upload, so that none of its rows is left out as known.
    files = [{run: f"{words}-{place}" for run, words in said.items()} for place, said in enumerate(files)]
    for place, said in enumerate(files):
        publish(f"{number}-{place}", said, mine.id)
    expected: dict[str, str] = {}
    for place, said in enumerate(files):
        if place in withdrawn:
            withdraw(database, f"{number}-{place}", now)
        else:
            expected |= said
    assert known(database, mine.id) == keys_of(expected)
    assert rows_after_superseding(database, mine.id) == keys_of(expected)


def rows_after_superseding(database: Database, feature_id: int) -> dict[int, int]:
    """The same question, answered as queries over the files do it: no row that a later upload updates."""
    found: list[tuple[int, int]] = []
    with database.reading() as connection:
        updates = segments.superseded_keys(connection, feature_id, "traces")
        for segment in segments.live(connection, feature_id, "traces"):
            later = {
                key for sequence, keys in updates if sequence > segment.sequence for key in keys.tolist()
            }
            table = pq.read_table(pa.BufferReader(segments.content(connection, segment.sha256)))
            rows = zip(table["key"].to_pylist(), table["row_key"].to_pylist(), strict=True)
            found += [(key, row_key) for key, row_key in rows if key not in later]
    assert len(dict(found)) == len(found)
    return dict(found)


@pytest.mark.parametrize(
    "keys", [pa.array([1, None], pa.int64()), pa.array([1, 2], pa.int32()), pa.array(["1", "2"])]
)
def test_keys_that_are_no_keys_are_refused(
    database: Database, feature: Feature, tmp_path: Path, keys: pa.Array
) -> None:
    path = tmp_path / "odd.parquet"
    pq.write_table(pa.table({"key": keys, "row_key": pa.array([1, 2], pa.int64())}), path)
    with pytest.raises(ValueError, match="must be int64 without gaps"), database.writing() as connection:
        segments.publish(connection, feature.id, "one", "traces", [path])


def test_evidence_that_is_gone_is_named(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        with pytest.raises(StoreUnavailable, match="missing from the database"):
            segments.content(connection, "0" * 64)
        with pytest.raises(UnknownFeature):
            segments.publish(connection, 99, "one", "traces", [])
