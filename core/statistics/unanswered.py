"""What the silent ones could still change: the widest rate that all might have (METHODS 1, edge cases)."""

from core.statistics.counts import check_counts
from core.statistics.interval import Interval


def rate_if_all_answered(passes: float, answered: float, asked: float) -> Interval:
    """The rate of all ``asked``, if every silent one had failed or had passed: [k/N, (k + N - n)/N].

    ``passes`` of the ``answered``; nobody asked leaves everything possible. It is no confidence interval: it
    says how far the ones who react may be from the rest.
    """
    check_counts(passes, answered)
    check_counts(answered, asked)
    if asked == 0:
        return Interval(0.0, 1.0)
    return Interval(passes / asked, (passes + asked - answered) / asked)
