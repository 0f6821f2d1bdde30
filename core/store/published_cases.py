"""A locked eval set as evidence: the rows that a file with the same cases would have brought."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from core.evidence import fingerprints
from core.evidence.columns import CASE_COLUMNS, Kind
from core.evidence.eval_case import EvalCase
from core.intake.schema import arrow_schema
from core.store import segments


def content_of(cases: Sequence[EvalCase]) -> bytes:
    """The set as JSON lines, one case a line: what its fingerprint is taken of."""
    return "".join(json.dumps(asdict(case), sort_keys=True) + "\n" for case in cases).encode()


def publish(
    connection: Connection,
    feature_id: int,
    upload_id: str,
    folder: Path,
    suite: str,
    number: int,
    cases: Sequence[EvalCase],
) -> int:
    """Store the cases as one segment of the upload; returns how many rows it has. ``folder`` is private."""
    names = [column.name for column in CASE_COLUMNS]
    rows = []
    for place, case in enumerate(cases, start=1):
        said = {**asdict(case), "suite": suite, "suite_version": str(number), "part": case.part.value}
        row = {name: said[name] for name in names}
        row |= {name: list(row[name]) or None for name in ("tools_expected", "tags")}
        content = json.dumps(row, sort_keys=True)
        row["key"] = fingerprints.key_of(Kind.CASES.value, suite, case.case_id)
        row["row_key"] = fingerprints.key_of(content)
        row["row"] = place
        rows.append(row)
    path = folder / "cases.parquet"
    pq.write_table(pa.Table.from_pylist(rows, arrow_schema(Kind.CASES)), path, compression="zstd")
    return segments.publish(connection, feature_id, upload_id, Kind.CASES, [path])
