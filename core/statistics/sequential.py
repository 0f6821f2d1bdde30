"""Evidence about a rate that may be looked at after every case: the running verdict's e-value.

METHODS 1, C2. Evidence above a target is the likelihood of the cases, averaged over all rates
above the target, relative to their likelihood at the target:

    E = integral over p from t to 1 of (p/t)^s ((1-p)/(1-t))^(n-s) dp / (1-t)

If the true rate is at or below the target, E ever reaches 1/error with a chance of at most
``error``, however often somebody looks (Ville's inequality). That also holds for scores between
0 and 1, because each case's factor is convex in its score; so fractional passes may enter.
Evidence below is the same with passes and failures exchanged.
"""

import math

import numpy as np
from scipy.special import betainc, betaincc, betaln, expit, logit

from core.statistics.counts import check_counts, check_error, check_share
from core.statistics.interval import Interval
from core.statistics.search import turning_point

SMALLEST_TAIL = 1e-280
"""Below this a beta tail is close to what a float cannot hold, and its series takes over."""

FURTHEST_LOGIT = 700.0
"""exp(-700) is about the smallest rate a float can hold with full precision."""


def log_evidence_above(passes: float, n: float, target: float) -> float:
    """Natural log of the evidence that the rate is above ``target``; 0 where nothing was seen."""
    check_counts(passes, n)
    check_share(target, "target")
    return _log_evidence(passes, n - passes, target, 1 - target)


def log_evidence_below(passes: float, n: float, target: float) -> float:
    """Natural log of the evidence that the rate is below ``target``; 0 where nothing was seen."""
    check_counts(passes, n)
    check_share(target, "target")
    return _log_evidence(n - passes, passes, 1 - target, target)


def running_bounds(passes: float, n: float, error: float) -> Interval:
    """The rates against which the evidence has not reached 1/``error``, on either side.

    ``log_evidence_above(passes, n, t) > log(1/error)`` exactly where t is below ``low``; likewise
    below and ``high``. Raises ``ValueError`` on numbers that are no counts.
    """
    check_counts(passes, n)
    check_error(error)
    low, _ = _lowest_possible(passes, n - passes, error)
    _, high = _lowest_possible(n - passes, passes, error)
    return Interval(low, high)


def _lowest_possible(passes: float, failures: float, error: float) -> tuple[float, float]:
    """The rate where the evidence above it is just 1/``error``, and 1 minus that rate.

    Evidence falls as the target rises, and at the observed rate it is at most 1: there is one
    root below it. Solving on the logit scale keeps rates near 0 and near 1 exact.
    """
    limit = math.log(1 / error)

    def is_possible(x: float) -> bool:
        return _log_evidence(passes, failures, float(expit(x)), float(expit(-x))) <= limit

    if passes == 0 or is_possible(-FURTHEST_LOGIT):
        return 0.0, 1.0
    observed = min(float(logit(passes / (passes + failures))), FURTHEST_LOGIT)
    root = turning_point(is_possible, -FURTHEST_LOGIT, observed)
    return float(expit(root)), float(expit(-root))


def _log_evidence(passes: float, failures: float, target: float, rest: float) -> float:
    """The log of E; ``rest`` is 1 - target, passed along because near 1 it cannot be recovered."""
    if rest == 0:
        return -math.log1p(failures)
    if target == 0:
        return math.inf if passes > 0 else -math.log1p(failures)
    a, b = passes + 1, failures + 1
    tail = float(betaincc(a, b, target) if target < rest else betainc(b, a, rest))
    if tail < SMALLEST_TAIL:
        return _log_evidence_by_series(passes, failures, target, rest)
    log_target = math.log(target) if target < rest else math.log1p(-rest)
    log_rest = math.log(rest) if rest < target else math.log1p(-target)
    seen = math.log(tail) + float(betaln(a, b))
    return seen - passes * log_target - (failures + 1) * log_rest


def _log_evidence_by_series(passes: float, failures: float, target: float, rest: float) -> float:
    """The log of E far below the target, where the tail is too small for a float.

    E = t/(f+1) * 2F1(n+2, 1; f+2; 1-t): all terms positive, each less than ``ratio`` times the
    one before it.
    """
    n = passes + failures
    ratio = (n + 2) * rest / (failures + 2)
    steps = np.arange(math.ceil(-40 / math.log(ratio)) + 1)
    terms = np.cumprod((n + 2 + steps) * rest / (failures + 2 + steps))
    return math.log(target) - math.log1p(failures) + math.log1p(float(terms.sum()))
