"""The ten most frequent kinds of failure with what was done about them, and what each fix changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.failures import found_failures, runs_with_failure
from core.actions.held_checklist import held_checklist
from core.actions.measuring import by_group
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import texts_for
from core.actions.workspace import Workspace
from core.criteria.stakes import ACCEPTED_ERROR
from core.evidence.failure_words import Became, WordKind, counted_as, fold_words
from core.metrics.catalogue import Better, metric
from core.metrics.measurement import Measurement, Source, Window
from core.metrics.requests import TallyRequest
from core.metrics.top_failures import (
    METRIC_OF_TYPE,
    CaseOutcome,
    Effect,
    Fixed,
    Happened,
    Share,
    TopFailures,
    effect,
    top_failures,
)
from core.store import failure_words, features, fixes
from core.store.database import Connection
from core.store.failed_runs import newest_release, runs_of
from core.store.failure_tests import CaseOrigin, case_origins, newest_outcomes, reviewed_around
from core.store.features import Feature
from core.store.fixes import Fix


@dataclass(frozen=True)
class TopView:
    """``release`` is the live one, None where traces record none; ``history`` are the savings of each folded
    kind's fix, the newest first; ``effects`` what the fix of a kind that is done changed."""

    top: TopFailures
    release: str | None
    history: Mapping[str, tuple[Fix, ...]]
    effects: Mapping[str, tuple[Effect, ...]]
    error: float


def view_top_failures(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> TopView:
    """The most frequent kinds among the failures found until ``now`` whose runs are in the traces."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        error = ACCEPTED_ERROR[held_checklist(connection, feature, now)[0].stakes]
        became = failure_words.became(connection, feature.id)
        happened = _happened(workspace, connection, feature, now)
        history = _history(connection, feature, became)
        release = newest_release(workspace.warehouse, connection, feature)
        cases = _cases(workspace, connection, feature, became, happened, release)
        fixed = {kind: _fixed(saved[0]) for kind, saved in history.items()}
        top = top_failures(happened, fixed, cases, error)
        effects = {
            fold_words(line.bar.word): _effects(
                workspace, connection, feature, line.bar.word, line.fix.at, error
            )
            for line in top.lines
            if line.fix is not None and line.fix.at is not None
        }
        texts = texts_for(workspace, caller, feature)
    shown = {
        kind: tuple(_shown(one, texts.text(one.fix) or "") for one in saved)
        for kind, saved in history.items()
    }
    return TopView(top, release, shown, effects, error)


def _shown(one: Fix, words: str) -> Fix:
    return replace(one, fix=words)


def _happened(
    workspace: Workspace, connection: Connection, feature: Feature, now: datetime
) -> list[Happened]:
    """Each run and kind once, at the moment of the run: a note of an old run is no recurrence."""
    found = [failure for failure, _ in found_failures(workspace, connection, feature, None, now)]
    runs = runs_of(workspace.warehouse, connection, feature, [one.run_id for one in found])
    return [
        Happened(one.run_id, one.failure_type, runs[one.run_id].at) for one in found if one.run_id in runs
    ]


def _history(connection: Connection, feature: Feature, became: Became) -> dict[str, tuple[Fix, ...]]:
    of_kind: defaultdict[str, list[Fix]] = defaultdict(list)
    for one in fixes.history(connection, feature.id):
        of_kind[fold_words(counted_as(became, WordKind.TYPE, one.failure_type))].append(one)
    return {kind: tuple(reversed(saved)) for kind, saved in of_kind.items()}


def _fixed(saved: Fix) -> Fixed:
    return Fixed(saved.fix, saved.owner, saved.state, saved.fixed_at, saved.bundle)


def _cases(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    became: Became,
    happened: Sequence[Happened],
    release: str | None,
) -> dict[str, list[CaseOutcome]]:
    """The eval cases of each folded kind: those that name it, and those made from a run in which it was."""
    kinds_of_run: defaultdict[str, set[str]] = defaultdict(set)
    for one in happened:
        kinds_of_run[one.run_id].add(fold_words(one.failure_type))
    origins = case_origins(connection, feature.id)
    outcomes = newest_outcomes(
        workspace.warehouse, connection, feature, [one.case_id for one in origins], release
    )
    cases: defaultdict[str, list[CaseOutcome]] = defaultdict(list)
    for origin in origins:
        for kind in _kinds(origin, became, kinds_of_run):
            cases[kind].append(CaseOutcome(origin.case_id, outcomes.get(origin.case_id)))
    return cases


def _kinds(origin: CaseOrigin, became: Became, kinds_of_run: Mapping[str, set[str]]) -> set[str]:
    """A case that says which failure it tests is about no other of its run."""
    if origin.failure_type:
        return {fold_words(counted_as(became, WordKind.TYPE, origin.failure_type))}
    return kinds_of_run.get(origin.run_id or "", set())


def _effects(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    kind: str,
    fixed_at: datetime,
    error: float,
) -> tuple[Effect, ...]:
    """The rate of the failure in reviewed traces, and the metric that should have moved with it."""
    runs = runs_with_failure(workspace, connection, feature, kind)
    until, after = reviewed_around(workspace.warehouse, connection, feature, runs, fixed_at)
    own = effect(Share.of(*until), Share.of(*after), error)
    found = [] if own is None else [own]
    metric_id = METRIC_OF_TYPE.get(fold_words(kind))
    if metric_id is not None:
        found += _metric_effects(workspace, connection, feature, metric_id, fixed_at, error)
    return tuple(found)


def _metric_effects(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    metric_id: str,
    fixed_at: datetime,
    error: float,
) -> list[Effect]:
    """One for each source that measured the metric on both sides of the fix, the largest first."""
    asked, found = metric(metric_id), []
    for reading in asked.readings:
        sides = [
            _share(workspace, connection, feature, metric_id, reading.source, window, error)
            for window in (Window(until=fixed_at), Window(since=fixed_at))
        ]
        if sides[0] is None or sides[1] is None:
            continue
        one = effect(
            sides[0],
            sides[1],
            error,
            higher_is_better=asked.better is Better.HIGHER,
            metric=metric_id,
            source=reading.source.value,
        )
        found += [] if one is None else [one]
    return sorted(found, key=lambda one: -min(one.before.n, one.after.n))


def _share(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    metric_id: str,
    source: Source,
    window: Window,
    error: float,
) -> Share | None:
    request = TallyRequest(metric_id, source, window=window)
    finding = by_group(workspace, connection, feature, request, error).get(None)
    if (
        not isinstance(finding, Measurement)
        or not finding.tally.sampling_known
        or finding.weighting is not None
    ):
        return None
    count = round(finding.tally.passes)
    return Share(count, finding.tally.n, finding.effective_passes, finding.effective_n)
