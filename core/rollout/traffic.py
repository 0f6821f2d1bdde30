"""What a phase brings in a day: as counted in the phase that runs, scaled to another one, else as planned."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.criteria.checklist import MeasuredItem
from core.metrics.measurement import Source
from core.rollout.evidence import requests_per_day
from core.rollout.exposure import reach
from core.rollout.plan import Phase, PhasePlan


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, the same where it is known; ``is_measured`` says that it was counted."""

    low: float
    high: float
    is_measured: bool = False

    def times(self, low: float, high: float) -> "Range":
        return Range(self.low * low, self.high * high, self.is_measured)


@dataclass(frozen=True)
class Traffic:
    """What was counted a day over ``days`` whole days: tasks, and by item id the cases that count for it.

    ``phase`` ran then, reaching at most the share ``exposure`` of the users and reviewing the share
    ``reviewed`` of its answers; ``None``: none ran, or nobody knows what share it was. ``labels`` are the
    reviewed answers that counted for the row with most of them.
    """

    tasks: float
    days: int
    phase: str | None = None
    exposure: float | None = None
    reviewed: float = 0.0
    usable: Mapping[str, float] = field(default_factory=dict)
    labels: float | None = None

    @property
    def once_everyone_has_it(self) -> float | None:
        """Tasks a day if everyone asked as often as those who have the feature now."""
        return self.tasks / self.exposure if self.exposure and self.tasks else None


def tasks_a_day(plan: PhasePlan, phase: Phase, traffic: Traffic | None) -> Range | None:
    """Tasks a day in ``phase``: counted where it runs, scaled by its exposure where another one runs.

    Today's phase is taken to be at its full size, as it is when the next one begins. Without a count what
    the plan expects; ``None`` where that is not said either.
    """
    if traffic is not None and traffic.tasks and traffic.phase == phase.id:
        return Range(traffic.tasks, traffic.tasks, True)
    shares = reach(plan, phase).shares
    everyone = traffic.once_everyone_has_it if traffic is not None else None
    if everyone is not None and shares is not None:
        return Range(everyone * shares[0], everyone * shares[1], True)
    expected = requests_per_day(plan, phase)
    return None if expected is None else Range(*expected)


def cases_a_day(
    plan: PhasePlan, phase: Phase, item: MeasuredItem, traffic: Traffic | None, *, comes_now: bool
) -> Range | None:
    """Cases of ``item`` a day in ``phase``. ``comes_now``: it is the phase whose evidence comes in today."""
    counted = traffic.usable.get(item.id) if traffic is not None else None
    if comes_now and counted is not None and (counted or (traffic and traffic.phase == phase.id)):
        return Range(counted, counted, True)
    tasks = tasks_a_day(plan, phase, traffic)
    if tasks is None:
        return None
    share = _review(phase, item) * _usable_share(item, traffic)
    return tasks.times(share, share)


def labels_a_day(plan: PhasePlan, phase: Phase, traffic: Traffic | None) -> Range | None:
    """Answers a day that people are to review, as the phase says, or more where more were counted.

    ``None`` where its traffic is unknown.
    """
    tasks = tasks_a_day(plan, phase, traffic)
    if tasks is None:
        return None
    planned = tasks.times(phase.review_share, phase.review_share)
    if traffic is not None and traffic.phase == phase.id and (traffic.labels or 0) > planned.high:
        return Range(traffic.labels or 0, traffic.labels or 0, True)
    return planned


def with_measured(plan: PhasePlan, traffic: Traffic | None) -> PhasePlan:
    """The plan with the requests a day that were counted, where they were."""
    everyone = traffic.once_everyone_has_it if traffic is not None else None
    return plan if everyone is None else plan.model_copy(update={"requests_per_day": max(1, round(everyone))})


def number_words(number: float) -> str:
    """``number`` as one says it: 1,204; 12; 3.4; 0.25."""
    if number >= 9.95:
        return f"{number:,.0f}"
    return f"{number:.1f}".removesuffix(".0") if number >= 0.95 else f"{number:.2g}"


def range_words(found: Range) -> str:
    """ "25", "5–25"."""
    low, high = number_words(found.low), number_words(found.high)
    return low if low == high else f"{low}–{high}"


def _review(phase: Phase, item: MeasuredItem) -> float:
    return phase.review_share if item.source is Source.LABEL else 1.0


def _usable_share(item: MeasuredItem, traffic: Traffic | None) -> float:
    """Of the tasks (of those reviewed) the share that becomes a case of ``item``; 1 where nobody knows."""
    if traffic is None or not traffic.usable.get(item.id):
        return 1.0
    whole = traffic.tasks * (traffic.reviewed if item.source is Source.LABEL else 1.0)
    return min(1.0, traffic.usable[item.id] / whole) if whole else 1.0
