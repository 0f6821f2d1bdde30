"""The plan linter: for each rule a plan that breaks it and its mended twin, the edges, and the mends."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.criteria.checklist import Checklist, read_checklist
from core.criteria.gallery import template
from core.criteria.stakes import Stakes
from core.rollout import criteria_rules, measured_rules, speed
from core.rollout.edits import edited
from core.rollout.gallery import plan_template
from core.rollout.lint import RULES, Finding, Severity, lint
from core.rollout.plan import Fallback, PhasePlan

PlanOf = Callable[..., PhasePlan]
ChecklistOf = Callable[..., Checklist]

EVERYONE = {"exposure_share": [1.0, 1.0]}
TELL_ONLY = {"metric": "answer_correctness", "source": "label", "bar": 0.85, "tier": "advisory"}
NO_REVIEW = {
    "review_share": 0.0,
    "bars": [{"id": "own", "metric": "user_acceptance", "source": "feedback", "bar": 0.7}],
}
BY_FEEDBACK = {"metric": "user_acceptance", "source": "feedback", "bar": 0.6}

PAIRS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    # rule: the arguments of the plan that breaks it, and of the one that does not
    "everyone_at_once": ((EVERYONE, None), ({}, EVERYONE | {"exposure_share": [0.25, 0.25]})),
    "half_on_day_one": (
        ({"exposure_share": [0.1, 0.5]}, EVERYONE),
        ({"exposure_share": [0.1, 0.499]}, EVERYONE),
    ),
    "first_exposure_too_large": (({"exposure_share": [0.01, 0.051]},), ({"exposure_share": [0.01, 0.05]},)),
    "jump_too_large": (({}, {"exposure_share": [0.05, 0.251]}), ({}, {"exposure_share": [0.05, 0.25]})),
    "exposure_not_growing": (({}, {"exposure_share": [0.05, 0.05]}), ({}, {"exposure_share": [0.05, 0.051]})),
    "segment_not_said": (({"segment": ""},), ({"segment": "Volunteers"},)),
    "not_said_why_forgiving": (({"why_forgiving": ""},), ({}, {"why_forgiving": ""})),
    "no_confidence_threshold": (({"confidence_threshold": None},), ({"confidence_threshold": 0.5},)),
    "no_fallback": (({"fallback": None},), ({"fallback": "flag"},)),
    "no_feedback_loop": (({"feedback_button": False},), ({"feedback_button": True},)),
    "review_dropped": (
        ({}, NO_REVIEW | {"warnings": [BY_FEEDBACK]}),
        ({}, {"review_share": 0.01}),
    ),
    "no_early_warnings": (({"warnings": []},), ({"warnings": [TELL_ONLY]},)),
    "no_kill_rule": (
        ({"warnings": [TELL_ONLY]},),
        ({"warnings": [TELL_ONLY, TELL_ONLY | {"tier": "pause"}]},),
    ),
    "blind_warning": (
        ({"review_share": 0.5}, NO_REVIEW),
        ({"review_share": 0.5}, NO_REVIEW | {"warnings": [BY_FEEDBACK]}),
    ),
    "no_minimum_duration": (({"minimum_days": None},), ({"minimum_days": 7},)),
    "under_a_week": (({"minimum_days": 6},), ({"minimum_days": 7},)),
    "unknown_criterion": (({"criteria": ["answers", "gone"]},), ({"criteria": ["answers"]},)),
    "too_few_people": (({"exposure_users": [3, 19]},), ({"exposure_users": [3, 20]},)),
    "undecidable_criteria": (({"review_share": 0.0},), ({"review_share": 0.01},)),
    "slow_criteria": (({"review_share": 0.001},), ({"review_share": 0.01},)),
}


@pytest.mark.parametrize("rule", PAIRS)
def test_a_rule_bites_and_its_mended_twin_is_let_pass(
    rule: str, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    broken, mended = PAIRS[rule]
    assert rule in rules_of(lint(plan_of(*broken), checklist_of()))
    assert rule not in rules_of(lint(plan_of(*mended), checklist_of()))


def test_rules_about_the_plan_as_a_whole(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    assert rules_of(lint(plan_of(None, None), checklist_of())) == ["no_phases"]
    assert rules_of(lint(plan_of(owner=""), checklist_of())) == ["no_owner", "no_owner"]
    assert rules_of(lint(plan_of({"owner": "Bo"}, {"owner": "Cy"}, owner=""), checklist_of())) == []
    assert rules_of(lint(plan_of(requests_per_day=None), checklist_of())) == ["traffic_unknown"]
    assert rules_of(lint(plan_of(), Checklist())) == ["no_success_criteria", "no_success_criteria"]
    advisory = checklist_of(tier="advisory")
    assert rules_of(lint(plan_of({"criteria": ["answers"]}, {"criteria": ["answers"]}), advisory)) == []


def test_the_first_traces_can_only_be_reviewed_in_the_first_phase(plan_of: PlanOf) -> None:
    first = {
        "kind": "measured",
        "id": "h",
        "metric": "hallucinations_in_first",
        "source": "label",
        "count": 100,
    }
    checklist = read_checklist({"items": [first]})
    assert rules_of(lint(plan_of({}, {"review_share": 0.1}), checklist)) == []
    (finding,) = lint(plan_of({"review_share": 0.1}, {"review_share": 0.1}), checklist)
    assert finding.sentence == (
        "“None in the first 100 traces” needs every one of them reviewed, and First reviews 10 % of answers."
    )


def test_every_rule_is_tried_here() -> None:
    elsewhere = {
        "no_phases",
        "no_owner",
        "traffic_unknown",
        "no_success_criteria",
        "first_traces_not_reviewed",
    }
    # The worked examples of docs/plan-rules.md try every rule, these among them.
    elsewhere |= {rule.id for rule in (*criteria_rules.RULES, *measured_rules.RULES, *speed.RULES)}
    assert {rule.id for rule in RULES} == set(PAIRS) | elsewhere


def test_the_safe_plan_has_no_findings(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    assert lint(plan_of(), checklist_of("high")) == ()


@pytest.mark.parametrize("stakes", Stakes)
def test_the_default_plan_filled_in_has_no_findings(stakes: Stakes) -> None:
    plan = plan_template("guardrail_escalation").filled(
        owner="Ada", fallback=Fallback.NON_AI, requests_per_day=20_000, users=20_000
    )
    assert lint(plan, template("ready_for_everyone").with_stakes(stakes)) == ()


def test_the_default_plan_as_it_is_misses_owner_fallback_and_traffic() -> None:
    checklist = template("ready_for_everyone").checklist
    found = lint(plan_template("guardrail_escalation").plan, checklist)
    assert set(rules_of(found)) == {"no_owner", "no_fallback", "traffic_unknown"}


@pytest.mark.parametrize(
    ("rule", "plan", "blocks_at"),
    [
        ("no_owner", ({}, {}, ""), {"low", "medium", "high"}),
        ("no_fallback", ({"fallback": None},), {"medium", "high"}),
        ("not_said_why_forgiving", ({"why_forgiving": ""},), {"high"}),
        ("exposure_not_growing", ({}, {"exposure_share": [0.05, 0.05]}), set()),
    ],
)
def test_the_stakes_decide_what_blocks(
    rule: str, plan: tuple[Any, ...], blocks_at: set[str], plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    made = plan_of(*plan[:2], owner="") if len(plan) == 3 else plan_of(*plan)
    for stakes in Stakes:
        severities = {one.severity for one in lint(made, checklist_of(stakes)) if one.rule.id == rule}
        assert severities == {Severity.BLOCKS if stakes in blocks_at else Severity.ADVICE}


@pytest.mark.parametrize(
    ("users", "after", "is_found"),
    [
        (None, EVERYONE, True),
        (None, {"exposure_share": [0.25, 0.5]}, True),
        (None, {"exposure_share": [0.25, 0.499]}, False),  # the traffic that is not said is advice enough
        (None, {"exposure_users": [200, 500]}, False),
        (400, EVERYONE, False),
        (501, EVERYONE, True),  # from a hundred people
    ],
)
def test_a_step_of_unknown_size_to_half_of_the_users_is_a_jump(
    users: int | None, after: dict[str, Any], is_found: bool, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    plan = plan_of({"exposure_users": [50, 100]}, after, users=users)
    assert ("jump_too_large" in rules_of(lint(plan, checklist_of()))) is is_found


def test_what_blocks_comes_first(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    found = lint(plan_of({"warnings": []}, {"exposure_share": [0.05, 0.05]}), checklist_of())
    assert rules_of(found) == ["no_early_warnings", "exposure_not_growing"]


@pytest.mark.parametrize(
    ("users", "exposure", "is_found"),
    [
        (None, {"exposure_users": [50, 100]}, False),
        (None, {"exposure_users": [50, 101]}, True),  # nobody knows what share that is
        (2_020, {"exposure_users": [50, 101]}, False),  # 5 %
        (2_019, {"exposure_users": [50, 101]}, True),
        (200, {"exposure_share": [0.1, 0.4]}, False),  # 80 people: one can talk to each
        (300, {"exposure_share": [0.1, 0.4]}, True),
    ],
)
def test_small_is_five_per_cent_or_a_hundred_people(
    users: int | None, exposure: dict[str, Any], is_found: bool, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    found = rules_of(lint(plan_of(exposure, EVERYONE, users=users), checklist_of()))
    assert ("first_exposure_too_large" in found) is is_found


@pytest.mark.parametrize(
    ("users", "exposure", "words"),
    [
        (None, {"exposure_users": [50, 101]}, "50–101 users, more than 100 people."),
        (None, {"exposure_share": [0.1, 0.1]}, "10 %, more than 5 % of users."),
        (5_000, {"exposure_share": [0.1, 0.1]}, "10 %, more than 5 % of users and more than 100 people."),
    ],
)
def test_a_first_exposure_is_only_compared_with_what_is_known(
    users: int | None, exposure: dict[str, Any], words: str, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    found = lint(plan_of(exposure, EVERYONE, users=users), checklist_of())
    (sentence,) = (one.sentence for one in found if one.rule.id == "first_exposure_too_large")
    assert sentence == f"First starts with {words}"


def test_steps_within_a_small_share_may_be_large(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    """From 100 people to 5 % of a million is five hundred times as many, and still within the 5 % rule."""
    plan = plan_of({"exposure_users": [50, 100]}, {"exposure_share": [0.01, 0.05]}, users=1_000_000)
    assert "jump_too_large" not in rules_of(lint(plan, checklist_of()))


def test_more_people_than_users_are_everyone(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    found = lint(plan_of({"exposure_users": [50, 100]}, None, users=80), checklist_of())
    assert "everyone_at_once" in rules_of(found)


def rules_of(found: tuple[Finding, ...]) -> list[str]:
    return [one.rule.id for one in found]


# Mends


PERCENT = st.integers(1, 100).map(lambda percent: percent / 100)
PHASES = st.fixed_dictionaries(
    {
        "exposure_share": st.tuples(PERCENT, PERCENT).map(sorted),
        "confidence_threshold": st.none() | st.just(0.9),
        "fallback": st.sampled_from([None, "flag"]),
        "review_share": st.sampled_from([0.0, 0.05, 1.0]),
        "feedback_button": st.booleans(),
        "minimum_days": st.none() | st.integers(1, 40),
        "warnings": st.lists(
            st.sampled_from([TELL_ONLY, BY_FEEDBACK, TELL_ONLY | {"tier": "pause"}]), max_size=2
        ),
        "criteria": st.sampled_from([[], ["answers"], ["gone"]]),
    }
)


@settings(max_examples=60)
@given(
    first=PHASES,
    second=PHASES,
    traffic=st.none() | st.integers(1, 200_000),
    stakes=st.sampled_from(list(Stakes)),
)
def test_each_mend_removes_its_finding_and_all_of_them_come_to_an_end(
    plan_of: PlanOf,
    checklist_of: ChecklistOf,
    first: dict[str, Any],
    second: dict[str, Any],
    traffic: int | None,
    stakes: Stakes,
) -> None:
    checklist = checklist_of(stakes)
    plan = plan_of(first, second, requests_per_day=traffic, users=traffic)
    for _ in range(40):
        mendable = [finding for finding in lint(plan, checklist) if finding.edit is not None]
        if not mendable:
            return
        chosen = mendable[0]
        assert chosen.edit is not None
        plan = edited(plan, chosen.edit)
        left = [(finding.rule.id, finding.phase_id) for finding in lint(plan, checklist)]
        assert (chosen.rule.id, chosen.phase_id) not in left
    raise AssertionError("mending does not come to an end")
