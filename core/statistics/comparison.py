"""Is a rate above a target, below it, or is that still undecided?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.statistics.clustered_bounds import clustered_bounds
from core.statistics.counts import check_share
from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.sequential import running_bounds


class Answer(StrEnum):
    ABOVE = "above"
    BELOW = "below"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Comparison:
    """The answer, and the interval it was read from.

    ``running`` says which interval that is: one that may be looked at after every case, or one
    that allows a single look.
    """

    answer: Answer
    interval: Interval
    running: bool


def compare(passes: float, n: float, target: float, error: float, *, running: bool) -> Comparison:
    """Whether the rate behind ``passes`` of ``n`` is strictly above or below ``target``.

    Each of the two claims is false with a chance of at most ``error``. A bound exactly on the
    target, and n = 0, are undecided. Raises ``ValueError`` on numbers that are no counts or
    shares: NaN is never an answer.
    """
    check_share(target, "target")
    interval = running_bounds(passes, n, error) if running else bounds(passes, n, error)
    return Comparison(answer_of(interval, target), interval, running)


def answer_of(interval: Interval, target: float) -> Answer:
    """What the bounds of a rate say about ``target``; one exactly on it says nothing."""
    if interval.low > target:
        return Answer.ABOVE
    return Answer.BELOW if interval.high < target else Answer.UNDECIDED


def compare_clustered(
    passes_by_cluster: Sequence[float],
    n_by_cluster: Sequence[float],
    target: float,
    error: float,
    *,
    running: bool,
    of_faults: bool = False,
) -> Comparison:
    """As ``compare``, of cases in clusters (users), by ``clustered_bounds``: a failure never helps."""
    check_share(target, "target")
    found = clustered_bounds(passes_by_cluster, n_by_cluster, error, running=running, of_faults=of_faults)
    return Comparison(answer_of(found.interval, target), found.interval, running)
