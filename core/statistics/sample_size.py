"""How many cases it takes to be sure.

METHODS 1, "How many cases" and "How many more". Every projection assumes that further cases pass
at today's rate; the sentence around the number must say so.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.statistics.chance import Outlook
from core.statistics.comparison import Answer, compare
from core.statistics.counts import check_counts, check_error, check_share
from core.statistics.exact import p_value_above
from core.statistics.search import first_true
from core.statistics.sequential import log_evidence_above

MOST_CASES = 20_000
"""Beyond this many cases a question is too close to call."""

CHANCE = 0.8
"""How likely the projected number of further cases is to settle the question."""

RUNNING_ALLOWANCE = 1.4
"""Extra further cases, over those that settle the question at exactly today's rate.

Luck delays the crossing as often as it hastens it. By exact calculation of the crossing time
(targets 80 to 95 %, error 5 %, less than half of the cases seen, some of them failures) the chance
of 80 % is reached at 1.34 to 1.40 times; nearer the end, or with no failure seen, 1.4 is generous.
METHODS gives 1.3 to 1.45 for a start from nothing.
"""

_STRETCH = 512
"""Numbers of cases that are worked out in one go."""


@dataclass(frozen=True)
class MoreCases:
    """What it takes to settle whether a rate is above a target.

    ``count`` further cases settle it, for ``towards``, with a chance of about 80 % if today's
    rate holds; ``None``: too close to call. ``fewest`` further cases settle it for ABOVE if every
    one passes; ``None`` only where the target is 1, which nothing is above.
    """

    count: int | None
    towards: Answer
    fewest: int | None


@dataclass(frozen=True)
class _Question:
    """``passes`` of ``n`` against ``target``, seen from the side that the rate leans to.

    For a rate below its target, passes and failures are exchanged, so that the search always
    goes upward.
    """

    passes: float
    n: float
    target: float
    error: float
    running: bool

    def exchanged(self) -> "_Question":
        return _Question(self.n - self.passes, self.n, 1 - self.target, self.error, self.running)

    def settled_by(self, passes: float, n: float) -> bool:
        if self.running:
            return log_evidence_above(passes, n, self.target) > math.log(1 / self.error)
        return p_value_above(passes, n, self.target) < self.error


def more_cases(passes: float, n: float, target: float, error: float, *, running: bool) -> MoreCases:
    """How many further cases settle whether the rate is above ``target``, and which way.

    The cases already seen stay. Today's rate is taken as at most 1 - 1/(2n) (and at least
    1/(2n)): a few cases without a failure are no promise of none. Before a single failure is to be
    expected even at the target, n < 1/(1 - target), a clean record says nothing about the rate, and
    with n = 0 there is none: then the count is the fewest possible. Settled already: 0. Exactly on
    the target: ``None``, towards UNDECIDED.
    """
    answer = compare(passes, n, target, error, running=running).answer
    question = _Question(passes, n, target, error, running)
    fewest = _fewest(question)
    if answer is not Answer.UNDECIDED:
        return MoreCases(0, answer, fewest)
    if n > 0 and passes / n == target:
        return MoreCases(None, Answer.UNDECIDED, fewest)
    if n == 0 or passes / n > target:
        return MoreCases(_count(question), Answer.ABOVE, fewest)
    return MoreCases(_count(question.exchanged()), Answer.BELOW, fewest)


def fewest_all_passing(target: float, error: float, *, running: bool) -> int:
    """The fewest cases that show a rate above ``target`` (below 1) if every one passes."""
    check_share(target, "target")
    check_error(error)
    fewest = _fewest(_Question(0, 0, target, error, running))
    if fewest is None:
        raise ValueError("no number of cases shows a rate above 1")
    return fewest


@lru_cache(maxsize=4096)
def cases_needed(target: float, truth: float, error: float, power: float) -> int | None:
    """The cases to plan for one look, to show a rate above ``target`` with a chance of ``power``.

    If the true rate is ``truth``. The smallest number from which on every number has that chance:
    the very first one may lose it again with one case more. ``None`` where no number up to
    ``MOST_CASES`` is enough, so also for a truth that is not above the target.
    """
    check_share(target, "target")
    check_share(truth, "truth")
    check_share(power, "power")
    check_error(error)
    if truth <= target:
        return None
    outlook = Outlook(0, 0, target, truth, error)
    safe = first_true(lambda n: outlook.smooth_chance(n, spare=1) >= power, 1, 2 * MOST_CASES)
    if safe is None:
        return None
    for end in range(safe, 0, -_STRETCH):
        cases = np.arange(max(end - _STRETCH, 0) + 1, end + 1)
        short = cases[outlook.chances(cases) < power]
        if short.size:
            needed = int(short[-1]) + 1
            return needed if needed <= MOST_CASES else None
    return 1


def chance_above(n: int, target: float, truth: float, error: float) -> float:
    """The chance that ``n`` cases at a true rate of ``truth`` show, in one look, more than ``target``."""
    check_counts(0, n)
    check_share(target, "target")
    check_share(truth, "truth")
    check_error(error)
    return float(Outlook(0, 0, target, truth, error).chances(np.array([n]))[0])


def _count(question: _Question) -> int | None:
    """The count of ``more_cases`` for a question whose rate leans upward (or has no rate yet)."""
    passes, n = question.passes, question.n
    today = min(passes / n, 1 - 1 / (2 * n)) if n > 0 else 0.0
    too_early = passes == n and n * (1 - question.target) < 1
    if too_early or today <= question.target:
        count = _fewest(question)
    elif question.running:
        count = _running_count(question, today)
    else:
        count = _one_look_count(Outlook(passes, n, question.target, today, question.error))
    return count if count is not None and count <= MOST_CASES else None


def _one_look_count(outlook: Outlook) -> int | None:
    """The smallest number of further cases with the chance, there and at one case more."""

    def within(start: int) -> int | None:
        chances = outlook.chances(np.arange(start, start + _STRETCH + 1))
        both = np.flatnonzero((chances[:-1] >= CHANCE) & (chances[1:] >= CHANCE))
        return start + int(both[0]) if both.size else None

    # Few further cases are all tried: there the smooth chance may still dip before it rises.
    found = within(1)
    if found is not None:
        return found
    start = first_true(lambda more: outlook.smooth_chance(more, spare=0) >= CHANCE, _STRETCH + 1, MOST_CASES)
    while found is None and start is not None and start <= MOST_CASES:
        found = within(start)
        start += _STRETCH
    return found


def _running_count(question: _Question, today: float) -> int | None:
    """The further cases that settle it at exactly today's rate, times the allowance."""
    total = first_true(
        lambda total: question.settled_by(today * total, total),
        math.ceil(question.n),
        math.ceil(question.n) + MOST_CASES,
    )
    return None if total is None else max(1, math.ceil(RUNNING_ALLOWANCE * (total - question.n)))


def _fewest(question: _Question) -> int | None:
    """The fewest further cases that settle the question upward if every one passes."""
    if question.target == 1:
        return None
    reach = 1

    def settled(more: int) -> bool:
        return question.settled_by(question.passes + more, question.n + more)

    while not settled(reach):
        reach *= 2
    return first_true(settled, 0, reach)
