"""The blast radius of a phase: how many wrong answers it would bring, and what they would cost at worst."""

from dataclasses import dataclass

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.scope import WorstCase
from core.criteria.wording import item_label
from core.metrics.catalogue import Better, Shape, metric
from core.metrics.measurement import Measurement, Slice
from core.rollout.plan import Phase, PhasePlan
from core.rollout.traffic import Range, Traffic, number_words, range_words, tasks_a_day
from core.rollout.wording import traffic_asked
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
_WHOLE = Slice()
_FEW = "fewer than 1"
_NONE_BELOW = 0.05


@dataclass(frozen=True)
class HighStakes:
    """The part of the traffic that the checklist protects: its name and its share of the tasks (0-1).

    ``wrong`` is the measured interval of the share of its own answers that are wrong (0-1), which may be far
    from that of the whole; ``None`` where nothing measures it.
    """

    name: str
    share: float
    wrong: tuple[float, float] | None = None

    @property
    def most_wrong(self) -> float:
        """The share of all tasks that are wrong answers of this part at the most: all of it if unmeasured."""
        return self.share * (self.wrong[1] if self.wrong is not None else 1.0)


@dataclass(frozen=True)
class Blast:
    """One phase: ``tasks`` a day times the share that is wrong (0-1, the measured interval of ``row``).

    ``row`` is ``None`` where the checklist has no rate that tells, ``wrong`` where it is not measured;
    ``asked`` is what the plan must say where ``tasks`` is ``None``.
    """

    phase: Phase
    tasks: Range | None
    row: str | None
    wrong: tuple[float, float] | None
    high_stakes: HighStakes | None
    worst: WorstCase
    asked: str = ""

    @property
    def bad_a_day(self) -> Range | None:
        return None if self.tasks is None or self.wrong is None else self.tasks.times(*self.wrong)

    @property
    def bad_a_week(self) -> Range | None:
        return None if self.bad_a_day is None else self.bad_a_day.times(WEEK, WEEK)

    @property
    def usd_a_week(self) -> Range | None:
        """What a week costs if every bad answer (of the protected part, where it is known) were the worst."""
        bad, usd = self._at_stake_a_week, self.worst.usd
        return bad.times(usd, usd) if bad is not None and usd else None

    @property
    def _at_stake_a_week(self) -> Range | None:
        """The bad answers that may be the worst. Where nobody has measured how many of those of the protected
        part are bad, it may hold all bad ones, as far as it has so many tasks."""
        whole, part = self.bad_a_week, self.high_stakes
        if whole is None or self.tasks is None or part is None:
            return whole
        inside = self.tasks.times(part.share * WEEK, part.share * WEEK)
        if part.wrong is not None:
            return inside.times(*part.wrong)
        return Range(0, min(whole.high, inside.high), whole.is_measured)


def main_row(rows: tuple[Row, ...], part: Slice = _WHOLE) -> Row | None:
    """The row that says best how many answers (of ``part``) are wrong: deciding, measured if one is."""
    fitting = [
        row
        for row in rows
        if isinstance(row.item, MeasuredItem) and row.item.decides
        if row.item.slice_of == part and _is_rate(row.item)
    ]
    return min(fitting, key=lambda row: (not isinstance(row.finding, Measurement), _rank(row)), default=None)


def wrong_of(row: Row | None) -> tuple[float, float] | None:
    """The measured interval of the share that is wrong (0-1); ``None`` where nothing is measured."""
    found = row.finding if row is not None else None
    if not isinstance(found, Measurement) or found.low is None or found.high is None:
        return None
    if metric(found.metric).better is Better.HIGHER:
        return max(0.0, 1 - found.high), min(1.0, 1 - found.low)
    return max(0.0, found.low), min(1.0, found.high)


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
    is_counted = traffic is not None and traffic.once_everyone_has_it is not None
    asked = traffic_asked(plan, phase, is_counted=is_counted)
    return Blast(phase, tasks_a_day(plan, phase, traffic), label, wrong_of(row), high_stakes, worst, asked)


def blast_words(blast: Blast) -> str:
    """The blast radius in a sentence or two; what is unknown is said so."""
    if blast.tasks is None:
        return f"Unknown. {blast.asked}"
    counted = "" if blast.tasks.is_measured else " (as planned)"
    tasks = f"{range_words(blast.tasks)} tasks a day{counted}"
    if blast.wrong is None or blast.bad_a_day is None or blast.bad_a_week is None:
        lacks = f"{blast.row} is not measured" if blast.row else "the checklist has no rate that tells"
        return f"{tasks}. How many of them go wrong is unknown: {lacks}."
    wrong = write_interval(*blast.wrong, Unit.SHARE)
    words = (
        f"{tasks}, {wrong} of them wrong ({blast.row}): {_wrong_answers(blast.bad_a_day)} a day, "
        f"{amount_words(blast.bad_a_week)} a week."
    )
    return f"{words}{_stakes_words(blast)}"


def blast_in_short(blast: Blast) -> str:
    """The blast radius in a few words: "about 5–52 wrong answers a day"; "" where nobody can know it."""
    if blast.bad_a_day is None:
        return ""
    about = "about " if blast.bad_a_day.high >= 1 else ""
    return f"{about}{_wrong_answers(blast.bad_a_day)} a day"


def _stakes_words(blast: Blast) -> str:
    words, which, part = "", "every one of them", blast.high_stakes
    if part is not None:
        share = write(part.share, Unit.SHARE)
        if part.wrong is not None:
            which = "each wrong one in it"
            wrong = f"; {write_interval(*part.wrong, Unit.SHARE)} of those are wrong"
        else:
            which = "all that can be wrong in it"
            wrong = "; how many of those are wrong is not measured"
        words = f" {share} of the tasks are in the protected part “{part.name}”{wrong}."
    if blast.usd_a_week is None or not blast.worst.usd:
        return words
    each = write(blast.worst.usd, Unit.USD)
    people = f", {blast.worst.people:,} people" if blast.worst.people else ""
    most = write(float(f"{blast.usd_a_week.high:.2g}"), Unit.USD, Rounding.UP)
    worst = f"if {which} were the worst case ({each}{people})"
    return f"{words} At the very worst, {worst}: up to about {most} a week."


def _wrong_answers(found: Range) -> str:
    words = amount_words(found)
    return f"{words} wrong {'answer' if words in ('1', _FEW) else 'answers'}"


def amount_words(found: Range) -> str:
    """A number of wrong answers as every screen says it: "34–73", "0.5–6.9", "fewer than 1"."""
    if found.high < 1:
        return _FEW
    low, high = (number_words(one) if one >= _NONE_BELOW else "0" for one in (found.low, found.high))
    return low if low == high else f"{low}–{high}"


def _is_rate(item: MeasuredItem) -> bool:
    return metric(item.metric).shape is Shape.RATE and item.metric in _QUALITY_FIRST


def _rank(row: Row) -> int:
    if not isinstance(row.item, MeasuredItem):
        return len(_QUALITY_FIRST)
    return _QUALITY_FIRST.index(row.item.metric)
