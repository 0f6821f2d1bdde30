"""How the eval sets do: results by set and release, runs that are due, the mix of tasks, the grader."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from core.actions.case_naming import EvalSets, eval_sets
from core.actions.held_checklist import held_checklist
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.stakes import ACCEPTED_ERROR
from core.evidence.eval_case import Part
from core.metrics.eval_results import (
    USUAL_RERUN_DAYS,
    Rerun,
    RerunState,
    SuiteResult,
    TaskMix,
    rerun,
    suite_result,
    task_mix,
)
from core.statistics.judge_audit import Agreement, agreement
from core.store import case_results, features
from core.store.case_results import CaseResult
from core.store.database import Connection
from core.store.eval_suites import KeptSuite
from core.store.features import Feature

_MOST_KINDS = 200


@dataclass(frozen=True)
class SuiteStanding:
    """Where the last lock of a set stands: of its ``cases``, ``tested`` have any result since the lock, and
    ``failing`` do not pass in their last one. ``rerun`` is None where nobody asked for runs."""

    lock: KeptSuite
    cases: int
    tested: int
    failing: int
    newest: datetime | None
    rerun: Rerun | None


@dataclass(frozen=True)
class EvalResults:
    """``results`` are one for each set, version and release, the newest first. ``graders`` is how what
    graded the hard (adversarial) cases agrees with people, None without a case that both judged; ``hard``
    counts those cases. ``unseen`` cases have results, and nobody handed in what they ask. ``error`` is
    that of the stakes."""

    results: tuple[SuiteResult, ...]
    standings: tuple[SuiteStanding, ...]
    mix: TaskMix
    hard: int
    unseen: int
    graders: Agreement | None
    error: float


def view_eval_results(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> EvalResults:
    """Everything that the results say of the sets, as of ``now``."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        sets = eval_sets(connection, feature)
        error = ACCEPTED_ERROR[held_checklist(connection, feature)[0].stakes]
        found = case_results.tallies(workspace.warehouse, connection, feature, sets.naming)
        last = case_results.last_results(workspace.warehouse, connection, feature, sets.naming)
        hard = _hard(sets)
        counts = case_results.graded_by_people(workspace.warehouse, connection, feature, hard)
        tested = case_results.kinds_tested(workspace.warehouse, connection, feature)
        traces = workspace.warehouse.values_of(connection, feature, "task_type", _MOST_KINDS)
    found.sort(key=lambda one: (one.newest, one.suite or "", one.number or 0), reverse=True)
    kinds = Counter(one.case.task_type for one in sets.own if one.counts)
    kinds.update(one.case.task_type for one in sets.handed_in)
    known = {one.case.case_id for one in sets.own} | {one.case.case_id for one in sets.handed_in}
    unseen = [kind for case_id, kind in tested.items() if case_id not in known]
    kinds.update(unseen)
    return EvalResults(
        results=tuple(suite_result(one, error) for one in found),
        standings=tuple(_standing(lock, last, now) for lock in sets.suites),
        mix=task_mix(kinds, traces),
        hard=len(hard),
        unseen=len(unseen),
        graders=agreement(*counts, error) if sum(counts) else None,
        error=error,
    )


def suites_to_run(
    workspace: Workspace, caller: Caller, now: datetime, slug: str
) -> tuple[SuiteStanding, ...]:
    """The sets that are due or overdue to be run again."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        return _to_run(workspace, connection, feature, now)


def _to_run(
    workspace: Workspace, connection: Connection, feature: Feature, now: datetime
) -> tuple[SuiteStanding, ...]:
    sets = eval_sets(connection, feature)
    if not sets.locked:
        return ()
    last = case_results.last_results(workspace.warehouse, connection, feature, sets.naming)
    standings = (_standing(lock, last, now) for lock in sets.suites)
    return tuple(one for one in standings if one.rerun and one.rerun.state is not RerunState.DONE)


def _standing(lock: KeptSuite, last: dict[str, CaseResult], now: datetime) -> SuiteStanding:
    results = [last[case_id] for case_id, _ in lock.cases if case_id in last and last[case_id].at <= now]
    newest = max((one.at for one in results), default=None)
    since = [one for one in results if one.at >= lock.locked_at]
    return SuiteStanding(
        lock,
        len(lock.cases),
        len(since),
        sum(one.passed is False for one in results),
        newest,
        None if lock.rerun_days is None else rerun(newest, lock.locked_at, lock.rerun_days, now),
    )


def _hard(sets: EvalSets) -> list[str]:
    # What graders said of a case stays said of it, also where its texts are gone.
    own = [one.case for one in sets.own if not one.is_retired]
    cases = [*own, *(one.case for one in sets.handed_in)]
    return sorted({case.case_id for case in cases if case.part is Part.ADVERSARIAL})


__all__ = ["USUAL_RERUN_DAYS", "EvalResults", "SuiteStanding", "suites_to_run", "view_eval_results"]
