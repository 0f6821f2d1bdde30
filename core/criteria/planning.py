"""How much evidence a bar will need, told while the bar is being set."""

import math
from dataclasses import dataclass

from core.criteria.checklist import Checklist, Direction, MeasuredItem
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.criteria.wording import days_words
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import SOURCE_WORDS, Source
from core.statistics.sample_size import cases_needed, fewest_all_passing
from core.units import Share, Unit, write

_RISK = 0.2
"""How often a checklist that is truly good enough may miss GO by bad luck; its rows share it (METHODS 4)."""

_RUNNING_SURCHARGE = 1.8
"""What looking at any time costs in cases (METHODS section 14)."""


@dataclass(frozen=True)
class Needed:
    """Cases to show a bar: ``fewest`` if every one passes, ``likely`` at a true rate of ``truth``.

    ``likely`` is ``None`` where more than 20,000 would be needed. It is enough for ``rows`` such rows to pass
    together with a chance of 80 %.
    """

    fewest: int
    likely: int | None
    truth: Share
    rows: int = 1

    @property
    def sentence(self) -> str:
        if self.likely is None:
            return (
                f"At least {self.fewest:,} cases, and far more as soon as one fails: the bar is very tight."
            )
        rate = write(self.truth, Unit.SHARE)
        likely = f"about {self.likely:,} if the true rate is {rate}"
        if self.rows > 1:
            likely += f", so that all {self.rows} measured rows pass together with a chance of 80 %"
        return f"At least {self.fewest:,} cases if all of them pass; {likely}."


LATELY_DAYS = 28
"""Today's traffic is that of the last four weeks."""


def outlook_words(needed: Needed, stakes: Stakes, source: Source, lately: float | None) -> str:
    """How many cases a bar will need, and how long that takes at today's traffic.

    ``lately`` are the usable (independent) cases of the last four weeks; ``None`` where time does not
    bring them, as in an eval set.
    """
    sure = write(1 - ACCEPTED_ERROR[stakes], Unit.SHARE)
    if needed.likely is None:
        return (
            f"To be {sure} sure of it you need at least {needed.fewest:,} cases, and far more as soon as one "
            "fails: the bar is very tight."
        )
    cases = (
        f"To be {sure} sure of it you need about {needed.likely:,} cases if the true rate is "
        f"{write(needed.truth, Unit.SHARE)} (at least {needed.fewest:,} if all of them pass)"
    )
    if needed.rows > 1:
        cases += f", so that all {needed.rows} measured rows pass together with a chance of 80 %"
    if lately is None:
        return f"{cases}."
    counted = f"{SOURCE_WORDS[source]} in the last four weeks"
    if lately <= 0:
        return f"{cases}. There were none that count from {counted}, so nobody can say how long that takes."
    days = max(1, math.ceil(round(needed.likely * LATELY_DAYS / lately, 6)))
    brought = f"about {lately:,.0f}" if lately >= 1 else "fewer than one"
    return f"{cases}; at today's traffic {days_words(days)} ({brought} usable from {counted})."


def measured_rows(checklist: Checklist) -> int:
    """How many measured rows must all pass for a GO."""
    return sum(isinstance(item, MeasuredItem) and item.decides for item in checklist.items)


def needed_for(item: MeasuredItem, stakes: Stakes, rows: int = 1) -> Needed | None:
    """The cases that ``item`` needs at ``stakes``, if the truth lies half way between bar and perfect.

    It is planned as one of ``rows`` that must all pass: each with a chance of 1 - 0.2/rows (METHODS 4).
    ``None`` for an item that counts the first traces: there the number is the item itself; and for a mean:
    how much it varies is not known before there are tasks.
    """
    asked = metric(item.metric)
    if asked.shape in (Shape.NONE_IN_FIRST, Shape.MEAN):
        return None
    target = asked.level if asked.shape is Shape.QUANTILE else item.limit
    if asked.shape is Shape.RATE and item.direction is Direction.BELOW:
        target = 1 - target
    truth = (1 + target) / 2
    error = ACCEPTED_ERROR[stakes]
    running = item.source is not Source.EVAL
    rows = max(rows, 1)
    likely = cases_needed(target, truth, error, 1 - _RISK / rows)
    if likely is not None and running:
        likely = round(likely * _RUNNING_SURCHARGE)
    shown = 1 - truth if item.direction is Direction.BELOW and asked.shape is Shape.RATE else truth
    return Needed(fewest_all_passing(target, error, running=running), likely, shown, rows)
