"""Between which of the sorted values a quantile of the population lies.

METHODS 3 (order statistics; Conover 1999). "The 95 % quantile is below q" says the same as "more
than 95 % of the values are below q", so these bounds and the exact binomial ones always agree.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import betainc

from core.statistics.counts import check_counts, check_error
from core.statistics.search import first_true


def quantile_levels(n: float, p: float, error: float) -> tuple[float | None, float | None]:
    """Which sample quantiles bound the ``p``-quantile of the population from below and above.

    Levels are r/n for the r-th smallest of ``n`` values; each bound is wrong with at most
    ``error``. ``None``: no value is far enough out, as for the upper bound at p = 0.95 and error
    0.05 with fewer than 59. Values that never arrived (time-outs) count as infinite, not as absent.

    ``n`` may be an effective n: ``ranks_among`` says which of the actual values is meant then.
    """
    check_counts(0, n)
    check_error(error)
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p}")
    lower, upper = _lower_rank(n, p, error), _upper_rank(n, p, error)
    return (None if lower is None else lower / n), (None if upper is None else upper / n)


def ranks_among(count: int, n: float, p: float, error: float) -> tuple[int | None, int | None]:
    """Which of ``count`` values that are worth ``n`` independent ones bound the ``p``-quantile.

    Ranks from 1 for the smallest; ``None`` as in ``quantile_levels``. Below the lower bound lie
    as large a share of the values as below the r-th of n, so few that the quantile is higher.
    """
    if n > count:
        raise ValueError(f"{count} values must not be worth more than {count}, not {n}")
    lower, upper = quantile_levels(n, p, error)
    # Twelve decimals rid the products of the dust of floating point before they become ranks.
    return (
        None if lower is None else math.floor(round((lower - 1 / n) * count, 12)) + 1,
        None if upper is None else math.ceil(round(upper * count, 12)),
    )


def order_bounds(sorted_values: Sequence[float], p: float, error: float) -> tuple[float | None, float | None]:
    """The bounds of the ``p``-quantile, in the unit of ``sorted_values`` (ascending, no NaN)."""
    values = np.asarray(sorted_values, dtype=np.float64)
    if np.isnan(values).any() or (values[1:] < values[:-1]).any():
        raise ValueError("the values must be sorted upward and hold no NaN")
    lower, upper = ranks_among(len(values), len(values), p, error)
    return (
        None if lower is None else float(values[lower - 1]),
        None if upper is None else float(values[upper - 1]),
    )


def _chance_of_rank_or_more(rank: float, n: float, p: float) -> float:
    """The chance that at least ``rank`` of ``n`` values lie below the ``p``-quantile."""
    return float(betainc(rank, n - rank + 1, p))


def _lower_rank(n: float, p: float, error: float) -> float | None:
    """The highest rank whose value lies below the quantile with a chance of 1 - ``error``."""
    whole = math.floor(n)
    too_high = first_true(
        lambda rank: rank > whole or _chance_of_rank_or_more(rank, n, p) < 1 - error, 1, whole + 1
    )
    return None if too_high in (None, 1) else float(too_high - 1)


def _upper_rank(n: float, p: float, error: float) -> float | None:
    """The lowest rank whose value lies above the quantile with a chance of 1 - ``error``."""
    if n == 0 or _chance_of_rank_or_more(n, n, p) > error:
        return None
    rank = first_true(lambda rank: _chance_of_rank_or_more(rank, n, p) <= error, 1, math.floor(n))
    # Of a fractional n, the last fraction may be what it takes: then it is the largest value of all.
    return n if rank is None else float(rank)
