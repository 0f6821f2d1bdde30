"""The word "investigate": a metric that gets worse over its last four weeks (METHODS section 5, level 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.metrics.catalogue import Better, Shape, metric
from core.metrics.measurement import Measurement, WeekPoint
from core.statistics.drift import chance_of_such_a_fall

WEEKS = 4
CHANCE = 0.05
CHANCE_OF_A_RUN = 1 / 24
"""Four weeks without a trend stand in just this one of their 4! orders so often, whatever their n."""
FEWEST_A_WEEK = 10
"""Weeks that are worth fewer independent cases say nothing about a trend."""


@dataclass(frozen=True)
class Drift:
    """A metric got worse from ``first`` to ``last``; luck alone does so with ``chance`` (None: not known).

    ``in_a_row`` says that each of the four weeks was worse than the one before; luck alone does that
    with :data:`CHANCE_OF_A_RUN` at most, so ``chance`` is never above it then.
    """

    metric: str
    weeks: int
    first: Measurement
    last: Measurement
    chance: float | None
    in_a_row: bool


def investigate(weeks: Sequence[WeekPoint]) -> Drift | None:
    """The drift of a rate over its last four weeks, or None where nothing asks for a look.

    Only weeks of the same releases as the newest one are compared: a new release is a change, not drift.
    """
    lately = _comparable(weeks[-WEEKS:])
    if len(lately) < WEEKS - 1:
        return None
    asked = metric(lately[-1][1].metric)
    if asked.shape is not Shape.RATE:
        return None
    found = [one for _, one in lately]
    good = [_good(one, asked.better) for one in found]
    chance = chance_of_such_a_fall(
        [share * one.effective_n for share, one in zip(good, found, strict=True)],
        [one.effective_n for one in found],
        [place for place, _ in lately],
    )
    in_a_row = len(good) == WEEKS and all(after < before for before, after in pairwise(good))
    falls = good[-1] < good[0] and chance is not None and chance < CHANCE
    if not (falls or in_a_row):
        return None
    if in_a_row:
        chance = CHANCE_OF_A_RUN if chance is None else min(chance, CHANCE_OF_A_RUN)
    return Drift(asked.id, len(found), found[0], found[-1], chance, in_a_row)


def _comparable(weeks: Sequence[WeekPoint]) -> list[tuple[int, Measurement]]:
    """(place, finding) of the weeks that are measured, large enough and of the newest one's releases."""
    measured = [
        (place, point.finding)
        for place, point in enumerate(weeks)
        if isinstance(point.finding, Measurement) and point.finding.effective_n >= FEWEST_A_WEEK
    ]
    return [
        (place, found) for place, found in measured if found.tally.bundles == measured[-1][1].tally.bundles
    ]


def _good(found: Measurement, better: Better) -> float:
    rate = min(max(found.effective_passes / found.effective_n, 0.0), 1.0)
    return rate if better is Better.HIGHER else 1 - rate
