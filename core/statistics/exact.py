"""One-sided exact binomial bounds of a rate, also for fractional counts.

METHODS 1, C1 (Clopper & Pearson 1934). Each side is wrong with at most ``error`` at every n, so
(low, high) is also the two-sided interval at 1 - 2 * error. Look once: a test at 5 % that is
repeated after every case passes a system exactly at 90 % in 27 of 100 histories.
"""

from scipy.special import betainc, betaincc, betainccinv, betaincinv

from core.statistics.counts import check_counts, check_error, check_share
from core.statistics.interval import Interval


def bounds(passes: float, n: float, error: float) -> Interval:
    """The lowest and the highest rate that ``passes`` of ``n`` do not contradict at ``error``.

    Shares from 0 to 1; nothing seen (n = 0) leaves everything possible. Raises ``ValueError`` on
    numbers that are no counts.
    """
    check_counts(passes, n)
    check_error(error)
    low = 0.0 if passes == 0 else float(betaincinv(passes, n - passes + 1, error))
    high = 1.0 if passes == n else float(betainccinv(passes + 1, n - passes, error))
    return Interval(low, high)


def p_value_above(passes: float, n: float, target: float) -> float:
    """The chance of at least ``passes`` of ``n`` at a true rate of ``target``.

    It is below ``error`` exactly where ``bounds(passes, n, error).low`` is above ``target``.
    """
    check_counts(passes, n)
    check_share(target, "target")
    return 1.0 if passes == 0 else float(betainc(passes, n - passes + 1, target))


def p_value_below(passes: float, n: float, target: float) -> float:
    """The chance of at most ``passes`` of ``n`` at a true rate of ``target``."""
    check_counts(passes, n)
    check_share(target, "target")
    return 1.0 if passes == n else float(betaincc(passes + 1, n - passes, target))
