"""What tasks would cost at another volume, under assumptions that are said and can be changed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.statistics.costs import MeanCost, cost_step, project, spend_over_days
from core.units import Share, Usd

MONTH_DAYS = 30
_DUST = 1e-9
TIMES_TODAY = 10
A_MILLION = 1_000_000
"""Tasks a day that are asked for most often where a feature is to serve everybody."""


@dataclass(frozen=True)
class Assumptions:
    """What would be different: prices change by ``price_change`` (0.1: 10 % dearer), and ``cache_hits`` of
    the tasks are answered from a cache for nothing, beyond what the traces show."""

    price_change: float = 0.0
    cache_hits: Share = 0.0

    @property
    def factor(self) -> float:
        """What a task would cost, as a multiple of what it cost."""
        return (1 + self.price_change) * (1 - self.cache_hits)


AS_TODAY = Assumptions()


@dataclass(frozen=True)
class Amount:
    """A sum of money with its interval; ``high`` is None where one user says nothing about the others."""

    value: Usd
    low: Usd
    high: Usd | None


@dataclass(frozen=True)
class Outlook:
    """A volume, and what it would cost a day and in 30 days, if the tasks are like those seen.

    ``month_by_days`` and ``dearest_day`` come from days drawn again: what 30 days come to (low, high), and
    the dearest of them; None where there are under seven days.
    """

    tasks_per_day: float
    day: Amount
    month: Amount
    month_by_days: tuple[Usd, Usd] | None
    dearest_day: Usd | None


@dataclass(frozen=True)
class Step:
    """How the mean cost changed from ``before`` to ``after``; ``shown`` where the interval leaves out 0."""

    before: str
    after: str
    value: Usd
    low: Usd
    high: Usd | None

    @property
    def shown(self) -> bool:
        return self.low > 0 or (self.high is not None and self.high < 0)


def outlook(
    found: MeanCost,
    tasks_per_day: float,
    assumed: Assumptions,
    cost_by_day: Sequence[Usd],
    today: float | None,
    error: float,
) -> Outlook | None:
    """The cost of ``tasks_per_day``; None without a mean (METHODS 13).

    ``cost_by_day`` is what whole days cost, at ``today`` tasks a day on average; each end of an interval is
    wrong with ``error``.
    """
    tasks = tasks_per_day * assumed.factor
    day, month = project(found, tasks), project(found, tasks * MONTH_DAYS)
    if day is None or month is None:
        return None
    drawn = None
    if today:
        drawn = spend_over_days(cost_by_day, tasks / today, MONTH_DAYS, error)
    return Outlook(
        tasks_per_day,
        _amount(day.value, day.interval.low, day.interval.high),
        _amount(month.value, month.interval.low, month.interval.high),
        None if drawn is None else (drawn[0].low, drawn[0].high),
        None if drawn is None else drawn[1],
    )


def steps(means: Sequence[tuple[str, MeanCost]]) -> tuple[Step, ...]:
    """The step from each one to the next; those without a task are passed over."""
    known = [(name, found) for name, found in means if found.value is not None]
    found_steps = []
    for (before, first), (after, second) in pairwise(known):
        step = cost_step(first, second)
        if step is not None:
            value, interval = step
            # Costs that are the same differ by the dust of floating point, which must not look like a step.
            dust = _DUST * max(first.value or 0.0, second.value or 0.0)
            clean = [
                0.0 if abs(number) <= dust else number for number in (value, interval.low, interval.high)
            ]
            low = clean[1] if math.isfinite(clean[1]) else -(first.value or 0.0)
            found_steps.append(Step(before, after, clean[0], low, _finite(clean[2])))
    return tuple(found_steps)


def _amount(value: Usd, low: Usd, high: Usd) -> Amount:
    return Amount(value, low, _finite(high))


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None
