"""Release bundles as people handle them: save what ships together, and say which of them is live."""

from datetime import UTC, datetime

from core.actions.bundle_files import read_bundle_file
from core.actions.live_release import live_at, newest_of
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.reasons import one_line
from core.actions.release_view import (
    LiveLine,
    Preview,
    RegisteredBundle,
    ReleaseView,
    SeenRelease,
    StaleLine,
    preview_live,
    view_release,
)
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.rollout.releases import changes
from core.store import audit, documents, features, live_bundles
from core.store.database import Connection
from core.store.documents import DocumentVersion
from core.store.features import Feature
from core.store.live_bundles import LiveBundle

__all__ = [
    "LiveLine",
    "Preview",
    "RegisteredBundle",
    "ReleaseView",
    "SeenRelease",
    "StaleLine",
    "preview_live",
    "put_live",
    "read_bundle_file",
    "save_bundle",
    "view_release",
]


def save_bundle(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    bundle: ReleaseBundle,
    *,
    based_on: int | None,
    reason: str = "",
) -> DocumentVersion:
    """Save a bundle under its name; the same again makes no new version, and changes nothing.

    ``based_on`` is the newest version of any bundle that the user saw: a newer one by somebody else is a
    :class:`core.errors.Conflict`. A name that was ever live stands for its parts for good: other parts under
    it are refused. Nothing becomes live by being saved.
    """
    require(workspace, caller, Act.EDIT_BUNDLE, slug)
    reason = one_line(reason)
    body = bundle.model_dump(mode="json")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        saved = documents.history(connection, feature.id, documents.BUNDLE)
        before = newest_of(saved, bundle.name)
        if before is not None and read_bundle(before.body) == bundle:
            return before
        _check_name(connection, feature, bundle)
        now = not_before(connection, slug, now)
        version = documents.save(
            connection,
            feature_id=feature.id,
            kind=documents.BUNDLE,
            body=body,
            based_on=based_on,
            author=caller.name,
            reason=reason,
            now=now,
            author_id=caller.person_id,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="bundle saved",
            subject=f"feature/{slug}",
            payload={
                "number": version.number,
                "name": bundle.name,
                "sha256": version.sha256,
                "reason": reason,
                "changes": _told(connection, feature, before, bundle, now),
            },
            now=now,
        )
    # Of a registered release evidence counts as soon as its parts agree with those of the live one.
    note_verdict(workspace, now, slug)
    return version


def put_live(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    name: str,
    *,
    at: datetime | None = None,
    reason: str = "",
) -> LiveBundle:
    """Say that the bundle ``name`` is live since ``at`` (None: since now); going back is said the same way.

    ``at`` may lie in the past, where it is written down after the deployment, but not before what was
    live last, and not in the future. What is live already stays as it is.
    """
    require(workspace, caller, Act.PUT_LIVE, slug)
    name, reason = name.strip(), one_line(reason)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        saved = newest_of(documents.history(connection, feature.id, documents.BUNDLE), name)
        if saved is None:
            raise WrongUsage(
                f"There is no release “{name}”.", mend="Save it on the Release page first.", code="no_release"
            )
        bundle = read_bundle(saved.body)
        live = live_at(connection, feature, now)
        if live is not None and live.name == name:
            return live.history[0]
        moment = _moment(at, now, live.history[0] if live else None)
        added = live_bundles.add(
            connection,
            feature_id=feature.id,
            name=name,
            document_number=saved.number,
            sha256=bundle.sha256,
            live_at=moment,
            by=caller.name,
            by_id=caller.person_id,
            reason=reason,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="bundle put live",
            subject=f"feature/{slug}",
            payload={
                "live": added.id,
                "name": name,
                "number": saved.number,
                "sha256": bundle.sha256,
                "live_at": moment.astimezone(UTC).isoformat(),
                "person": caller.person_id,
                "reason": reason,
                "instead_of": live.name if live else None,
                "changes": [one.words for one in changes(live.bundle, bundle)] if live else [],
            },
            now=now,
        )
    note_verdict(workspace, now, slug)
    return added


def _check_name(connection: Connection, feature: Feature, bundle: ReleaseBundle) -> None:
    """A name stands for one set of parts from the day on which it is live."""
    was_live = [one for one in live_bundles.of_feature(connection, feature.id) if one.name == bundle.name]
    if any(one.sha256 != bundle.sha256 for one in was_live):
        raise WrongUsage(
            f"{bundle.name} was live with other parts: give this one another name.",
            mend="Use the name that the new release's traces and eval results carry.",
            code="name_taken",
        )


def _told(
    connection: Connection,
    feature: Feature,
    before: DocumentVersion | None,
    bundle: ReleaseBundle,
    now: datetime,
) -> list[str]:
    """What is new in it, in words: against the same name as it was, or else against what is live."""
    if before is not None:
        return [one.words for one in changes(read_bundle(before.body), bundle)]
    live = live_at(connection, feature, now)
    if live is None:
        return []
    return [f"Against {live.name}, which is live: {one.words}" for one in changes(live.bundle, bundle)]


def _moment(at: datetime | None, now: datetime, last: LiveBundle | None) -> datetime:
    moment = now if at is None else at
    if moment.tzinfo is None:
        raise WrongUsage("The moment names no time zone.", mend="Give it in UTC.")
    if moment > now:
        raise WrongUsage(
            "A release cannot be live since a moment that is still to come.",
            mend="Say it once it is live.",
            code="in_the_future",
        )
    if last is not None and moment < last.live_at:
        raise WrongUsage(
            f"{last.name} went live on {last.live_at.astimezone(UTC):%d %B %Y at %H:%M} UTC, which is later.",
            mend="Give a moment after that.",
            code="before_the_last",
        )
    return moment
