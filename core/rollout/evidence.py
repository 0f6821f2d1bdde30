"""The evidence that a phase can bring, against what its success criteria need (METHODS section 14).

Everything is taken from the good side: the most exposure that the phase allows, every user reacting.
What even that cannot settle cannot be settled.
"""

import math
from dataclasses import dataclass

from core.criteria.checklist import Checklist, Direction, MeasuredItem
from core.criteria.judge import FEWEST_WITNESSES
from core.criteria.planning import needed_for
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.criteria.wording import days_words, item_label
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Source
from core.rollout.exposure import reach
from core.rollout.plan import Phase, PhasePlan
from core.rollout.wording import review_words, traffic_asked
from core.statistics.sequential import running_bounds
from core.units import Rounding, Unit, write

REPEATS = 1.3
"""How many more cases it takes because some users come several times (METHODS section 14)."""

MOST_PER_USER = 5
"""So many cases of one user count at most (METHODS section 1)."""

_NO_OUTLOOK = (Shape.NONE_IN_FIRST, Shape.MEAN)
"""The first traces are a number of their own; how much a cost varies is not known before it is seen."""

NOUNS = {
    Source.LABEL: "reviewed answers",
    Source.FEEDBACK: "reactions",
    Source.TRACE: "traces",
    Source.JUDGE: "judged answers",
}


@dataclass(frozen=True)
class Outlook:
    """One criterion in one phase.

    ``per_day`` is how many of its cases a day brings. In the minimum duration at most ``counted``
    come together, which are worth ``cases`` independent ones if all pass. ``fewest`` such cases
    settle it; ``likely_days`` is how long it probably takes (``None``: too long to say).
    """

    item: MeasuredItem
    stakes: Stakes
    per_day: float
    cases: int
    counted: int
    fewest: int
    likely: int | None
    likely_days: int | None

    @property
    def can_settle(self) -> bool:
        return self.cases >= self.fewest and self.counted >= self.item.minimum_n

    @property
    def wanted(self) -> int:
        """The cases to wait for if every one passes."""
        return max(self.fewest, self.item.minimum_n)

    @property
    def noun(self) -> str:
        return NOUNS[self.item.source]


def criteria_of(phase: Phase, checklist: Checklist) -> tuple[MeasuredItem, ...]:
    """The measured success criteria of the phase; without any of its own, the checklist's deciding rows."""
    if not phase.criteria and not phase.bars:
        items = tuple(item for item in checklist.items if item.decides)
    else:
        items = tuple(item for item in checklist.items if item.id in phase.criteria)
    return (*(item for item in items if isinstance(item, MeasuredItem)), *phase.bars)


def requests_per_day(plan: PhasePlan, phase: Phase) -> tuple[float, float] | None:
    """Requests a day in the phase, from low to high; ``None`` where the plan does not say enough."""
    shares = reach(plan, phase).shares
    if plan.requests_per_day is None or shares is None:
        return None
    return plan.requests_per_day * shares[0], plan.requests_per_day * shares[1]


def outlooks(plan: PhasePlan, phase: Phase, checklist: Checklist) -> tuple[Outlook, ...]:
    """What each criterion of the phase can expect that is settled by traffic; none where that is unknown.

    Eval results do not come from traffic, and a phase without a minimum duration has no end to count to.
    """
    traffic = requests_per_day(plan, phase)
    if traffic is None or phase.minimum_days is None:
        return ()
    people = reach(plan, phase).people
    found = []
    criteria = criteria_of(phase, checklist)
    for item in criteria:
        if item.source is Source.EVAL or metric(item.metric).shape in _NO_OUTLOOK:
            continue
        per_day = traffic[1] * (phase.review_share if item.source is Source.LABEL else 1.0)
        asked = _Asked(item, checklist.stakes, len(criteria))
        found.append(_outlook(asked, per_day, phase.minimum_days, people))
    return tuple(found)


@dataclass(frozen=True)
class _Asked:
    """One of ``criteria`` that must pass together, so that each is planned for a better chance."""

    item: MeasuredItem
    stakes: Stakes
    criteria: int


def _outlook(asked: _Asked, per_day: float, days: int, people: tuple[float, float] | None) -> Outlook:
    item, stakes = asked.item, asked.stakes
    needed = needed_for(item, stakes, asked.criteria)
    if needed is None:
        raise ValueError(f"{item.metric} counts the first traces and has no outlook")
    fewest = max(needed.fewest, FEWEST_WITNESSES)
    likely = (
        None if needed.likely is None else max(math.ceil(needed.likely * REPEATS), fewest, item.minimum_n)
    )
    cases = counted = math.floor(per_day * days + 1e-9)
    if people is not None:
        # Of one user a few count, and where every case passes they are worth a single one (METHODS 1).
        counted = min(cases, math.floor(MOST_PER_USER * people[1] + 1e-9))
        cases = min(cases, math.floor(people[1] + 1e-9))
    likely_days = None if likely is None or not per_day else whole_weeks(likely / per_day)
    return Outlook(item, stakes, per_day, cases, counted, fewest, likely, likely_days)


def brought_before(plan: PhasePlan, phase: Phase, item: MeasuredItem) -> float:
    """The cases of a checklist row that earlier phases bring at most: its evidence counts from the lock on.

    A bar of the phase's own, and a row that looks back so many days, begin anew.
    """
    if item in phase.bars or item.window_days is not None:
        return 0.0
    earlier = plan.phases[: [one.id for one in plan.phases].index(phase.id)]
    cases = 0.0
    for one in earlier:
        traffic = requests_per_day(plan, one)
        if traffic is not None and one.minimum_days is not None:
            share = one.review_share if item.source is Source.LABEL else 1.0
            cases += traffic[1] * share * one.minimum_days
    return cases


def whole_weeks(days: float) -> int:
    """``days`` rounded up to whole weeks, at least one: weekdays differ."""
    return max(1, math.ceil(days / 7 - 1e-9)) * 7


def cannot_settle_words(outlook: Outlook, phase: Phase) -> str:
    """Why the phase cannot end with a pass of this criterion, with the numbers."""
    label, days = item_label(outlook.item), days_words(phase.minimum_days or 0)
    if not outlook.cases:
        if outlook.item.source is Source.LABEL and not phase.review_share:
            return f"{label} is measured on reviewed answers, and this phase reviews {review_words(phase)}."
        return f"{label}: in {days} not a single case comes together."
    if outlook.cases >= outlook.fewest:
        return (
            f"{label}: the checklist asks for at least {outlook.item.minimum_n:,} cases, and in {days} "
            f"at most {outlook.counted:,} count."
        )
    is_short_of_users = outlook.cases < math.floor(outlook.per_day * (phase.minimum_days or 0) + 1e-9)
    come = (
        f"however long it runs, no more than {outlook.cases:,} {outlook.noun} are of different users"
        if is_short_of_users
        else f"in {days} at most {outlook.cases:,} {outlook.noun} of different users come together"
    )
    return f"{label}: {come}. {_best_case(outlook)} At least {outlook.fewest:,} are needed."


def _best_case(outlook: Outlook) -> str:
    """What the cases would show if every one passed: "Even 30 of 30 only shows 86.1 %."."""
    item, n = outlook.item, outlook.cases
    bounds = running_bounds(n, n, ACCEPTED_ERROR[outlook.stakes])
    if metric(item.metric).shape is Shape.QUANTILE:
        return f"Even {n:,} of {n:,} in time is not enough."
    if item.direction is Direction.BELOW:
        still = write(1 - bounds.low, Unit.SHARE, Rounding.UP)
        return f"Even 0 of {n:,} would still allow {still}."
    return f"Even {n:,} of {n:,} only shows {write(bounds.low, Unit.SHARE, Rounding.DOWN)}."


def evidence_words(plan: PhasePlan, phase: Phase, checklist: Checklist) -> str:
    """One line for the picture: what comes in a day, and what the slowest criterion needs."""
    traffic = requests_per_day(plan, phase)
    if traffic is None:
        return f"Unknown. {traffic_asked(plan, phase)}"
    low, high = (f"{count:,.0f}" if count >= 10 else f"{count:.2g}" for count in traffic)
    daily = f"{low} requests a day" if low == high else f"{low}–{high} requests a day"
    found = outlooks(plan, phase, checklist)
    if not found:
        return f"{daily}."
    slowest = max(found, key=lambda one: (not one.can_settle, one.likely_days or math.inf))
    label = item_label(slowest.item)
    if not slowest.can_settle:
        come = slowest.counted if slowest.cases >= slowest.fewest else slowest.cases
        words = f"at most {come:,} {slowest.noun}" if come else f"no {slowest.noun}"
        return f"{daily}. {label} cannot be settled: {words}, and at least {slowest.wanted:,} are needed."
    if slowest.likely is None or slowest.likely_days is None:
        return f"{daily}. {label} needs at least {slowest.wanted:,} {slowest.noun}."
    days = days_words(slowest.likely_days)
    return f"{daily}. {label} takes longest: about {slowest.likely:,} {slowest.noun}, so {days} or more."
