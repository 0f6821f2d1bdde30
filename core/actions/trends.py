"""Trends: a metric by week or day over one part of the evidence."""

from datetime import datetime

from core.actions.gauges import Part
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.metrics.catalogue import metric
from core.metrics.measurement import Source, WeekPoint


def view_trend(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    metric_id: str,
    source: Source,
    step: str,
) -> tuple[WeekPoint, ...]:
    """One metric by ``step`` (``"week"`` or ``"day"``); a point's ``week`` is the day it begins on."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        return PartReader.of(workspace, connection, slug, part, now).trend(metric(metric_id), source, step)
