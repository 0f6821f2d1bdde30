"""Edits fit any version of a plan, and every change is said in words."""

from collections.abc import Callable
from typing import Any

import pytest

from core.errors import InvalidDocument
from core.rollout.changes import changed_plan, side_by_side
from core.rollout.edits import AddPhase, MovePhase, RemovePhase, SetPhase, SetPlan, differing_fields, edited
from core.rollout.gallery import plan_template, plan_templates
from core.rollout.plan import PhasePlan

PlanOf = Callable[..., PhasePlan]
NEW = {"id": "first", "name": "Third", "exposure_share": [1.0, 1.0]}
BAR = {"id": "own", "metric": "user_acceptance", "source": "feedback", "bar": 0.75}

SAID = [
    (SetPlan({"owner": "Bo", "users": None}), ["Owner: Ada → Bo", "Users: 100,000 → none"]),
    (SetPhase("first", {"minimum_days": 7}), ["First, minimum duration: at least 14 days → at least 7 days"]),
    (SetPhase("first", {"review_share": 0.05}), ["First, human review: every answer → 5 % of answers"]),
    (SetPhase("first", {"rate_limit": 1000}), ["First, rate limit: none → 1,000 a day for each user"]),
    (
        SetPhase("first", {"spend_user_day": 2.5, "spend_day": 400}),
        [
            "First, spend of a user a day that pauses: none → $2.5 or more",
            "First, spend a day that pauses: none → $400 or more",
        ],
    ),
    (SetPhase("first", {"exposure_share": [0.02, 0.02]}), ["First, exposure: 1–5 % → 2 %"]),
    (
        SetPhase("first", {"fallback": "flag"}),
        ["First, fallback: goes the way without AI → shown, marked as uncertain"],
    ),
    (SetPhase("first", {"feedback_button": False}), ["First, feedback button: yes → no"]),
    (SetPhase("first", {"name": "Beta"}), ["First, name: First → Beta"]),
    (SetPhase("first", {"criteria": ["a", "b"]}), ["First, success criteria: none → a and b"]),
    (SetPhase("first", {"bars": [BAR]}), ["First, own bar added: User acceptance is above 75 %"]),
    (
        SetPhase("first", {"warnings": []}),
        ["First, early warning removed: Answer correctness below 85 %: pause"],
    ),
    (AddPhase(NEW, 2), ["Added phase: Third (everyone)"]),
    (RemovePhase("first"), ["Removed phase: First"]),
    (MovePhase("second", -1), ["Order: Second → First"]),
    (MovePhase("second", 1), []),
    (MovePhase("first", -3), []),
]


@pytest.mark.parametrize(("edit", "sentences"), SAID, ids=lambda part: type(part).__name__)
def test_a_change_is_said_in_words(edit: Any, sentences: list[str], plan_of: PlanOf) -> None:
    assert list(changed_plan(plan_of(), edited(plan_of(), edit))) == sentences


def test_no_field_of_a_phase_changes_silently(plan_of: PlanOf) -> None:
    """Whatever differs between two phases, something is said; the id cannot change."""
    other = {
        "name": "Other", "segment": "x", "why_forgiving": "x", "exposure_share": [0.02, 0.02], "tasks": "x",
        "confidence_threshold": 0.5, "fallback": "flag", "review_share": 0.5, "rate_limit": 5,
        "spend_user_day": 5, "spend_day": 5,
        "transparency": "x", "feedback_button": False, "monitoring": "x", "criteria": ["x"], "bars": [BAR],
        "warnings": [], "minimum_days": 30, "owner": "x",
    }  # fmt: skip
    plan = plan_of()
    fields = set(type(plan.phases[0]).model_fields)
    assert set(other) == fields - {"id", "exposure_users"}
    for name, value in other.items():
        assert len(changed_plan(plan, edited(plan, SetPhase("first", {name: value})))) == 1, name


def test_a_part_of_a_bar_that_its_sentence_does_not_show_is_a_change_too(plan_of: PlanOf) -> None:
    plan = plan_of({"bars": [BAR]})
    after = edited(plan, SetPhase("first", {"bars": [BAR | {"owner": "Bo"}]}))
    assert changed_plan(plan, after) == ["First, details of its bars or warnings"]


def test_an_edit_keeps_what_somebody_else_changed_in_the_same_phase(plan_of: PlanOf) -> None:
    theirs = edited(plan_of(), SetPhase("first", {"minimum_days": 30}))
    both = edited(theirs, SetPhase("first", {"review_share": 0.5}))
    assert (both.phases[0].minimum_days, both.phases[0].review_share) == (30, 0.5)


def test_only_the_fields_that_differ_are_an_edit(plan_of: PlanOf) -> None:
    before, after = plan_of().phases[0], plan_of({"review_share": 0.5}).phases[0]
    assert differing_fields(before, after) == {"review_share": 0.5}


def test_a_spend_limit_is_set_and_unset_by_an_edit(plan_of: PlanOf) -> None:
    """A field that is not set is not written, and yet to unset it is a difference."""
    without, with_it = plan_of().phases[0], plan_of({"spend_day": 9.0}).phases[0]
    assert differing_fields(without, with_it) == {"spend_day": 9.0}
    assert differing_fields(with_it, without) == {"spend_day": None}
    unset = edited(plan_of({"spend_day": 9.0}), SetPhase("first", {"spend_day": None}))
    assert unset == plan_of()


def test_an_edit_of_a_phase_that_is_gone_is_refused(plan_of: PlanOf) -> None:
    for edit in (SetPhase("gone", {}), RemovePhase("gone"), MovePhase("gone", 1)):
        with pytest.raises(InvalidDocument, match="Somebody removed it meanwhile"):
            edited(plan_of(), edit)


def test_an_added_phase_never_takes_an_id_that_is_there(plan_of: PlanOf) -> None:
    once = edited(plan_of(), AddPhase(NEW, 0))
    twice = edited(once, AddPhase(NEW, 0))
    assert [phase.id for phase in twice.phases] == ["first_3", "first_2", "first", "second"]


# Templates


def test_the_templates_load_and_the_default_one_comes_first() -> None:
    assert [one.id for one in plan_templates()] == ["guardrail_escalation", "internal_agent", "finance_story"]


def test_the_default_plan_is_the_escalation_table() -> None:
    phases = plan_template("guardrail_escalation").plan.phases
    assert [
        (
            p.exposure_users or p.exposure_share,
            p.review_share,
            p.confidence_threshold,
            p.rate_limit is not None,
        )
        for p in phases
    ] == [
        ((50, 100), 1.0, 0.95, True),
        ((0.01, 0.05), 0.05, 0.90, False),
        ((0.05, 0.25), 0.0, 0.85, False),
        ((1.0, 1.0), 0.0, 0.80, False),
    ]
    assert {
        warning.bar for p in phases for warning in p.warnings if warning.metric == "answer_correctness"
    } == {0.85}


def test_the_other_plans_keep_their_numbers() -> None:
    agent = plan_template("internal_agent").plan.phases
    assert [(p.exposure_users or p.exposure_share, p.minimum_days) for p in agent] == [
        ((3, 3), 7), ((10, 10), 7), ((25, 50), 7), ((1.0, 1.0), 28)
    ]  # fmt: skip
    story = plan_template("finance_story").plan.phases
    assert [(p.exposure_users or p.exposure_share, p.minimum_days) for p in story] == [
        ((100, 100), 30), ((0.01, 0.01), 14), ((0.05, 0.05), 28)
    ]  # fmt: skip


def test_two_versions_beside_each_other(plan_of: Callable[..., PhasePlan]) -> None:
    before, after = plan_of({}, {}), plan_of({"minimum_days": 21, "review_share": 0.05}, None, owner="Bo")
    rows = side_by_side(before, after)
    changed = {(row.phase, row.field): (row.before, row.after) for row in rows if row.change == "changed"}
    assert changed == {
        ("", "Owner"): ("Ada", "Bo"),
        ("", "Phases"): ("First → Second", "First"),
        ("First", "Human review"): ("every answer", "5 % of answers"),
        ("First", "Minimum duration"): ("at least 14 days", "at least 21 days"),
    }
    assert {row.phase for row in rows if row.change == "removed"} == {"Second"}
    assert {row.change for row in side_by_side(after, before) if row.phase == "Second"} == {"added"}
    assert not any(row.change for row in side_by_side(before, before))
