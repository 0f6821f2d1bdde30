"""Between which of the sorted values a quantile of the population lies.

METHODS 3 (order statistics; Conover 1999). "The 95 % quantile is below q" says the same as "more
than 95 % of the values are below q", so these bounds and those of a rate always agree: the exact
binomial ones in one look, the e-value ones where one may look at any time.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from core.statistics.counts import check_counts, check_error
from core.statistics.exact import p_value_above, p_value_below
from core.statistics.search import first_true
from core.statistics.sequential import log_evidence_above, log_evidence_below

Shows = Callable[[float], bool]


def quantile_levels(
    n: float, p: float, error: float, *, running: bool = False
) -> tuple[float | None, float | None]:
    """Which sample quantiles bound the ``p``-quantile of the population from below and above.

    Levels are r/n for the r-th smallest of ``n`` values; each bound is wrong with at most
    ``error``, in one look or (``running``) however often one looks. ``None``: no value is far enough
    out, as for the upper bound at p = 0.95 and error 0.05 with fewer than 59 in one look. Values
    that never arrived (time-outs) count as infinite, not as absent.

    ``n`` may be an effective n: ``ranks_among`` says which of the actual values is meant then.
    """
    check_counts(0, n)
    check_error(error)
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p}")
    above, below = _tests(n, p, error, running)
    lower, upper = _lower_rank(n, below), _upper_rank(n, above)
    return (None if lower is None else lower / n), (None if upper is None else upper / n)


def ranks_among(
    count: int, n: float, p: float, error: float, *, running: bool = False
) -> tuple[int | None, int | None]:
    """Which of ``count`` values that are worth ``n`` independent ones bound the ``p``-quantile.

    Ranks from 1 for the smallest; ``None`` as in ``quantile_levels``. Below the lower bound lie
    as large a share of the values as below the r-th of n, so few that the quantile is higher.
    """
    if n > count:
        raise ValueError(f"{count} values must not be worth more than {count}, not {n}")
    lower, upper = quantile_levels(n, p, error, running=running)
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


def _tests(n: float, p: float, error: float, running: bool) -> tuple[Shows, Shows]:
    """Whether so many values under a point show that more (fewer) than ``p`` of all values are."""
    if running:
        enough = math.log(1 / error)
        return (
            lambda under: log_evidence_above(under, n, p) >= enough,
            lambda under: log_evidence_below(under, n, p) >= enough,
        )
    # The dust of floating point must not decide a case that lies exactly on the edge.
    at_most = error * (1 + 1e-12)
    return (
        lambda under: p_value_above(under, n, p) <= at_most,
        lambda under: p_value_below(under, n, p) <= at_most,
    )


def _lower_rank(n: float, shows_below: Shows) -> float | None:
    """The highest rank that shows its value to lie below the quantile: r - 1 values are under it."""
    whole = math.floor(n)
    too_high = first_true(lambda rank: rank > whole or not shows_below(rank - 1), 1, whole + 1)
    return None if too_high in (None, 1) else float(too_high - 1)


def _upper_rank(n: float, shows_above: Shows) -> float | None:
    """The lowest rank that shows its value to lie above the quantile."""
    if n == 0 or not shows_above(n):
        return None
    rank = first_true(shows_above, 1, math.floor(n))
    # Of a fractional n, the last fraction may be what it takes: then it is the largest value of all.
    return n if rank is None else float(rank)
