"""People whom a backup from before their erasure would bring back, erased from it before anybody sees it.

Nobody asks who may: they were erased once, by two people where people sign in, and that is not undone.
"""

import gzip
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.actions.erasing import fingerprint_of
from core.actions.erasure_rows import find_rows, put_away
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.errors import UnknownFeature
from core.store import audit, erasures, features, uploads
from core.store.backup import DoneErasure
from core.store.database import Connection
from core.store.erased_rows import cells_of
from core.store.features import Feature


@dataclass(frozen=True)
class Again:
    """An erasure that had to be done again. ``rows`` of the person went; 0: nobody by that mark was there, so
    that a text which only names them cannot be found without their id."""

    asked: DoneErasure
    rows: int


def erase_again(workspace: Workspace, marks: Iterable[DoneErasure], by: str, now: datetime) -> list[Again]:
    """Erase everybody with these marks who is in the workspace again; nobody else works on it meanwhile.

    Of features that are not there, and of people who are erased from theirs already, there is nothing to do.
    """
    done = []
    for mark in marks:
        with workspace.database.reading() as connection:
            try:
                feature = features.by_slug(connection, mark.feature)
            except UnknownFeature:
                continue
            if mark.fingerprint in erasures.tokens(connection, feature.id):
                continue
        done.append(Again(mark, _erase(workspace, feature, mark, by, now)))
    if done:
        workspace.database.forget_deleted()
    return done


def _erase(workspace: Workspace, feature: Feature, mark: DoneErasure, by: str, now: datetime) -> int:
    wanted = _known_ids(workspace, feature, mark.fingerprint)
    with workspace.database.writing() as connection:
        asked = _ask(connection, feature, mark, by, now)
    with tempfile.TemporaryDirectory(dir=workspace.home) as folder:
        tokens = {mark.fingerprint: erasures.token_of(asked.id)}
        gone, made = find_rows(workspace, feature, tokens, wanted, now, Path(folder))
        with workspace.database.writing() as connection:
            put_away(connection, feature, gone, made)
            erasures.finish(connection, asked, by=by, by_id=None, counts=made.counts, now=now)
            features.bump_evidence_version(connection, feature.id)
            said = {
                "erasure": asked.id,
                "two_people": False,
                "asked_by": asked.asked_by,
                "done_by_id": None,
                "counts": made.counts,
                "discarded_files": 0,
                "again": {"number": mark.number, "done_at": mark.done_at.isoformat()},
            }
            _note(connection, by, "person erased", feature.slug, said, now)
    return 0 if gone.mention.is_nobody else max(1, sum(made.counts.values()))


def _known_ids(workspace: Workspace, feature: Feature, fingerprint: str) -> list[str]:
    """The person's id where a request that was open then, or a row that was not taken, still has it."""
    key = token_key(workspace.home, feature.id)
    with workspace.database.reading() as connection:
        asked = erasures.of_feature(connection, feature.id)
        wanted = {one.wanted for one in asked if one.wanted and one.fingerprint == fingerprint}
        for one in uploads.of_feature(connection, feature.id):
            rejected = uploads.rejected_rows(connection, one.id) if one.has_rejected_rows else None
            cells = cells_of(gzip.decompress(rejected)) if rejected else set()
            wanted |= {cell for cell in cells if fingerprint_of(cell, key) == fingerprint}
    return sorted(wanted)


def _ask(
    connection: Connection, feature: Feature, mark: DoneErasure, by: str, now: datetime
) -> erasures.Erasure:
    """The request: the one that is open for this person, or a new one like the one that was done."""
    known = erasures.of_feature(connection, feature.id)
    for one in known:
        if one.is_open and one.fingerprint == mark.fingerprint:
            return one
    asked = erasures.add(
        connection,
        feature_id=feature.id,
        fingerprint=mark.fingerprint,
        wanted=None,
        reason=mark.reason,
        asked_by=by,
        asked_by_id=None,
        counts={},
        now=now,
    )
    said = {"erasure": asked.id, "reason": mark.reason, "fingerprint": mark.fingerprint, "asked_by_id": None}
    _note(connection, by, "erasure asked", feature.slug, said, now)
    return asked


def _note(
    connection: Connection, by: str, action: str, slug: str, said: dict[str, object], now: datetime
) -> None:
    audit.append(connection, actor=by, action=action, subject=f"feature/{slug}", payload=said, now=now)
