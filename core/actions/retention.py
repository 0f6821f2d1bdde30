"""The run that removes the texts of traces that their feature has kept long enough."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.actions.faults import noting_faults
from core.actions.legal_holds import held_because
from core.actions.people import ITSELF
from core.actions.publishing import make_ready
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.store import audit, expiry, features, legal_holds, segments
from core.store.database import Connection
from core.store.expiry import Limit, OldSegment
from core.store.features import Feature


@dataclass(frozen=True)
class Expired:
    """What a run removed from one feature: texts or user ids in so many ``rows``, ``remarks`` of labels
    and failures, samples and rejected rows of so many ``uploads``. ``held``: nothing, for this reason."""

    slug: str
    rows: int
    remarks: int
    uploads: int
    held: str = ""

    @property
    def is_nothing(self) -> bool:
        return not (self.rows or self.remarks or self.uploads)


@dataclass(frozen=True)
class _Blanked:
    """A segment whose new content lies in the file ``path``."""

    old: OldSegment
    path: Path
    rows: int


def run_retention(workspace: Workspace, now: datetime, slug: str | None = None) -> list[Expired]:
    """Remove the texts handed in longer ago than their feature keeps them; of one feature, or of all.

    Metrics and verdicts stay as they are: what is counted is not a text. A feature whose texts cannot be
    removed does not keep those of the others: the first such fault is raised at the end.
    """
    with workspace.database.reading() as connection:
        one = features.by_slug(connection, slug) if slug is not None else None
        every = [one] if one else features.everything(connection)
    done = list[Expired]()
    with noting_faults() as attempt:
        for feature in every:
            if feature.text_days is not None:
                with attempt():
                    done.append(_expire(workspace, feature, now))
        # Also where nothing was due here: what another server removed is still on the disk of this one.
        with attempt(), workspace.database.reading() as connection:
            workspace.warehouse.forget_expired(connection)
        for run in done:
            if not run.is_nothing:
                make_ready(workspace, run.slug)
    return done


def _expire(workspace: Workspace, feature: Feature, now: datetime) -> Expired:
    cutoff = now - timedelta(days=feature.text_days or 0)
    limit = Limit(cutoff, now.date().isoformat(), token_key(workspace.home, feature.id))
    with workspace.database.reading() as connection:
        if held := held_because(legal_holds.standing(connection, feature.id)):
            return Expired(feature.slug, 0, 0, 0, held)
        old = expiry.old_segments(connection, feature.id, cutoff)
    workspace.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.spool) as folder:
        blanked = _prepare(workspace, old, limit, Path(folder))
        with workspace.database.writing() as connection:
            newest = features.locked(connection, feature.slug)
            # Somebody may have said "keep them" while the new segments were made.
            if held := held_because(legal_holds.standing(connection, feature.id)):
                return Expired(feature.slug, 0, 0, 0, held)
            if newest.text_days != feature.text_days:
                return Expired(feature.slug, 0, 0, 0)
            done = _store(connection, feature, limit, old, blanked, now)
    if not done.is_nothing:
        workspace.database.forget_deleted()
    return done


def _prepare(workspace: Workspace, old: Sequence[OldSegment], limit: Limit, folder: Path) -> list[_Blanked]:
    """The new content of every segment that has something to lose; one at a time in memory."""
    found = []
    for one in old:
        with workspace.database.reading() as connection:
            content = segments.content(connection, one.sha256)
        after = expiry.expired(content, limit)
        if after is not None:
            path = folder / f"{one.id}.parquet"
            path.write_bytes(after[0])
            found.append(_Blanked(one, path, after[1]))
    return found


def _store(
    connection: Connection,
    feature: Feature,
    limit: Limit,
    old: Sequence[OldSegment],
    blanked: Sequence[_Blanked],
    now: datetime,
) -> Expired:
    rows, uploads, hashes = 0, set[str](), []
    complete = {one.upload_id for one in old}
    for one in blanked:
        sha256 = segments.replace(connection, one.old.id, one.old.sha256, one.path.read_bytes())
        if sha256 is None:
            # Another server was quicker; whether all of the upload is done is for it to note.
            complete.discard(one.old.upload_id)
            continue
        rows += one.rows
        uploads.add(one.old.upload_id)
        hashes.append([one.old.sha256, sha256])
    # Also those that had nothing to lose: the next run need not read them again.
    expiry.note_expired(connection, complete, now)
    remarks = expiry.expire_rows(connection, feature.id, limit)
    samples = expiry.expire_uploads(connection, feature.id, limit)
    done = Expired(feature.slug, rows, sum(remarks.values()), samples)
    if done.is_nothing:
        return done
    features.bump_evidence_version(connection, feature.id)
    audit.append(
        connection,
        actor=ITSELF,
        action="texts expired",
        subject=f"feature/{feature.slug}",
        payload={
            "days": feature.text_days,
            "before": limit.cutoff.isoformat(),
            "rows": rows,
            **remarks,
            "uploads": sorted(uploads),
            "segments": hashes,
        },
        now=now,
    )
    return done
