"""The sets of test cases of a feature, and which of their cases a file of results holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from core.evidence.columns import Kind
from core.store import segments
from core.store.erased_rows import segments_of


@dataclass(frozen=True)
class CaseSet:
    """The ids of the cases of one upload, with the suite that was named when it was handed in."""

    upload_id: str
    suite: str | None
    cases: frozenset[str]


def of_feature(connection: Connection, feature_id: int) -> list[CaseSet]:
    """The sets that count, in the order of publishing."""
    found: dict[str, CaseSet] = {}
    for segment in segments.live(connection, feature_id, Kind.CASES):
        content = BytesIO(segments.content(connection, segment.sha256))
        ids = pq.read_table(content, columns=["case_id"]).column("case_id").to_pylist()
        before = found.get(segment.upload_id, CaseSet(segment.upload_id, segment.suite, frozenset()))
        found[segment.upload_id] = CaseSet(before.upload_id, before.suite, before.cases | frozenset(ids))
    return list(found.values())


def cases_of_uploads(connection: Connection, feature_id: int, upload_ids: Collection[str]) -> frozenset[str]:
    """The ids of all cases that these uploads brought, whether or not they count any more."""
    found: set[str] = set()
    for segment in segments_of(connection, feature_id):
        if segment.kind == Kind.CASES and segment.upload_id in upload_ids:
            content = BytesIO(segments.content(connection, segment.sha256))
            found.update(pq.read_table(content, columns=["case_id"]).column("case_id").to_pylist())
    return frozenset(found)


def tested(results: Iterable[Path]) -> frozenset[str]:
    """The ids of the cases that have a result in these segments of eval results."""
    tables = (pq.read_table(path, columns=["case_id", "of_whole_suite"]) for path in results)
    return frozenset[str]().union(*(ids_of_cases(table) for table in tables))


def ids_of_cases(results: pa.Table) -> frozenset[str]:
    """The ids of the cases in a table of eval results; checks of a suite as a whole are of none."""
    ids, of_suite = (results.column(name).to_pylist() for name in ("case_id", "of_whole_suite"))
    return frozenset(one for one, is_check in zip(ids, of_suite, strict=True) if not is_check)
