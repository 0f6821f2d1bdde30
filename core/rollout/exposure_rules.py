"""Lint rules about who gets the feature and how fast: exposure, steps, owner, segment."""

from collections.abc import Iterator
from itertools import pairwise

from core.criteria.checklist import Checklist
from core.criteria.stakes import Stakes
from core.rollout.edits import SetPhase
from core.rollout.exposure import SMALL_GROUP, SMALL_SHARE, growth, reach
from core.rollout.plan import Phase, PhasePlan
from core.rollout.rule import Hit, Rule
from core.rollout.wording import exposure_words, owner_of

_HALF = 0.5
_LARGEST_STEP = 5
"""From one phase to the next the users may grow so many times, once they are no longer few."""


def _no_phases(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    if not plan.phases:
        yield Hit("There is no phase plan yet.")


def _everyone_at_once(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    if plan.phases and (reach(plan, plan.phases[0]).shares or (0, 0))[1] == 1:
        first = plan.phases[0]
        yield Hit(f"{first.name} gives it to everyone on the first day.", first.id)


def _half_on_day_one(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    if plan.phases:
        first, high = plan.phases[0], (reach(plan, plan.phases[0]).shares or (0, 0))[1]
        if _HALF <= high < 1 and not reach(plan, first).is_small:
            yield Hit(
                f"{first.name} starts with {exposure_words(first)}.", first.id, _start_small(plan, first)
            )


def _first_exposure_too_large(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    if not plan.phases:
        return
    first, at = plan.phases[0], reach(plan, plan.phases[0])
    if not at.is_small and (at.shares is None or at.shares[1] < _HALF):
        limits = [
            *([] if at.shares is None else ["5 % of users"]),
            *([] if at.people is None else [f"{SMALL_GROUP} people"]),
        ]
        yield Hit(
            f"{first.name} starts with {exposure_words(first)}, more than {' and more than '.join(limits)}.",
            first.id,
            _start_small(plan, first),
        )


def _start_small(plan: PhasePlan, first: Phase) -> SetPhase:
    """A first exposure that stays small, in the unit that the phase already uses."""
    if first.exposure_users is not None:
        most = max(SMALL_GROUP, int(SMALL_SHARE * (plan.users or 0)))
        return SetPhase(first.id, {"exposure_users": [min(first.exposure_users[0], most), most]})
    low = min((first.exposure_share or (SMALL_SHARE, SMALL_SHARE))[0], SMALL_SHARE)
    return SetPhase(first.id, {"exposure_share": [low, SMALL_SHARE]})


def _jump_too_large(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for before, after in pairwise(plan.phases):
        times = growth(reach(plan, before), reach(plan, after))
        if times is None and (reach(plan, after).shares or (0, 0))[1] >= _HALF:
            yield Hit(
                f"From {before.name} ({exposure_words(before)}) to {after.name} ({exposure_words(after)}) "
                "nobody can say how many times the users grow: the plan does not say how many there will be.",
                after.id,
            )
        if times is not None and times > _LARGEST_STEP + 1e-9 and not reach(plan, after).is_small:
            yield Hit(
                f"From {before.name} ({exposure_words(before)}) to {after.name} ({exposure_words(after)}) "
                f"the users grow {times:,.3g} times.",
                after.id,
            )


def _exposure_not_growing(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for before, after in pairwise(plan.phases):
        times = growth(reach(plan, before), reach(plan, after))
        if times is not None and times <= 1:
            yield Hit(
                f"{after.name} ({exposure_words(after)}) reaches no more users than {before.name} "
                f"({exposure_words(before)}).",
                after.id,
            )


def _no_owner(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if not owner_of(plan, phase):
            yield Hit(f"Nobody is named who decides about {phase.name}.", phase.id)


def _segment_not_said(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if not phase.segment and not phase.is_for_everyone:
            yield Hit(f"{phase.name} does not say who gets the feature.", phase.id)


def _not_said_why_forgiving(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    if plan.phases and not plan.phases[0].why_forgiving:
        first = plan.phases[0]
        yield Hit(f"{first.name} does not say why its users forgive mistakes.", first.id)


RULES: tuple[Rule, ...] = (
    Rule(
        "no_phases",
        "No plan",
        "A rollout without steps is everyone at once.",
        "Take a template and fill it in.",
        Stakes.LOW,
        _no_phases,
    ),
    Rule(
        "everyone_at_once",
        "Everyone at once",
        "At 95 % accuracy one answer in 20 is wrong, and on the first day everyone meets it.",
        "Put a small phase first.",
        Stakes.LOW,
        _everyone_at_once,
    ),
    Rule(
        "half_on_day_one",
        "Half of the users on day one",
        "A fault that no test showed reaches half of the users before anybody can react.",
        "Start with at most 5 % of users.",
        Stakes.LOW,
        _half_on_day_one,
    ),
    Rule(
        "first_exposure_too_large",
        "First exposure too large",
        "The first phase finds the faults; the fewer people meet them, the cheaper they are.",
        "Start with at most 5 % of users, or with at most 100 people.",
        Stakes.MEDIUM,
        _first_exposure_too_large,
    ),
    Rule(
        "jump_too_large",
        "Jump too large",
        "What a phase has shown holds for users like its own; so many new ones bring other questions.",
        "Put a phase between the two, at most five times as large as the one before.",
        Stakes.MEDIUM,
        _jump_too_large,
    ),
    Rule(
        "exposure_not_growing",
        "Exposure does not grow",
        "A phase that reaches nobody new costs time and shows little.",
        "Give it more users, put it in its place, or remove it.",
        None,
        _exposure_not_growing,
    ),
    Rule(
        "no_owner",
        "No owner",
        "When something goes wrong, somebody must be allowed to stop it without asking round.",
        "Name who decides, for the whole plan or for the phase.",
        Stakes.LOW,
        _no_owner,
    ),
    Rule(
        "segment_not_said",
        "Nobody said who",
        "Without knowing who the users are, nobody can say whether the results hold for the next ones.",
        "Write down exactly who gets it.",
        Stakes.MEDIUM,
        _segment_not_said,
    ),
    Rule(
        "not_said_why_forgiving",
        "Not said why the first users are forgiving",
        "The first users meet most faults: they should tolerate mistakes, with little at stake.",
        "Say why: they tolerate mistakes, little is at stake, they tell you, and nothing spreads.",
        Stakes.HIGH,
        _not_said_why_forgiving,
    ),
)
