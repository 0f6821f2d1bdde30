"""What a phase can show in its time: the worked numbers, and their sentences."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.criteria.checklist import Checklist
from core.rollout.evidence import cannot_settle_words, evidence_words, outlooks, requests_per_day
from core.rollout.lint import lint
from core.rollout.plan import PhasePlan

PlanOf = Callable[..., PhasePlan]
ChecklistOf = Callable[..., Checklist]


def test_thirty_of_thirty_only_shows_so_much(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    """Above 90 % at high stakes: the running bound of 30 of 30 is 86.1 %, and 43 are needed."""
    plan = plan_of(
        {"exposure_share": [0.01, 0.01], "review_share": 0.01, "minimum_days": 30},
        None,
        requests_per_day=10_000,
    )
    (one,) = outlooks(plan, plan.phases[0], checklist_of("high"))
    assert (one.per_day, one.cases, one.fewest, one.can_settle) == (1.0, 30, 43, False)
    assert cannot_settle_words(one, plan.phases[0]) == (
        "Answer correctness: in 30 days at most 30 reviewed answers of different users come together. "
        "Even 30 of 30 only shows 86.1 %. At least 43 are needed."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"metric": "hallucination_rate", "bar": 0.1},
            "Hallucination rate: in 30 days at most 30 reviewed answers of different users come together. "
            "Even 0 of 30 would still allow 13.9 %. At least 43 are needed.",
        ),
        (
            {"metric": "latency_p95", "source": "trace", "bar": 8000},
            "p95 latency: in 30 days at most 30 traces of different users come together. "
            "Even 30 of 30 in time is not enough. At least 88 are needed.",
        ),
    ],
)
def test_other_metrics_say_it_in_their_own_way(
    changes: dict[str, Any], words: str, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    plan = plan_of({"exposure_share": [0.001, 0.001], "minimum_days": 30}, None, requests_per_day=1_000)
    (one,) = outlooks(plan, plan.phases[0], checklist_of("high", **changes))
    assert cannot_settle_words(one, plan.phases[0]) == words


@pytest.mark.parametrize(
    ("traffic", "share", "review", "days"),
    [
        # METHODS section 14: 2,000 a day at 5 %: 5 labels a day with a review of 5 %, 20 with 20 %.
        (2_000, 0.05, 0.05, 98),
        (2_000, 0.05, 0.20, 28),
        (400, 0.25, 0.20, 28),
        (2_000, 0.05, 1.0, 7),
    ],
)
def test_likely_days_are_in_whole_weeks(
    traffic: int, share: float, review: float, days: int, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    """475 cases (365 for the running verdict at high stakes, 1.3 times for repeats) at so many a day."""
    plan = plan_of({"exposure_share": [share, share], "review_share": review}, None, requests_per_day=traffic)
    (one,) = outlooks(plan, plan.phases[0], checklist_of("high"))
    assert (one.likely, one.likely_days) == (475, days)


def test_users_of_a_small_group_count_once(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    """Where every case passes, the cases of one user are worth one: 40 users cannot give 43 cases."""
    plan = plan_of({"exposure_users": [20, 40]}, None, users=100, requests_per_day=10_000)
    (one,) = outlooks(plan, plan.phases[0], checklist_of("high"))
    assert (one.per_day, one.cases, one.can_settle) == (4_000.0, 40, False)
    (finding,) = (one for one in lint(plan, checklist_of("high")) if one.rule.id == "undecidable_criteria")
    assert finding.edit is None, "neither more days nor more review brings more users"
    assert finding.sentence == (
        "First: Answer correctness: however long it runs, no more than 40 reviewed answers are of different "
        "users. Even 40 of 40 only shows 89.4 %. At least 43 are needed."
    )


@pytest.mark.parametrize(("minimum", "can"), [(200, True), (201, False)])
def test_the_least_cases_of_a_row_count_up_to_five_of_each_user(
    minimum: int, can: bool, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    plan = plan_of({"exposure_users": [20, 40]}, None, users=100, requests_per_day=10_000)
    (one,) = outlooks(plan, plan.phases[0], checklist_of("low", bar=0.8, minimum_n=minimum))
    assert (one.cases, one.counted, one.can_settle) == (40, 200, can)
    if not can:
        assert cannot_settle_words(one, plan.phases[0]) == (
            "Answer correctness: the checklist asks for at least 201 cases, and in 14 days at most 200 count."
        )


def test_a_phase_without_review_says_so(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    plan = plan_of({"review_share": 0.0}, None)
    (finding,) = (one for one in lint(plan, checklist_of()) if one.rule.id == "undecidable_criteria")
    assert finding.sentence == (
        "First: Answer correctness is measured on reviewed answers, and this phase reviews none."
    )
    assert finding.edit is not None
    assert finding.edit.fields == {"review_share": 0.01}


def test_eval_results_do_not_come_from_traffic(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    plan = plan_of({"review_share": 0.0}, None)
    assert outlooks(plan, plan.phases[0], checklist_of(metric="eval_pass_rate", source="eval")) == ()


def test_people_become_a_share_once_the_users_are_known(plan_of: PlanOf) -> None:
    people = {"exposure_users": [50, 100]}
    known = plan_of(people, None, users=1_000, requests_per_day=2_000)
    assert requests_per_day(known, known.phases[0]) == (100.0, 200.0)
    for unknown in (plan_of(people, None, users=None), plan_of(people, None, requests_per_day=None)):
        assert requests_per_day(unknown, unknown.phases[0]) is None


def test_the_line_of_the_picture(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    def line(first: Mapping[str, Any] = {}, **plan: Any) -> str:
        made = plan_of({"review_share": 0.05} | dict(first), None, **plan)
        return evidence_words(made, made.phases[0], checklist_of("high"))

    assert line(requests_per_day=None) == "Unknown. Say how many requests a day to expect."
    assert line({"exposure_users": [50, 100]}, users=None) == "Unknown. Say how many users to expect."
    assert line({"exposure_users": [50, 100]}, users=None, requests_per_day=None) == (
        "Unknown. Say how many requests a day and how many users to expect."
    )
    assert line(requests_per_day=20_000) == (
        "200–1,000 requests a day. Answer correctness takes longest: about 475 reviewed answers, "
        "so 14 days or more."
    )
    assert line(requests_per_day=200) == (
        "2–10 requests a day. Answer correctness cannot be settled: at most 7 reviewed answers, "
        "and at least 43 are needed."
    )
