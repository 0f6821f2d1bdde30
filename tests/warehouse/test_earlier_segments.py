"""Segments that an earlier release stored lack the columns that came later: these are blank, not an error."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.evidence.columns import Kind
from core.evidence.fingerprints import key_of
from core.intake.schema import arrow_schema
from core.store import features, segments, uploads
from core.store.database import Database
from core.store.features import Feature
from core.store.warehouse import Warehouse

STEP = {"run_id": "r", "span_id": "a", "span_kind": "llm", "input": "Hello?", "output": "Hi."}


def test_steps_of_an_earlier_release_are_merged(
    database: Database, feature: Feature, warehouse: Warehouse, tmp_path: Path, now: datetime
) -> None:
    keys = {"run_key": key_of("r"), "key": key_of("spans", "r", "a"), "row_key": 7, "row": 2}
    whole = pa.Table.from_pylist([{**STEP, **keys}], schema=arrow_schema(Kind.SPANS))
    path = tmp_path / "earlier.parquet"
    pq.write_table(whole.drop_columns(["channel", "tool_expected", "fallback"]), path)
    with database.writing() as connection:
        uploads.add(
            connection,
            upload_id="first",
            feature_id=feature.id,
            file_name="a.csv",
            sha256="0" * 64,
            size=1,
            asked_by="Ada",
            now=now,
        )
        segments.publish(connection, feature.id, "first", Kind.SPANS, [path])
        uploads.finish(
            connection,
            "first",
            kind=Kind.SPANS,
            source="langfuse",
            report={},
            rejected_rows=None,
            rows_done=1,
            now=now,
        )
        features.bump_evidence_version(connection, feature.id)
    with database.reading() as connection:
        found = warehouse.trace(connection, features.by_slug(connection, feature.slug), "r")
    assert found is not None
    assert (found.values["query"], found.values["channel"]) == ("Hello?", None)
