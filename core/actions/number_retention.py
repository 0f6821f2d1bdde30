"""Numbers and labels that were kept long enough go for good, but never those that a verdict still counts.

Of an upload its name, fingerprint, counts and dates stay, because signatures and reports name it; a
signature holds its own numbers and intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.actions.faults import noting_faults
from core.actions.held_verdict import WouldHelp, no_nearer_to_go
from core.actions.legal_holds import held_because
from core.actions.people import ITSELF
from core.actions.publishing import make_ready
from core.actions.still_counted import counted_from
from core.actions.workspace import Workspace
from core.evidence.columns import Kind
from core.store import audit, features, legal_holds, old_numbers
from core.store.database import Connection
from core.store.features import Feature
from core.store.old_numbers import Held, Removed

_APART = (Kind.LABELS.value, Kind.FAILURES.value)
"""Kinds whose newer rows replace older ones of their own kind only."""


@dataclass(frozen=True)
class ExpiredNumbers:
    """What a run removed from one feature: the rows of so many ``uploads``. ``counted`` ones are older than
    the limit and stay, because a verdict counts them. ``held``: nothing went, for this reason."""

    slug: str
    uploads: int = 0
    rows: int = 0
    labels: int = 0
    failures: int = 0
    counted: int = 0
    held: str = ""

    @property
    def is_nothing(self) -> bool:
        return self.uploads == 0


@dataclass(frozen=True)
class Due:
    """The uploads whose time is over at a moment: those that ``go``, and those that a verdict counts."""

    go: tuple[Held, ...]
    counted: tuple[Held, ...]


def expire_numbers(workspace: Workspace, now: datetime, slug: str | None = None) -> list[ExpiredNumbers]:
    """Remove what was counted of uploads handed in longer ago than their feature keeps it; of one feature,
    or of all.

    No verdict moves: what a row still counts stays, and where anything would come nearer to GO all the same,
    nothing goes. A fault in one feature does not keep the others: the first is raised at the end.
    """
    with workspace.database.reading() as connection:
        every = [features.by_slug(connection, slug)] if slug else features.everything(connection)
    done = list[ExpiredNumbers]()
    with noting_faults() as attempt:
        for feature in every:
            if feature.number_days is not None:
                with attempt():
                    done.append(_expire(workspace, feature, now))
        with attempt(), workspace.database.reading() as connection:
            if any(not one.is_nothing for one in done):
                workspace.warehouse.forget_expired(connection)
        for run in done:
            if not run.is_nothing:
                make_ready(workspace, run.slug)
    return done


def due_numbers(connection: Connection, feature: Feature, now: datetime) -> Due:
    """Which uploads of the feature are older than its limit at ``now``, and which of them may go.

    Those that count go in the order of publishing, so that no row comes back that a later one replaced.
    """
    if feature.number_days is None:
        return Due((), ())
    cutoff = now - timedelta(days=feature.number_days)
    if not old_numbers.has_older(connection, feature.id, cutoff):
        return Due((), ())
    there = old_numbers.held(connection, feature.id)
    old = [one for one in there if one.asked_at < cutoff]
    if not old:
        return Due((), ())
    since = counted_from(connection, feature, now)
    go = [one for one in old if not one.is_live]
    blocked = set[str]()
    for one in (one for one in there if one.is_live):
        order = one.kind if one.kind in _APART else ""
        if order in blocked:
            continue
        if one.asked_at < cutoff and one.newest < cutoff and (since is None or one.newest < since):
            go.append(one)
        else:
            blocked.add(order)
    went = {one.id for one in go}
    return Due(tuple(go), tuple(one for one in old if one.id not in went))


def _expire(workspace: Workspace, feature: Feature, now: datetime) -> ExpiredNumbers:
    with workspace.database.reading() as connection:
        if held := held_because(legal_holds.standing(connection, feature.id)):
            return ExpiredNumbers(feature.slug, held=held)
        due = due_numbers(connection, feature, now)
    if not due.go:
        return ExpiredNumbers(feature.slug, counted=len(due.counted))
    try:
        with workspace.database.writing() as connection:
            newest = features.locked(connection, feature.slug)
            # Somebody may have said “keep them” since.
            if held := held_because(legal_holds.standing(connection, feature.id)):
                return ExpiredNumbers(feature.slug, held=held)
            due = due_numbers(connection, newest, now)
            if not due.go:
                return ExpiredNumbers(feature.slug, counted=len(due.counted))
            removed = _remove(workspace, connection, newest, due.go, now)
    except WouldHelp:
        return ExpiredNumbers(feature.slug, counted=len(due.go) + len(due.counted))
    workspace.database.forget_deleted()
    return ExpiredNumbers(
        feature.slug, len(due.go), removed.rows, removed.labels, removed.failures, len(due.counted)
    )


def _remove(
    workspace: Workspace, connection: Connection, feature: Feature, go: Sequence[Held], now: datetime
) -> Removed:
    """Raises WouldHelp where something would come nearer to GO."""
    ids = sorted(one.id for one in go)
    with no_nearer_to_go(workspace, connection, feature, now):
        removed = old_numbers.remove(connection, ids, now)
    audit.append(
        connection,
        actor=ITSELF,
        action="numbers expired",
        subject=f"feature/{feature.slug}",
        payload={
            "days": feature.number_days,
            "uploads": ids,
            "rows": removed.rows,
            "labels": removed.labels,
            "failures": removed.failures,
        },
        now=now,
    )
    return removed
