"""Spending becomes findings: the mean cost of a task, with the interval that its users give it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from core.metrics.catalogue import metric
from core.metrics.measure import measure_rate
from core.metrics.measurement import Cluster, Measurement, NotMeasured, Tally, Why
from core.metrics.requests import TallyRequest
from core.statistics.costs import MeanCost, mean_cost

FEWEST_FOR_BOUNDS, FEWEST_CLUSTERS = 30, 5
"""Under so many tasks, or users, drawing them again says nothing of the tail that was not met: no bounds."""

_REMEMBERED = 256


@dataclass(frozen=True, eq=False)
class Spend:
    """What a group of evidence cost: one sum for each cluster of ``tally``, in US dollars.

    The tally counts the rows with a known cost; those that pass are what the sum is divided by. Two are equal
    only if they are one object, so that what follows from one can be remembered without comparing its users.
    """

    cost_by_cluster: tuple[float, ...]
    tally: Tally


@lru_cache(_REMEMBERED)
def mean_of(spend: Spend, error: float) -> MeanCost:
    """The mean over the rows that pass, each bound wrong with ``error``; the same evidence, the same numbers.

    The draws of the bootstrap have one seed, and the statistics sort what they draw from.
    """
    tasks = [round(passes) for passes in spend.tally.passes_by_cluster]
    return mean_cost(spend.cost_by_cluster, tasks, error)


def measure_mean(
    request: TallyRequest,
    spend: Spend | None,
    error: float,
    mean: Callable[[Spend, float], MeanCost] = mean_of,
) -> Measurement | NotMeasured:
    """The mean with its interval (METHODS 13); bounds that so few tasks or users cannot give are ``None``.
    Whoever has remembered what :func:`mean_of` says gives it as ``mean``.

    Its effective n is its n (of an eval set the cases, not their repeats): that users repeat themselves is in
    the interval already, which is drawn over users.
    The interval is for one look, also of production traces: there is no rule yet that allows more.
    """
    if spend is None or not spend.tally.n:
        return measure_rate(request, spend.tally if spend else None, error)
    tally, found = spend.tally, mean(spend, error)
    if found.value is None:
        asked = metric(request.metric)
        sentence = (
            f"None of the {tally.n:,} tasks with a cost is {asked.noun}, so there is no "
            f"{asked.label.lower()}."
        )
        return NotMeasured(
            request.metric, request.source, request.slice, Why.NOTHING_TO_JUDGE, sentence, tally.newest
        )
    cases = len(tally.n_by_cluster) if tally.cluster is Cluster.CASE else tally.n
    many = found.tasks >= FEWEST_FOR_BOUNDS and found.users >= FEWEST_CLUSTERS
    bounded = many and math.isfinite(found.interval.high)
    return Measurement(
        metric=request.metric,
        source=request.source,
        slice=request.slice,
        unit=metric(request.metric).unit,
        value=found.value,
        low=found.interval.low if bounded else None,
        high=found.interval.high if bounded else None,
        tally=tally,
        effective_n=float(cases),
        effective_passes=tally.passes * cases / tally.n,
        running=False,
        error=error,
    )
