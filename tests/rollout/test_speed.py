"""Speed against guardrails: days need heavy ones, weeks medium ones, months light ones."""

from collections.abc import Callable
from typing import Any

import pytest

from core.rollout.plan import PhasePlan
from core.rollout.speed import on_speed

LIGHT = {"review_share": 0.0, "feedback_button": False}
"""Threshold and limited segment stay: two of five mechanisms."""


@pytest.mark.parametrize(
    ("first", "hurts"),
    [
        ({"minimum_days": 13}, False),  # threshold, feedback, review, segment: four of five
        ({"minimum_days": 13, "feedback_button": False}, True),
        ({"minimum_days": 14, "feedback_button": False}, False),
        ({"minimum_days": 59, **LIGHT}, True),
        ({"minimum_days": 60, **LIGHT}, False),
        ({"minimum_days": 60, **LIGHT, "confidence_threshold": None}, True),
        ({"minimum_days": None, **LIGHT, "rate_limit": 10}, True),  # no minimum is day one
    ],
)
def test_the_faster_the_heavier(
    plan_of: Callable[..., PhasePlan], first: dict[str, Any], hurts: bool
) -> None:
    assert bool(on_speed(plan_of(first))) is hurts


def test_what_guards_the_last_phase_is_no_question_of_speed(plan_of: Callable[..., PhasePlan]) -> None:
    assert on_speed(plan_of({}, LIGHT | {"confidence_threshold": None})) == ()
    assert on_speed(PhasePlan()) == ()


def test_it_says_which_phase_and_what_could_be_added(plan_of: Callable[..., PhasePlan]) -> None:
    (found,) = on_speed(plan_of({"minimum_days": 4, **LIGHT}))
    assert (
        found.sentence == "The last phase may begin after 4 days, and First has 2 of the five mechanisms on."
    )
    assert "users review the answers, experts review a sample, rate limit" in found.reason
