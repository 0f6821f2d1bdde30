"""How often a case passes every time it is tried: pass^k."""

import math
from collections.abc import Sequence

from core.statistics.counts import check_groups


def pass_hat_k(passes_by_case: Sequence[int], n_by_case: Sequence[int], k: int) -> float | None:
    """The chance that ``k`` attempts at one case all pass, averaged over the cases.

    The unbiased estimate of each case is C(passes, k) / C(n, k) (tau-bench, Yao et al. 2024, after
    Chen et al. 2021). Cases with fewer than ``k`` attempts say nothing; ``None`` where that is
    all of them.
    """
    _check_k(k)
    check_groups(passes_by_case, n_by_case)
    shares = [
        math.comb(passes, k) / math.comb(n, k)
        for passes, n in zip(passes_by_case, n_by_case, strict=True)
        if n >= k
    ]
    return math.fsum(shares) / len(shares) if shares else None


def cases_with(n_by_case: Sequence[int], k: int) -> int:
    """How many cases have at least ``k`` attempts: the number that ``pass_hat_k`` rests on."""
    _check_k(k)
    return sum(n >= k for n in n_by_case)


def _check_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
