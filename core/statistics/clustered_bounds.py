"""Bounds of a rate whose cases come in clusters (users), on which one more failure can never look good.

Failures of one user are taken together: in place of F failures among N cases stand

    F^2 / sum of F_u^2  failures,  among  N F / sum of F_u^2  cases

with F_u the failures of user u; one failure each leaves the counts as they are. These are the moments
behind the bounds of Fay & Feuer (1997), Statistics in Medicine 16:791, for sums of events that come in lots.
But a first failure shows how little users are alike, and so more failures can look like better evidence.
Therefore

- that failures are *rare* must also be shown without some of them: by what is left when the users with the
  fewest failures have none, step by step, down to the users who have a pass, each one case without a failure;
- that failures are *frequent* is shown if it is shown with some of them set aside: those beyond the first,
  second, third ... of each user.

So one more failure never raises either bound of the rate, one more pass never lowers one, whosever it is,
and also where a pass turns out a failure. An approximation, checked by simulation: trust it from about 20
clusters on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.statistics.counts import check_error, check_finite, check_groups
from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.sequential import log_evidence_above, log_evidence_below, running_bounds

MOST_LEVELS = 40
"""So many ways of leaving failures out are tried where there are more: their bounds hardly differ then."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """``passes`` of ``n`` independent cases, in fractions: what a bound rests on."""

    passes: float
    n: float

    @property
    def failures(self) -> "Counts":
        """The same cases with failures as what is counted."""
        return Counts(self.n - self.passes, self.n)


@dataclass(frozen=True)
class ClusteredBounds:
    """The interval of a rate, and the counts that each of its ends was read from."""

    interval: Interval
    low_from: Counts
    high_from: Counts


@dataclass(frozen=True)
class _Seen:
    """``events`` and ``others`` of each cluster, the most that one case of it weighs, and all cases."""

    events: Floats
    others: Floats
    weights: Floats
    cases: float

    def lots(self, events: Floats) -> Floats:
        """What so many events a cluster add to the sum of squares.

        A score between 0 and 1 is at most as uncertain as a plain event of that chance.
        """
        return np.asarray(events * np.maximum(events, self.weights))

    def together(self, total: float, lots: float) -> Counts:
        """What ``total`` events whose squares sum up to ``lots`` stand for, beside all others."""
        rate = total / (float(self.others.sum()) + total)
        n = min(total * total / lots / rate, self.cases)
        return Counts(min(rate * n, n), n)

    @property
    def without_any(self) -> Counts:
        """Each cluster that has something else is one case (fewer where weights differ, Kish 1965)."""
        others = np.where(self.others > 0, self.weights, 0.0)
        clusters = float(others.sum() ** 2 / np.sum(others**2)) if others.any() else 0.0
        return Counts(0.0, min(clusters, self.cases))

    @property
    def levels(self) -> list[float]:
        """The numbers of events that clusters have, each once."""
        found = np.unique(self.events[self.events > 0])
        if found.size > MOST_LEVELS:
            found = found[np.linspace(0, found.size - 1, MOST_LEVELS).astype(int)]
        return [float(one) for one in found]


def clustered_bounds(
    passes_by_cluster: Sequence[float],
    n_by_cluster: Sequence[float],
    error: float,
    *,
    running: bool,
    of_faults: bool = False,
    weight_by_cluster: Sequence[float] | None = None,
    cases: float | None = None,
) -> ClusteredBounds:
    """Bounds of the pass rate, each wrong with at most ``error``; ``running`` ones at every look.

    ``of_faults``: what is counted as passes are faults, so that passes take the place of failures above.
    Passes and n may be weighted, as in a stratified review: ``weight_by_cluster`` then says what one case of
    each cluster stands for at most, and ``cases`` how many were reviewed. Nothing seen leaves everything
    possible.
    """
    check_groups(passes_by_cluster, n_by_cluster)
    check_error(error)
    passes, sizes = (np.asarray(one, dtype=np.float64) for one in (passes_by_cluster, n_by_cluster))
    weights = np.ones_like(sizes) if weight_by_cluster is None else np.asarray(weight_by_cluster, np.float64)
    check_finite(weights.tolist(), "weights")
    there = sizes > 0
    passes, sizes, weights = passes[there], sizes[there], weights[there]
    if not sizes.size:
        return ClusteredBounds(Interval(0.0, 1.0), Counts(0.0, 0.0), Counts(0.0, 0.0))
    failures = sizes - passes
    events, others = (passes, failures) if of_faults else (failures, passes)
    seen = _Seen(events, others, weights, float(sizes.sum()) if cases is None else float(cases))
    high, rare = _weakest_high(_without_some(seen), error, running=running)
    low, frequent = _strongest_low(_set_aside(seen), error, running=running)
    if of_faults:
        return ClusteredBounds(Interval(low, high), frequent, rare)
    return ClusteredBounds(Interval(1 - high, 1 - low), rare.failures, frequent.failures)


def _without_some(seen: _Seen) -> list[Counts]:
    """The counts with the events of only those clusters that have most, from all of them down to none."""
    lots = seen.lots(seen.events)
    fewer = []
    for level in seen.levels:
        most = seen.events >= level
        fewer.append(seen.together(float(seen.events[most].sum()), float(lots[most].sum())))
    return [*fewer, seen.without_any]


def _set_aside(seen: _Seen) -> list[Counts]:
    """The counts with at most so many events a cluster, and one more in some of those that have more."""
    most = float(seen.events.max())
    whole = np.arange(1.0, most) if most <= MOST_LEVELS else np.empty(0)
    levels = np.union1d(seen.levels, whole)
    kept: list[Counts] = []
    total = lots = below = 0.0
    for level in levels:
        more = seen.events > below
        before, after = (np.minimum(seen.events, cap) for cap in (below, float(level)))
        totals = total + np.cumsum((after - before)[more])
        squares = lots + np.cumsum((seen.lots(after) - seen.lots(before))[more])
        steps = min(totals.size, max(MOST_LEVELS // levels.size, 1))
        for place in np.unique(np.linspace(totals.size / steps, totals.size, steps).astype(int)) - 1:
            kept.append(seen.together(float(totals[place]), float(squares[place])))
        total, lots, below = float(totals[-1]), float(squares[-1]), float(level)
    return kept[::-1] or [Counts(0.0, seen.cases)]


def _weakest_high(among: list[Counts], error: float, *, running: bool) -> tuple[float, Counts]:
    """The highest upper bound, and what it is read from."""
    if not running:
        return max(((bounds(one.passes, one.n, error).high, one) for one in among), key=lambda pair: pair[0])
    high, source = -1.0, among[0]
    for one in among:
        # One logarithm says whether its bound is any higher; only then the bound itself is worked out.
        if high < 0 or log_evidence_below(one.passes, one.n, high) <= math.log(1 / error):
            high, source = max(running_bounds(one.passes, one.n, error).high, high), one
    return high, source


def _strongest_low(among: list[Counts], error: float, *, running: bool) -> tuple[float, Counts]:
    """The highest lower bound, and what it is read from."""
    if not running:
        return max(((bounds(one.passes, one.n, error).low, one) for one in among), key=lambda pair: pair[0])
    low, source = -1.0, among[0]
    for one in among:
        if low < 0 or log_evidence_above(one.passes, one.n, low) > math.log(1 / error):
            low, source = max(running_bounds(one.passes, one.n, error).low, low), one
    return low, source
