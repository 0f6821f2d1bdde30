"""The Scope page as people work with it: decide, amend, conflict, lists; nothing that is typed is lost."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.scopes import save_scope, view_scope
from core.criteria.scope import DECISIONS, Scope, read_scope
from core.web.registry import spec_of

BEN = Caller("Ben", frozenset({Role.PM}))
Words = Callable[[AppTest], str]
MADE = {"answer": "Refund questions", "owner": "Ada", "decided_on": "2026-02-20"}


def saved(site: Any) -> Scope:
    return view_scope(site.workspace, LOCAL_CALLER, "refund-agent").scope


def ben_saves(site: Any, *, based_on: int | None = None, **decision: Any) -> None:
    scope = read_scope({"decisions": {"rollout": MADE | decision}})
    save_scope(site.workspace, BEN, site.now, "refund-agent", scope, based_on=based_on)


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button}


def answer(site: Any, text: str = "Refund questions", owner: str = "Ada") -> AppTest:
    """The form of the last decision with everything typed, not saved yet."""
    at = site.open("scope", "refund-agent")
    at.button(key="edit_rollout").click().run()
    at.text_area(key="scope_rollout_answer").set_value(text).run()
    return at.text_input(key="scope_rollout_owner").set_value(owner).run()


@pytest.fixture
def one(site: Any) -> Any:
    site.feature("refund-agent")
    return site


def test_a_decision_is_made_in_place_and_counted(one: Any, words: Words) -> None:
    at = answer(one)
    assert at.date_input(key="scope_rollout_decided_on").value == one.now.date(), "today, unless changed"
    assert "answer: none → “Refund questions”" in words(at)
    at.button(key="save_scope").click().run()
    assert not at.exception
    said = words(at)
    assert "1 of 6 decided" in said
    assert "Scope: 1 of 6 decided" in said, "the sidebar"
    assert "save_scope" not in keys(at)
    made = saved(one).decisions.rollout
    assert (made.answer, made.owner, made.decided_on) == ("Refund questions", "Ada", one.now.date())


def test_what_is_missing_is_said(one: Any, words: Words) -> None:
    at = answer(one, owner="")
    at.button(key="save_scope").click().run()
    said = words(at)
    assert "0 of 6 decided" in said
    assert "Still missing: an owner" in said
    assert "Still missing: the answer, an owner, a date, the main success signal" in said


def test_nothing_to_save_while_nothing_is_typed(one: Any) -> None:
    at = one.open("scope", "refund-agent")
    at.button(key="edit_worst_case").click().run()
    assert at.button(key="save_scope").disabled
    at.button(key="cancel_scope").click().run()
    assert "save_scope" not in keys(at)


def test_what_was_typed_survives_a_look_at_another_page(one: Any) -> None:
    at = answer(one)
    at.switch_page(str(spec_of("evidence").path)).run()
    at.switch_page(str(spec_of("scope").path)).run()
    assert at.text_area(key="scope_rollout_answer").value == "Refund questions"
    assert at.text_input(key="scope_rollout_owner").value == "Ada"
    at.button(key="save_scope").click().run()
    assert saved(one).decisions.rollout.owner == "Ada"


def test_opening_another_form_keeps_what_was_typed_in_the_first_and_says_so(one: Any, words: Words) -> None:
    at = answer(one)
    at.button(key="edit_cohort").click().run()
    assert not at.exception
    assert words(at).count("Typed, not saved") == 1
    at.button(key="edit_rollout").click().run()
    assert at.text_area(key="scope_rollout_answer").value == "Refund questions"
    at.button(key="cancel_scope").click().run()
    assert "Typed, not saved" not in words(at)
    at.button(key="edit_rollout").click().run()
    assert at.text_area(key="scope_rollout_answer").value == ""


def test_a_change_after_the_lock_asks_why_and_keeps_the_words_until_it_is_told(
    site: Any, words: Words
) -> None:
    site.locked("refund-agent")
    ben_saves(site)
    at = answer(site, text="Refunds and returns")
    at.button(key="save_scope").click().run()
    assert "an amendment needs a reason" in words(at)
    assert at.text_area(key="scope_rollout_answer").value == "Refunds and returns"
    at.text_input(key="scope_reason").set_value("The same desk.").run()
    at.button(key="save_scope").click().run()
    assert not at.error
    assert saved(site).decisions.rollout.answer == "Refunds and returns"
    assert "after the lock · The same desk." in words(at)
    said = words(site.open("go_no_go", "refund-agent"))
    assert "Scope changed after the lock" in said, "whoever decides sees it"
    assert "The same desk." in said


class TestConflict:
    """Ada answers while Ben, who began at the same version, saves another answer."""

    def test_both_are_shown_and_mine_goes_on_top_of_his(self, one: Any, words: Words) -> None:
        at = answer(one, text="Mine")
        ben_saves(one, answer="His")
        at.button(key="save_scope").click().run()
        said = words(at)
        assert "Ben saved version 1" in said
        assert "answer: none → “His”" in said
        assert "answer: none → “Mine”" in said
        assert saved(one).decisions.rollout.answer == "His"
        at.button(key="save_mine").click().run()
        assert not at.exception
        assert saved(one).decisions.rollout.answer == "Mine"

    def test_another_part_of_his_is_kept(self, one: Any) -> None:
        at = one.open("scope", "refund-agent")
        at.button(key="edit_worst_case").click().run()
        at.text_area(key="scope_worst_case_words").set_value("A refund of a million.").run()
        ben_saves(one)
        at.button(key="save_scope").click().run()
        at.button(key="save_mine").click().run()
        assert saved(one).worst_case.words == "A refund of a million."
        assert saved(one).decisions.rollout.owner == "Ada"

    def test_his_alone(self, one: Any) -> None:
        at = answer(one, text="Mine")
        ben_saves(one, answer="His")
        at.button(key="save_scope").click().run()
        at.button(key="keep_theirs").click().run()
        assert not at.exception
        assert "save_mine" not in keys(at)
        assert saved(one).decisions.rollout.answer == "His"


def test_the_cohort_is_a_table_whose_blank_lines_are_no_people(one: Any, words: Words) -> None:
    at = one.open("scope", "refund-agent")
    at.button(key="edit_cohort").click().run()
    at.session_state["scope_cohort_table"] = {
        "edited_rows": {},
        "added_rows": [{"User id": "u1", "Role": "agent"}, {}, {"User id": "u2", "Role": "agent"}],
        "deleted_rows": [],
    }
    at.run()
    at.button(key="save_scope").click().run()
    assert [(one.user_id, one.role) for one in saved(one).cohort] == [("u1", "agent"), ("u2", "agent")]
    assert "The early cohort has one role only (agent)." in words(at)


def test_a_line_without_a_person_is_refused_with_its_place(one: Any, words: Words) -> None:
    at = one.open("scope", "refund-agent")
    at.button(key="edit_cohort").click().run()
    at.session_state["scope_cohort_table"] = {
        "edited_rows": {},
        "added_rows": [{"Role": "agent"}],
        "deleted_rows": [],
    }
    at.run()
    assert "cohort › item 1 › user_id: this is missing" in words(at)
    assert at.button(key="save_scope").disabled


def test_the_self_check_lists_each_sign_with_what_to_do(one: Any, words: Words) -> None:
    at = one.open("scope", "refund-agent")
    at.button(key="edit_fragile").click().run()
    at.segmented_control(key="scope_fragile_owner_unclear").set_value(True).run()
    at.button(key="save_scope").click().run()
    said = words(at)
    assert "2 things will hurt" in said
    assert "It is unclear who owns it." in said


def test_the_signs_stand_beside_the_verdict(site: Any, words: Words) -> None:
    site.locked("refund-agent")
    assert "fragile" not in words(site.open("go_no_go", "refund-agent"))
    signs = read_scope({"fragile": {"one_persons_prompting": True, "owner_unclear": False}})
    save_scope(site.workspace, BEN, site.now, "refund-agent", signs, based_on=None)
    said = words(site.open("go_no_go", "refund-agent"))
    assert said.count("Sign of a fragile proof of concept:") == 1
    assert "Success depends on one person's prompting." in said


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.SIGNER, Role.ADMIN, Role.AUDITOR])
def test_who_may_not_edit_sees_the_words_and_no_buttons(
    role: Role, one: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    ben_saves(one)
    act_as(role)
    at = one.open("scope", "refund-agent")
    assert not at.exception
    assert "Refund questions" in words(at)
    assert not [key for key in keys(at) if key.startswith("edit_")]
    assert "needs someone else" in words(at)


def test_whoever_lost_the_role_meanwhile_is_refused_and_keeps_their_words(
    one: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    at = answer(one)
    act_as(Role.VIEWER)
    at.run().button(key="save_scope").click().run()
    assert at.text_area(key="scope_rollout_answer").value == "Refund questions"
    assert "Vera may not edit the scope" in words(at)
    assert saved(one) == Scope()


def test_a_decision_keeps_its_own_date(one: Any) -> None:
    ben_saves(one)
    at = one.open("scope", "refund-agent")
    at.button(key="edit_rollout").click().run()
    assert at.date_input(key="scope_rollout_decided_on").value == date(2026, 2, 20)


def test_everything_decided_reads_so(one: Any, words: Words) -> None:
    whole = read_scope({"decisions": dict.fromkeys(DECISIONS, MADE), "success_signal": "Settled alone"})
    save_scope(one.workspace, BEN, one.now, "refund-agent", whole, based_on=None)
    said = words(one.open("scope", "refund-agent"))
    assert "6 of 6 decided" in said
    assert "Still missing" not in said
