"""A failure must never make evidence stronger, not even by showing how little users are alike.

Where all pass, the spread between users cannot be seen and each user counts once (METHODS 1). A first
failure shows the spread, and the same cases would suddenly be worth several times as many: enough, at times,
to pass what did not pass without it. So effective cases never prove more than the same cases would with some
of their failures taken away: turned into passes, or never met.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, stdtrit

from core.statistics.sequential import log_evidence_above, running_bounds

Floats = npt.NDArray[np.float64]

_HALVINGS = 30


def careful_n(passes: Floats, sizes: Floats, n: float, error: float) -> float:
    """At most ``n``, so small that neither bound is better than with fewer failures, or fewer passes.

    ``passes`` and ``sizes`` are those of clusters with some passes and some failures in all. Lower bounds are
    held for failures, upper ones, mirrored, for passes; both in one look and at any time. The failures are
    taken away from the clusters with the fewest on, because those left together weigh most.
    """
    for good in (passes, sizes - passes):
        n = _not_better(good, sizes, n, error)
    return n


def _not_better(passes: Floats, sizes: Floats, n: float, error: float) -> float:
    rate = min(float(passes.sum() / sizes.sum()), 1.0)
    order = np.argsort(passes - sizes, kind="stable")
    passes, sizes = passes[order], sizes[order]
    rates, worths = (
        np.concatenate(side)
        for side in zip(
            _with_fewer(passes, sizes, sizes, error), _with_fewer(passes, sizes, passes, error), strict=True
        )
    )
    lows = betaincinv(rates * worths, np.maximum(worths * (1 - rates), 0) + 1, error)
    least = int(np.argmin(lows))
    if float(betaincinv(rate * n, n * (1 - rate) + 1, error)) <= float(lows[least]):
        return n
    other = (float(min(rates[least], 1.0)), float(worths[least]))
    running_low = running_bounds(min(other[0] * other[1], other[1]), other[1], error).low
    limit = math.log(1 / error)

    def too_good(worth: float) -> bool:
        one_look = float(betaincinv(rate * worth, worth * (1 - rate) + 1, error)) > float(lows[least])
        return one_look or log_evidence_above(min(rate * worth, worth), worth, running_low) > limit

    low, high = 0.0, n
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if too_good(middle) else (middle, high)
    return low


def _with_fewer(passes: Floats, sizes: Floats, without: Floats, error: float) -> tuple[Floats, Floats]:
    """(rate, worth) of the cases with the failures of the first 0, 1, 2 ... clusters only.

    ``without`` is what is left of each other cluster, all of it passing. Sums of prefixes and of what
    follows them give all variances at once.
    """

    def sums(kept: Floats, rest: Floats) -> Floats:
        return (
            np.concatenate([[0.0], np.cumsum(kept)])
            + float(rest.sum())
            - np.concatenate([[0.0], np.cumsum(rest)])
        )

    square = without * without
    cases, passed = sums(sizes, without), sums(passes, without)
    clusters = sums(np.ones_like(sizes), (without > 0).astype(np.float64))
    some = clusters >= 2
    cases, passed, clusters = cases[some], passed[some], clusters[some]
    yy, yn, nn = (sums(kept, square)[some] for kept in (passes * passes, passes * sizes, sizes * sizes))
    rates = np.minimum(passed / cases, 1.0)
    between = np.maximum(yy - 2 * rates * yn + rates**2 * nn, 0.0)
    variance = clusters / (clusters - 1) * between / cases**2
    penalty = stdtrit(np.maximum(cases - 1, 1e-9), 1 - error) / stdtrit(clusters - 1, 1 - error)
    with np.errstate(divide="ignore", invalid="ignore"):
        worths = rates * (1 - rates) / variance * penalty**2
    seen = (rates < 1) & (rates > 0) & (variance > 0)
    return rates, np.where(seen, np.minimum(worths, cases), np.minimum(clusters, cases))
