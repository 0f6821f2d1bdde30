"""Rates and means of everything, from a random review of each of its parts (METHODS 12).

Every stratum is weighted by its true size, so reviewing more of one part does not bend the whole. Cases that
somebody picked because they look bad belong to a stratum that was reviewed completely, or to no rate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.statistics.counts import check_counts, check_error, check_finite, check_share, check_whole
from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.zero_faults import most_bad_among

FEWEST_A_STRATUM = 20
"""At least so many of each kind are reviewed in a phase, where there are as many."""


@dataclass(frozen=True)
class Stratum:
    """A part of ``size`` cases, of which ``n`` were reviewed at random and ``passes`` passed."""

    size: int
    n: int
    passes: float


@dataclass(frozen=True)
class StratifiedMean:
    """A mean of everything and its standard error (with the finite-population correction)."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class StratifiedRate:
    """The rate of everything and what its review is worth as independent cases.

    ``left_out`` is the share of cases in strata of which nothing was reviewed: the rate is not of
    those. ``effective_passes`` of ``effective_n`` go into any verdict; None and 0 where nothing was reviewed.
    """

    value: float | None
    interval: Interval
    effective_passes: float
    effective_n: float
    reviewed: int
    left_out: float


def stratified_mean(
    sizes: Sequence[int], n: Sequence[int], means: Sequence[float], variances: Sequence[float]
) -> StratifiedMean:
    """The mean over all strata: sum W_h mean_h, variance sum W_h^2 (1 - n_h/N_h) s_h^2 / n_h (Cochran 1977).

    ``variances`` are those within each stratum (divided by n_h - 1), in the square of the unit of ``means``.
    Every stratum needs a reviewed case.
    """
    check_whole(sizes, "sizes")
    check_whole(n, "n")
    check_finite(means, "means")
    check_finite(variances, "variances")
    size, drawn, mean, spread = (np.asarray(one, dtype=np.float64) for one in (sizes, n, means, variances))
    if not len(size) == len(drawn) == len(mean) == len(spread) > 0:
        raise ValueError("each stratum needs a size, an n, a mean and a variance")
    if (drawn < 1).any() or (drawn > size).any() or (spread < 0).any():
        raise ValueError("each stratum needs a reviewed case, and no more of them than cases")
    weight = size / size.sum()
    variance = np.sum(weight**2 * (1 - drawn / size) * spread / drawn)
    return StratifiedMean(float(np.sum(weight * mean)), math.sqrt(float(variance)))


def stratified_rate(strata: Sequence[Stratum], error: float) -> StratifiedRate:
    """The rate of all cases, each stratum weighted by its size, with bounds at its effective n.

        effective n = rate (1 - rate) / sum(W_h^2 p_h (1 - p_h) / n_h), at most the reviewed cases

    Without the finite-population correction: the next cases are meant, too. Where no stratum shows both
    passes and failures the spread is that of the plainly reviewed, thinned by the unequal weights
    (Kish 1965). The order of the strata changes nothing.
    """
    check_error(error)
    for one in strata:
        check_whole((one.size, one.n), "size and n")
        check_counts(one.passes, one.n)
        if one.n > one.size:
            raise ValueError(f"{one.n} reviewed of {one.size} cannot be")
    seen = [one for one in strata if one.n > 0 and one.size > 0]
    whole, covered = sum(one.size for one in strata), sum(one.size for one in seen)
    left_out = 1 - covered / whole if whole else 0.0
    if not seen:
        return StratifiedRate(None, Interval(0.0, 1.0), 0.0, 0.0, 0, left_out)
    weights = [one.size / covered for one in seen]
    rates = [one.passes / one.n for one in seen]
    value = min(math.fsum(w * p for w, p in zip(weights, rates, strict=True)), 1.0)
    reviewed = sum(one.n for one in seen)
    variance = math.fsum(w * w * p * (1 - p) / one.n for w, p, one in zip(weights, rates, seen, strict=True))
    thinned = 1 / math.fsum(w * w / one.n for w, one in zip(weights, seen, strict=True))
    n = value * (1 - value) / variance if variance > 0 and 0 < value < 1 else thinned
    n = min(n, float(reviewed))
    return StratifiedRate(value, bounds(min(value * n, n), n, error), value * n, n, reviewed, left_out)


def most_bad_in_all(
    picked: int, picked_bad: int, rest: int, rest_reviewed: int, rest_bad: int, error: float
) -> int:
    """The most bad cases that there can be among ``picked`` (all of them reviewed) and the ``rest``.

    This is how cases picked worst first join a random review without bending it: what was found among them is
    counted, and only the rest is estimated (exact hypergeometric bound; it covered 98 % at 95).
    """
    check_whole((picked, picked_bad), "picked")
    if picked_bad > picked:
        raise ValueError(f"{picked_bad} bad of {picked} picked cannot be")
    return picked_bad + most_bad_among(rest, rest_reviewed, rest_bad, error)


def allocate(
    total: int, sizes: Sequence[int], rates: Sequence[float] | None = None, floor: int = FEWEST_A_STRATUM
) -> tuple[int, ...]:
    """How many of ``total`` reviews each stratum gets: its share of the cases, but at least ``floor``.

    The floors come first, also where they take more than ``total``; no stratum gets more than it has. With
    the pass ``rates`` expected, what is left goes where N_h sqrt(p_h (1 - p_h)) is largest (Neyman 1934).
    """
    check_whole((total, floor, *sizes), "sizes")
    for rate in rates or ():
        check_share(rate, "rate")
    if rates is not None and len(rates) != len(sizes):
        raise ValueError(f"{len(sizes)} strata, but {len(rates)} rates")
    given = [min(floor, size) for size in sizes]
    pull = [float(size) for size in sizes]
    if rates is not None:
        pull = [size * math.sqrt(rate * (1 - rate)) for size, rate in zip(sizes, rates, strict=True)]
    for _ in range(max(total - sum(given), 0)):
        # Each further review goes to the stratum that is furthest behind its share.
        open_ones = [place for place, size in enumerate(sizes) if given[place] < size]
        if not open_ones:
            break
        behind = max(open_ones, key=lambda place: (pull[place] / (given[place] + 1), -place))
        given[behind] += 1
    return tuple(given)
