"""Two groups of one column compared on the same kinds of tasks: which there are to choose from, and how
they compare."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.gauges import SLICE_COLUMNS, Part
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.splits import PHASE, USER, says, split_of
from core.actions.workspace import Workspace
from core.metrics.catalogue import metric
from core.metrics.like_for_like import MARGIN, Comparison, compare_groups
from core.metrics.measurement import Source
from core.store.group_rows import Group, groups_of, two_groups
from core.store.split_sql import Split

COMPARED_COLUMNS = tuple(name for name in SLICE_COLUMNS if name not in ("task_type", USER))
"""Kinds of tasks are what is compared within, and one user is no group."""

_IN_ORDER_OF_TIME = (PHASE, "release_bundle", "prompt_version", "model")
_OFFERED_FIRST = (PHASE, "release_bundle", "user_segment", "channel", "user_role")


@dataclass(frozen=True)
class GroupChoices:
    """The groups of ``column`` that can be compared, each with its rows, the one that came last first.

    ``new`` and ``old`` are those offered first: the newest against the one before it (of segments and the
    like, the one that came last against the largest of the others). Both are "" where there are not two.
    """

    column: str
    groups: tuple[Group, ...]
    new: str = ""
    old: str = ""


def first_column(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part, metric_id: str, source: Source
) -> str:
    """The column that is offered first: of phase, release, segment and so on the first with two groups."""
    for column in _OFFERED_FIRST:
        if group_choices(workspace, caller, now, slug, part, column, metric_id, source).new:
            return column
    return "user_segment"


def group_choices(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    column: str,
    metric_id: str,
    source: Source,
) -> GroupChoices:
    """The groups of ``column`` that there are among the rows that count in the metric."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        split = split_of(reader, column)
        if not says(reader, metric(metric_id).reading(source), column) or split == Split():
            return GroupChoices(column, ())
        request = reader.settled(metric(metric_id), source)
        groups = groups_of(workspace.warehouse, connection, reader.feature, request, split)
    if len(groups) < 2:
        return GroupChoices(column, groups)
    new, *others = groups
    in_time = column in _IN_ORDER_OF_TIME
    old = others[0] if in_time else max(others, key=lambda one: (one.n, one.value))
    return GroupChoices(column, groups, new.value, old.value)


def compare_cohorts(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    column: str,
    new: str,
    old: str,
    metric_id: str,
    source: Source,
    margin: float = MARGIN,
) -> Comparison | None:
    """The group ``new`` of ``column`` beside ``old``, within task types, by one rate.

    None where the rows of the source do not say the column, or no phase has begun. ``margin`` is a
    share from 0 to 1.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        asked = metric(metric_id)
        split = split_of(reader, column)
        if not says(reader, asked.reading(source), column) or split == Split():
            return None
        request = reader.settled(metric(metric_id), source)
        found = two_groups(workspace.warehouse, connection, reader.feature, request, split, new, old)
        error = reader.error
    return compare_groups(
        asked, found.counts, found.users, found.in_both, found.sampling_known, margin, error
    )
