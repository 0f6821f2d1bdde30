"""What the eval results say of test cases: counted by set and release, the last of each case, its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from core.metrics.catalogue import Relation
from core.metrics.eval_results import CaseGroup, SuiteTally
from core.metrics.quality import EVAL_HAS_RESULT, EVAL_PASSES
from core.store.features import Feature
from core.store.warehouse import Warehouse

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NAMED = "SELECT UNNEST($uploads::VARCHAR[]) AS upload_id, UNNEST($suites::VARCHAR[]) AS suite"
_MINE = "SELECT UNNEST($cases::VARCHAR[]) AS case_id, UNNEST($case_suites::VARCHAR[]) AS suite"
_LOCKED = """SELECT UNNEST($names::VARCHAR[]) AS name, UNNEST($numbers::BIGINT[]) AS number,
    UNNEST($since::TIMESTAMPTZ[]) AS since, UNNEST($until::TIMESTAMPTZ[]) AS until"""

SUITES = f"""one AS (
        SELECT evidence.*, CASE
            WHEN REGEXP_FULL_MATCH(TRIM(suite_version), '[vV]?[0-9.]+')
            THEN COALESCE(named.suite, mine.suite, 'version ' || TRIM(suite_version))
            ELSE COALESCE(evidence.suite_version, named.suite, mine.suite) END AS suite
        FROM evidence
        LEFT JOIN ({_NAMED}) AS named ON named.upload_id = evidence.upload_id
        LEFT JOIN ({_MINE}) AS mine ON mine.case_id = evidence.case_id),
    said AS (
        SELECT one.*, locked.number, ({EVAL_HAS_RESULT}) AS has_result, ({EVAL_PASSES}) AS passes
        FROM one
        LEFT JOIN ({_LOCKED}) AS locked ON locked.name = one.suite AND one.moment >= locked.since
            AND (locked.until IS NULL OR one.moment < locked.until))"""
"""The results as the relation ``said``, for a WITH: each with its set, the version of it that was locked at
its moment, whether it has a result and whether it passes; needs :attr:`Naming.parameters`."""

_TALLIES = f"""WITH {SUITES},
    case_of AS (
        SELECT suite, number, bundle, case_id, COUNT(*) FILTER (has_result) AS n,
            COUNT(*) FILTER (has_result AND passes) AS passed, COUNT(*) FILTER (NOT has_result) AS unclear,
            EPOCH_US(MAX(moment)) AS newest
        FROM said GROUP BY ALL)
    SELECT suite, number, bundle, n, passed, COUNT(*), SUM(unclear)::BIGINT, MAX(newest)
    FROM case_of GROUP BY ALL ORDER BY ALL"""

_LAST = f"""WITH {SUITES}
    SELECT case_id, suite, number, bundle, COUNT(*) FILTER (has_result),
        COUNT(*) FILTER (has_result AND passes), EPOCH_US(MAX(moment)) AS newest,
        ARG_MIN(source_trace, passes::INTEGER), ARG_MIN(error, passes::INTEGER)
    FROM said GROUP BY case_id, suite, number, bundle, eval_run_id, upload_id
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY case_id ORDER BY newest DESC, MAX(sequence) DESC, eval_run_id DESC, bundle DESC) = 1
    ORDER BY case_id"""

_OF_CASE = f"""WITH {SUITES}
    SELECT case_id, suite, number, bundle, COUNT(*) FILTER (has_result),
        COUNT(*) FILTER (has_result AND passes), EPOCH_US(MAX(moment)) AS newest,
        ARG_MIN(source_trace, passes::INTEGER), ARG_MIN(error, passes::INTEGER)
    FROM said WHERE case_id = $wanted
    GROUP BY case_id, suite, number, bundle, eval_run_id, upload_id
    ORDER BY newest DESC, MAX(sequence) DESC LIMIT $most"""

_KINDS = """SELECT case_id, ANY_VALUE(task_type) FROM evidence GROUP BY case_id ORDER BY case_id"""

_GRADED = """WITH hard AS (SELECT UNNEST($hard::VARCHAR[]) AS case_id),
    last AS (
        SELECT passed, human_label FROM evidence
        WHERE passed IS NOT NULL AND human_label IS NOT NULL AND case_id IN (SELECT case_id FROM hard)
        QUALIFY ROW_NUMBER() OVER (
            PARTITION BY case_id ORDER BY moment DESC, sequence DESC, eval_run_id, attempt) = 1)
    SELECT passed, human_label, COUNT(*) FROM last GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True)
class CaseResult:
    """What one run of a set says of a case: ``passes`` of ``attempts`` with a result.

    ``trace`` is the run in the traces that an attempt came from, one that failed if there is any, and
    ``error`` what stopped it.
    """

    case_id: str
    suite: str | None
    number: int | None
    bundle: str | None
    attempts: int
    passes: int
    at: datetime
    trace: str | None
    error: str | None

    @property
    def passed(self) -> bool | None:
        """Whether every attempt passed; None where none has a result."""
        return None if self.attempts == 0 else self.passes == self.attempts


@dataclass(frozen=True)
class Naming:
    """How results find their set: by the name of their upload, by their case, by the moment of a lock.

    ``locked`` are (name, number, since, until); the last version of a set has no end.
    """

    uploads: Mapping[str, str]
    cases: Mapping[str, str]
    locked: Sequence[tuple[str, int, datetime, datetime | None]]

    @property
    def parameters(self) -> dict[str, Any]:
        columns = list(zip(*self.locked, strict=True)) if self.locked else [(), (), (), ()]
        names, numbers, since, until = map(tuple, columns)
        return {
            "uploads": tuple(self.uploads),
            "suites": tuple(self.uploads.values()),
            "cases": tuple(self.cases),
            "case_suites": tuple(self.cases.values()),
            "names": names,
            "numbers": numbers,
            "since": since,
            "until": until,
        }


def tallies(
    warehouse: Warehouse, connection: Connection, feature: Feature, naming: Naming
) -> list[SuiteTally]:
    """The results of each set, version and release: how many cases passed how many of their attempts."""
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for suite, number, bundle, *rest in _rows(warehouse, connection, feature, _TALLIES, naming.parameters):
        found.setdefault((suite, number, bundle), []).append(tuple(rest))
    return [
        SuiteTally(
            suite,
            number,
            bundle,
            groups=tuple(CaseGroup(n, passed, cases) for n, passed, cases, _, _ in rows),
            unclear=sum(unclear for _, _, _, unclear, _ in rows),
            newest=_moment(max(newest for *_, newest in rows)),
        )
        for (suite, number, bundle), rows in found.items()
    ]


def last_results(
    warehouse: Warehouse, connection: Connection, feature: Feature, naming: Naming
) -> dict[str, CaseResult]:
    """What the newest run of each case says, by case id."""
    rows = _rows(warehouse, connection, feature, _LAST, naming.parameters)
    return {row[0]: _result(row) for row in rows}


def of_case(
    warehouse: Warehouse, connection: Connection, feature: Feature, naming: Naming, case_id: str, most: int
) -> list[CaseResult]:
    """What each run says of one case, the newest first, ``most`` of them."""
    asked = {**naming.parameters, "wanted": case_id, "most": most}
    return [_result(row) for row in _rows(warehouse, connection, feature, _OF_CASE, asked)]


def kinds_tested(warehouse: Warehouse, connection: Connection, feature: Feature) -> dict[str, str | None]:
    """The kind of task of every case that has a result, as the results say it."""
    return dict(_rows(warehouse, connection, feature, _KINDS, {}))


def graded_by_people(
    warehouse: Warehouse, connection: Connection, feature: Feature, case_ids: Sequence[str]
) -> tuple[int, int, int, int]:
    """(both pass, people pass and the grader fails, people fail and the grader passes, both fail) among these
    cases: the last result of each that a person has judged as well."""
    rows = _rows(warehouse, connection, feature, _GRADED, {"hard": tuple(case_ids)}) if case_ids else []
    counts = {(people, grader): count for grader, people, count in rows}
    pairs = ((True, True), (True, False), (False, True), (False, False))
    both_pass, pass_fail, fail_pass, both_fail = (counts.get(pair, 0) for pair in pairs)
    return both_pass, pass_fail, fail_pass, both_fail


def _result(row: tuple[Any, ...]) -> CaseResult:
    case_id, suite, number, bundle, attempts, passes, newest, trace, error = row
    at = _moment(newest)
    return CaseResult(case_id, suite, number, bundle, attempts, passes, at, trace, error)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _rows(
    warehouse: Warehouse, connection: Connection, feature: Feature, query: str, asked: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    return list(warehouse.rows(connection, feature, Relation.EVALS, query, asked))
