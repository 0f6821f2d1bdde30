"""The forecast of each phase: until when each criterion can be decided, and what reviewing it takes.

METHODS section 14: cases over cases a day. A projection assumes that today's rate and traffic hold.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.judge import FEWEST_WITNESSES, Row
from core.criteria.planning import needed_for
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.criteria.wording import days_words, item_label
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Source
from core.rollout.evidence import NOUNS, REPEATS, criteria_of
from core.rollout.exposure import reach
from core.rollout.plan import Phase, PhasePlan
from core.rollout.traffic import Range, Traffic, cases_a_day, labels_a_day, range_words, tasks_a_day
from core.rollout.wording import review_words, traffic_asked
from core.statistics.phase_length import Flow, days_needed

MINUTES_A_LABEL = 2.0
"""What reviewing one answer takes, where nobody says otherwise."""

MINUTES_A_PERSON = 30
"""What one person reviews in a day beside other work, in minutes."""

_LONGEST_DAYS = 3_650
"""Longer than ten years is never."""


class Outcome(StrEnum):
    """What is to be expected of a criterion."""

    HOLDS = "holds"
    FAILS = "fails"
    DAYS = "days"
    NEVER = "never"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class CriterionForecast:
    """One criterion in one phase.

    It takes ``cases`` more, at least ``fewest`` if every one passes, at ``per_day``: so ``days`` from low to
    high, at the ``soonest`` if every one passes. ``to`` is what they will probably show, where there is
    evidence. ``again``: a row of the checklist in a later phase. It has to hold before that phase begins and
    goes on counting from the lock, so the phase does not wait for it; the days are those to show it again on
    the users of that phase alone. ``why`` says all of it.
    """

    item: MeasuredItem
    outcome: Outcome
    why: str
    cases: int | None = None
    fewest: int | None = None
    per_day: Range | None = None
    days: tuple[int, int] | None = None
    to: Verdict | None = None
    soonest: int | None = None
    again: bool = False

    @property
    def label(self) -> str:
        return item_label(self.item)


@dataclass(frozen=True)
class ReviewEffort:
    """Answers to review a day, from low to high, with the minutes and the people that takes."""

    labels: Range
    minutes: Range
    people: tuple[int, int]


@dataclass(frozen=True)
class PhaseForecast:
    """One phase: ``tasks`` a day, each criterion, and the effort. ``days_left`` is how long it runs at least.

    ``is_current``: its evidence comes in now. Of a later phase everything is counted from its first day.
    """

    phase: Phase
    is_current: bool
    tasks: Range | None
    criteria: tuple[CriterionForecast, ...]
    review: ReviewEffort | None
    days_left: int

    @property
    def _waited_for(self) -> tuple[CriterionForecast, ...]:
        return tuple(one for one in self.criteria if not one.again)

    @property
    def slowest(self) -> CriterionForecast | None:
        """What the phase waits for longest; ``None`` where nothing has days to tell."""
        waiting = [one for one in self._waited_for if one.outcome in (Outcome.DAYS, Outcome.NEVER)]
        return max(waiting, key=lambda one: one.days[1] if one.days else math.inf, default=None)

    @property
    def days(self) -> tuple[int, int] | None:
        """How long the phase takes, from low to high; ``None`` where that is unknown, or for ever."""
        if any(one.outcome in (Outcome.NEVER, Outcome.UNKNOWN, Outcome.FAILS) for one in self._waited_for):
            return None
        found = [one.days for one in self._waited_for if one.days is not None]
        return (
            max([self.days_left, *(low for low, _ in found)]),
            max([self.days_left, *(high for _, high in found)]),
        )


@dataclass(frozen=True)
class Now:
    """Where the rollout stands: the phase whose evidence comes in (before the start the first one), the
    rows as they are judged now, by item id, and how many days the phase has to run yet."""

    phase: str | None
    rows: Mapping[str, Row]
    days_left: int
    today: date


def forecast(
    plan: PhasePlan,
    checklist: Checklist,
    now: Now,
    traffic: Traffic | None,
    minutes_a_label: float = MINUTES_A_LABEL,
) -> tuple[PhaseForecast, ...]:
    """Every phase from the current one on, in order; phases that are over have nothing to foretell."""
    places = [place for place, phase in enumerate(plan.phases) if phase.id == now.phase]
    return tuple(
        _phase(plan, phase, checklist, now, traffic, minutes_a_label)
        for phase in plan.phases[places[0] if places else 0 :]
    )


def review_effort(labels: Range, minutes_a_label: float = MINUTES_A_LABEL) -> ReviewEffort:
    """Minutes and people at :data:`MINUTES_A_PERSON` a day; a part of a person is a whole one."""
    minutes = labels.times(minutes_a_label, minutes_a_label)
    people = (_whole(minutes.low / MINUTES_A_PERSON), _whole(minutes.high / MINUTES_A_PERSON))
    return ReviewEffort(labels, minutes, people)


def _phase(
    plan: PhasePlan,
    phase: Phase,
    checklist: Checklist,
    now: Now,
    traffic: Traffic | None,
    minutes_a_label: float,
) -> PhaseForecast:
    is_current = phase.id == now.phase
    items = criteria_of(phase, checklist)
    labels = labels_a_day(plan, phase, traffic)
    return PhaseForecast(
        phase=phase,
        is_current=is_current,
        tasks=tasks_a_day(plan, phase, traffic),
        criteria=tuple(
            _criterion(_Question(plan, phase, item, checklist.stakes, len(items), now, traffic))
            for item in items
        ),
        review=None if labels is None else review_effort(labels, minutes_a_label),
        days_left=now.days_left if is_current else phase.minimum_days or 0,
    )


@dataclass(frozen=True)
class _Question:
    """One criterion of one phase, with all that its answer depends on."""

    plan: PhasePlan
    phase: Phase
    item: MeasuredItem
    stakes: Stakes
    criteria: int
    now: Now
    traffic: Traffic | None

    @property
    def is_current(self) -> bool:
        return self.phase.id == self.now.phase

    @property
    def row(self) -> Row | None:
        return self.now.rows.get(self.item.id) if self.is_current else None

    @property
    def noun(self) -> str:
        return NOUNS[self.item.source]

    @property
    def per_day(self) -> Range | None:
        return cases_a_day(self.plan, self.phase, self.item, self.traffic, comes_now=self.is_current)


def _criterion(asked: _Question) -> CriterionForecast:
    found = _first_time(asked)
    if asked.is_current or asked.item in asked.phase.bars or found.outcome is Outcome.ELSEWHERE:
        return found
    return replace(found, again=True, why=f"{_AGAIN} {found.why}")


_AGAIN = "It must hold before this phase begins. To show it again on the users of this phase alone:"


def _first_time(asked: _Question) -> CriterionForecast:
    row, item = asked.row, asked.item
    if row is not None and row.waiver is not None:
        return CriterionForecast(item, Outcome.ELSEWHERE, "Waived: the phase does not wait for it.")
    if row is not None and row.verdict is Verdict.GO:
        return CriterionForecast(item, Outcome.HOLDS, "Holds now.", to=Verdict.GO)
    if row is not None and row.verdict is Verdict.NO_GO:
        why = "Fails now. More cases alone will not change that: improve the feature, and lock again."
        return CriterionForecast(item, Outcome.FAILS, why, to=Verdict.NO_GO)
    if item.source is Source.EVAL:
        why = "Eval results come with each run of the eval set, not with traffic."
        return CriterionForecast(item, Outcome.ELSEWHERE, why)
    if metric(item.metric).shape is Shape.NONE_IN_FIRST:
        return _first_traces(asked)
    if row is not None and row.verdict is Verdict.NOT_ENOUGH_EVIDENCE:
        if row.more_cases is None:
            why = f"Never at this rate: {_reason(row)}"
            return CriterionForecast(item, Outcome.NEVER, why, per_day=asked.per_day)
        return _in_days(asked, row.more_cases, None, row.more_cases_to)
    return _from_nothing(asked)


def _reason(row: Row) -> str:
    """The sentence of a row that says why more cases do not settle it, in the middle of another one."""
    found = row.finding
    bar = row.item.bar if isinstance(row.item, MeasuredItem) else None
    low, high = getattr(found, "low", None), getattr(found, "high", None)
    if low is not None and high is not None and bar is not None and low <= bar <= high:
        return "today's rate is too close to the bar. Improve the feature, or think about the bar again."
    return f"more cases alone do not settle it. {row.why}"


def _first_traces(asked: _Question) -> CriterionForecast:
    """The first traces after the lock are counted once: only the phase of today can still wait for them."""
    if not asked.is_current:
        why = "Counts the first traces after the lock, so it is decided before this phase."
        return CriterionForecast(asked.item, Outcome.ELSEWHERE, why)
    if asked.phase.review_share < 1 and asked.row is None:
        why = f"Needs every one of the first traces reviewed; the phase reviews {review_words(asked.phase)}."
        return CriterionForecast(asked.item, Outcome.NEVER, f"Never at this rate. {why}")
    more = asked.row.more_cases if asked.row and asked.row.more_cases is not None else asked.item.first
    return _in_days(asked, more, more, Verdict.GO)


def _from_nothing(asked: _Question) -> CriterionForecast:
    """No evidence yet: what it takes if the truth lies half way between the bar and perfect."""
    item = asked.item
    needed = needed_for(item, asked.stakes, asked.criteria)
    if needed is None:
        why = "How much it varies from task to task is not known before there are tasks."
        return CriterionForecast(item, Outcome.UNKNOWN, why, per_day=asked.per_day)
    fewest = max(needed.fewest, FEWEST_WITNESSES, item.minimum_n)
    people = reach(asked.plan, asked.phase).people
    users = max(needed.fewest, FEWEST_WITNESSES)
    if people is not None and people[1] < users:
        why = (
            f"Never in this phase: at least {users:,} users are needed, and it reaches at most "
            f"{people[1]:,.0f}."
        )
        return CriterionForecast(item, Outcome.NEVER, why, fewest=fewest, per_day=asked.per_day)
    if needed.likely is None:
        why = f"Never at this rate: the bar is so tight that more than 20,000 {asked.noun} are needed."
        return CriterionForecast(item, Outcome.NEVER, why, fewest=fewest, per_day=asked.per_day)
    return _in_days(asked, max(math.ceil(needed.likely * REPEATS), fewest), fewest, None)


def _in_days(asked: _Question, cases: int, fewest: int | None, to: Verdict | None) -> CriterionForecast:
    """``cases`` more at the phase's rate. Repeats by the same users are in the number already."""
    per_day, item = asked.per_day, asked.item
    if per_day is None:
        say = traffic_asked(asked.plan, asked.phase)
        why = f"About {cases:,} more {asked.noun}; how many come in a day is not known. {say}"
        return CriterionForecast(item, Outcome.UNKNOWN, why, cases, fewest, to=to)
    soonest, latest = _days(cases, per_day.high), _days(cases, per_day.low)
    if soonest is None:
        return CriterionForecast(item, Outcome.NEVER, _never(asked), cases, fewest, per_day, to=to)
    days = (soonest, latest if latest is not None else _LONGEST_DAYS)
    first = _days(fewest, per_day.high) if fewest is not None and fewest < cases else None
    why = _why(asked, cases, fewest, per_day, to)
    return CriterionForecast(item, Outcome.DAYS, why, cases, fewest, per_day, days, to, first)


def _why(asked: _Question, cases: int, fewest: int | None, per_day: Range, to: Verdict | None) -> str:
    more = "more " if asked.row is not None and asked.row.more_cases is not None else ""
    how = "as counted lately" if per_day.is_measured else "as planned"
    least = f", at least {fewest:,} if every one passes" if fewest is not None and fewest < cases else ""
    ends = " It will probably fail then." if to is Verdict.NO_GO else ""
    return f"About {cases:,} {more}{asked.noun}{least}, at {range_words(per_day)} a day ({how}).{ends}"


def _never(asked: _Question) -> str:
    if asked.per_day is not None and asked.per_day.high > 0:
        return "Never at this rate: it would take more than ten years."
    if asked.item.source is Source.LABEL and not asked.phase.review_share:
        return "Never at this rate: it is measured on reviewed answers, and the phase reviews none."
    if asked.traffic is not None and asked.per_day is not None and asked.per_day.is_measured:
        lately = days_words(asked.traffic.days)
        return f"Never at this rate: in the last {lately} there were no {asked.noun} that count."
    return f"Never at this rate: no {asked.noun} come in."


def _days(cases: int, a_day: float) -> int | None:
    found = days_needed(cases, Flow(a_day, 1.0), repeats=1.0) if a_day > 0 else None
    return None if found is None or found > _LONGEST_DAYS else max(found, 1)


def _whole(people: float) -> int:
    return math.ceil(people - 1e-9)


def span_words(days: tuple[int, int]) -> str:
    """ "14 days", "14–95 days", "14 days or far more" where the slow end is out of sight."""
    low, high = days
    if high >= _LONGEST_DAYS:
        return f"{days_words(low)} or far more"
    return days_words(low) if low == high else f"{low:,}–{high:,} days"


def dates_of(days: tuple[int, int], today: date) -> tuple[date, date | None]:
    """The days of the calendar that ``days`` from ``today`` fall on; ``None`` where that is out of sight."""
    low, high = days
    last = None if high >= _LONGEST_DAYS else today + timedelta(days=high)
    return today + timedelta(days=low), last
