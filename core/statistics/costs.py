"""What a task costs, on average and at scale, and how sure that is (METHODS 13).

A mean of costs has a long tail and users who cost alike, so users are drawn again, not tasks: the BCa
bootstrap of sum(cost) / sum(tasks) (Efron 1987). The intervals cover sampling only: not price changes, a new
mix, retries under rate limits or a changed cache. Costs carry one unit throughout; which one is the caller's.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from core.statistics.counts import check_error, check_finite
from core.statistics.interval import Interval

FEWEST_TASKS = 300
"""Under so many tasks the interval covers too seldom to decide anything."""

MOST_USERS = 2000
"""Above, BCa would need a table of users x users; the linearised interval agrees with it there."""

RESAMPLES = 9999
_BATCH = 100
"""So many resamples at once as stay near the processor."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MeanCost:
    """The mean cost of a task (``value``; None without a task), its interval, and whether it may decide.

    ``enough`` is False under ``FEWEST_TASKS``. ``top_share`` is the share of the cost that the dearest 1 % of
    users cause (at least one user).
    """

    value: float | None
    interval: Interval
    tasks: int
    users: int
    enough: bool
    top_share: float | None


@dataclass(frozen=True)
class Projection:
    """What ``tasks`` tasks would cost if they are like those seen."""

    tasks: float
    value: float
    interval: Interval


def mean_cost(
    cost_by_user: Sequence[float], tasks_by_user: Sequence[int], error: float, *, seed: int = 0
) -> MeanCost:
    """The mean cost of a task, from each user's total and number of tasks; each end wrong with ``error``.

    Give successful tasks for the cost of a successful one: what failed costs too, so its cost stays. Cost
    0 counts; an unknown cost is not 0 and belongs to no total. Users without a task and without a cost do not
    count. One user, or users that all cost alike, give no spread: the interval is then everything, or the
    constant. The order of the users changes nothing.
    """
    check_error(error)
    costs, tasks = _by_user(cost_by_user, tasks_by_user)
    total, users = int(tasks.sum()), len(tasks)
    if total == 0:
        return MeanCost(None, Interval(0.0, math.inf), 0, users, False, _top_share(costs))
    value = float(costs.sum()) / total
    interval = _interval(costs, tasks, value, error, seed)
    return MeanCost(value, interval, total, users, total >= FEWEST_TASKS, _top_share(costs))


def project(found: MeanCost, tasks: float) -> Projection | None:
    """The cost of ``tasks`` tasks (say ten times a month's), if nothing but their number changes."""
    check_finite([tasks], "tasks")
    if tasks < 0:
        raise ValueError(f"tasks must not be negative, not {tasks}")
    if found.value is None:
        return None
    low, high = found.interval.low, found.interval.high
    high = high if math.isinf(high) and tasks > 0 else high * tasks if tasks else 0.0
    return Projection(tasks, found.value * tasks, Interval(low * tasks, high))


def cost_step(before: MeanCost, after: MeanCost) -> tuple[float, Interval] | None:
    """The step of the mean cost from one release to the next: (after - before, its interval).

    The two intervals are joined by the squares of their arms (Zou & Donner 2008), so each end is wrong with
    about the error of theirs. ``None`` where either has no task.
    """
    if before.value is None or after.value is None:
        return None
    value = after.value - before.value
    low = value - math.hypot(after.value - after.interval.low, before.interval.high - before.value)
    high = value + math.hypot(after.interval.high - after.value, before.value - before.interval.low)
    return value, Interval(low, high)


def spend_over_days(
    cost_by_day: Sequence[float],
    times: float,
    days: int,
    error: float,
    *,
    seed: int = 0,
    histories: int = 9999,
) -> tuple[Interval, float] | None:
    """The spend of ``days`` days at ``times`` today's volume, and the dearest day seen in 1 - error of them.

    Days are drawn again from those seen. ``None`` under seven days: a week has its own shape.
    """
    check_error(error)
    check_finite([*cost_by_day, times], "costs")
    if times < 0 or days < 1 or any(cost < 0 for cost in cost_by_day):
        raise ValueError("costs, times and days must not be negative")
    if len(cost_by_day) < 7:
        return None
    luck = np.random.default_rng(seed)
    drawn = luck.choice(np.sort(np.asarray(cost_by_day, dtype=np.float64)), size=(histories, days)) * times
    low, high = np.quantile(drawn.sum(axis=1), [error, 1 - error])
    return Interval(float(low), float(high)), float(np.quantile(drawn.max(axis=1), 1 - error))


def known_share(known: int, tasks: int) -> float | None:
    """The share of tasks whose cost is known; None without a task. A missing cost is coverage, never 0."""
    if not 0 <= known <= tasks:
        raise ValueError(f"{known} known of {tasks} tasks cannot be")
    return known / tasks if tasks else None


def _interval(costs: Floats, tasks: Floats, value: float, error: float, seed: int) -> Interval:
    if len(costs) < 2:
        return Interval(0.0, math.inf)
    # Whole users whose cost is exactly their number of tasks times the mean have no spread to draw from.
    if np.allclose(costs, value * tasks, rtol=1e-12, atol=0):
        return Interval(value, value)
    return (
        _linearised(costs, tasks, value, error)
        if len(costs) > MOST_USERS
        else _bca(costs, tasks, error, seed)
    )


def _bca(costs: Floats, tasks: Floats, error: float, seed: int) -> Interval:
    # Loading all of SciPy's statistics takes most of a second, and only few questions need them.
    from scipy.stats import bootstrap

    # Draws without any task, and draws that are all alike, have no BCa interval: SciPy warns and gives NaN.
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bootstrap(
            (costs + 1j * tasks,),
            _ratio,
            vectorized=True,
            method="BCa",
            confidence_level=1 - 2 * error,
            n_resamples=RESAMPLES,
            batch=_BATCH,
            rng=np.random.default_rng(seed),
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Interval(0.0, math.inf)
    return Interval(max(low, 0.0), high)


def _ratio(users: npt.NDArray[np.complex128], axis: int = -1) -> Floats:
    """sum(cost) / sum(tasks) of users whose cost is the real part and whose tasks are the imaginary one:
    drawn together as one number, which takes half as long as to draw a user and look both up."""
    together = users.sum(axis=axis)
    return np.asarray(together.real / together.imag)


def _linearised(costs: Floats, tasks: Floats, value: float, error: float) -> Interval:
    """value +- z sqrt(G/(G - 1) sum (cost - value tasks)^2) / sum(tasks), as a ratio of two sums."""
    users = len(costs)
    squares = float(np.sum((costs - value * tasks) ** 2))
    reach = float(ndtri(1 - error)) * math.sqrt(users / (users - 1) * squares) / float(tasks.sum())
    return Interval(max(value - reach, 0.0), value + reach)


def _by_user(cost_by_user: Sequence[float], tasks_by_user: Sequence[int]) -> tuple[Floats, Floats]:
    if len(cost_by_user) != len(tasks_by_user):
        raise ValueError(f"{len(cost_by_user)} users have a cost, but {len(tasks_by_user)} have tasks")
    check_finite(cost_by_user, "costs")
    check_finite([float(tasks) for tasks in tasks_by_user], "tasks")
    costs, tasks = np.asarray(cost_by_user, dtype=np.float64), np.asarray(tasks_by_user, dtype=np.float64)
    if (costs < 0).any() or (tasks < 0).any():
        raise ValueError("costs and tasks must not be negative")
    kept = (tasks > 0) | (costs > 0)
    # Sorted, so that the same users in another order draw the same resamples.
    order = np.lexsort((tasks[kept], costs[kept]))
    return costs[kept][order], tasks[kept][order]


def _top_share(costs: Floats) -> float | None:
    total = float(costs.sum())
    if total == 0:
        return None
    dearest = max(1, math.ceil(len(costs) / 100))
    return float(np.sort(costs)[-dearest:].sum()) / total
