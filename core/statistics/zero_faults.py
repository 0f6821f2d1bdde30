"""What "no faults in the last 100" proves, about those 100 and about the cases to come.

METHODS 2. Two separate claims: how many of a known set can be bad when only some were reviewed,
and which rate a clean record still allows.
"""

import math

from core.statistics.counts import check_error, check_share
from core.statistics.search import first_true


def most_bad_among(total: int, reviewed: int, bad: int, error: float) -> int:
    """The largest number of bad ones among ``total`` that a random review does not rule out.

    ``bad`` were found among the ``reviewed``. Exact hypergeometric bound, wrong with a chance of at most
    ``error``; never valid for a review that picked the worst first.
    """
    # Loading all of SciPy's distributions takes most of a second, and only this question needs one.
    from scipy.stats import hypergeom

    check_error(error)
    if not 0 <= bad <= reviewed <= total:
        raise ValueError(f"{bad} bad of {reviewed} reviewed of {total} cannot be")
    most = total - (reviewed - bad)
    ruled_out = first_true(
        lambda number: number > most or hypergeom.cdf(bad, total, number, reviewed) <= error, bad, most + 1
    )
    return most if ruled_out is None else ruled_out - 1


def rate_still_possible(n: int, error: float, sensitivity: float = 1.0) -> float:
    """The highest fault rate (share) that ``n`` clean cases do not rule out: about 3/n at 5 %.

    A reviewer or judge who notices only a share of the faults (``sensitivity``, above 0) rules out less: the
    bound is divided by it.
    """
    check_error(error)
    check_share(sensitivity, "sensitivity")
    if n < 0:
        raise ValueError(f"n must not be negative, not {n}")
    if sensitivity == 0:
        return 1.0
    return 1.0 if n == 0 else min(1.0, -math.expm1(math.log(error) / n) / sensitivity)


def clean_cases_for(rate: float, error: float) -> int:
    """The fewest cases, all clean, that show a fault rate of at most ``rate`` (above 0)."""
    check_error(error)
    check_share(rate, "rate")
    if rate == 0:
        raise ValueError("no number of clean cases shows a fault rate of 0")
    if rate == 1:
        return 0
    # The quotient may come out just above a whole number that is already enough.
    cases = max(math.ceil(math.log(error) / math.log1p(-rate)) - 1, 1)
    return cases if rate_still_possible(cases, error) <= rate else cases + 1


def chance_of_a_clean_run(rate: float, length: int, total: int) -> float:
    """The chance that ``length`` clean cases in a row occur among ``total``, at a fault rate ``rate``.

    This is how a window that slides ("the last 100 are clean") passes sooner or later.
    """
    check_share(rate, "rate")
    if length < 1 or total < 0:
        raise ValueError(f"a run of {length} among {total} cannot be")
    clean_run = (1 - rate) ** length
    # none[i]: the chance of no such run among the first i cases. The first run that ends exactly
    # at case i follows a fault, before which there was none.
    none = [1.0] * min(length, total + 1)
    for i in range(length, total + 1):
        first_run_here = clean_run if i == length else none[i - length - 1] * rate * clean_run
        none.append(none[i - 1] - first_run_here)
    return 1 - none[total]
