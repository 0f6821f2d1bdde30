"""Spend tripwires in a plan: what may be written, what stays as it was, and how they are told."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from core.errors import InvalidDocument
from core.evidence.fingerprints import of_document
from core.rollout.plan import PhasePlan
from core.rollout.spend import SpendLimit, SpendSeen, SpentDay, spend_limits, spent_words, unfollowed_words
from core.rollout.wording import alarm_words
from core.units import Unit, write

PlanOf = Callable[..., PhasePlan]
USER, ALL = SpendLimit(True, 20.0), SpendLimit(False, 500.0)


@pytest.mark.parametrize("field", ["spend_user_day", "spend_day"])
@pytest.mark.parametrize(
    ("amount", "fault"),
    [
        (0, "above \\$0"), (-1, "above \\$0"), (10_000_001, "at most \\$10,000,000"), (0.005, "whole cents"),
        (float("nan"), "must be a number"), (True, "must be a number"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(plan_of: PlanOf, field: str, amount: float, fault: str) -> None:
    with pytest.raises(InvalidDocument, match=fault):
        plan_of({field: amount})


@pytest.mark.parametrize("amount", [0.01, 0.29, 4.35, 1234567.89, 10_000_000])
def test_every_amount_in_cents_is_kept_and_shown_as_it_is(plan_of: PlanOf, amount: float) -> None:
    (limit,) = spend_limits(plan_of({"spend_day": amount}).phases[0])
    shown = write(limit.usd, Unit.USD).replace("$", "").replace(",", "")
    assert (limit.usd, float(shown)) == (amount, amount)


def test_a_plan_without_them_keeps_its_fingerprint(plan_of: PlanOf) -> None:
    """As it was before these fields were there: signatures and locks rest on it."""
    body = plan_of().model_dump(mode="json")
    assert not any("spend" in name for phase in body["phases"] for name in phase)
    before = of_document(body)
    assert of_document(plan_of({"spend_day": None}).model_dump(mode="json")) == before
    assert of_document(plan_of({"spend_day": 5}).model_dump(mode="json")) != before


def test_the_phase_says_what_is_watched(plan_of: PlanOf) -> None:
    phase = plan_of({"spend_user_day": 20, "spend_day": 0.5}).phases[0]
    assert alarm_words(phase)[-2:] == (
        "Spend of one user on one day of $20 or more: pause",
        "Spend of all users on one day of $0.5 or more: pause",
    )


@pytest.mark.parametrize(
    ("limit", "seen", "users", "sentence"),
    [
        (ALL, SpendSeen(90, 90, 0), 1,
         "Spend of all users on one day of $500 or more: The tasks of 24 February 2026 cost $612.3 in all; "
         "at $500 we stop."),
        (ALL, SpendSeen(1_300, 1_204, 0), 1,
         "Spend of all users on one day of $500 or more: The tasks of 24 February 2026 cost $612.3 in all; "
         "at $500 we stop. Of 1,300 tasks, 96 have no cost: they are not counted, so more may have been "
         "spent."),
        (USER, SpendSeen(90, 90, 90), 1,
         "Spend of one user on one day of $20 or more: The tasks of 1 user on 24 February 2026 cost "
         "$612.3; at $20 we stop."),
        (USER, SpendSeen(90, 80, 75), 3,
         "Spend of one user on one day of $20 or more: 3 users reached it on 24 February 2026, the dearest "
         "of them with $612.3; at $20 we stop. Of 90 tasks, 10 have no cost and 5 have no user id: "
         "they are not counted, so more may have been spent."),
    ],
)  # fmt: skip
def test_the_sentence_says_how_much_when_and_what_was_not_counted(
    limit: SpendLimit, seen: SpendSeen, users: int, sentence: str
) -> None:
    at = datetime(2026, 2, 24, 9, tzinfo=UTC)
    assert spent_words(limit, SpentDay(date(2026, 2, 24), at, 12, 612.3, users, seen)) == sentence


@pytest.mark.parametrize(
    ("limit", "seen", "why"),
    [
        (ALL, SpendSeen(0, 0, 0), ""), (USER, SpendSeen(0, 0, 0), ""),
        (ALL, SpendSeen(9, 0, 0), "cost_usd is empty"), (USER, SpendSeen(9, 0, 0), "cost_usd is empty"),
        (ALL, SpendSeen(9, 1, 0), ""), (USER, SpendSeen(9, 1, 0), "without user_id"),
        (USER, SpendSeen(9, 1, 1), ""),
    ],
)  # fmt: skip
def test_what_no_trace_tells_is_not_followed(limit: SpendLimit, seen: SpendSeen, why: str) -> None:
    said = unfollowed_words(limit, seen)
    assert why in said if why else said == ""
