"""Is a rate above a target, below it, or is that still undecided?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.statistics.clusters import effective
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
    if interval.low > target:
        answer = Answer.ABOVE
    elif interval.high < target:
        answer = Answer.BELOW
    else:
        answer = Answer.UNDECIDED
    return Comparison(answer, interval, running)


def compare_clustered(
    passes_by_cluster: Sequence[float],
    n_by_cluster: Sequence[float],
    target: float,
    error: float,
    *,
    running: bool,
) -> Comparison:
    """As ``compare``, of cases that come in clusters (users), by their effective counts.

    A first failure among users who all passed shows how little they are alike, and so may make the same cases
    worth several times as many. A failure must not help: above the target is only what the users with a
    pass would show, too, if each were one case and passed; below it likewise with those who have a failure.
    """
    counted = effective(passes_by_cluster, n_by_cluster, error)
    found = compare(counted.passes, counted.n, target, error, running=running)
    together = list(zip(passes_by_cluster, n_by_cluster, strict=True))
    passing = sum(passes > 0 for passes, _ in together)
    failing = sum(passes < n for passes, n in together)
    best = compare(passing, passing, target, error, running=running).answer
    worst = compare(0, failing, target, error, running=running).answer
    if found.answer in (Answer.UNDECIDED, best, worst):
        return found
    return replace(found, answer=Answer.UNDECIDED)
