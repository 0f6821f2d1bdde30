"""Is a rate falling from week to week? A cheap test that says "look", never "stop" (METHODS 5)."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from core.statistics.counts import check_groups


def chance_of_such_a_fall(
    passes: Sequence[float], n: Sequence[float], weeks: Sequence[float]
) -> float | None:
    """How often luck alone gives a fall at least this steep: the one-sided Cochran-Armitage p.

    ``weeks`` are the positions on the calendar; weeks without a case do not count. ``None`` where
    there is no trend to see: under two weeks, or all passing, or all failing.
    """
    check_groups(passes, n)
    passed, sizes, place = (np.asarray(one, dtype=np.float64) for one in (passes, n, weeks))
    kept = sizes > 0
    passed, sizes, place = passed[kept], sizes[kept], place[kept]
    total = float(sizes.sum())
    if len(sizes) < 2 or passed.sum() in (0, total):
        return None
    rate = float(passed.sum()) / total
    slope = float(np.sum(place * (passed - sizes * rate)))
    spread = float(np.sum(sizes * place**2) - np.sum(sizes * place) ** 2 / total)
    variance = rate * (1 - rate) * spread
    return None if variance <= 0 else float(ndtr(slope / math.sqrt(variance)))
