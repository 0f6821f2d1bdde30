"""Builders for the tests of the store: a feature, Parquet files as the reading child writes them, uploads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.evidence.fingerprints import key_of
from core.store import features, segments, uploads
from core.store.database import Database
from core.store.features import Feature

WriteSegment = Callable[..., Path]
Publish = Callable[..., None]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def bare(request: pytest.FixtureRequest, home: Path) -> Iterator[Database]:
    """A database without any table."""
    url = request.getfixturevalue("bare_postgresql_url") if request.param == "postgresql" else None
    opened = Database.open(url, home)
    yield opened
    opened.close()


@pytest.fixture
def feature(database: Database, now: datetime) -> Feature:
    with database.writing() as connection:
        return features.add(
            connection, slug="helper", name="Helper", owner="Ada", stakes="low", created_by="Ada", now=now
        )


@pytest.fixture
def write_segment(tmp_path: Path) -> WriteSegment:
    """Writes a Parquet file of traces: what each run says, and when each began."""

    def write(said: Mapping[str, str], times: Sequence[datetime | None] | None = None) -> Path:
        path = tmp_path / f"{key_of(*sorted(said), *said.values())}.parquet"
        columns: dict[str, Any] = {
            "key": pa.array([key_of(run_id) for run_id in said], pa.int64()),
            "row_key": pa.array([key_of(words) for words in said.values()], pa.int64()),
            "run_id": pa.array(list(said), pa.string()),
        }
        if times is not None:
            columns["started_at"] = pa.array(times, pa.timestamp("us", "UTC"))
        pq.write_table(pa.table(columns), path, compression="zstd")
        return path

    return write


@pytest.fixture
def publish(database: Database, feature: Feature, write_segment: WriteSegment, now: datetime) -> Publish:
    """Publishes an upload of traces from start to end, as the import does: new and changed rows only."""

    def publish_upload(upload_id: str, said: Mapping[str, str], feature_id: int = feature.id) -> None:
        with database.writing() as connection:
            uploads.add(
                connection,
                upload_id=upload_id,
                feature_id=feature_id,
                file_name=f"{upload_id}.csv",
                sha256="0" * 64,
                size=10,
                asked_by="Ada",
                now=now,
            )
            keys, row_keys = segments.known_keys(connection, feature_id, "traces")
            known = dict(zip(keys.tolist(), row_keys.tolist(), strict=True))
            taken = {run: words for run, words in said.items() if known.get(key_of(run)) != key_of(words)}
            updated = np.array([key_of(run) for run in taken if key_of(run) in known], np.int64)
            segments.publish(connection, feature_id, upload_id, "traces", [write_segment(taken)])
            segments.supersede(connection, upload_id, "traces", updated)
            uploads.finish(
                connection,
                upload_id,
                kind="traces",
                source="generic",
                report={"read": len(said)},
                rejected_rows=None,
                rows_done=len(said),
                now=now,
            )
            features.bump_evidence_version(connection, feature_id)

    return publish_upload
