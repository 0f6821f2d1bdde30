"""Entries of the log that tell of no record lose what they say, once they were kept long enough.

That something was done, by whom and when stays for good, and so does the chain: it holds a salted hash of
what was said. Entries that a record is held against keep all of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.actions.faults import noting_faults
from core.actions.legal_holds import held_because
from core.actions.people import ITSELF
from core.actions.workspace import Workspace
from core.store import audit, features, legal_holds, old_entries
from core.store.database import Connection
from core.store.features import Feature


@dataclass(frozen=True)
class EmptiedEntries:
    """How many ``entries`` about the feature ``slug`` (None: about none) lost what they said. ``held``: none,
    for this reason."""

    slug: str | None
    entries: int
    held: str = ""


def expire_log(workspace: Workspace, now: datetime, slug: str | None = None) -> list[EmptiedEntries]:
    """Empty the entries that are older than their feature keeps them; of one feature, or of all.

    What belongs to no feature is kept as long as the feature that keeps its own the longest, and while any
    feature is held; a run for one feature leaves it alone.
    """
    with workspace.database.reading() as connection:
        every = features.everything(connection)
        chosen = [features.by_slug(connection, slug)] if slug else every
    done = list[EmptiedEntries]()
    with noting_faults() as attempt:
        for feature in chosen:
            with attempt():
                done += _empty(workspace, (feature,), feature.slug, now)
        if slug is None and every:
            with attempt():
                done += _empty(workspace, tuple(every), None, now)
        if any(one.entries for one in done):
            with attempt():
                workspace.database.forget_deleted()
    return done


def _empty(
    workspace: Workspace, asked: tuple[Feature, ...], slug: str | None, now: datetime
) -> list[EmptiedEntries]:
    """Nothing where one of the features keeps its entries for ever."""
    with workspace.database.writing() as connection:
        days = [features.by_id(connection, one.id).log_days for one in asked]
        limits = [one for one in days if one is not None]
        if len(limits) != len(days):
            return []
        holds = [one for feature in asked for one in legal_holds.standing(connection, feature.id)]
        if holds:
            return [EmptiedEntries(slug, 0, held_because(holds))]
        cutoff = now - timedelta(days=max(limits))
        about = old_entries.of_feature(asked[0].id, slug) if slug else old_entries.of_none()
        seqs = old_entries.due(connection, about, cutoff)
        if seqs:
            for seq in seqs:
                audit.erase(connection, seq)
            said = {"days": max(limits), "entries": len(seqs), "first": seqs[0], "last": seqs[-1]}
            _note(connection, slug, said, now)
    return [EmptiedEntries(slug, len(seqs))]


def _note(connection: Connection, slug: str | None, said: Mapping[str, int], now: datetime) -> None:
    audit.append(
        connection,
        actor=ITSELF,
        action="log entries emptied",
        subject=f"feature/{slug}" if slug else "readygate",
        payload=dict(said),
        now=now,
    )
