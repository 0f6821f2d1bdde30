"""What the eval results of two releases say of each case: its tries on either side, and their texts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from core.evidence.free_text import ERASED_START, EXPIRED_START
from core.metrics.catalogue import Relation
from core.metrics.measurement import ReleaseScope, Source, Window
from core.metrics.paired_cases import SaidOfCase, TriedCase
from core.metrics.quality import EVAL_PASSES
from core.metrics.requests import TallyRequest
from core.store.case_results import SUITES, Naming
from core.store.features import Feature
from core.store.warehouse import Warehouse

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# What a judge could not grade has to be run again. A run that failed, or reached a limit such as its time,
# gave no answer: here that is a failure, or a release that hangs would lose no case by it.
_HAS_OUTCOME = (
    "passed IS NOT NULL OR error_kind IN ('run', 'limit') OR (error_kind IS NULL AND error IS NOT NULL)"
)
_STOPPED = "error_kind = 'run' OR (passed IS NULL AND (error IS NOT NULL OR error_kind IS NOT NULL))"

# A text that is gone is no other question. Blanks and capitals make no other question either.
_QUESTION = f"""CASE WHEN STARTS_WITH(query, '{EXPIRED_START}') THEN NULL
    WHEN STARTS_WITH(query, '{ERASED_START}') THEN NULL
    ELSE NULLIF(LOWER(TRIM(REGEXP_REPLACE(query, '\\s+', ' ', 'g'))), '') END"""

_SIDES = f"""WITH {SUITES},
    named_side AS (SELECT UNNEST($side_names::VARCHAR[]) AS name, UNNEST($of_names::BOOLEAN[]) AS is_after),
    timed_side AS (
        SELECT UNNEST($begins::TIMESTAMPTZ[]) AS begins, UNNEST($ends::TIMESTAMPTZ[]) AS ends,
               UNNEST($of_times::BOOLEAN[]) AS is_after),
    sided AS (
        SELECT said.*, COALESCE(named_side.is_after, timed_side.is_after) AS is_after,
               COALESCE({_HAS_OUTCOME}, FALSE) AS has_outcome, ({EVAL_PASSES}) AS is_passed,
               COALESCE({_STOPPED}, FALSE) AS is_stopped, {_QUESTION} AS asked
        FROM said
        LEFT JOIN named_side ON named_side.name = said.bundle
        LEFT JOIN timed_side ON said.bundle IS NULL AND said.moment >= timed_side.begins
            AND (timed_side.ends IS NULL OR said.moment < timed_side.ends)
        WHERE COALESCE(named_side.is_after, timed_side.is_after) IS NOT NULL
            AND ($end::TIMESTAMPTZ IS NULL OR said.moment < $end::TIMESTAMPTZ))"""

_IN_ORDER = "moment, sequence, eval_run_id, attempt, key"

_CASES = f"""{_SIDES}
    SELECT is_after, suite, case_id, LIST(is_passed ORDER BY {_IN_ORDER}) FILTER (has_outcome),
        COUNT(*) FILTER (NOT has_outcome), COUNT(*) FILTER (has_outcome AND is_stopped),
        COUNT(DISTINCT asked), CAST(MIN(HASH(asked)) AS VARCHAR), MIN(task_type), MIN(user_segment),
        EPOCH_US(MAX(moment))
    FROM sided GROUP BY is_after, suite, case_id ORDER BY ALL"""

_SAID = f"""{_SIDES}, placed AS (
        SELECT *, ROW_NUMBER() OVER (PARTITION BY is_after, suite, case_id
                                     ORDER BY is_passed, {_IN_ORDER}) AS place
        FROM sided JOIN (SELECT UNNEST($wanted::VARCHAR[]) AS case_id) AS wanted USING (case_id)
        WHERE has_outcome)
    SELECT is_after, suite, case_id, query, response, error, source_trace FROM placed WHERE place = 1
    ORDER BY is_after, suite, case_id"""

_RELEASES = """SELECT bundle, COUNT(DISTINCT case_id), EPOCH_US(MAX(moment)) FROM evidence
    WHERE bundle IS NOT NULL GROUP BY bundle ORDER BY MAX(moment) DESC, bundle"""


def tried_cases(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    naming: Naming,
    before: ReleaseScope,
    after: ReleaseScope,
    now: datetime,
) -> tuple[list[TriedCase], list[TriedCase]]:
    """The cases that have results of the releases ``before`` and of those ``after``, by set and id.

    A row that names no release is of the one that was live at its moment; rows after ``now`` do not count.
    """
    asked = _asked(warehouse, connection, feature, naming, before, after, now)
    sides: tuple[list[TriedCase], list[TriedCase]] = ([], [])
    for (
        is_after,
        suite,
        case_id,
        passed,
        again,
        stopped,
        questions,
        question,
        task,
        segment,
        at,
    ) in warehouse.rows(connection, feature, Relation.EVALS, _CASES, asked):
        sides[bool(is_after)].append(
            TriedCase(
                case_id=case_id,
                suite=suite,
                tries=tuple(passed or ()),
                run_again=again,
                stopped=stopped,
                question=question if questions == 1 else None,
                varies=questions > 1,
                task_type=task,
                user_segment=segment,
                newest=_EPOCH + timedelta(microseconds=at),
            )
        )
    return sides


def said_of_cases(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    naming: Naming,
    before: ReleaseScope,
    after: ReleaseScope,
    now: datetime,
    case_ids: Sequence[str],
) -> dict[tuple[bool, str | None, str], SaidOfCase]:
    """What one try of each case says, a failed one if there is any: by (whether after, set, case)."""
    asked = {
        **_asked(warehouse, connection, feature, naming, before, after, now),
        "wanted": tuple(sorted(case_ids)),
    }
    rows = warehouse.rows(connection, feature, Relation.EVALS, _SAID, asked) if case_ids else []
    return {(bool(is_after), suite, case_id): SaidOfCase(*said) for is_after, suite, case_id, *said in rows}


def releases_tested(
    warehouse: Warehouse, connection: Connection, feature: Feature
) -> list[tuple[str, int, datetime]]:
    """(release, cases, newest result) of every release that eval results name, the newest first."""
    rows = warehouse.rows(connection, feature, Relation.EVALS, _RELEASES)
    return [(name, cases, _EPOCH + timedelta(microseconds=newest)) for name, cases, newest in rows]


def _asked(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    naming: Naming,
    before: ReleaseScope,
    after: ReleaseScope,
    now: datetime,
) -> dict[str, Any]:
    window = Window(until=now + timedelta(microseconds=1))
    # An end behind all evidence is left out, so that the answer can be remembered from one page to the next.
    request = TallyRequest("eval_pass_rate", Source.EVAL, window=window)
    settled = warehouse.settled(connection, feature, request)
    sides = ((before, False), (after, True))
    times = [(*time, is_after) for side, is_after in sides for time in side.times]
    return {
        **naming.parameters,
        "side_names": (*before.names, *after.names),
        "of_names": (*(False for _ in before.names), *(True for _ in after.names)),
        "begins": tuple(begins for begins, _, _ in times),
        "ends": tuple(ends for _, ends, _ in times),
        "of_times": tuple(is_after for _, _, is_after in times),
        "end": settled.window.until,
    }
