"""Which eval cases test which failures, how they did last, and how often a failure was found in reviews."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pyarrow.parquet as pq
from sqlalchemy import Connection, func, select

from core.evidence.columns import Kind
from core.metrics.catalogue import Relation
from core.store import segments
from core.store.evidence_sql import PRODUCTION, verdicts
from core.store.features import Feature
from core.store.tables import eval_case
from core.store.warehouse import Warehouse

# An execution without an id of its own is known by the upload that brought it.
_EXECUTION = "COALESCE(eval_run_id, sequence::VARCHAR)"
_NEWEST_RESULTS = f"""WITH mine AS (
        SELECT case_id, {_EXECUTION} AS execution, passed, moment FROM evidence
        WHERE case_id IN (SELECT UNNEST($cases)) AND ($release = '' OR bundle = $release)),
    newest AS (
        SELECT case_id, ARG_MAX(execution, (moment, execution)) AS execution FROM mine GROUP BY case_id)
    SELECT case_id, COUNT(*), COUNT(*) FILTER (passed), COUNT(*) FILTER (NOT passed)
    FROM mine JOIN newest USING (case_id, execution) GROUP BY case_id"""

_REVIEWED = f"""WITH {verdicts(Relation.LABELLED)}
    SELECT evidence.moment > $fixed_at AS is_after, COUNT(*),
           COUNT(*) FILTER (evidence.run_id IN (SELECT UNNEST($runs)))
    FROM evidence JOIN verdict USING (key) WHERE {PRODUCTION} AND standing = 'known' GROUP BY is_after"""


@dataclass(frozen=True)
class CaseOrigin:
    """An eval case with the failure that it tests: its type, the run that it was made from, or both."""

    case_id: str
    failure_type: str | None
    run_id: str | None


def case_origins(connection: Connection, feature_id: int) -> list[CaseOrigin]:
    """The cases that say where they come from: those written here, and those of sets that were handed in."""
    place = func.row_number().over(partition_by=eval_case.c.case_id, order_by=eval_case.c.number.desc())
    versions = select(eval_case, place.label("place")).where(eval_case.c.feature_id == feature_id).subquery()
    newest = select(versions).where(versions.c.place == 1).order_by(versions.c.id)
    written = {
        row.case_id: None if row.is_retired else CaseOrigin(row.case_id, row.failure_type, row.source_run_id)
        for row in connection.execute(newest)
    }
    handed_in = {}
    for segment in segments.live(connection, feature_id, Kind.CASES):
        content = BytesIO(segments.content(connection, segment.sha256))
        table = pq.read_table(content, columns=["case_id", "source_run_id"])
        for case_id, run_id in zip(*(column.to_pylist() for column in table.columns), strict=True):
            if run_id is not None and case_id not in written:
                handed_in[case_id] = CaseOrigin(case_id, None, run_id)
    own = [one for one in written.values() if one is not None and (one.failure_type or one.run_id)]
    return [*own, *handed_in.values()]


def newest_outcomes(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    case_ids: Collection[str],
    release: str | None,
) -> dict[str, bool | None]:
    """Whether each case passed all attempts of its newest execution on ``release`` (None: on any).

    None where no attempt has an outcome; cases that were not run there are absent.
    """
    if not case_ids:
        return {}
    asked = {"cases": tuple(sorted(set(case_ids))), "release": release or ""}
    rows = warehouse.rows(connection, feature, Relation.EVALS, _NEWEST_RESULTS, asked)
    return {
        case_id: False if failed else True if passed == attempts else None
        for case_id, attempts, passed, failed in rows
    }


def reviewed_around(
    warehouse: Warehouse, connection: Connection, feature: Feature, runs: Collection[str], moment: datetime
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(those of ``runs``, all) of the traces reviewed completely or at random, until and after ``moment``."""
    asked = {"runs": tuple(sorted(set(runs))), "fixed_at": moment}
    rows = warehouse.rows(connection, feature, Relation.LABELLED, _REVIEWED, asked)
    counted = {is_after: (failed, n) for is_after, n, failed in rows}
    return counted.get(False, (0, 0)), counted.get(True, (0, 0))
