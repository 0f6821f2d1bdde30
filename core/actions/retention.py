"""How long the texts of a feature's traces are kept, and the run that removes those kept long enough."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.actions.legal_holds import held_because
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.publishing import make_ready
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import audit, expiry, features, legal_holds, segments
from core.store.database import Connection
from core.store.expiry import Limit, OldSegment
from core.store.features import Feature

LONGEST_DAYS = 36_500
_ITSELF = "Readygate"


@dataclass(frozen=True)
class Retention:
    """``days`` from the day of the upload on, None while texts are kept for ever; ``has_expired`` says that
    this time is over for some uploads; ``may_change`` is about whoever asks. ``held`` says why nothing
    expires all the same, "" where nothing keeps it."""

    days: int | None
    has_expired: bool
    may_change: bool
    held: str = ""


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


def view_retention(workspace: Workspace, caller: Caller, slug: str) -> Retention:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        expired = expiry.has_expired(connection, feature.id)
        held = held_because(legal_holds.standing(connection, feature.id))
    return Retention(feature.text_days, expired, may(workspace, caller, Act.SET_RETENTION, slug), held)


def set_text_days(workspace: Workspace, caller: Caller, now: datetime, slug: str, days: int | None) -> bool:
    """Keep texts for ``days`` from the day of their upload on, None for ever; returns whether that is new.

    Nothing is removed at this moment: the next run does that.
    """
    require(workspace, caller, Act.SET_RETENTION, slug)
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise WrongUsage(
            f"Texts cannot be kept for {days:,} days.",
            mend=f"Give a number of days from 1 to {LONGEST_DAYS:,}.",
        )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        if feature.text_days == days:
            return False
        features.set_text_days(connection, feature.id, days)
        audit.append(
            connection,
            actor=caller.name,
            action="text days set",
            subject=f"feature/{slug}",
            payload={"before": feature.text_days, "after": days},
            now=now,
        )
    return True


def run_retention(workspace: Workspace, now: datetime, slug: str | None = None) -> list[Expired]:
    """Remove the texts handed in longer ago than their feature keeps them; of one feature, or of all.

    Metrics and verdicts stay as they are: what is counted is not a text. A feature whose texts cannot be
    removed does not keep those of the others: the first such fault is raised at the end.
    """
    with workspace.database.reading() as connection:
        one = features.by_slug(connection, slug) if slug is not None else None
        every = [one] if one else features.everything(connection)
    done, faults = list[Expired](), list[Exception]()
    for feature in every:
        if feature.text_days is not None:
            with _noted(faults):
                done.append(_expire(workspace, feature, now))
    # Also where nothing was due here: what another server removed is still on the disk of this one.
    with _noted(faults), workspace.database.reading() as connection:
        workspace.warehouse.forget_expired(connection)
    for run in done:
        if not run.is_nothing:
            make_ready(workspace, run.slug)
    if faults:
        raise faults[0]
    return done


@contextmanager
def _noted(faults: list[Exception]) -> Iterator[None]:
    """Put a fault into ``faults`` and go on."""
    try:
        yield
    except Exception as error:
        faults.append(error)


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
        actor=_ITSELF,
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
