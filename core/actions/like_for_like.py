"""One stretch of time against an earlier one, by one rate, on the same kinds of tasks."""

from core.actions.gauges import Gauge
from core.actions.part_reader import PartReader
from core.metrics.drift import fall_that_matters
from core.metrics.like_for_like import Comparison, compare_groups
from core.rollout.transitions import PhasePeriod
from core.store.group_rows import two_groups
from core.store.split_sql import Split, Stretch


def compare_stretches(
    reader: PartReader, gauge: Gauge, bar: float | None, new: PhasePeriod, old: PhasePeriod
) -> Comparison | None:
    """The rate in ``new`` beside that in ``old``; None where one of them has no case.

    The ``bar`` says how large a fall matters.
    """
    split = Split(stretches=(Stretch("new", new.began, new.ended), Stretch("old", old.began, old.ended)))
    warehouse = reader.workspace.warehouse
    asked = reader.settled(gauge.metric, gauge.source)
    groups = two_groups(warehouse, reader.connection, reader.feature, asked, split, "new", "old")
    found = compare_groups(
        gauge.metric,
        groups.counts,
        groups.users,
        groups.in_both,
        groups.sampling_known,
        fall_that_matters(bar, gauge.metric.better),
        reader.error,
    )
    return found if found.new_n and found.old_n else None
