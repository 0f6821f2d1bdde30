"""The evidence of other releases than the live one: which of it a criterion does not count, and why."""

from dataclasses import replace
from datetime import UTC, datetime

from core.actions.measuring import is_recorded
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.dependencies import parts_of
from core.criteria.left_out import ChangedPart, LeftOut
from core.evidence.bundle_parts import BundlePart
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import ReleaseScope, Window
from core.metrics.requests import FirstRequest, TallyRequest
from core.rollout.bundle import ReleaseBundle
from core.rollout.releases import Releases, changes
from core.store.cost_rows import spend_by_group
from core.store.database import Connection
from core.store.features import Feature
from core.store.seen_releases import counts_all, seen_rows

_MOST_ASKED = 5
"""Of so many other releases the cases are told one by one; beyond, nobody reads them."""

_Times = tuple[tuple[datetime, datetime | None], ...]


def window_of(item: MeasuredItem, window: Window, releases: Releases) -> Window:
    """The ``window`` with the releases whose evidence counts for ``item``: all, while none was ever live."""
    return replace(window, release=releases.scope(parts_of(item)))


def left_out(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    item: MeasuredItem,
    request: TallyRequest | FirstRequest,
    releases: Releases,
) -> tuple[LeftOut, ...]:
    """What ``request``, which is limited to releases, leaves out of the evidence for ``item``."""
    scope, reading = request.window.release, metric(item.metric).reading(item.source)
    seen = seen_rows(workspace.warehouse, connection, feature, reading.relation.rows)
    if scope is None or counts_all(scope, seen):
        return ()
    if not is_recorded(workspace, connection, feature, reading):
        return ()

    def cases(names: tuple[str, ...], times: _Times = ()) -> int:
        of_these = replace(request.window, release=ReleaseScope(names, times))
        return sum(_counts(workspace, connection, feature, replace(request, window=of_these)).values())

    others = [one.release for one in seen if one.release and one.release not in scope.names]
    if isinstance(request, FirstRequest):
        by_name: dict[str | None, int] = {name: cases((name,)) for name in others[:_MOST_ASKED]}
    else:
        whole = replace(request, window=replace(request.window, release=None), by="bundle")
        by_name = _counts(workspace, connection, feature, whole)
    found = [
        LeftOut(name, by_name.get(name, 0), _differences(releases.names.get(name), item, releases))
        for name in others
    ]
    if not counts_all(scope, [one for one in seen if not one.release]):
        first = releases.spans[0].since
        found.append(LeftOut("", cases((), ((_LONG_AGO, first),)), first_live=first))
        for bundle in _earlier(releases, item):
            times = tuple((one.since, one.until) for one in releases.spans if one.bundle.name == bundle.name)
            found.append(LeftOut(bundle.name, cases((), times), _differences(bundle, item, releases)))
    return _together(found)


def changed_since(item: AttestedItem, answered_at: datetime, releases: Releases) -> tuple[ChangedPart, ...]:
    """The parts of the live release that ``item`` depends on and that were others when it was answered."""
    then = [span.bundle for span in releases.spans if span.since <= answered_at]
    return _differences(then[-1], item, releases) if then else ()


def changed_parts_of(
    bundle: ReleaseBundle, parts: tuple[BundlePart, ...], releases: Releases
) -> tuple[ChangedPart, ...]:
    """In which of ``parts`` a bundle differs from the live one, and since when."""
    live = releases.live
    if live is None:
        return ()
    return tuple(
        ChangedPart(one, releases.changed_at(one.part)) for one in changes(bundle, live) if one.part in parts
    )


_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


def _differences(
    bundle: ReleaseBundle | None, item: MeasuredItem | AttestedItem, releases: Releases
) -> tuple[ChangedPart, ...]:
    return changed_parts_of(bundle, parts_of(item), releases) if bundle is not None else ()


def _earlier(releases: Releases, item: MeasuredItem) -> list[ReleaseBundle]:
    """The bundles that were live and differ in something that matters, each once, the newest first."""
    were_live = {span.bundle.name: span.bundle for span in reversed(releases.spans)}
    return [one for one in were_live.values() if _differences(one, item, releases)][:_MOST_ASKED]


def _counts(
    workspace: Workspace, connection: Connection, feature: Feature, request: TallyRequest | FirstRequest
) -> dict[str | None, int]:
    """The rows that would count, by group; of the first traces, how many there are."""
    if isinstance(request, FirstRequest):
        return {None: workspace.warehouse.first(connection, feature, request).there}
    if metric(request.metric).shape is Shape.MEAN:
        spends = spend_by_group(workspace.warehouse, connection, feature, request)
        return {group: spend.tally.n for group, spend in spends.items()}
    tallies = workspace.warehouse.tallies(connection, feature, request)
    return {group: tally.n for group, tally in tallies.items()}


def _together(found: list[LeftOut]) -> tuple[LeftOut, ...]:
    """What names a release and what was left without a name while it was live, as one."""
    summed: dict[str, LeftOut] = {}
    for one in found:
        before = summed.get(one.release)
        summed[one.release] = one if before is None else replace(before, cases=before.cases + one.cases)
    return tuple(one for one in summed.values() if one.cases)
