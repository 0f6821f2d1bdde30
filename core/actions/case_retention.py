"""Texts of eval cases made from traces go once they were kept long enough, but never those of a locked set.

Such a case is a copy of what a user asked, so that it stays a test when the trace has lost its texts. Nothing
is counted of a text: results, verdicts and the digests of locked sets stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.actions.committed import terms_of
from core.actions.faults import noting_faults
from core.actions.held_verdict import WouldHelp, no_nearer_to_go
from core.actions.legal_holds import held_because
from core.actions.people import ITSELF
from core.actions.publishing import make_ready
from core.actions.workspace import Workspace
from core.store import audit, commitments, eval_suites, features, legal_holds, old_cases
from core.store.database import Connection
from core.store.features import Feature
from core.store.old_cases import KeptTexts, Numbered


@dataclass(frozen=True)
class ExpiredCases:
    """Of so many ``cases`` of one feature a run removed texts, of one version or more. Those of ``bound``
    cases are older than the limit and stay, because a locked set holds them. ``held``: nothing went, for
    this reason."""

    slug: str
    cases: int = 0
    bound: int = 0
    held: str = ""

    @property
    def is_nothing(self) -> bool:
        return self.cases == 0


@dataclass(frozen=True)
class DueCases:
    """The versions of cases whose time is over: those that ``go``, and those that a locked set holds."""

    go: tuple[KeptTexts, ...] = ()
    bound: tuple[KeptTexts, ...] = ()


def expire_cases(workspace: Workspace, now: datetime, slug: str | None = None) -> list[ExpiredCases]:
    """Remove the texts of cases made from traces that were saved longer ago than their feature keeps them;
    of one feature, or of all.

    A fault in one feature does not keep the others: the first is raised at the end.
    """
    with workspace.database.reading() as connection:
        every = [features.by_slug(connection, slug)] if slug else features.everything(connection)
    done = list[ExpiredCases]()
    with noting_faults() as attempt:
        for feature in every:
            if feature.case_days is not None:
                with attempt():
                    done.append(_expire(workspace, feature, now))
        with attempt(), workspace.database.reading() as connection:
            if any(not one.is_nothing for one in done):
                workspace.warehouse.forget_expired(connection)
        for run in done:
            if not run.is_nothing:
                make_ready(workspace, run.slug)
    return done


def due_cases(connection: Connection, feature: Feature, now: datetime) -> DueCases:
    """Which versions of cases are older at ``now`` than the feature keeps them, and which of them may go."""
    if feature.case_days is None:
        return DueCases()
    cutoff = now - timedelta(days=feature.case_days)
    old = [one for one in old_cases.kept_texts(connection, feature.id) if one.since < cutoff]
    if not old:
        return DueCases()
    held = _in_locked_sets(connection, feature, now)
    return DueCases(
        tuple(one for one in old if one.as_test not in held),
        tuple(one for one in old if one.as_test in held),
    )


def count_cases(versions: Sequence[KeptTexts]) -> int:
    """Of how many cases these are versions."""
    return len({case_id for case_id, _ in (one.which for one in versions)})


def _in_locked_sets(connection: Connection, feature: Feature, now: datetime) -> frozenset[Numbered]:
    """The versions in the last lock of each set, and in the locks that a commitment rests on.

    Without its texts such a case could not be run again: a set that is run without the cases it fails would
    look better than it is.
    """
    locked = eval_suites.history(connection, feature.id)
    rests = [
        *commitments.in_force(connection, feature.id, now)[:1],
        *commitments.history(connection, feature.id)[:1],
    ]
    digests = {digest for one in rests for digest in terms_of(one).suites.values()}
    kept = [*eval_suites.newest_of_each(locked), *(one for one in locked if one.digest in digests)]
    return frozenset(which for one in kept for which in one.cases)


def _expire(workspace: Workspace, feature: Feature, now: datetime) -> ExpiredCases:
    with workspace.database.reading() as connection:
        if held := held_because(legal_holds.standing(connection, feature.id)):
            return ExpiredCases(feature.slug, held=held)
        due = due_cases(connection, feature, now)
    if not due.go:
        return ExpiredCases(feature.slug, bound=count_cases(due.bound))
    try:
        with workspace.database.writing() as connection:
            newest = features.locked(connection, feature.slug)
            # Somebody may have said “keep them”, or locked a set with them, since.
            if held := held_because(legal_holds.standing(connection, feature.id)):
                return ExpiredCases(feature.slug, held=held)
            due = due_cases(connection, newest, now)
            if not due.go:
                return ExpiredCases(feature.slug, bound=count_cases(due.bound))
            _remove(workspace, connection, newest, due.go, now)
    except WouldHelp:
        return ExpiredCases(feature.slug, bound=count_cases((*due.go, *due.bound)))
    workspace.database.forget_deleted()
    return ExpiredCases(feature.slug, count_cases(due.go), count_cases(due.bound))


def _remove(
    workspace: Workspace, connection: Connection, feature: Feature, go: Sequence[KeptTexts], now: datetime
) -> None:
    """Raises WouldHelp where something would come nearer to GO."""
    day = now.date().isoformat()
    with no_nearer_to_go(workspace, connection, feature, now):
        asked = old_cases.expire(connection, feature.id, go, now)
        hashes = old_cases.expire_copies(connection, feature.id, {one.which for one in go}, day)
    audit.append(
        connection,
        actor=ITSELF,
        action="case texts expired",
        subject=f"feature/{feature.slug}",
        payload={
            "days": feature.case_days,
            "cases": [list(one) for one in asked],
            "segments": [list(one) for one in hashes],
        },
        now=now,
    )
