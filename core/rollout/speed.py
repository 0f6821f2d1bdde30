"""Speed against guardrails: the faster a plan reaches everyone, the more has to hold it back on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.criteria.advice import Advice
from core.criteria.checklist import Checklist
from core.criteria.stakes import Stakes
from core.criteria.wording import days_words
from core.rollout.mechanisms import mechanisms_on
from core.rollout.plan import PhasePlan
from core.rollout.rule import Hit, Rule


@dataclass(frozen=True)
class Pace:
    """A plan that reaches its last phase in fewer days needs so many of the five mechanisms."""

    under_days: int
    mechanisms: int
    words: str


_PACES = (
    Pace(14, 4, "A rollout in days needs heavy guardrails"),
    Pace(60, 3, "A rollout in weeks needs medium guardrails"),
    Pace(100_000, 2, "A rollout in months still needs light guardrails"),
)


def on_speed(plan: PhasePlan) -> tuple[Advice, ...]:
    """The phase on the way that has too few mechanisms on for the pace, if there is one.

    The last phase is where the plan arrives: how long it runs and what guards it then is no question
    of speed.
    """
    on_the_way = plan.phases[:-1] or plan.phases
    if not on_the_way:
        return ()
    days = sum(phase.minimum_days or 0 for phase in on_the_way)
    pace = next(pace for pace in _PACES if days < pace.under_days)
    lightest = min((mechanisms_on(phase) for phase in on_the_way), key=lambda found: len(found.on))
    if len(lightest.on) >= pace.mechanisms:
        return ()
    lacks = ", ".join(lightest.off)
    return (
        Advice(
            "speed_guardrails",
            f"The last phase may begin after {days_words(days)}, and {lightest.phase} has "
            f"{len(lightest.on)} of the five mechanisms on.",
            f"{pace.words}: {pace.mechanisms} of five in each phase on the way. "
            f"{lightest.phase} could add: {lacks}. Or go slower.",
        ),
    )


def _too_fast(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for advice in on_speed(plan):
        yield Hit(f"{advice.sentence} {advice.reason}")


RULES: tuple[Rule, ...] = (
    Rule(
        "speed_guardrails",
        "Too fast for its guardrails",
        "What is learnt slowly in months has to be caught by guardrails in days.",
        "Add guardrails to the phases on the way, or let them run longer.",
        Stakes.HIGH,
        _too_fast,
    ),
)
