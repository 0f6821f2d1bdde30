"""Judging a mean against its bar: the bound on the bad side decides, never the mean itself (METHODS 13)."""

import math

from core.metrics.measurement import Measurement
from core.statistics.comparison import Answer
from core.statistics.costs import FEWEST_TASKS

_DUST = 1e-9
"""A sum that lies at the bar but for the dust of floating point lies at the bar."""

MOST_FORETOLD = 1_000_000
"""What would need more tasks than this is too close to call."""


def compare_mean(finding: Measurement, bar: float) -> Answer:
    """Whether the mean is shown above or below the bar; under 300 tasks nothing is shown.

    The tasks are those that the cost is divided by: the successful ones, where only they count.
    """
    if finding.tally.passes < FEWEST_TASKS or finding.low is None or finding.high is None:
        return Answer.UNDECIDED
    if finding.high < bar * (1 - _DUST):
        return Answer.BELOW
    return Answer.ABOVE if finding.low > bar * (1 + _DUST) else Answer.UNDECIDED


def foretell(finding: Measurement, bar: float) -> tuple[str, int | None, Answer | None]:
    """(sentence, how many more tasks settle it, to which side) for a mean that is not settled yet.

    Foretold for tasks that cost what these did: an interval shrinks with the square root of their number.
    """
    missing = _missing(finding)
    if finding.low is None or finding.high is None:
        few = _few_words(finding)
        return (f"{few}: upload tasks of more {finding.tally.cluster}s.", missing or None, None)
    towards = Answer.BELOW if finding.value < bar else Answer.ABOVE
    arm = finding.high - finding.value if towards is Answer.BELOW else finding.value - finding.low
    way = abs(bar - finding.value)
    times = (arm / way) ** 2 if way else math.inf
    more = max(missing, _further(finding.tally.n, times))
    if more > MOST_FORETOLD:
        return "Too close to call: more tasks alone will hardly settle it.", None, None
    words = f"about {more:,} more task{'' if more == 1 else 's'}"
    if missing:
        words += f" (under {FEWEST_TASKS} the interval covers too seldom to decide)"
    if towards is Answer.ABOVE:
        return f"Not enough evidence; at today's cost it will fail, after {words}.", more, towards
    return f"Not enough evidence: {words} if they cost what these did.", more, towards


def _few_words(finding: Measurement) -> str:
    witnesses, cluster = len(finding.tally.n_by_cluster), finding.tally.cluster
    if witnesses == 1:
        return f"A single {cluster} says nothing about the next one"
    return f"{round(finding.tally.passes):,} tasks of {witnesses:,} {cluster}s say too little"


def _missing(finding: Measurement) -> int:
    """How many more rows it takes until enough of them count."""
    lacking = FEWEST_TASKS - finding.tally.passes
    return max(0, math.ceil(lacking * finding.tally.n / finding.tally.passes))


def _further(n: int, times: float) -> int:
    return (
        MOST_FORETOLD + 1 if times * n > 2 * MOST_FORETOLD else max(1, math.ceil(round(n * (times - 1), 6)))
    )
