"""Is a rate above a target, below it, or is that still undecided?"""

from dataclasses import dataclass
from enum import StrEnum

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
