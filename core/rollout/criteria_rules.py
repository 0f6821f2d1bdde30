"""Lint rules about what is counted: too few labels, least cases, judges, too many rows, warnings too late."""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.judge import FEWEST_WITNESSES
from core.criteria.planning import needed_for
from core.criteria.stakes import Stakes
from core.criteria.wording import days_words, item_label
from core.metrics.measurement import Source
from core.rollout.alarms import Watch, watches
from core.rollout.edits import SetPhase
from core.rollout.evidence import NOUNS, criteria_of, outlooks, requests_per_day
from core.rollout.exposure import reach
from core.rollout.plan import Phase, PhasePlan
from core.rollout.rule import Hit, Rule
from core.rollout.wording import review_words, warning_words
from core.statistics.alarms import noticed_within
from core.units import Rounding, Unit, write

_FEWEST_LABELS = 29
"""Under so many labels not even "above 90 %" can be shown in one look (METHODS section 1)."""

_MOST_CRITERIA = 6

_BLIND_UNTIL = 0.5
"""A warning that notices nothing before every second case is bad sees too late."""

_SAMPLE = 0.05

_WINDOW = re.compile(r"\b(\d+|an?|one)?\s*(minute|hour|day|week|month)s?\b", re.IGNORECASE)
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0}


def _too_few_labels(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    """Where a criterion waits for labels, that it cannot be settled is said already."""
    for phase in plan.phases:
        traffic, people = requests_per_day(plan, phase), reach(plan, phase).people
        if traffic is None or phase.minimum_days is None or not phase.review_share:
            continue
        if people is not None and people[1] < FEWEST_WITNESSES:
            continue
        labels = traffic[1] * phase.review_share * phase.minimum_days
        stuck = any(
            one.item.source is Source.LABEL and not one.can_settle for one in outlooks(plan, phase, checklist)
        )
        if labels < _FEWEST_LABELS - 1e-9 and not stuck:
            yield Hit(
                f"{phase.name} reviews {review_words(phase)}: at most {labels:,.3g} in "
                f"{days_words(phase.minimum_days)}, and under {_FEWEST_LABELS} not even “above 90 %” can be "
                "shown.",
                phase.id,
            )


def _least_cases_too_few(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    """A row of the checklist is told once, whatever number of phases names it."""
    told: set[str] = set()
    for phase in plan.phases:
        for item in criteria_of(phase, checklist):
            needed = needed_for(item, checklist.stakes) if item.minimum_n and item.id not in told else None
            if needed is not None and item.minimum_n < needed.fewest:
                told.add(item.id)
                yield Hit(
                    f"{item_label(item)} asks for at least {item.minimum_n:,} cases, and even if every one "
                    f"passes, {needed.fewest:,} are needed to show it.",
                    phase.id,
                )


def _judge_alone(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    """Labels of an earlier phase audit the judge as well."""
    for place, phase in enumerate(plan.phases):
        if any(one.review_share for one in plan.phases[: place + 1]):
            return
        judged = [item for item in criteria_of(phase, checklist) if item.source is Source.JUDGE]
        if judged:
            yield Hit(
                f"{phase.name} must show {item_label(judged[0])} by an AI judge, and nobody reviews an "
                "answer in it or before.",
                phase.id,
                SetPhase(phase.id, {"review_share": _SAMPLE}),
            )


def _many_criteria(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        n = len(criteria_of(phase, checklist))
        if n > _MOST_CRITERIA:
            together = write(0.8**n, Unit.SHARE, Rounding.NEAREST)
            yield Hit(
                f"{phase.name} waits for {n} measured rows: were each planned for a chance of 80 %, all of "
                f"them would pass together in only {together} of cases, however good the feature is.",
                phase.id,
            )


def _late_warning(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    items = [item for item in checklist.items if isinstance(item, MeasuredItem)]
    for phase in plan.phases:
        for watch in watches(phase, items)[0]:
            days, cases = _days_of(watch.warning.window), _cases_a_day(plan, phase, watch)
            if days is None or cases is None or watch.rule is None or not cases or not watch.expected:
                continue
            seen = _noticed(watch.expected, cases * days, watch.between)
            if seen is None or seen > _BLIND_UNTIL:
                yield Hit(_late_words(phase, watch, cases * days, seen), phase.id)
                break


@lru_cache(maxsize=512)
def _noticed(expected: float, cases: float, between: int) -> float | None:
    """The same warnings at the same traffic see as much, in every phase and each time one looks."""
    return noticed_within(expected, cases, between)


def _late_words(phase: Phase, watch: Watch, cases: float, seen: float | None) -> str:
    sees = (
        "not even that all of them are bad would be noticed"
        if seen is None
        else f"nothing milder than {write(seen, Unit.SHARE, Rounding.UP)} bad ones would be noticed"
    )
    return (
        f"{phase.name} watches “{warning_words(watch.warning)}”, and in that time at most {cases:,.2g} "
        f"{NOUNS[watch.source]} come: {sees}."
    )


def _cases_a_day(plan: PhasePlan, phase: Phase, watch: Watch) -> float | None:
    traffic = requests_per_day(plan, phase)
    if traffic is None:
        return None
    return traffic[1] * (phase.review_share if watch.source is Source.LABEL else 1.0)


def _days_of(window: str) -> float | None:
    """ "within an hour" is a 24th of a day; ``None`` where the words name no time."""
    found = _WINDOW.search(window)
    if found is None:
        return None
    many = float(found[1]) if found[1] and found[1].isdigit() else 1.0
    return many * _DAYS[found[2].lower()] or None


RULES: tuple[Rule, ...] = (
    Rule(
        "late_warning",
        "A warning that comes too late",
        "A few cases an hour cannot tell a bad hour from bad luck: the warning promises what it cannot do.",
        "Write a longer time under “Noticed” (within a day, within a week), review more, or watch what comes "
        "without reviewers.",
        None,
        _late_warning,
    ),
    Rule(
        "too_few_labels",
        "Too few labels to say anything",
        "A handful of reviewed answers costs time and shows nothing.",
        "Review more, or let the phase run longer.",
        None,
        _too_few_labels,
    ),
    Rule(
        "least_cases_too_few",
        "Least cases below what is needed",
        "So few cases look like enough, and can never show the bar.",
        "Raise the least cases of the row, or lower its bar.",
        None,
        _least_cases_too_few,
    ),
    Rule(
        "judge_alone",
        "A judge that nobody audits",
        "Without people's labels nobody knows what an AI judge gets wrong, so its rate cannot pass.",
        "Let people review a random sample of the judged answers.",
        Stakes.MEDIUM,
        _judge_alone,
    ),
    Rule(
        "many_criteria",
        "Many rows that must all pass",
        "The more rows must pass together, the more often one of them misses by bad luck.",
        "Keep the few that decide, and make the others advisory; or plan for more cases.",
        None,
        _many_criteria,
    ),
)
