"""Lint rules about evidence: whether a phase can settle its own success criteria in its time."""

import math
from collections.abc import Iterator, Sequence

from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.judge import FEWEST_WITNESSES
from core.criteria.stakes import Stakes
from core.criteria.wording import days_words, item_label
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Source
from core.rollout.edits import SetPhase
from core.rollout.evidence import (
    MOST_PER_USER,
    Outlook,
    brought_before,
    cannot_settle_words,
    criteria_of,
    outlooks,
    requests_per_day,
    whole_weeks,
)
from core.rollout.exposure import reach
from core.rollout.plan import Phase, PhasePlan
from core.rollout.rule import Hit, Rule
from core.rollout.wording import review_words

_LONGEST_DAYS = 56
"""A longer phase is no mend; more review or more users are."""


def _unknown_criterion(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        unknown = [item_id for item_id in phase.criteria if checklist.item(item_id) is None]
        if unknown:
            kept = [item_id for item_id in phase.criteria if item_id not in unknown]
            names = " and ".join(f"“{item_id}”" for item_id in unknown)
            yield Hit(
                f"{phase.name} names {names}, which the checklist does not have.",
                phase.id,
                SetPhase(phase.id, {"criteria": kept}),
            )


def _no_success_criteria(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    if any(item.decides for item in checklist.items):
        return
    for phase in plan.phases:
        if not phase.criteria and not phase.bars:
            yield Hit(
                f"Nothing says what {phase.name} must show: the checklist has no deciding row.", phase.id
            )


def _traffic_unknown(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    if any(requests_per_day(plan, phase) is None for phase in plan.phases):
        missing = [
            *(["how many requests a day to expect"] if plan.requests_per_day is None else []),
            *(["how many users there will be"] if plan.users is None else []),
        ]
        yield Hit(f"The plan does not say {' and '.join(missing)} once everyone has the feature.")


def _too_few_people(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        people = reach(plan, phase).people
        if people is not None and people[1] < FEWEST_WITNESSES and criteria_of(phase, checklist):
            yield Hit(
                f"{phase.name} has at most {people[1]:,.3g} users; no measured row can pass with fewer than "
                f"{FEWEST_WITNESSES}.",
                phase.id,
            )


def _undecidable_criteria(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        people = reach(plan, phase).people
        if people is not None and people[1] < FEWEST_WITNESSES:
            continue
        stuck = [one for one in outlooks(plan, phase, checklist) if not one.can_settle]
        if stuck:
            worst = max(stuck, key=lambda one: one.wanted / one.per_day if one.per_day else math.inf)
            edit = _mend(plan, phase, [(one, one.wanted) for one in stuck])
            yield Hit(f"{phase.name}: {cannot_settle_words(worst, phase)}{_others(stuck)}", phase.id, edit)


def _slow_criteria(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        slow = [
            (one, cases, whole_weeks(cases / one.per_day))
            for one, cases in _still_wanted(plan, phase, checklist)
            if one.per_day and cases > 0
        ]
        slow = [entry for entry in slow if entry[2] > (phase.minimum_days or 0)]
        if slow:
            worst, likely, days = max(slow, key=lambda entry: entry[2])
            yield Hit(
                f"{phase.name}: {item_label(worst.item)} probably needs about {likely:,.0f} "
                f"{_more(plan, phase, worst)}{worst.noun}; "
                f"at {worst.per_day:,.3g} a day that takes {days_words(days)}, and the phase may end after "
                f"{days_words(phase.minimum_days or 0)}.{_others([entry[0] for entry in slow])}",
                phase.id,
                _mend(plan, phase, [(one, likely) for one, likely, _ in slow]),
            )


def _still_wanted(plan: PhasePlan, phase: Phase, checklist: Checklist) -> Iterator[tuple[Outlook, float]]:
    """What the phase can settle, with the cases it probably needs beside those of earlier phases."""
    for one in outlooks(plan, phase, checklist):
        if one.can_settle and one.likely is not None:
            yield one, one.likely - brought_before(plan, phase, one.item)


def _first_traces_not_all_reviewed(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    """The first traces after the lock fall into the first phase, so only there can they be reviewed."""
    for phase in plan.phases[:1]:
        counted = [
            item for item in criteria_of(phase, checklist) if metric(item.metric).shape is Shape.NONE_IN_FIRST
        ]
        if counted and phase.review_share < 1:
            yield Hit(
                f"“{_counts(counted[0])}” needs every one of them reviewed, and {phase.name} reviews "
                f"{review_words(phase)}.",
                phase.id,
                SetPhase(phase.id, {"review_share": 1.0}),
            )


def _mend(plan: PhasePlan, phase: Phase, wanted: Sequence[tuple[Outlook, float]]) -> SetPhase | None:
    """More days where that is soon enough for all of ``wanted``, else more review, else nothing."""
    traffic, people = requests_per_day(plan, phase), reach(plan, phase).people
    if traffic is None or phase.minimum_days is None:
        return None
    if people is not None and any(_asks_more_users(one, people[1]) for one, _ in wanted):
        return None
    if all(one.per_day for one, _ in wanted):
        days = max(whole_weeks(cases / one.per_day) for one, cases in wanted)
        if days <= _LONGEST_DAYS:
            return SetPhase(phase.id, {"minimum_days": max(days, phase.minimum_days)})
    # Durations are counted in whole weeks, so only the whole weeks of the phase are counted on here too.
    weeks = phase.minimum_days // 7
    if not weeks or any(one.item.source is not Source.LABEL for one, _ in wanted):
        return None
    share = math.ceil(100 * max(cases for _, cases in wanted) / (traffic[1] * weeks * 7)) / 100
    return SetPhase(phase.id, {"review_share": share}) if phase.review_share < share <= 1 else None


def _asks_more_users(outlook: Outlook, people: float) -> bool:
    return outlook.fewest > people or outlook.item.minimum_n > MOST_PER_USER * people


def _more(plan: PhasePlan, phase: Phase, outlook: Outlook) -> str:
    return "more " if brought_before(plan, phase, outlook.item) else ""


def _others(found: Sequence[Outlook]) -> str:
    if len(found) == 1:
        return ""
    rest = len(found) - 1
    return f" So {'does' if rest == 1 else 'do'} {rest} other {'criterion' if rest == 1 else 'criteria'}."


def _counts(item: MeasuredItem) -> str:
    return f"None in the first {item.first:,} traces"


RULES: tuple[Rule, ...] = (
    Rule(
        "unknown_criterion",
        "A criterion that does not exist",
        "What is measured nowhere can never be shown.",
        "Name an item of the checklist, or take the name out.",
        Stakes.LOW,
        _unknown_criterion,
    ),
    Rule(
        "no_success_criteria",
        "No success criteria",
        "If nobody wrote down before what success is, whatever comes out will be called one.",
        "Write the checklist first, or name what the phase must show.",
        Stakes.LOW,
        _no_success_criteria,
    ),
    Rule(
        "traffic_unknown",
        "Traffic unknown",
        "Without it nobody can check whether a phase brings enough cases to settle anything.",
        "Say how many requests a day and how many users to expect.",
        None,
        _traffic_unknown,
    ),
    Rule(
        "too_few_people",
        "Too few people to settle a number",
        "The phase finds faults, but its rates say more about these few people than about the feature.",
        "Keep it for learning, and let a later phase settle the rows.",
        None,
        _too_few_people,
    ),
    Rule(
        "undecidable_criteria",
        "Criteria that cannot be settled",
        "The phase cannot end with a pass, however good the feature is.",
        "Let it run longer, review more, or give it to more users.",
        Stakes.MEDIUM,
        _undecidable_criteria,
    ),
    Rule(
        "slow_criteria",
        "Criteria that will probably take longer",
        "When its minimum duration is over, the phase will probably still wait for cases.",
        "Plan for the longer time, review more, or give it to more users.",
        None,
        _slow_criteria,
    ),
    Rule(
        "first_traces_not_reviewed",
        "First traces not all reviewed",
        "“None found” among answers that nobody read says nothing.",
        "Review every answer of the first phase.",
        Stakes.MEDIUM,
        _first_traces_not_all_reviewed,
    ),
)
