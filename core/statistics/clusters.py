"""How many independent cases a number of related ones is worth.

Ten traces of one user, or five attempts at one case, are not ten or five witnesses. What comes
out, ``passes`` of ``n``, goes into every bound of this package in place of the plain counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from core.statistics.counts import check_error, check_finite, check_groups

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Effective:
    """``passes`` of ``n`` independent cases (fractions), from ``clusters`` that had any case."""

    passes: float
    n: float
    clusters: int


def effective(passes_by_cluster: Sequence[float], n_by_cluster: Sequence[float], error: float) -> Effective:
    """The effective counts of cases that come in clusters; the rate stays as it is.

    Korn & Graubard (1998), METHODS 1 "Same user many times". With all passing or all failing the
    spread within clusters cannot be seen, and each cluster counts once; a single cluster is one
    case. One case in each cluster leaves the counts as they are. ``n`` never exceeds the number
    of cases. An approximation, checked by simulation: trust it from about 20 clusters on. A first
    failure among clusters that all passed may raise ``n``, because it shows the spread.
    """
    check_groups(passes_by_cluster, n_by_cluster)
    check_error(error)
    passes, sizes = _occupied(passes_by_cluster, n_by_cluster)
    clusters = len(sizes)
    if clusters == 0:
        return Effective(0.0, 0.0, 0)
    total, passed = float(sizes.sum()), float(passes.sum())
    rate = min(passed / total, 1.0)
    if clusters == 1:
        n = min(1.0, total)
    elif sizes.max() <= 1:
        n = total
    elif passed in (0, total):
        n = min(float(clusters), total)
    else:
        n = min(korn_graubard_n(passes_by_cluster, n_by_cluster, error), total)
    return Effective(rate * n, n, clusters)


def korn_graubard_n(passes_by_cluster: Sequence[float], n_by_cluster: Sequence[float], error: float) -> float:
    """The n at which independent cases would give the rate the variance seen between clusters:

        v = G/(G-1) sum over clusters of (passes - size * rate)^2 / cases^2
        n = rate (1 - rate) / v * (t quantile at cases - 1 / t quantile at G - 1)^2

    Needs two clusters or more, some passes and some failures. Not capped: clusters that agree
    better than chance give more than the number of cases, or infinity.
    """
    passes, sizes = _occupied(passes_by_cluster, n_by_cluster)
    total = float(sizes.sum())
    return _korn_graubard(passes, sizes, float(passes.sum()) / total, total, error)


def _korn_graubard(passes: Floats, sizes: Floats, rate: float, cases: float, error: float) -> float:
    """The formula of ``korn_graubard_n``; ``passes`` and ``sizes`` may be weighted, ``cases`` never are."""
    clusters = len(sizes)
    variance = clusters / (clusters - 1) * np.sum((passes - sizes * rate) ** 2) / sizes.sum() ** 2
    if variance == 0:
        return float("inf")
    # Few clusters estimate their own spread badly; the ratio of t quantiles pays for that.
    penalty = stdtrit(cases - 1, 1 - error) / stdtrit(clusters - 1, 1 - error)
    return float(rate * (1 - rate) / variance * penalty**2)


@dataclass(frozen=True)
class Weighted:
    """Cases of one cluster that each stand for ``weight`` cases (1/chance of having been reviewed)."""

    cluster: str
    weight: float
    passes: float
    n: float


def effective_weighted(cases: Sequence[Weighted], error: float) -> Effective:
    """The effective counts of clustered cases with unequal weights, such as a stratified review's N_h/n_h.

        rate = sum(w y) / sum(w)
        v = G/(G-1) sum over clusters of (sum of w (y - rate))^2 / (sum w)^2

    then as in ``effective``, with t at the cases reviewed. Equal weights give the same as ``effective``. All
    passing or all failing: one case a cluster, thinned by the unequal weights of the clusters (Kish 1965).
    """
    check_groups([one.passes for one in cases], [one.n for one in cases])
    check_finite([one.weight for one in cases], "weights")
    check_error(error)
    if any(one.weight <= 0 for one in cases):
        raise ValueError("weights must be above 0")
    if len({one.weight for one in cases if one.n}) <= 1:
        return _unweighted(cases, error)
    totals: dict[str, tuple[float, float]] = {}
    for one in cases:
        if one.n:
            passed, size = totals.get(one.cluster, (0.0, 0.0))
            totals[one.cluster] = (passed + one.weight * one.passes, size + one.weight * one.n)
    passes, sizes = (np.asarray(side) for side in zip(*totals.values(), strict=True))
    clusters, reviewed = len(sizes), float(sum(one.n for one in cases))
    rate = min(float(passes.sum() / sizes.sum()), 1.0)
    even = float(sizes.sum() ** 2 / np.sum(sizes**2))
    if clusters == 1 or rate in (0, 1):
        n = min(even, reviewed)
    else:
        n = min(_korn_graubard(passes, sizes, rate, reviewed, error), reviewed)
    return Effective(rate * n, n, clusters)


def _unweighted(cases: Sequence[Weighted], error: float) -> Effective:
    totals: dict[str, tuple[float, float]] = {}
    for one in cases:
        passed, size = totals.get(one.cluster, (0.0, 0.0))
        totals[one.cluster] = (passed + one.passes, size + one.n)
    return effective([passed for passed, _ in totals.values()], [size for _, size in totals.values()], error)


def effective_cases(passes_by_case: Sequence[float], n_by_case: Sequence[float]) -> Effective:
    """Repeated attempts as one score per case: the share of its attempts that passed.

    The scores lie between 0 and 1, so their mean varies at most as much as that of plain passes
    and failures at the same rate: exact bounds on these fractional passes err on the careful
    side, and running bounds keep their guarantee. Cases without an attempt do not count.
    """
    check_groups(passes_by_case, n_by_case)
    passes, sizes = _occupied(passes_by_case, n_by_case)
    return Effective(float(np.sum(passes / sizes)), float(len(sizes)), len(sizes))


def _occupied(passes: Sequence[float], sizes: Sequence[float]) -> tuple[Floats, Floats]:
    """Both as arrays, without the clusters that hold nothing."""
    size_array = np.asarray(sizes, dtype=np.float64)
    return np.asarray(passes, dtype=np.float64)[size_array > 0], size_array[size_array > 0]
