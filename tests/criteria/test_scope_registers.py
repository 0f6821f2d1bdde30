"""The registers, the rule of regression and the calendar: what is refused, what will hurt, what it says."""

from datetime import date
from typing import Any

import pytest

from core.criteria.calendar import Course, Sign, calendar_lines
from core.criteria.register_review import on_permissions, on_sources
from core.criteria.scope import Scope, read_scope
from core.criteria.scope_changes import changed_scope
from core.criteria.scope_progress import SECTIONS, is_written, progress_of
from core.errors import InvalidDocument

TODAY = date(2026, 3, 2)
FRESH = {"source": "Policy", "owner": "Ada", "fresh_days": 30, "updated_on": "2026-02-01"}


def source_advice(**changes: Any) -> list[str]:
    return [one.key for one in on_sources(read_scope({"sources": [FRESH | changes]}).sources, TODAY)]


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, []),
        ({"owner": " "}, ["source_no_owner"]),
        ({"updated_on": "2026-01-31"}, []),  # exactly 30 days
        ({"updated_on": "2026-01-30"}, ["source_too_old"]),
        ({"fresh_days": 0, "updated_on": "2026-03-02"}, []),
        ({"fresh_days": None}, ["source_age_unknown"]),
        ({"updated_on": None}, ["source_age_unknown"]),
        ({"updated_on": "2026-03-09"}, []),
        ({"head_rules": "Goodwill up to $20"}, ["source_head_rules"]),
    ],
)
def test_a_source_has_an_owner_an_age_and_written_rules(changes: dict[str, Any], keys: list[str]) -> None:
    assert source_advice(**changes) == keys


def test_how_much_too_old_is_said_in_days() -> None:
    found = on_sources(read_scope({"sources": [FRESH | {"updated_on": "2026-01-20"}]}).sources, TODAY)
    assert [one.sentence for one in found] == ["“Policy” is 11 days older than it may be."]


@pytest.mark.parametrize(
    ("action", "keys"),
    [
        ({"level": "trigger", "reversible": False}, ["action_no_approval"]),
        ({"level": "change"}, ["action_no_approval"]),  # nobody has said that it can be undone
        ({"level": "trigger", "reversible": False, "approval": "The lead"}, []),
        ({"level": "change", "reversible": True}, []),
        ({"level": "suggest", "reversible": False}, []),
        ({}, []),
    ],
)
def test_what_cannot_be_undone_needs_somebody_who_agrees(action: dict[str, Any], keys: list[str]) -> None:
    permitted = read_scope({"permitted": {"actions": [{"what": "Refund"} | action]}}).permitted
    assert [one.key for one in on_permissions(permitted)] == keys


def test_other_roles_in_another_environment_are_said() -> None:
    permitted = read_scope({"permitted": {"same_roles_everywhere": False}}).permitted
    assert [one.key for one in on_permissions(permitted)] == ["roles_differ"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"sources": [{"source": ""}]}, "sources › item 1 › source: this must not be blank"),
        ({"sources": [FRESH, FRESH]}, "“Policy” is listed twice"),
        ({"sources": [FRESH | {"fresh_days": "7,5"}]}, "sources › item 1 › fresh_days: this must be a whole"),
        ({"sources": [FRESH | {"fresh_days": -1}]}, "sources › item 1 › fresh_days"),
        ({"permitted": {"actions": [{"what": "a", "level": "fly"}]}}, "actions › item 1 › level"),
        ({"permitted": {"actions": [{"what": "a"}, {"what": "a"}]}}, "“a” is listed twice"),
        ({"regression_rule": {"margin_points": 0}}, "margin_points"),
        ({"regression_rule": {"margin_points": 0.25}}, "steps of 0.1 points"),
        ({"regression_rule": {"slices": [{"column": "mood", "value": "x"}]}}, "slices › item 1 › column"),
        ({"regression_rule": {"slices": [{"column": "route", "value": "x"}] * 2}}, "“route = x” is listed"),
        ({"investment": {"link": "javascript:alert(1)"}}, "https://"),
        (
            {"calendar": {"steps": [{"week": 1.5, "what": "x"}]}},
            "steps › item 1 › week: this must be a whole",
        ),
        ({"calendar": {"steps": [{"week": 1, "what": "x"}] * 2}}, "“x” is planned twice for week 1"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(body: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_scope(body)
    assert says in refused.value.sentence


STEPS = [
    {"week": 4, "what": "Ten users", "shown_by": "second_phase"},
    {"week": 0, "what": "Instrument", "shown_by": "traces"},
    {"week": 2, "what": "Mend"},
]


@pytest.mark.parametrize(
    ("begins_on", "seen", "courses"),
    [
        ("2026-01-26", {}, [Course.LATE, Course.UNSEEN, Course.LATE]),
        ("2026-01-27", {}, [Course.LATE, Course.UNSEEN, Course.AHEAD]),  # the last day of week 4 is today
        ("2026-01-26", {Sign.TRACES: date(2026, 1, 20)}, [Course.DONE, Course.UNSEEN, Course.LATE]),
        (None, {}, [Course.AHEAD, Course.UNSEEN, Course.AHEAD]),
    ],
)
def test_a_step_is_late_when_its_week_is_over(
    begins_on: str | None, seen: dict[Sign, date], courses: list[Course]
) -> None:
    calendar = read_scope({"calendar": {"begins_on": begins_on, "steps": STEPS}}).calendar
    today = date(2026, 3, 2)
    lines = calendar_lines(calendar, seen, today)
    assert [line.step.week for line in lines] == [0, 2, 4]
    assert [line.course for line in lines] == courses


def test_how_late_a_step_was_is_counted_in_whole_weeks() -> None:
    calendar = read_scope({"calendar": {"begins_on": "2026-01-05", "steps": STEPS}}).calendar
    for happened, weeks in ((date(2026, 1, 1), 0), (date(2026, 1, 11), 0), (date(2026, 1, 19), 2)):
        assert calendar_lines(calendar, {Sign.TRACES: happened}, TODAY)[0].weeks_late == weeks


def test_every_part_of_the_page_is_counted_once_and_opens_unwritten() -> None:
    parts = [part for parts in SECTIONS.values() for part in parts]
    assert len(set(parts)) == len(parts)
    fields = set(Scope.model_fields) - {"scenario", "success_signal", "decisions"}
    assert fields <= set(parts)
    assert not any(is_written(Scope(), part) for part in parts)
    assert sum(one.of for one in progress_of(Scope())) == len(parts)


def test_changes_of_the_registers_are_said_line_by_line() -> None:
    before = read_scope(
        {
            "sources": [FRESH, {"source": "Orders"}],
            "permitted": {"actions": [{"what": "Refund", "level": "suggest"}]},
            "stakes_profile": {"reach": "internal"},
            "regression_rule": {"margin_points": 3, "critical_cases": ["c1"]},
            "calendar": {"steps": [STEPS[1]]},
        }
    )
    after = read_scope(
        {
            "sources": [FRESH | {"owner": "Ben", "updated_on": "2026-02-20"}],
            "permitted": {"actions": [{"what": "Refund", "level": "trigger", "reversible": False}]},
            "stakes_profile": {"reach": "external"},
            "regression_rule": {"margin_points": 7.5, "slices": [{"column": "route", "value": "chat"}]},
            "owners": {"alerts": "Ben"},
            "calendar": {"begins_on": "2026-03-09", "steps": [STEPS[1] | {"shown_by": "lock"}]},
        }
    )
    assert changed_scope(before, after) == [
        "Who meets it: “Colleagues” → “Customers or the public”",
        "Regression margin, points: 3 → 7.5",
        "Owner of answering alerts: none → “Ben”",
        "Week 0 begins: none → “2026-03-09”",
        "Slice watched, added: route = chat",
        "Critical case, removed: c1",
        "Source, removed: Orders",
        "Source, changed: Policy (last brought up to date: “2026-02-01” → “2026-02-20”; "
        "owner: “Ada” → “Ben”)",
        "Permission, changed: Refund (how far: “Suggest” → “Trigger”; can be undone: none → no)",
        "Calendar, changed: week 0, Instrument (seen by: “the first traces uploaded” → "
        "“the lock of the checklist”)",
    ]
