"""What the gate knows of the live release: gathered here, whoever works each part of it out."""

from datetime import datetime, timedelta

from core.actions.committed import known
from core.actions.live_release import live_at
from core.actions.red_team import red_team_condition
from core.actions.regressions import regression_condition
from core.actions.rehearsals import rollback_condition
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.decision.release import SEEN_DAYS, NamedByTraces, ReleaseFacts
from core.evidence.columns import Kind
from core.rollout.bundle import ReleaseBundle
from core.rollout.releases import Releases
from core.store.database import Connection
from core.store.features import Feature
from core.store.seen_releases import named_between, seen_rows


def release_facts(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    releases: Releases,
    stakes: Stakes,
    now: datetime,
) -> ReleaseFacts:
    """The live one of the ``releases`` as of ``now`` with what it owes; ``stakes`` are those that hold."""
    live = live_at(connection, feature, now) if releases.live else None
    if live is None:
        return ReleaseFacts(releases)
    return ReleaseFacts(
        releases=releases,
        since=live.since,
        named=_named(workspace, connection, feature, releases, live.since, now),
        regressions=regression_condition(workspace, connection, feature, live, now),
        rollback=rollback_condition(connection, feature, live, stakes, now),
        red_team=red_team_condition(connection, feature, live, now),
        hands=known({live.author_id, live.history[0].put_live_by_id}),
    )


def _named(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    releases: Releases,
    since: datetime,
    now: datetime,
) -> NamedByTraces:
    """What the traces of the last days name, as far as they came after the release went live."""
    seen = seen_rows(workspace.warehouse, connection, feature, Kind.TRACES)
    newest = max((one.last for one in seen if one.last is not None), default=None)
    names = {one.release for one in seen if one.release}
    if newest is None or all(_is_live(name, releases) for name in names):
        return NamedByTraces()
    lately = (now - timedelta(days=SEEN_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    # With an end that depends on the evidence alone the answer is remembered from one moment to the next.
    rows = named_between(workspace.warehouse, connection, feature, max(lately, since), min(newest, now))
    others = [(name, count) for name, count in rows if not _is_live(name, releases)]
    return NamedByTraces(
        naming=sum(count for _, count in rows),
        others=sum(count for _, count in others),
        commonest=others[0][0] if others else "",
    )


def _is_live(name: str, releases: Releases) -> bool:
    """Whether it is the live release, be it under another name for the very same parts."""
    live, named = releases.live, releases.names.get(name)
    return live is not None and (name == live.name or _is_same(named, live))


def _is_same(one: ReleaseBundle | None, other: ReleaseBundle) -> bool:
    return one is not None and one.sha256 == other.sha256
