"""The registers, the calendar and the scenarios on the Scope page, as people work with them."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import view_plan
from core.actions.scopes import save_scope, view_scope
from core.criteria.scope import Scope, read_scope
from core.criteria.scope_progress import SECTIONS

Words = Callable[[AppTest], str]
MADE = {"answer": "Refund questions", "owner": "Ada", "decided_on": "2026-02-20"}


def saved(site: Any) -> Scope:
    return view_scope(site.workspace, LOCAL_CALLER, "refund-agent").scope


def editing(site: Any, part: str) -> AppTest:
    at = site.open("scope", "refund-agent")
    at.button(key=f"edit_{part}").click().run()
    assert not at.exception
    return at


def table(at: AppTest, part: str, *added: dict[str, str], **edits: Any) -> AppTest:
    """The table of ``part`` with these lines typed below it."""
    at.session_state[f"scope_{part}_table"] = {
        "edited_rows": {},
        "added_rows": list(added),
        "deleted_rows": [],
    } | edits
    return at.run()


def save(at: AppTest) -> AppTest:
    at.button(key="save_scope").click().run()
    assert not at.exception
    return at


@pytest.fixture
def one(site: Any) -> Any:
    site.feature("refund-agent")
    return site


def test_every_section_says_how_much_of_it_is_written(one: Any, words: Words) -> None:
    said = words(one.open("scope", "refund-agent"))
    for title, parts in SECTIONS.items():
        assert title in said
        assert f"0 of {len(parts)} written down" in said
    cards = sum(len(parts) for parts in SECTIONS.values())
    assert said.count("Example:") == cards - 1, "all but the self-check"


def test_a_source_is_typed_saved_and_held_against_its_age(one: Any, words: Words) -> None:
    at = editing(one, "sources")
    line = {"Source": "Policy", "May be so many days old": "30", "Last brought up to date": "2020-01-31"}
    table(at, "sources", line, {})
    assert "Source, added: Policy" in words(at)
    said = words(save(at))
    (source,) = saved(one).sources
    assert (source.source, source.fresh_days, str(source.updated_on)) == ("Policy", 30, "2020-01-31")
    assert "older than it may be" in said
    assert "“Policy” has no owner." in said


def test_a_number_that_is_none_is_refused_not_bent(one: Any, words: Words) -> None:
    at = table(editing(one, "sources"), "sources", {"Source": "Policy", "May be so many days old": "7,5"})
    assert not at.exception
    assert "fresh_days: this must be a whole number (given: '7,5')" in words(at)
    assert at.button(key="save_scope").disabled


def test_a_line_can_be_changed_and_deleted(one: Any) -> None:
    scope = read_scope({"sources": [{"source": "Policy", "fresh_days": 3}, {"source": "Orders"}]})
    save_scope(one.workspace, LOCAL_CALLER, one.now, "refund-agent", scope, based_on=None)
    at = editing(one, "sources")
    assert at.button(key="save_scope").disabled
    edits = {"edited_rows": {0: {"Owner": "Ada", "May be so many days old": None}}, "deleted_rows": [1]}
    save(table(at, "sources", **edits))
    (source,) = saved(one).sources
    assert (source.source, source.owner, source.fresh_days) == ("Policy", "Ada", None)


def test_an_action_that_cannot_be_undone_stands_apart_until_somebody_agrees(one: Any, words: Words) -> None:
    at = editing(one, "permitted")
    line = {"What it may do": "Refund", "How far": "Trigger", "Can be undone": "No"}
    table(at, "permitted", line, {"What it may do": "Read orders", "How far": "Read"})
    at.segmented_control(key="scope_permitted_same_roles_everywhere").set_value(True).run()
    said = words(save(at))
    refund, read = saved(one).permitted.actions
    assert (refund.is_final, read.is_final, refund.reversible) == (True, False, False)
    assert "Cannot be undone, or nobody has said that it can" in said
    assert "Nobody has to agree before “Refund”, which cannot be undone." in said
    at = editing(one, "permitted")
    save(table(at, "permitted", edited_rows={0: {"Who agrees before, and where": "The lead"}}))
    assert saved(one).permitted.actions[0].approval == "The lead"
    assert "Nobody has to agree" not in words(one.open("scope", "refund-agent"))


def test_a_regression_has_a_margin_slices_and_critical_cases(one: Any, words: Words) -> None:
    at = editing(one, "regression_rule")
    at.number_input(key="scope_regression_rule_margin_points").set_value(250.0).run()
    assert "margin_points" in words(at), "refused, not cut to 100"
    at.number_input(key="scope_regression_rule_margin_points").set_value(3.5).run()
    at.text_area(key="scope_regression_rule_critical_cases").set_value("refund-twice\n\n gift card ").run()
    table(at, "regression_rule", {"Column of the traces": "user_segment", "Value": "new"})
    assert "Regression margin, points: none → 3.5" in words(at)
    said = words(save(at))
    rule = saved(one).regression_rule
    assert (rule.margin_points, rule.critical_cases) == (3.5, ("refund-twice", "gift card"))
    assert "May not get worse: user_segment = new" in said


def test_owners_and_the_stakes_profile_are_chosen_in_place(one: Any, words: Words) -> None:
    at = editing(one, "owners")
    at.text_input(key="scope_owners_containment").set_value("Ben").run()
    save(at)
    at.button(key="edit_stakes_profile").click().run()
    at.segmented_control(key="scope_stakes_profile_reach").set_value("external").run()
    at.segmented_control(key="scope_stakes_profile_regulated").set_value(True).run()
    said = words(save(at))
    assert saved(one).owners.containment == "Ben"
    assert "Customers or the public · Regulated" in said
    assert "The field is regulated, and the stakes are only medium." in said


def test_a_calendar_begins_with_the_usual_weeks(one: Any, words: Words) -> None:
    at = editing(one, "calendar")
    assert "Calendar, added: week 0, Instrument it: every run leaves a trace" in words(at)
    at.date_input(key="scope_calendar_begins_on").set_value(one.now.date()).run()
    said = words(save(at))
    assert len(saved(one).calendar.steps) == 8
    assert "The real days are those of the first upload" in said


def test_a_changed_promise_after_the_lock_is_said_before_and_after(site: Any, words: Words) -> None:
    site.locked("refund-agent")
    scope = read_scope({"decisions": {"workflow": MADE}, "success_signal": "Settled"})
    save_scope(site.workspace, LOCAL_CALLER, site.now, "refund-agent", scope, based_on=None)
    at = editing(site, "workflow")
    assert "changes the promise after the lock" not in words(at)
    at.text_area(key="scope_workflow_success_signal").set_value("Answered").run()
    assert "This changes the promise after the lock" in words(at)
    at.text_input(key="scope_reason").set_value("Easier to count.").run()
    said = words(save(at))
    assert "The promise was changed after the lock" in said
    assert "Main success signal: “Settled” → “Answered”" in said


class TestScenarios:
    """On an empty scope only, in words before it is done."""

    def test_each_says_what_it_fills_and_one_click_fills_it(self, one: Any, words: Words) -> None:
        at = one.open("scope", "refund-agent")
        said = words(at)
        assert "Phase plan: Employees only (50–100 users) → 1 % of customers (1 %)" in said
        assert "Stakes: raised from medium to high" in said
        at.number_input(key="scenario_take_refund-agent_users").set_value(300).run()
        at.button(key="use_internal_agent").click().run()
        assert not at.exception
        assert saved(one).scenario == "internal_agent"
        assert view_plan(one.workspace, LOCAL_CALLER, "refund-agent").plan.users == 300
        said = words(at)
        assert "Filled in from “Internal agent”" in said
        assert "Start from a scenario" not in said
        assert "Think of:* It changes many records wrongly overnight" in said

    def test_a_companys_faulty_file_is_named(self, one: Any, words: Words) -> None:
        folder = one.workspace.home / "templates" / "scenarios"
        folder.mkdir(parents=True)
        (folder / "ours.toml").write_text('id = "x"', encoding="utf-8")
        assert "The scenario ours.toml cannot be used: name: this is missing" in words(
            one.open("scope", "refund-agent")
        )

    def test_a_reader_is_not_offered_any(self, one: Any, act_as: Callable[..., Caller], words: Words) -> None:
        act_as(Role.VIEWER)
        assert "Start from a scenario" not in words(one.open("scope", "refund-agent"))
