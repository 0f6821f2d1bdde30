"""What helps to write a checklist: the templates there are, today's traffic, what the plan protects with."""

from datetime import datetime, timedelta

from core.actions.measuring import by_group
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.criteria.gallery import Gallery, gallery
from core.criteria.planning import LATELY_DAYS
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Measurement, Source, Window
from core.metrics.requests import TallyRequest
from core.rollout.mechanisms import MechanismsOn, mechanisms_on
from core.rollout.plan import read_plan
from core.store import documents, features


def checklist_templates(workspace: Workspace, caller: Caller) -> Gallery:
    """The templates that come along and the company's own, with what is wrong in its files."""
    require(workspace, caller, Act.SEE)
    return gallery(workspace.own_checklists)


def usable_lately(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, item: MeasuredItem
) -> float | None:
    """The usable (independent) cases that the last four whole weeks brought for ``item``.

    ``None`` where time does not bring them: eval results come with each run, and the first traces
    after a lock are a number of their own.
    """
    require(workspace, caller, Act.SEE, slug)
    if item.source is Source.EVAL or metric(item.metric).shape is Shape.NONE_IN_FIRST:
        return None
    # Whole days, so that what was worked out is remembered until midnight.
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    window = Window(today - timedelta(days=LATELY_DAYS), today)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        request = TallyRequest(item.metric, item.source, item.slice_of, window, bar=item.bar)
        error = ACCEPTED_ERROR[Stakes(feature.stakes)]
        found = by_group(workspace, connection, feature, request, error).get(None)
    return found.effective_n if isinstance(found, Measurement) else 0.0


def protection(workspace: Workspace, caller: Caller, slug: str) -> MechanismsOn | None:
    """Which of the five protective mechanisms the plan's first phase has on; ``None`` without a phase."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        newest = documents.newest(connection, feature.id, documents.PLAN)
    phases = read_plan(newest.body).phases if newest else ()
    return mechanisms_on(phases[0]) if phases else None
