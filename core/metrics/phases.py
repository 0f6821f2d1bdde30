"""Phases of a rollout side by side: each with its own baseline, and the gaps that its numbers show.

A new group of users may bring harder work, so a phase is held against its own first week and against the
phase before on the same kinds of tasks (METHODS section 6), never against the plain number before.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.metrics.catalogue import Better, Metric
from core.metrics.change_words import change_words
from core.metrics.like_for_like import Comparison, Outcome
from core.metrics.measurement import Measurement, NotMeasured, Source
from core.units import Unit, write


class Baseline(StrEnum):
    """What a phase is held against."""

    FIRST_WEEK = "its own first week"
    PHASE_BEFORE = "the phase before"


@dataclass(frozen=True)
class Compared:
    """A phase against one baseline, on the same kinds of tasks."""

    baseline: Baseline
    found: Comparison

    @property
    def fell(self) -> bool:
        return self.found.outcome is Outcome.WORSE


@dataclass(frozen=True)
class PhaseCell:
    """One metric in one phase: its finding, its first week's, what both are compared with, and its bar.

    ``first_week`` is None until that week is over. ``before_met_bar`` says that the phase before was shown
    to meet the ``bar``.
    """

    metric: Metric
    source: Source
    finding: Measurement | NotMeasured
    first_week: Measurement | NotMeasured | None
    compared: tuple[Compared, ...]
    bar: float | None
    before_met_bar: bool

    @property
    def measured(self) -> Measurement | None:
        return self.finding if isinstance(self.finding, Measurement) else None

    @property
    def misses_what_was_met(self) -> bool:
        """Whether it is shown to miss the bar that the phase before was shown to meet."""
        return self.before_met_bar and misses(self.finding, self.bar, self.metric.better)

    @property
    def has_gap(self) -> bool:
        return self.misses_what_was_met or any(one.fell for one in self.compared)


def gap_sentences(cell: PhaseCell) -> tuple[str, ...]:
    """What was found, one sentence a gap: against which baseline or bar, and by how much."""
    words = []
    for one in cell.compared:
        change = one.found.found.same_kinds.value
        if one.fell and change is not None:
            words.append(
                f"Against {one.baseline} it {change_words(change)} on the same kinds of tasks: "
                f"{_from_to(cell, one)}."
            )
    if cell.misses_what_was_met and cell.bar is not None:
        side = "above" if cell.metric.better is Better.HIGHER else "below"
        bar = write(cell.bar, Unit.SHARE)
        words.append(f"It is shown to miss the bar, {side} {bar}, that the phase before met.")
    return tuple(words)


def _from_to(cell: PhaseCell, one: Compared) -> str:
    """Both plain numbers, those of the chart where it has them: "from 87 % (n 120) in … to 77 % (n 80)"."""
    old, new = (one.found.old_rate, one.found.old_n), (one.found.new_rate, one.found.new_n)
    if one.baseline is Baseline.FIRST_WEEK:
        week = cell.first_week
        if isinstance(week, Measurement):
            old = (week.value, week.n)
        return f"from {_number(*old)} in its first week to {_number(*new)} since"
    if cell.measured is not None:
        new = (cell.measured.value, cell.measured.n)
    return f"from {_number(*old)} in the phase before to {_number(*new)}"


def _number(rate: float, n: float) -> str:
    return f"{write(rate, Unit.SHARE)} (n {n:,.0f})"


def meets(finding: Measurement | NotMeasured | None, bar: float | None, better: Better) -> bool:
    """Whether the whole interval lies on the good side of the bar, and it is known what it is of."""
    if not isinstance(finding, Measurement) or not finding.tally.sampling_known or bar is None:
        return False
    if better is Better.HIGHER:
        return finding.low is not None and finding.low > bar
    return finding.high is not None and finding.high < bar


def misses(finding: Measurement | NotMeasured | None, bar: float | None, better: Better) -> bool:
    """Whether the whole interval lies on the bad side of the bar, and it is known what it is of."""
    if not isinstance(finding, Measurement) or not finding.tally.sampling_known or bar is None:
        return False
    if better is Better.HIGHER:
        return finding.high is not None and finding.high < bar
    return finding.low is not None and finding.low > bar
