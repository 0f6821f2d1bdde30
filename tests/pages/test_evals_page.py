"""The Evals page: one case and many, what its forms save, and what of it each role finds."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.case_lists import open_case
from core.actions.eval_cases import save_case
from core.actions.eval_suites import view_suites
from core.actions.people import LOCAL_CALLER, Role
from core.evidence.eval_case import EvalCase, Part
from core.web.screens.eval_cases import PER_PAGE

Words = Callable[[AppTest], str]

SLUG = "helper"
MAY_EDIT = {Role.PM, Role.REVIEWER}
MAY_READ = {Role.PM, Role.REVIEWER, Role.SIGNER, Role.AUDITOR}


@pytest.fixture
def helper(site: Any) -> Any:
    site.feature(SLUG)
    return site


def keep(site: Any, query: str, **said: Any) -> str:
    """One more case of the feature's own set; returns its id."""
    case = EvalCase("", query, **{"ground_truth": "On its way"} | said)
    saved = save_case(
        site.workspace, LOCAL_CALLER, site.now, SLUG, case, no_personal_data=True, alike_ok=True
    )
    return saved.case_id


def keys(at: AppTest) -> set[str]:
    return {str(button.key) for button in at.button}


def test_a_case_is_written_by_hand_and_listed(helper: Any, words: Words) -> None:
    at = helper.open("evals", SLUG)
    at.text_area(key="case_new_0_query").set_value("Where is order *12*?")
    at.text_area(key="case_new_0_ground_truth").set_value("On its way")
    at.checkbox(key="case_new_0_critical").set_value(True)
    at.button(key="case_new_0_save").click().run()
    assert not at.exception
    said = words(at)
    assert "Own cases: 1 (1 gold). 1 of them critical. At least " in said
    assert "1 case." in said
    assert "No eval case yet" not in said
    assert at.text_area(key="case_new_1_query").value == "", "the next case starts empty"


def test_a_case_without_a_question_is_refused_and_what_was_typed_stays(helper: Any) -> None:
    at = helper.open("evals", SLUG)
    at.text_area(key="case_new_0_ground_truth").set_value("On its way")
    at.button(key="case_new_0_save").click().run()
    assert not at.exception
    assert len(at.error) == 1
    assert at.text_area(key="case_new_0_ground_truth").value == "On its way"
    assert view_suites(helper.workspace, LOCAL_CALLER, SLUG).cases == 0


def test_many_cases_are_shown_in_pages_and_filtered(helper: Any, words: Words) -> None:
    for number in range(PER_PAGE + 1):
        part = Part.ADVERSARIAL if number < 3 else Part.GOLD
        keep(helper, f"Question number {number}", part=part)
    at = helper.open("evals", SLUG)
    assert not at.exception
    assert f"{PER_PAGE + 1} cases; 1 to {PER_PAGE} are shown." in words(at)
    second = words(helper.open("evals", SLUG, page="2"))
    assert f"{PER_PAGE + 1} cases; {PER_PAGE + 1} to {PER_PAGE + 1} are shown." in second
    hard = helper.open("evals", SLUG, part="adversarial")
    assert f"3 cases of {PER_PAGE + 1}." in words(hard)
    assert "No case fits these filters." in words(helper.open("evals", SLUG, text="nothing says this"))


def test_a_version_is_locked_and_a_later_change_is_told(helper: Any, words: Words) -> None:
    case_id = keep(helper, "Where is my order?")
    at = helper.open("evals", SLUG)
    at.text_input(key="suite_name").set_value("orders")
    at.button(key="suite_save").click().run()
    assert not at.exception
    said = words(at)
    assert "orders, version 1" in said
    assert "Nothing has changed since the lock." in said
    keep(helper, "When does it come?")
    [line] = view_suites(helper.workspace, LOCAL_CALLER, SLUG).lines
    assert line.lock.cases == ((case_id, 1),)
    assert "Since the lock: 1 added" in words(helper.open("evals", SLUG))


def test_an_opened_case_is_changed_and_retired(helper: Any, words: Words) -> None:
    case_id = keep(helper, "Where is my order?", ground_truth="On its way")
    at = helper.open("evals", SLUG, case=case_id)
    assert "On its way" in words(at)
    at.text_input(key="case_retire_why").set_value("Nobody asks it")
    at.button(key="case_retire").click().run()
    assert not at.exception
    view = open_case(helper.workspace, LOCAL_CALLER, SLUG, case_id)
    assert view is not None
    assert view.line.is_retired
    said = words(helper.open("evals", SLUG))
    assert "Every case is retired" in said
    assert "Where is my order?" in words(helper.open("evals", SLUG, case=case_id))


def test_an_unknown_case_is_said_to_be_none(helper: Any, words: Words) -> None:
    at = helper.open("evals", SLUG, case="no-such-case")
    assert not at.exception
    assert "There is no eval case with that id." in words(at)


@pytest.mark.parametrize("role", Role)
def test_a_role_finds_what_it_may_do_and_reads_what_it_may_read(
    role: Role, helper: Any, act_as: Callable[..., object], words: Words
) -> None:
    case_id = keep(helper, "Where is my lost order?")
    act_as(role)
    at = helper.open("evals", SLUG)
    assert not at.exception
    assert ("case_new_0_save" in keys(at)) == (role in MAY_EDIT)
    assert ("suite_save" in keys(at)) == (role is Role.PM)
    one = helper.open("evals", SLUG, case=case_id)
    assert not one.exception
    assert ("case_retire" in keys(one)) == (role in MAY_EDIT)
    is_read = "lost order" in words(at) + words(one)
    assert is_read == (role in MAY_READ)
    assert ("Texts are for reviewers" in words(at)) != is_read
