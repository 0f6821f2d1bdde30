"""The words of a phase: its exposure and each of its guardrails, as the pages and reports say them."""

from core.criteria.checklist import Checklist, MeasuredItem, Tier
from core.criteria.wording import days_words, item_sentence
from core.metrics.catalogue import metric
from core.rollout.plan import EarlyWarning, Fallback, Phase, PhasePlan
from core.rollout.spend import SPEND_TIER, spend_limits
from core.units import Unit, Usd, write

FALLBACK_WORDS = {
    Fallback.NON_AI: "goes the way without AI",
    Fallback.ASK_USER: "the user is asked",
    Fallback.FLAG: "shown, marked as uncertain",
}
"""What becomes of an answer below the threshold."""

TIER_WORDS = {
    Tier.ROLL_BACK: "roll back",
    Tier.PAUSE: "pause",
    Tier.ADVISORY: "tell only",
}
"""What a tripped warning does."""


def exposure_words(phase: Phase) -> str:
    """ "50–100 users", "1–5 %", "everyone"."""
    if phase.exposure_users is not None:
        low, high = phase.exposure_users
        noun = "user" if high == 1 else "users"
        return f"{high:,} {noun}" if low == high else f"{low:,}–{high:,} {noun}"
    low_share, high_share = phase.exposure_share or (0.0, 0.0)
    if low_share == high_share == 1:
        return "everyone"
    high_words = write(high_share, Unit.SHARE)
    low_words = write(low_share, Unit.SHARE).removesuffix(" %")
    return high_words if low_share == high_share else f"{low_words}–{high_words}"


def traffic_asked(plan: PhasePlan, phase: Phase, *, is_counted: bool = False) -> str:
    """What the plan must say before anybody can tell what comes in a day in ``phase``.

    Where traffic ``is_counted``, only how many users a phase is of can be missing.
    """
    asked = [
        *(["how many requests a day"] if plan.requests_per_day is None and not is_counted else []),
        *(["how many users"] if plan.users is None and phase.exposure_users is not None else []),
    ]
    return f"Say {' and '.join(asked or ['how many users'])} to expect."


def review_words(phase: Phase) -> str:
    if phase.review_share == 1:
        return "every answer"
    return f"{write(phase.review_share, Unit.SHARE)} of answers" if phase.review_share else "none"


def threshold_words(phase: Phase) -> str:
    share = phase.confidence_threshold
    return "none" if share is None else write(share, Unit.SHARE)


def fallback_words(phase: Phase) -> str:
    return "none" if phase.fallback is None else FALLBACK_WORDS[phase.fallback]


def rate_words(phase: Phase) -> str:
    return "none" if phase.rate_limit is None else f"{phase.rate_limit:,} a day for each user"


def spend_words(usd: Usd | None) -> str:
    return "none" if usd is None else f"{write(usd, Unit.USD)} or more"


def duration_words(phase: Phase) -> str:
    return "none" if phase.minimum_days is None else f"at least {days_words(phase.minimum_days)}"


def warning_words(warning: EarlyWarning) -> str:
    """ "Answer correctness below 85 % within a day: pause"."""
    asked = metric(warning.metric)
    window = f" {warning.window}" if warning.window else ""
    bar = write(warning.bar, asked.unit)
    return f"{asked.label} {warning.direction} {bar}{window}: {TIER_WORDS[warning.tier]}"


def alarm_words(phase: Phase) -> tuple[str, ...]:
    """Everything that is watched while the phase runs, a sentence each: its warnings, then its spend."""
    spend = (f"{limit.name}: {TIER_WORDS[SPEND_TIER]}" for limit in spend_limits(phase))
    return (*map(warning_words, phase.warnings), *spend)


def criteria_words(phase: Phase, checklist: Checklist) -> tuple[str, ...]:
    """What the phase must show, one sentence each; ids that the checklist does not have say so."""
    if not phase.criteria and not phase.bars:
        return ("Every deciding row of the checklist",)
    named = [_item_words(item_id, checklist) for item_id in phase.criteria]
    return (*named, *(item_sentence(bar) for bar in phase.bars))


def owner_of(plan: PhasePlan, phase: Phase) -> str:
    """Who decides about the phase; blank where nobody is named."""
    return phase.owner or plan.owner


def _item_words(item_id: str, checklist: Checklist) -> str:
    item = checklist.item(item_id)
    if item is None:
        return f"“{item_id}”, which the checklist does not have"
    return item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence
