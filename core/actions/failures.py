"""The failure log: counted by type and root cause, and handed out as a workbook to fill in or go on with."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.held_checklist import held_checklist
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.criteria.stakes import ACCEPTED_ERROR
from core.evidence.failure_words import (
    INSTRUCTIONS,
    PERCEPTION,
    WordKind,
    counted_as,
    distinct_words,
    fold_words,
    starter_words,
    words_of_group,
)
from core.export.failure_log import FailureRow, failure_log_template, failure_log_workbook
from core.metrics.pareto import (
    Failure,
    ParetoBar,
    PerceptionSplit,
    by_cause,
    by_type,
    one_each,
    perception_first,
)
from core.store import failure_words as saved_words
from core.store import features
from core.store.database import Connection
from core.store.failures import LoggedFailure
from core.store.features import Feature
from core.store.labels import NamedFailure

WORST_FIRST = "worst"


@dataclass(frozen=True)
class FailurePareto:
    """The failures of a feature's traces, each run and type once, the log's word before a label's.

    ``failures`` are counted, in ``traces`` runs; ``without_cause`` of them have no root cause;
    ``unmatched`` name runs that are not in the traces and are not counted; ``only_labels`` were noted
    by reviewers alone, ``worst_first`` of these in traces that were picked worst first. ``error`` is
    what each end of an interval is wrong with at most.
    """

    by_type: tuple[ParetoBar, ...]
    by_cause: tuple[ParetoBar, ...]
    split: PerceptionSplit | None
    failures: int
    traces: int
    without_cause: int
    unmatched: tuple[Failure, ...]
    only_labels: int
    worst_first: int
    error: float


def failure_pareto(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, since: datetime | None = None
) -> FailurePareto:
    """The failures found until ``now``, from ``since`` on where it is given, by type and root cause.

    A failure is of the moment it was found, or where that is not recorded, was handed in.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        logged, named = _between(workspace, connection, feature, since, now)
        every = one_each([*map(_of_log, logged), *map(_of_label, named)])
        runs = sorted({failure.run_id for failure in every})
        known = workspace.warehouse.known_runs(connection, feature, runs)
        texts = texts_for(workspace, caller, feature)
        error = ACCEPTED_ERROR[held_checklist(connection, feature, now)[0].stakes]
        became = saved_words.became(connection, feature.id)
    matched = [failure for failure in every if failure.run_id in known]
    in_log = {_identity(failure) for failure in map(_of_log, logged)}
    only_labels = {_identity(failure) for failure in matched} - in_log
    worst = {_identity(_of_label(one)) for one in named if one.sampling == WORST_FIRST}
    return FailurePareto(
        by_type=by_type(matched, error),
        by_cause=by_cause(matched, error),
        split=perception_first(
            matched, error, words_of_group(became, PERCEPTION), words_of_group(became, INSTRUCTIONS)
        ),
        failures=len(matched),
        traces=len({failure.run_id for failure in matched}),
        without_cause=sum(not failure.root_cause for failure in matched),
        unmatched=tuple(
            replace(failure, fix=texts.text(failure.fix)) for failure in every if failure.run_id not in known
        ),
        only_labels=len(only_labels),
        worst_first=len(only_labels & worst),
        error=error,
    )


def failure_template(workspace: Workspace, caller: Caller, slug: str) -> bytes:
    """An empty failure log (.xlsx) whose drop-downs know the feature's own words."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        types, causes = failure_words(workspace, connection, feature)
        starters = _starters(connection, feature)
    return failure_log_template(types, causes, starters=starters)


def failure_log(workspace: Workspace, caller: Caller, slug: str) -> bytes:
    """The failure log as it stands (.xlsx), to go on with: uploaded again unchanged it is all duplicates,
    but for personal data that was kept in it, which is masked here, and words that became others."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        return failure_log_as(workspace, connection, feature, texts_for(workspace, caller, feature))


def failure_log_as(workspace: Workspace, connection: Connection, feature: Feature, texts: TextsFor) -> bytes:
    """The failure log as a workbook, with ``texts`` as the caller may see them.

    Where two rows of a run became one type, the one that was handed in last is told.
    """
    newest = {
        (one.run_id, fold_words(one.failure_type)): one
        for one in workspace.warehouse.logged_failures(connection, feature)
    }
    types, causes = failure_words(workspace, connection, feature)
    rows = [
        FailureRow(
            one.run_id,
            one.failure_type,
            one.root_cause,
            texts.text(one.fix),
            one.owner,
            one.found_at,
            texts.text(one.note),
        )
        for one in newest.values()
    ]
    return failure_log_workbook(rows, types, causes, starters=_starters(connection, feature))


def _starters(connection: Connection, feature: Feature) -> tuple[list[str], list[str]]:
    """(types, causes) that the drop-downs begin with: those of every feature, then those that were added."""
    became = saved_words.became(connection, feature.id)
    added = [one for one in saved_words.current(connection, feature.id).values() if one.became is None]
    types, causes = (
        distinct_words(starter_words(became, kind), [one.word for one in added if one.kind == kind.value])
        for kind in WordKind
    )
    return types, causes


def runs_with_failure(
    workspace: Workspace, connection: Connection, feature: Feature, failure_type: str
) -> list[str]:
    """The ids of the runs in which a failure of this type was noted, by the log or a label."""
    became = saved_words.became(connection, feature.id)
    wanted = fold_words(counted_as(became, WordKind.TYPE, failure_type))
    noted = noted_failures(workspace, connection, feature)
    return list(dict.fromkeys(one.run_id for one in noted if fold_words(one.failure_type) == wanted))


def failures_of_runs(
    workspace: Workspace, connection: Connection, feature: Feature, run_ids: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The failure types noted for each of these runs, each once; runs without any are left out."""
    wanted, found = set(run_ids), dict[str, list[str]]()
    noted = [one for one in noted_failures(workspace, connection, feature) if one.run_id in wanted]
    for one in one_each(noted):
        found.setdefault(one.run_id, []).append(one.failure_type)
    return {run: tuple(types) for run, types in found.items()}


def found_failures(
    workspace: Workspace, connection: Connection, feature: Feature, since: datetime | None, now: datetime
) -> list[tuple[Failure, datetime]]:
    """Each run and type once, with the moment at which it was first noted, from ``since`` until ``now``."""
    logged, named = _between(workspace, connection, feature, since, now)
    noted = [(_of_log(one), one.found_at or one.uploaded_at) for one in logged]
    noted += [(_of_label(one), one.labelled_at or one.uploaded_at) for one in named]
    first: dict[tuple[str, str], datetime] = {}
    for failure, at in noted:
        first[_identity(failure)] = min(at, first.get(_identity(failure), at))
    return [(failure, first[_identity(failure)]) for failure in one_each([one for one, _ in noted])]


def failure_words(
    workspace: Workspace, connection: Connection, feature: Feature
) -> tuple[list[str], list[str]]:
    """(failure types, root causes) in use, each in its first spelling, the log's words first."""
    noted = noted_failures(workspace, connection, feature)
    return (
        distinct_words([one.failure_type for one in noted]),
        distinct_words([one.root_cause or "" for one in noted]),
    )


def noted_failures(workspace: Workspace, connection: Connection, feature: Feature) -> list[Failure]:
    """Every failure of the log and of people's labels, the log's first."""
    logged = workspace.warehouse.logged_failures(connection, feature)
    named = workspace.warehouse.named_failures(connection, feature)
    return [*map(_of_log, logged), *map(_of_label, named)]


def _between(
    workspace: Workspace, connection: Connection, feature: Feature, since: datetime | None, now: datetime
) -> tuple[list[LoggedFailure], list[NamedFailure]]:
    def counts(moment: datetime) -> bool:
        return moment <= now and (since is None or since <= moment)

    logged = workspace.warehouse.logged_failures(connection, feature)
    named = workspace.warehouse.named_failures(connection, feature)
    return (
        [one for one in logged if counts(one.found_at or one.uploaded_at)],
        [one for one in named if counts(one.labelled_at or one.uploaded_at)],
    )


def _of_log(one: LoggedFailure) -> Failure:
    return Failure(one.run_id, one.failure_type, one.root_cause, one.fix)


def _of_label(one: NamedFailure) -> Failure:
    return Failure(one.run_id, one.failure_type, one.root_cause)


def _identity(failure: Failure) -> tuple[str, str]:
    return failure.run_id, fold_words(failure.failure_type)
