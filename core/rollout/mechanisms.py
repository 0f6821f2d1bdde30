"""The five mechanisms that protect users while a feature is young, and which of them a phase has on."""

from dataclasses import dataclass

from core.rollout.plan import Phase

MECHANISMS: dict[str, str] = {
    "confidence_threshold": "confidence threshold",
    "user_review": "users review the answers",
    "expert_review": "experts review a sample",
    "limited_segment": "limited segment",
    "rate_limit": "rate limit",
}
"""The mechanisms by key, in words."""


@dataclass(frozen=True)
class MechanismsOn:
    """Which mechanisms a phase has on and off, in words."""

    phase: str
    on: tuple[str, ...]
    off: tuple[str, ...]


def mechanisms_on(phase: Phase) -> MechanismsOn:
    """What the plan says about ``phase``; whether it is really so, a person must look."""
    says = {
        "confidence_threshold": phase.confidence_threshold is not None,
        "user_review": phase.feedback_button,
        "expert_review": phase.review_share > 0,
        "limited_segment": bool(phase.segment) and not phase.is_for_everyone,
        "rate_limit": phase.rate_limit is not None,
    }
    return MechanismsOn(
        phase.name,
        tuple(words for key, words in MECHANISMS.items() if says[key]),
        tuple(words for key, words in MECHANISMS.items() if not says[key]),
    )
