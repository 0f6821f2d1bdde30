"""Does a stated confidence mean what it says? The reliability diagram and its table (METHODS 9).

Never gate on the expected calibration error: a perfectly calibrated feature shows 0.08 at 100 cases and
0.01 at 5,000. Where it is shown, it stands beside what a perfect one would show at the same n.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.statistics.concentration import adjusted_for_many
from core.statistics.counts import check_counts, check_error, check_share
from core.statistics.exact import bounds, p_value_above, p_value_below
from core.statistics.interval import Interval

FEW_BINS, MANY_BINS = 5, 10
ENOUGH_FOR_MANY = 500

_PERFECT_ONES = 500

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bin:
    """Cases of about the same confidence: ``stated`` is their mean confidence, ``right`` of ``n`` were right.

    ``over`` and ``under`` confident are said after looking at all bins (Benjamini-Hochberg).
    """

    lowest: float
    highest: float
    stated: float
    right: int
    n: int
    interval: Interval
    over: bool
    under: bool


@dataclass(frozen=True)
class Calibration:
    """The bins from low to high confidence; ``error`` is the expected calibration error over them.

    ``perfect_error`` and ``perfect_high`` are its mean and its 95 % quantile for a perfectly calibrated
    feature with the same confidences; all three are None without a case.
    """

    bins: tuple[Bin, ...]
    error: float | None
    perfect_error: float | None
    perfect_high: float | None


def reliability(
    confidences: Sequence[float], right: Sequence[bool], error: float, *, seed: int = 0
) -> Calibration:
    """The reliability of ``confidences`` (0 to 1) in bins of equally many cases; equal ones stay together.

    Five bins, ten from 500 cases on, fewer where confidences come in few lumps. Bars are exact, each end
    wrong with at most ``error``; a bin is over-confident where its bar lies below what it states, at that
    error after looking at all. The order of the cases changes nothing.
    """
    if len(confidences) != len(right):
        raise ValueError(f"{len(confidences)} confidences, but {len(right)} results")
    return grouped_reliability(confidences, right, [1] * len(confidences), error, seed=seed)


def grouped_reliability(
    confidences: Sequence[float], right: Sequence[int], n: Sequence[int], error: float, *, seed: int = 0
) -> Calibration:
    """The same of counted cases: of ``n`` that state a confidence, ``right`` were right.

    The three are aligned; a confidence may come more than once.
    """
    check_error(error)
    for confidence, hits, cases in zip(confidences, right, n, strict=True):
        check_share(confidence, "confidence")
        check_counts(hits, cases)
    stated, place = np.unique(np.asarray(confidences, dtype=np.float64), return_inverse=True)
    cases_at = np.bincount(place, weights=n, minlength=len(stated)).astype(np.int64)
    right_at = np.bincount(place, weights=right, minlength=len(stated)).astype(np.int64)
    stated, cases_at, right_at = stated[cases_at > 0], cases_at[cases_at > 0], right_at[cases_at > 0]
    if len(stated) == 0:
        return Calibration((), None, None, None)
    groups = _bins(stated, cases_at)
    luck = np.random.default_rng(seed)
    perfect = [
        _error(stated, cases_at, luck.binomial(cases_at, stated), groups) for _ in range(_PERFECT_ONES)
    ]
    return Calibration(
        _judged(stated, cases_at, right_at, groups, error),
        _error(stated, cases_at, right_at, groups),
        float(np.mean(perfect)),
        float(np.quantile(perfect, 0.95)),
    )


def _judged(
    stated: Floats, cases: Counts, right: Counts, groups: Sequence[slice], error: float
) -> tuple[Bin, ...]:
    counts = [
        (
            float(np.average(stated[part], weights=cases[part])),
            int(right[part].sum()),
            int(cases[part].sum()),
        )
        for part in groups
    ]
    over = adjusted_for_many([p_value_below(k, n, mean) for mean, k, n in counts])
    under = adjusted_for_many([p_value_above(k, n, mean) for mean, k, n in counts])
    return tuple(
        Bin(
            lowest=float(stated[part][0]),
            highest=float(stated[part][-1]),
            stated=mean,
            right=k,
            n=n,
            interval=bounds(k, n, error),
            over=over[place] < error,
            under=under[place] < error,
        )
        for place, (part, (mean, k, n)) in enumerate(zip(groups, counts, strict=True))
    )


def _bins(stated: Floats, cases: Counts) -> list[slice]:
    """Where each bin begins and ends among the sorted confidences, each stated by so many ``cases``."""
    up_to = np.cumsum(cases)
    total = int(up_to[-1])
    wanted = MANY_BINS if total >= ENOUGH_FOR_MANY else FEW_BINS
    edges = {0, len(stated)}
    for place in range(1, wanted):
        edges.add(int(np.searchsorted(up_to, place * total // wanted, side="right")))
    return [slice(low, high) for low, high in pairwise(sorted(edges))]


def _error(stated: Floats, cases: Counts, right: Counts, groups: Sequence[slice]) -> float:
    off = [abs(float((stated[part] * cases[part]).sum()) - float(right[part].sum())) for part in groups]
    return sum(off) / float(cases.sum())
