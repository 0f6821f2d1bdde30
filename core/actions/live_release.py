"""The live release of a feature, and all releases that it has or had, as of a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.known_bundles import bundles_of
from core.rollout.bundle import ReleaseBundle
from core.rollout.releases import NO_RELEASES, LiveSpan, Releases
from core.store import documents, live_bundles
from core.store.database import Connection
from core.store.documents import DocumentVersion
from core.store.features import Feature
from core.store.live_bundles import LiveBundle


@dataclass(frozen=True)
class Live:
    """The bundle that is live: as it was saved last under its name (links and ways back may be newer than
    the moment it went live; its parts never are), with the version ``number`` of that.

    Bundles have hashes in place of their texts. ``since`` is when it went live, ``before`` the bundle that it
    took the place of; ``history`` is every bundle that ever went live, the newest first. ``author_id`` is who
    saved it, as far as they signed in.
    """

    bundle: ReleaseBundle
    name: str
    sha256: str
    since: datetime
    number: int
    before: ReleaseBundle | None
    history: tuple[LiveBundle, ...]
    author_id: int | None = None


def live_at(connection: Connection, feature: Feature, now: datetime) -> Live | None:
    """What was live at ``now``, as far as it was written down by then; None where no bundle ever was."""
    history = live_bundles.of_feature(connection, feature.id, until=now)
    if not history:
        return None
    saved = documents.lines(connection, feature.id, documents.BUNDLE, now)
    bundles, last = bundles_of(connection, saved), history[-1]
    newest = next(one for one in saved if bundles[one.number].name == last.name)
    return Live(
        bundle=bundles[newest.number],
        name=last.name,
        sha256=last.sha256,
        since=last.live_at,
        number=newest.number,
        before=bundles[history[-2].document_number] if len(history) > 1 else None,
        history=tuple(reversed(history)),
        author_id=newest.author_id,
    )


def releases_at(connection: Connection, feature: Feature, now: datetime) -> Releases:
    """Everything that is registered and that was ever live, as of ``now``."""
    saved = documents.lines(connection, feature.id, documents.BUNDLE, now)
    if not saved:
        return NO_RELEASES
    bundles = bundles_of(connection, saved)
    history = live_bundles.of_feature(connection, feature.id, until=now)
    ends = [*(one.live_at for one in history[1:]), None][: len(history)]
    spans = [
        LiveSpan(bundles[one.document_number], one.live_at, end)
        for one, end in zip(history, ends, strict=True)
    ]
    registered = {bundles[one.number].name: bundles[one.number] for one in reversed(saved)}
    return Releases(tuple(spans), registered)


def newest_of(saved: Sequence[DocumentVersion], name: str) -> DocumentVersion | None:
    """The newest version under ``name`` among ``saved``, of which the newest comes first."""
    return next((one for one in saved if one.body["name"] == name), None)
