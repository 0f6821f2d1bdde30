"""Discovery: are new kinds of failure still coming up in the live release?"""

from dataclasses import dataclass
from datetime import datetime

from core.actions.failures import found_failures
from core.actions.gauges import Part
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.metrics.discovery import DiscoveryCurve, FoundFailure, discovery_curve
from core.store.failed_runs import newest_release, runs_of


@dataclass(frozen=True)
class DiscoveryView:
    """The curve of ``release`` (None: no release is recorded), and what is not in it.

    ``other_releases`` are failures of earlier releases: a new one starts anew. ``unmatched`` name runs that
    are not among the traces. ``error`` is what each end of an interval is wrong with at most.
    """

    curve: DiscoveryCurve
    release: str | None
    other_releases: int
    unmatched: int
    error: float


def view_discovery(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part
) -> DiscoveryView:
    """The failures of ``part``'s release, else of the newest; weeks, phase and release filter them."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        feature, warehouse = reader.feature, workspace.warehouse
        until = reader.window.until
        noted = [
            (failure, at)
            for failure, at in found_failures(workspace, connection, feature, reader.window.since, now)
            if until is None or at < until
        ]
        runs = runs_of(warehouse, connection, feature, [failure.run_id for failure, _ in noted])
        release = part.bundle or newest_release(warehouse, connection, feature)
    known = [(failure, at) for failure, at in noted if failure.run_id in runs]
    found = [
        FoundFailure(one.run_id, one.failure_type, one.root_cause, at, runs[one.run_id].user_id)
        for one, at in known
        if release is None or runs[one.run_id].bundle == release
    ]
    curve = discovery_curve(found, reader.error)
    return DiscoveryView(curve, release, len(known) - len(found), len(noted) - len(known), reader.error)
