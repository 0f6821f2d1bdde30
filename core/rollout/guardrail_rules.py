"""Lint rules about what keeps users safe in a phase: threshold, fallback, review, warnings, duration."""

from collections.abc import Iterator
from itertools import pairwise

from core.criteria.checklist import Checklist, Tier
from core.criteria.stakes import Stakes
from core.criteria.wording import days_words
from core.metrics.measurement import Source
from core.rollout.edits import SetPhase
from core.rollout.plan import MINIMUM_DAYS, Fallback, PhasePlan
from core.rollout.rule import Hit, Rule
from core.rollout.spend import spend_limits
from core.rollout.wording import warning_words

_FIRST_THRESHOLD = 0.95
_SAMPLE = 0.05


def _no_confidence_threshold(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    threshold = _FIRST_THRESHOLD
    for phase in plan.phases:
        if phase.confidence_threshold is None:
            sentence = f"{phase.name} shows every answer, however unsure the feature is of it."
            yield Hit(sentence, phase.id, SetPhase(phase.id, {"confidence_threshold": threshold}))
        else:
            threshold = phase.confidence_threshold


def _no_fallback(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if phase.fallback is None:
            sentence = f"{phase.name} does not say what happens to an unsure answer."
            yield Hit(sentence, phase.id, SetPhase(phase.id, {"fallback": Fallback.NON_AI.value}))


def _no_feedback_loop(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if not phase.feedback_button:
            sentence = f"In {phase.name} users cannot say that an answer was wrong."
            yield Hit(sentence, phase.id, SetPhase(phase.id, {"feedback_button": True}))


def _review_dropped(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for before, after in pairwise(plan.phases):
        if before.review_share == 1 and after.review_share == 0:
            yield Hit(
                f"{before.name} reviews every answer and {after.name} none.",
                after.id,
                SetPhase(after.id, {"review_share": _SAMPLE}),
            )


def _no_early_warnings(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if not phase.warnings:
            source = Source.LABEL if phase.review_share else Source.JUDGE
            correct = {"metric": "answer_correctness", "source": source.value, "bar": 0.85, "tier": "pause"}
            watched = "Only spend" if spend_limits(phase) else "Nothing"
            sentence = f"{watched} is watched while {phase.name} runs."
            yield Hit(sentence, phase.id, SetPhase(phase.id, {"warnings": [correct]}))


def _no_kill_rule(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if phase.warnings and all(warning.tier is Tier.ADVISORY for warning in phase.warnings):
            first, *others = [warning.model_dump(mode="json") for warning in phase.warnings]
            mended = [{**first, "tier": Tier.PAUSE.value}, *others]
            sentence = f"No warning of {phase.name} pauses or rolls back: all of them only tell."
            yield Hit(sentence, phase.id, SetPhase(phase.id, {"warnings": mended}))


def _blind_warning(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if phase.review_share:
            continue
        for warning in phase.warnings:
            if warning.source is Source.LABEL:
                yield Hit(
                    f"{phase.name} watches “{warning_words(warning)}” on reviewed answers, but reviews none.",
                    phase.id,
                    SetPhase(phase.id, {"review_share": _SAMPLE}),
                )
                break


def _no_minimum_duration(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if phase.minimum_days is None:
            sentence = f"{phase.name} has no minimum duration."
            yield Hit(sentence, phase.id, SetPhase(phase.id, {"minimum_days": MINIMUM_DAYS}))


def _under_a_week(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    for phase in plan.phases:
        if phase.minimum_days is not None and phase.minimum_days < MINIMUM_DAYS:
            sentence = f"{phase.name} may end after {days_words(phase.minimum_days)}."
            yield Hit(sentence, phase.id, SetPhase(phase.id, {"minimum_days": MINIMUM_DAYS}))


RULES: tuple[Rule, ...] = (
    Rule(
        "no_confidence_threshold",
        "No confidence threshold",
        "The answers that the feature is least sure of are wrong most often, and users see them too.",
        "Set the confidence below which an answer is not simply shown.",
        Stakes.MEDIUM,
        _no_confidence_threshold,
    ),
    Rule(
        "no_fallback",
        "No fallback",
        "A threshold without a way out leaves the user with nothing.",
        "Say what happens instead: the way without AI, a question to the user, or a mark of doubt.",
        Stakes.MEDIUM,
        _no_fallback,
    ),
    Rule(
        "no_feedback_loop",
        "No feedback loop",
        "Users see faults first; if they cannot say so, nobody hears of them.",
        "Give them a feedback button.",
        Stakes.MEDIUM,
        _no_feedback_loop,
    ),
    Rule(
        "review_dropped",
        "Review dropped from all to none",
        "From one day to the next nobody looks any more, just as more users arrive.",
        "Keep a sample of 5 % in the next phase.",
        Stakes.MEDIUM,
        _review_dropped,
    ),
    Rule(
        "no_early_warnings",
        "No early warnings",
        "A drop that nobody watches for is found by users, and late.",
        "Watch answer correctness, and pause below 85 %.",
        Stakes.LOW,
        _no_early_warnings,
    ),
    Rule(
        "no_kill_rule",
        "No kill rule",
        "A warning that stops nothing leaves the decision to whoever reads it, when they read it.",
        "Let at least one warning pause or roll back.",
        Stakes.MEDIUM,
        _no_kill_rule,
    ),
    Rule(
        "blind_warning",
        "A warning that cannot see",
        "A warning without cases never trips, whatever happens.",
        "Review a sample, or watch what comes without reviewers.",
        Stakes.MEDIUM,
        _blind_warning,
    ),
    Rule(
        "no_minimum_duration",
        "No minimum duration",
        "A phase that may end at once ends on its first good day.",
        "Give it at least 7 days.",
        Stakes.MEDIUM,
        _no_minimum_duration,
    ),
    Rule(
        "under_a_week",
        "Less than a week",
        "Monday's questions are not Saturday's: less than a week does not show them all.",
        "Give it at least 7 days.",
        Stakes.MEDIUM,
        _under_a_week,
    ),
)
