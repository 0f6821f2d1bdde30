"""What the Release page shows: what is live, registered, seen in traces, and what a change makes stale."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.live_release import live_at, releases_at
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.seen_releases import SeenRelease, seen_releases
from core.actions.stale_by_release import ROWS, StaleLine, stale_if, stale_now
from core.actions.workspace import Workspace
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.rollout.releases import PartChange, changes
from core.store import documents, features
from core.store.documents import DocumentVersion
from core.store.live_bundles import LiveBundle

__all__ = [
    "LiveLine",
    "Preview",
    "RegisteredBundle",
    "ReleaseView",
    "SeenRelease",
    "StaleLine",
    "preview_live",
    "view_release",
]


@dataclass(frozen=True)
class RegisteredBundle:
    """The newest version under one name. Once it ``was_live`` its parts can no longer change."""

    bundle: ReleaseBundle
    number: int
    saved_at: datetime
    author: str
    reason: str
    is_live: bool
    was_live: bool

    @property
    def name(self) -> str:
        return self.bundle.name


@dataclass(frozen=True)
class LiveLine:
    """One stay of a bundle with the users: from ``since`` until ``until`` (None: it still is live).

    ``changes`` are against what was live before it. ``is_afterwards``: it was written down later.
    """

    bundle: ReleaseBundle
    number: int
    since: datetime
    until: datetime | None
    by: str
    reason: str
    recorded_at: datetime
    changes: tuple[PartChange, ...]

    @property
    def name(self) -> str:
        return self.bundle.name

    @property
    def is_afterwards(self) -> bool:
        return self.recorded_at > self.since


@dataclass(frozen=True)
class ReleaseView:
    """``number`` is the newest version of any bundle (None: none is saved); an edit must name it.

    ``registered`` has the newest version of each name, the one saved last first; ``history`` every stay,
    the newest first. ``stale`` is what is stale now because a part of the release changed. ``recognised`` are
    the releases that the traces name, the newest first.
    """

    number: int | None
    live: LiveBundle | None
    live_bundle: ReleaseBundle | None
    registered: tuple[RegisteredBundle, ...]
    history: tuple[LiveLine, ...]
    stale: tuple[StaleLine, ...]
    recognised: tuple[SeenRelease, ...]
    may_edit: bool
    may_put_live: bool


@dataclass(frozen=True)
class Preview:
    """What putting a bundle live would do. ``stale`` is what is not stale now and would be; ``sentence`` says
    it in a line. ``rows_stale`` of ``rows`` are rows of the checklist.
    """

    changed: tuple[PartChange, ...]
    stale: tuple[StaleLine, ...]
    sentence: str
    rows_stale: int
    rows: int


def view_release(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> ReleaseView:
    """Everything about the releases of a feature as of ``now``."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        saved = documents.history(connection, feature.id, documents.BUNDLE)
        live = live_at(connection, feature, now)
        releases = releases_at(connection, feature, now)
        stale = stale_now(workspace, connection, feature, releases, now)
        recognised = seen_releases(workspace, connection, feature, releases)
    registered = _registered(saved, live.history if live else ())
    return ReleaseView(
        number=saved[0].number if saved else None,
        live=live.history[0] if live else None,
        live_bundle=next((one.bundle for one in registered if one.is_live), None),
        registered=registered,
        history=_lines(saved, live.history if live else ()),
        stale=stale,
        recognised=recognised,
        may_edit=may(workspace, caller, Act.EDIT_BUNDLE, slug),
        may_put_live=may(workspace, caller, Act.PUT_LIVE, slug),
    )


def preview_live(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    bundle: ReleaseBundle,
    *,
    at: datetime | None = None,
) -> Preview:
    """What putting ``bundle`` live (since ``at``; None: since now) would change and make stale."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        releases = releases_at(connection, feature, now)
        changed = changes(releases.live, bundle) if releases.live else ()
        rows, stale = stale_if(workspace, connection, feature, releases, bundle, at or now, now)
    rows_stale = sum(one.what in ROWS for one in stale)
    is_same = releases.live is not None and not changed
    return Preview(changed, stale, _preview_words(stale, rows, rows_stale, is_same), rows_stale, rows)


def _preview_words(stale: tuple[StaleLine, ...], rows: int, rows_stale: int, is_same: bool) -> str:
    """ "This will make 4 of 9 rows stale, and 2 other things." """
    if is_same and not stale:
        return "The parts are those that are live now: nothing becomes stale."
    others = len(stale) - rows_stale
    things = f"{others} other thing{'' if others == 1 else 's'}"
    if not rows_stale:
        return f"This will make no row stale, but {things}." if others else "This will make nothing stale."
    beside = f", and {things}" if others else ""
    return f"This will make {rows_stale} of {rows} row{'' if rows == 1 else 's'} stale{beside}."


def _registered(
    saved: list[DocumentVersion], history: tuple[LiveBundle, ...]
) -> tuple[RegisteredBundle, ...]:
    newest: dict[str, DocumentVersion] = {}
    for one in saved:
        newest.setdefault(one.body["name"], one)
    were_live = {one.name for one in history}
    return tuple(
        RegisteredBundle(
            bundle=read_bundle(one.body),
            number=one.number,
            saved_at=one.saved_at,
            author=one.author,
            reason=one.reason,
            is_live=bool(history) and history[0].name == name,
            was_live=name in were_live,
        )
        for name, one in newest.items()
    )


def _lines(saved: list[DocumentVersion], history: tuple[LiveBundle, ...]) -> tuple[LiveLine, ...]:
    by_number = {one.number: one for one in saved}
    lines: list[LiveLine] = []
    until, bundles = None, [read_bundle(by_number[one.document_number].body) for one in history]
    for place, one in enumerate(history):
        before = bundles[place + 1] if place + 1 < len(bundles) else None
        lines.append(
            LiveLine(
                bundle=bundles[place],
                number=one.document_number,
                since=one.live_at,
                until=until,
                by=one.put_live_by,
                reason=one.reason,
                recorded_at=one.recorded_at,
                changes=changes(before, bundles[place]) if before else (),
            )
        )
        until = one.live_at
    return tuple(lines)
