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
from core.statistics.counts import check_error, check_share
from core.statistics.exact import bounds, p_value_above, p_value_below
from core.statistics.interval import Interval

FEW_BINS, MANY_BINS = 5, 10
ENOUGH_FOR_MANY = 500

_PERFECT_ONES = 500

Floats = npt.NDArray[np.float64]


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
    check_error(error)
    stated, hits = sorted_by_confidence(confidences, right)
    if len(stated) == 0:
        return Calibration((), None, None, None)
    groups = _bins(stated)
    counts = [(float(stated[part].mean()), int(hits[part].sum()), part.stop - part.start) for part in groups]
    over = adjusted_for_many([p_value_below(k, n, mean) for mean, k, n in counts])
    under = adjusted_for_many([p_value_above(k, n, mean) for mean, k, n in counts])
    bins = tuple(
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
    luck = np.random.default_rng(seed)
    perfect = [_error(stated, luck.random(len(stated)) < stated, groups) for _ in range(_PERFECT_ONES)]
    return Calibration(
        bins, _error(stated, hits, groups), float(np.mean(perfect)), float(np.quantile(perfect, 0.95))
    )


def sorted_by_confidence(
    confidences: Sequence[float], right: Sequence[bool]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Both as arrays, the lowest confidence first; refuses what is no share and pairs that do not match."""
    if len(confidences) != len(right):
        raise ValueError(f"{len(confidences)} confidences, but {len(right)} results")
    for confidence in confidences:
        check_share(confidence, "confidence")
    stated, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.bool_)
    order = np.argsort(stated, kind="stable")
    return stated[order], hits[order]


def _bins(stated: Floats) -> list[slice]:
    """Where each bin begins and ends among the sorted confidences."""
    wanted = MANY_BINS if len(stated) >= ENOUGH_FOR_MANY else FEW_BINS
    edges = {0, len(stated)}
    for place in range(1, wanted):
        value = stated[place * len(stated) // wanted]
        edges.add(int(np.searchsorted(stated, value, side="left")))
    return [slice(low, high) for low, high in pairwise(sorted(edges))]


def _error(stated: Floats, hits: npt.NDArray[np.bool_], groups: Sequence[slice]) -> float:
    off = [abs(float(stated[part].sum()) - float(hits[part].sum())) for part in groups]
    return sum(off) / len(stated)
