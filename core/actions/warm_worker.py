"""The warm worker: one thread that works out what the pages will ask, whenever the evidence has changed.

The answers are remembered by the version of the evidence. Whoever opens a page after an import, by
whatever way it came, finds them there instead of waiting for them; after a restart what was counted is still
on the disk, and little is left to work out.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from core.actions.gauges import SLICE_COLUMNS, Part
from core.actions.health import view_health
from core.actions.people import LOCAL_CALLER
from core.actions.portfolio import warm_gate
from core.actions.slices import slice_traffic, view_slices
from core.actions.worker import Worker
from core.actions.workspace import Workspace
from core.store import features, reviews, uploads

_LOG = logging.getLogger("readygate")
_LOOK_EVERY_SECONDS = 2.0
_REVIEW_RESTS = timedelta(minutes=1)
"""Every label that a reviewer saves changes the evidence: what follows waits until they pause so long."""


class WarmWorker(Worker):
    """Asked to end, it does so after the answer that it is working out."""

    name = "warm-worker"
    pause_seconds = _LOOK_EVERY_SECONDS

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._warm: Mapping[str, int] = {}

    def _round(self) -> bool:
        now = datetime.now(UTC)
        self._warm = warm_up(self._workspace, now, self._warm, goes_on=lambda: not self._stopping.is_set())
        return False

    def _tell(self, error: Exception) -> None:
        # Without the answers a visitor waits longer, and that is all.
        _LOG.warning("nothing was warmed: %s", type(error).__name__)


def warm_up(
    workspace: Workspace, now: datetime, warm: Mapping[str, int], *, goes_on: Callable[[], bool]
) -> dict[str, int]:
    """Work out gates and Health of the features whose evidence is not ``warm`` (slug to version) yet.

    Returns what is warm now. A feature with an import or a review under way comes later: its evidence is
    about to change again. One that cannot be worked out is not tried again before its evidence changes.
    """
    with workspace.database.reading() as connection:
        busy = {upload.feature_id for upload in uploads.unfinished(connection)}
        busy |= reviews.reviewed_since(connection, now - _REVIEW_RESTS)
        there = features.everything(connection)
    done = {one.slug: warm[one.slug] for one in there if one.slug in warm}
    cold = [one for one in there if done.get(one.slug) != one.evidence_version and one.id not in busy]
    for feature in cold:
        if not goes_on():
            break
        done[feature.slug] = feature.evidence_version
        try:
            # The gates of all features are on the first page; Health is one feature's.
            warm_gate(workspace, feature.slug, now)
        except Exception as error:
            _LOG.warning("a gate was not warmed: %s", type(error).__name__)
    for feature in cold:
        if not goes_on() or done.get(feature.slug) != feature.evidence_version:
            break
        try:
            _warm_health(workspace, now, feature.slug)
        except Exception as error:
            _LOG.warning("Health was not warmed: %s", type(error).__name__)
    return done


def _warm_health(workspace: Workspace, now: datetime, slug: str) -> None:
    """What the Health page asks when nobody has chosen anything: the board, and the five by kind of task."""
    view = view_health(workspace, LOCAL_CALLER, now, slug, Part())
    five = [one.main for one in view.quality if one.main is not None and one.main.measured is not None]
    if five:
        slice_traffic(workspace, LOCAL_CALLER, now, slug, Part(), SLICE_COLUMNS[0])
        view_slices(workspace, LOCAL_CALLER, now, slug, Part(), SLICE_COLUMNS[0], five)
