"""The checklist page as people work with it: template, edit, conflict, lock, amendment, answer."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import save_checklist, view_checklist
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.criteria.checklist import Checklist

BEN = Caller("Ben", frozenset({Role.PM}))
Words = Callable[[AppTest], str]


def test_a_template_becomes_the_first_version(site: Any, words: Words) -> None:
    site.feature("refund-agent")
    at = site.open("checklist", "refund-agent")
    at.button(key="take_ready_for_everyone").click().run()
    assert not at.exception
    assert "Draft, version 1 · 6 items" in words(at)
    assert [item.id for item in saved(site).items][:2] == ["tool_selection", "answer_correctness"]


def test_a_change_is_said_in_words_before_it_is_saved(site: Any, words: Words) -> None:
    at = edit_bar(site, "85")
    assert "Answer correctness, bar: above 80 % → above 85 %" in words(at)
    assert "To be 90 % sure of it you need about" in words(at)
    assert saved(site).item("answer_correctness").bar == 0.8
    at.button(key="save_item").click().run()
    assert not at.exception
    assert saved(site).item("answer_correctness").bar == 0.85
    assert "Draft, version 2" in words(at)
    assert "save_item" not in keys(at), "the form is closed"


def test_a_changed_bar_is_no_longer_the_templates(site: Any, words: Words) -> None:
    at = edit_bar(site, "85")
    assert "source of the bar: " in words(at)
    at.button(key="save_item").click().run()
    item = saved(site).item("answer_correctness")
    assert item.threshold_source == f"Set by {LOCAL_CALLER.name}, changed from above 80 %"
    assert item.good_evidence, "the metric and its source are the same"


def test_nothing_to_save_while_nothing_is_changed(site: Any, words: Words) -> None:
    at = edit_bar(site, "80")
    assert "Nothing is changed yet" in words(at)
    assert at.button(key="save_item").disabled


@pytest.mark.parametrize("bar", ["0", "100", "250 %"])
def test_a_bar_that_cannot_be_is_refused_while_it_is_typed(bar: str, site: Any, words: Words) -> None:
    at = edit_bar(site, bar)
    assert "The bar must be above 0 % and below 100 %" in words(at)
    assert at.button(key="save_item").disabled


def test_cancelling_leaves_everything_as_it_was(site: Any) -> None:
    at = edit_bar(site, "85")
    at.button(key="cancel_edit").click().run()
    assert "save_item" not in keys(at)
    assert view_checklist(site.workspace, LOCAL_CALLER, "refund-agent").number == 1


def test_an_item_is_added_and_removed(site: Any, words: Words) -> None:
    site.draft("refund-agent")
    at = site.open("checklist", "refund-agent")
    at.button(key="add_attested").click().run()
    at.text_input(key="item_sentence").set_value("Legal has agreed.").run()
    at.button(key="save_item").click().run()
    assert "Legal has agreed." in words(at)
    at.button(key="remove_question").click().run()
    assert not at.exception
    assert saved(site).item("question") is None
    assert len(saved(site).items) == 6


class TestConflict:
    """Ada edits one bar while Ben, who began at the same version, saves another."""

    def test_both_changes_are_shown_and_nothing_is_overwritten(self, site: Any, words: Words) -> None:
        at = self.conflict(site)
        said = words(at)
        assert "Ben saved version 2" in said
        assert "User acceptance, bar: above 75 % → above 60 %" in said
        assert "Answer correctness, bar: above 80 % → above 85 %" in said
        assert bars(site) == {"answer_correctness": 0.8, "user_acceptance": 0.6}

    def test_mine_on_top_keeps_both(self, site: Any, words: Words) -> None:
        at = self.conflict(site).button(key="save_mine").click().run()
        assert not at.exception
        assert "Draft, version 3" in words(at)
        assert "save_mine" not in keys(at)
        assert bars(site) == {"answer_correctness": 0.85, "user_acceptance": 0.6}

    def test_theirs_drops_mine_only(self, site: Any, words: Words) -> None:
        at = self.conflict(site).button(key="keep_theirs").click().run()
        assert not at.exception
        assert "Draft, version 2" in words(at)
        assert bars(site) == {"answer_correctness": 0.8, "user_acceptance": 0.6}

    def test_a_third_version_meanwhile_is_a_conflict_again(self, site: Any, words: Words) -> None:
        at = self.conflict(site)
        ben_sets(site, 0.65, based_on=2)
        at.button(key="save_mine").click().run()
        assert not at.exception
        assert "Ben saved version 3" in words(at)
        at.button(key="save_mine").click().run()
        assert bars(site) == {"answer_correctness": 0.85, "user_acceptance": 0.65}

    def test_the_same_item_is_named_on_both_sides(self, site: Any, words: Words) -> None:
        at = edit_bar(site, "85")
        ben_sets(site, 0.5, based_on=1, item="answer_correctness")
        at.button(key="save_item").click().run()
        said = words(at)
        assert "Answer correctness, bar: above 80 % → above 50 %" in said
        assert "Answer correctness, bar: above 80 % → above 85 %" in said

    def test_a_version_that_came_meanwhile_is_not_locked_unseen(self, site: Any) -> None:
        site.draft("refund-agent")
        at = site.open("checklist", "refund-agent")
        at.button(key="lock_begin").click().run()
        ben_sets(site, 0.6, based_on=1)
        at.button(key="lock").click().run()
        assert "Look at the newer version" in at.error[0].value
        assert view_checklist(site.workspace, LOCAL_CALLER, "refund-agent").commitment is None

    def conflict(self, site: Any) -> AppTest:
        at = edit_bar(site, "85")
        ben_sets(site, 0.6, based_on=1)
        at.button(key="save_item").click().run()
        assert not at.exception
        return at


def test_a_lock_is_a_seal_and_an_amendment_needs_a_reason(site: Any, words: Words) -> None:
    at = edit_bar(site, "85")
    at.button(key="save_item").click().run()
    assert "lock" not in keys(at), "the first click shows what the lock binds"
    at.button(key="lock_begin").click().run()
    at.button(key="lock").click().run()
    assert "Version 2 is locked" in words(at)
    assert "lock" not in keys(at), "there is nothing more to lock"

    at.button(key="edit_answer_correctness").click().run()
    at.text_input(key="item_bar").set_value("75").run()
    at.button(key="save_item").click().run()
    assert "The verdict still uses version 2" in words(at)

    at.button(key="lock_begin").click().run()
    at.button(key="lock").click().run()
    assert "everyone who decides will read it" in at.error[0].value
    assert len(view_checklist(site.workspace, LOCAL_CALLER, "refund-agent").commitments) == 1

    at.text_area(key="lock_reason_refund-agent").set_value("Billing moved to a person.")
    at.button(key="lock").click().run()
    assert not at.error
    assert "**Version 3 is locked** (amendment 1)" in words(at)
    assert "Amendment 1" in words(site.open("go_no_go", "refund-agent"))
    assert "Billing moved to a person." in words(site.open("go_no_go", "refund-agent"))


def test_a_question_is_answered_with_a_reason(site: Any, words: Words) -> None:
    site.draft("refund-agent")
    at = site.open("checklist", "refund-agent")
    assert "No failure is noted yet, so there is nothing to count." in words(at)
    at.button(key="save_answer_top_ten_handled").click().run()
    assert "Choose yes, no" in words(at)
    at.radio(key="given_refund-agent/top_ten_handled").set_value("yes")
    at.button(key="save_answer_top_ten_handled").click().run()
    assert "Say in a sentence what you looked at" in words(at)
    at.text_area(key="why_refund-agent/top_ten_handled").set_value("All ten have a passing test.")
    at.text_input(key="link_refund-agent/top_ten_handled").set_value("javascript:alert(1)")
    at.button(key="save_answer_top_ten_handled").click().run()
    assert "is not a web address" in words(at)
    at.text_input(key="link_refund-agent/top_ten_handled").set_value("https://example.com/list")
    at.button(key="save_answer_top_ten_handled").click().run()
    assert not at.error
    assert "Yes, says local user on 2 Mar 2026: All ten have a passing test." in words(at)
    assert "GO" in words(site.open("go_no_go", "refund-agent"))


def edit_bar(site: Any, typed: str) -> AppTest:
    """The page with the form open, in which the bar of answer correctness is now ``typed``."""
    site.draft("refund-agent")
    at = site.open("checklist", "refund-agent")
    at.button(key="edit_answer_correctness").click().run()
    at.text_input(key="item_bar").set_value(typed).run()
    assert not at.exception
    return at


def ben_sets(site: Any, bar: float, *, based_on: int, item: str = "user_acceptance") -> None:
    before = saved(site)
    items = tuple(one.model_copy(update={"bar": bar}) if one.id == item else one for one in before.items)
    after = before.model_copy(update={"items": items})
    save_checklist(site.workspace, BEN, site.now, "refund-agent", after, based_on=based_on)


def saved(site: Any) -> Checklist:
    return view_checklist(site.workspace, LOCAL_CALLER, "refund-agent").checklist


def bars(site: Any) -> dict[str, float | None]:
    return {name: saved(site).item(name).bar for name in ("answer_correctness", "user_acceptance")}


def keys(at: AppTest) -> set[str | None]:
    return {button.key for button in at.button}
