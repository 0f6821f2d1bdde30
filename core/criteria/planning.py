"""How much evidence a bar will need, told while the bar is being set."""

from dataclasses import dataclass

from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Source
from core.statistics.sample_size import cases_needed, fewest_all_passing
from core.units import Share, Unit, write

_CHANCE = 0.8
_RUNNING_SURCHARGE = 1.8
"""What looking at any time costs in cases, at an 80 % chance to settle (METHODS section 14)."""


@dataclass(frozen=True)
class Needed:
    """Cases to show a bar: ``fewest`` if every one passes, ``likely`` at a true rate of ``truth``.

    ``likely`` is ``None`` where more than 20,000 would be needed.
    """

    fewest: int
    likely: int | None
    truth: Share

    @property
    def sentence(self) -> str:
        if self.likely is None:
            return (
                f"At least {self.fewest:,} cases, and far more as soon as one fails: the bar is very tight."
            )
        rate = write(self.truth, Unit.SHARE)
        likely = f"about {self.likely:,} if the true rate is {rate}"
        return f"At least {self.fewest:,} cases if all of them pass; {likely}."


def needed_for(item: MeasuredItem, stakes: Stakes) -> Needed | None:
    """The cases that ``item`` needs at ``stakes``, if the truth lies half way between bar and perfect.

    ``None`` for an item that counts the first traces: there the number is the item itself.
    """
    asked = metric(item.metric)
    if asked.shape is Shape.NONE_IN_FIRST:
        return None
    target = asked.level if asked.shape is Shape.QUANTILE else item.limit
    if asked.shape is Shape.RATE and item.direction is Direction.BELOW:
        target = 1 - target
    truth = (1 + target) / 2
    error = ACCEPTED_ERROR[stakes]
    running = item.source is not Source.EVAL
    likely = cases_needed(target, truth, error, _CHANCE)
    if likely is not None and running:
        likely = round(likely * _RUNNING_SURCHARGE)
    shown = 1 - truth if item.direction is Direction.BELOW and asked.shape is Shape.RATE else truth
    return Needed(fewest_all_passing(target, error, running=running), likely, shown)
