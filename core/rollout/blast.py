"""The blast radius of a phase: how many bad answers it would bring, and what they would cost at worst."""

from dataclasses import dataclass

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.scope import WorstCase
from core.criteria.wording import item_label
from core.metrics.catalogue import Better, Shape, metric
from core.metrics.measurement import Measurement
from core.rollout.plan import Phase, PhasePlan
from core.rollout.traffic import Range, Traffic, number_words, range_words, tasks_a_day
from core.units import Rounding, Unit, write, write_interval

_QUALITY_FIRST = (
    "answer_correctness",
    "grounding_accuracy",
    "hallucination_rate",
    "eval_pass_rate",
    "tool_selection_accuracy",
    "user_acceptance",
)
"""Which rate says best how many answers are wrong."""

WEEK = 7


@dataclass(frozen=True)
class HighStakes:
    """The part of the traffic that the checklist protects: its name and its share of the tasks (0-1)."""

    name: str
    share: float


@dataclass(frozen=True)
class Blast:
    """One phase: ``tasks`` a day times the share that is wrong (0-1, the measured interval of ``row``).

    ``row`` is ``None`` where the checklist has no rate that tells, ``wrong`` where it is not measured.
    """

    phase: Phase
    tasks: Range | None
    row: str | None
    wrong: tuple[float, float] | None
    high_stakes: HighStakes | None
    worst: WorstCase

    @property
    def bad_a_day(self) -> Range | None:
        return None if self.tasks is None or self.wrong is None else self.tasks.times(*self.wrong)

    @property
    def bad_a_week(self) -> Range | None:
        return None if self.bad_a_day is None else self.bad_a_day.times(WEEK, WEEK)

    @property
    def usd_a_week(self) -> Range | None:
        """What a week costs if every bad answer (of the protected part, where it is known) were the worst."""
        if self.bad_a_week is None or not self.worst.usd:
            return None
        each = self.worst.usd * (self.high_stakes.share if self.high_stakes else 1.0)
        return self.bad_a_week.times(each, each)


def main_row(rows: tuple[Row, ...]) -> Row | None:
    """The row that says best how many answers are wrong: of the whole, deciding, measured if one is."""
    fitting = [
        row
        for row in rows
        if isinstance(row.item, MeasuredItem) and row.item.decides
        if not row.item.slice and _is_rate(row.item)
    ]
    return min(fitting, key=lambda row: (not isinstance(row.finding, Measurement), _rank(row)), default=None)


def blast_of(
    plan: PhasePlan,
    phase: Phase,
    row: Row | None,
    traffic: Traffic | None,
    worst: WorstCase,
    high_stakes: HighStakes | None = None,
) -> Blast:
    """The blast radius of ``phase``; nothing is guessed where nothing is measured."""
    label = item_label(row.item) if row is not None and isinstance(row.item, MeasuredItem) else None
    wrong = _wrong(row) if row is not None else None
    return Blast(phase, tasks_a_day(plan, phase, traffic), label, wrong, high_stakes, worst)


def blast_words(blast: Blast) -> str:
    """The blast radius in a sentence or two; what is unknown is said so."""
    if blast.tasks is None:
        return "Unknown: say how many requests a day and how many users to expect."
    counted = "" if blast.tasks.is_measured else " (as planned)"
    tasks = f"{range_words(blast.tasks)} tasks a day{counted}"
    if blast.wrong is None or blast.bad_a_day is None or blast.bad_a_week is None:
        lacks = f"{blast.row} is not measured" if blast.row else "the checklist has no rate that tells"
        return f"{tasks}. How many of them go wrong is unknown: {lacks}."
    wrong = write_interval(*blast.wrong, Unit.SHARE)
    words = (
        f"{tasks}, {wrong} of them wrong ({blast.row}): {_bad_words(blast.bad_a_day)} bad answers a day, "
        f"{_bad_words(blast.bad_a_week)} a week."
    )
    return f"{words}{_stakes_words(blast)}"


def blast_in_short(blast: Blast) -> str:
    """The blast radius in a few words: "about 5–52 wrong answers a day"; "" where nobody can know it."""
    if blast.bad_a_day is None:
        return ""
    if blast.bad_a_day.high < 1:
        return "fewer than 1 wrong answer a day"
    return f"about {_bad_words(blast.bad_a_day)} wrong answers a day"


def _stakes_words(blast: Blast) -> str:
    words = ""
    if blast.high_stakes is not None:
        share = write(blast.high_stakes.share, Unit.SHARE)
        words = f" {share} of the tasks are in the protected part “{blast.high_stakes.name}”."
    if blast.usd_a_week is None or not blast.worst.usd:
        return words
    each = write(blast.worst.usd, Unit.USD)
    people = f", {blast.worst.people:,} people" if blast.worst.people else ""
    which = "of those in it" if blast.high_stakes else "of them"
    most = write(float(f"{blast.usd_a_week.high:.2g}"), Unit.USD, Rounding.UP)
    worst = f"if every one {which} were the worst case ({each}{people})"
    return f"{words} At the very worst, {worst}: up to about {most} a week."


def _bad_words(found: Range) -> str:
    if found.high < 1:
        return "fewer than 1"
    low, high = (number_words(one) if one >= 0.95 else "0" for one in (found.low, found.high))
    return low if low == high else f"{low}–{high}"


def _wrong(row: Row) -> tuple[float, float] | None:
    found = row.finding
    if not isinstance(found, Measurement) or found.low is None or found.high is None:
        return None
    if metric(found.metric).better is Better.HIGHER:
        return max(0.0, 1 - found.high), min(1.0, 1 - found.low)
    return max(0.0, found.low), min(1.0, found.high)


def _is_rate(item: MeasuredItem) -> bool:
    return metric(item.metric).shape is Shape.RATE and item.metric in _QUALITY_FIRST


def _rank(row: Row) -> int:
    if not isinstance(row.item, MeasuredItem):
        return len(_QUALITY_FIRST)
    return _QUALITY_FIRST.index(row.item.metric)
