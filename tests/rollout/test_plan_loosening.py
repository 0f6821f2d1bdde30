"""What a new version of a phase plan makes easier."""

from typing import Any

import pytest

from core.rollout.loosening import plan_loosenings
from core.rollout.plan import PhasePlan, read_plan

BAR = {"kind": "measured", "id": "own", "metric": "answer_correctness", "source": "label", "bar": 0.9}
WARNING = {"metric": "answer_correctness", "source": "label", "bar": 0.8, "tier": "pause"}
BETA = {
    "id": "beta", "name": "Beta", "exposure_users": [50, 100], "minimum_days": 14, "criteria": ["rate"],
    "bars": [BAR], "warnings": [WARNING], "review_share": 0.5, "confidence_threshold": 0.9,
    "fallback": "non_ai", "rate_limit": 20, "spend_user_day": 5, "spend_day": 200.5, "feedback_button": True,
    "segment": "50 volunteers who forgive", "tasks": "Low-risk tasks only",
    "transparency": "A banner says so.",
}  # fmt: skip
FULL = {"id": "full", "name": "Full", "exposure_share": [1, 1], "minimum_days": 7}
HALF = {"id": "half", "name": "Half", "exposure_share": [0.5, 0.5]}


def plan(*phases: dict[str, Any], users: int | None = 1_000) -> PhasePlan:
    return read_plan({"users": users, "phases": list(phases)})


@pytest.mark.parametrize(
    ("changed", "easier"),
    [
        ({"minimum_days": 13}, "it is shorter, 14 days → 13 days"),
        ({"minimum_days": None}, "it is shorter, 14 days → no minimum"),
        ({"minimum_days": 15}, ""),
        ({"exposure_users": [50, 101]}, "more users may meet it"),
        ({"exposure_users": [20, 50]}, ""),
        ({"criteria": []}, "it no longer has to show “rate”"),
        ({"bars": []}, "is removed"),
        ({"bars": [BAR | {"bar": 0.8}]}, "the bar goes from above 90 % to above 80 %"),
        ({"bars": [BAR | {"tier": "advisory"}]}, "becomes advisory"),
        ({"warnings": []}, "an early warning is gone or weaker"),
        ({"warnings": [WARNING | {"bar": 0.7}]}, "an early warning is gone or weaker"),
        ({"warnings": [WARNING | {"tier": "advisory"}]}, "an early warning is gone or weaker"),
        ({"warnings": [WARNING | {"bar": 0.85, "tier": "roll_back"}]}, ""),
        ({"review_share": 0.4}, "people review less"),
        ({"confidence_threshold": 0.8}, "the confidence threshold falls"),
        ({"fallback": "flag"}, "another fallback"),
        ({"rate_limit": None}, "the rate limit rises"),
        ({"spend_user_day": 6}, "the spend of a user a day that pauses rises, $5 or more → $6 or more"),
        ({"spend_day": None}, "the spend a day that pauses rises, $200.5 or more → none"),
        ({"spend_user_day": 4.5, "spend_day": 100}, ""),
        ({"feedback_button": False}, "there is no feedback button"),
        ({"owner": "Ada", "monitoring": "A board"}, ""),
        ({"segment": "Everybody"}, "it may be for other users, “50 volunteers who forgive” → “Everybody”."),
        ({"tasks": "All tasks"}, "it may be for other tasks, “Low-risk tasks only” → “All tasks”."),
        ({"transparency": ""}, "users may be told less, “A banner says so.” → nothing."),
        ({"segment": "50  Volunteers who forgive.", "transparency": "a banner says so"}, ""),
    ],
)
def test_what_gets_easier_in_a_phase(changed: dict[str, Any], easier: str) -> None:
    found = plan_loosenings(plan(BETA, FULL), plan(BETA | changed, FULL))
    if easier:
        assert len(found) == 1
        assert found[0].startswith("Beta: ")
        assert easier in found[0]
    else:
        assert found == ()


def test_an_advisory_bar_of_a_phase_has_to_be_shown_as_well() -> None:
    soft = BAR | {"tier": "advisory"}
    found = plan_loosenings(plan(BETA | {"bars": [soft]}), plan(BETA | {"bars": [soft | {"bar": 0.1}]}))
    assert len(found) == 1
    assert "the bar goes from above 90 % to above 10 %" in found[0]


def test_dropping_reordering_and_sooner_exposure_are_easier() -> None:
    assert plan_loosenings(plan(BETA, FULL), plan(FULL)) == ("The phase Beta is dropped.",)
    assert plan_loosenings(plan(BETA, FULL), plan(FULL, BETA)) == ("The phases come in another order.",)
    assert plan_loosenings(plan(BETA, FULL), plan(BETA, HALF, FULL)) == (), "a step more before everyone"
    assert plan_loosenings(plan(BETA, FULL), plan(HALF, BETA, FULL)) == (
        "The new phase Half reaches 50 % of users.",
    )
    assert plan_loosenings(plan(BETA), plan(BETA, FULL)) == ("The new phase Full reaches everyone.",)
    assert plan_loosenings(plan(), plan(BETA, FULL)) == ()
