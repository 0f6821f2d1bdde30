"""The mean cost of a task, which takes long to draw: worked out once for the same spending."""

from sqlalchemy import Connection

from core.evidence import fingerprints
from core.metrics.measure_mean import Spend, mean_of
from core.statistics.costs import MeanCost
from core.statistics.interval import Interval
from core.store.features import Feature
from core.store.kept_rows import Rows
from core.store.warehouse import Warehouse


def mean_cost_of(
    warehouse: Warehouse, connection: Connection, feature: Feature, spend: Spend, error: float
) -> MeanCost:
    """What :func:`core.metrics.measure_mean.mean_of` says of a ``spend`` of the feature's evidence."""

    def drawn() -> Rows:
        found = mean_of(spend, error)
        ends = found.interval.low, found.interval.high
        return [(found.value, *ends, found.tasks, found.users, found.enough, found.top_share)]

    spent = repr((spend.cost_by_cluster, spend.tally.passes_by_cluster))
    question = "mean cost", fingerprints.of_bytes(spent.encode()), error
    value, low, high, tasks, users, enough, top_share = warehouse.numbers(
        connection, feature, question, drawn
    )[0]
    return MeanCost(value, Interval(low, high), tasks, users, enough, top_share)
