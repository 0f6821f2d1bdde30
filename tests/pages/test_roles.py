"""Who may not act is told so in a sentence, finds their words still in the form, and changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import view_checklist
from core.actions.features import list_features
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER, Role
from core.actions.plans import view_plan

ALLOWED = {
    "create a feature": {Role.PM, Role.ADMIN},
    "edit the checklist": {Role.PM},
    "lock the checklist": {Role.PM},
    "edit the phase plan": {Role.PM},
    "answer for an item": {Role.PM, Role.REVIEWER},
    "upload evidence": {Role.PM},
    "withdraw an upload": {Role.PM},
}


def attempt(act: str, site: Any) -> AppTest:
    """Do on the page what ``act`` says, as far as the visitor can get."""
    if act == "create a feature":
        at = site.open("portfolio")
        at.text_input(key="new_name").set_value("Refund agent")
        at.text_input(key="new_owner").set_value("Ada")
        return at.button(key="create_feature").click().run()
    if act == "edit the checklist":
        at = site.open("checklist", "tried")
        at.button(key="edit_answer_correctness").click().run()
        at.text_input(key="item_bar").set_value("70").run()
        return at.button(key="save_item").click().run()
    if act == "edit the phase plan":
        return site.open("phase_plan", "tried").button(key="take_guardrail_escalation").click().run()
    if act == "lock the checklist":
        return site.open("checklist", "tried").button(key="lock").click().run()
    if act == "answer for an item":
        at = site.open("checklist", "tried")
        at.radio(key="given_tried/top_ten_handled").set_value("yes")
        at.text_area(key="why_tried/top_ten_handled").set_value("The list of ten")
        return at.button(key="save_answer_top_ten_handled").click().run()
    at = site.open("evidence", "tried")
    if act == "upload evidence":
        at.file_uploader(key="upload_0").upload("more.csv", b"run_id,answer_right\nr,yes\n", "text/csv").run()
        return at.button(key="import").click().run()
    upload = list_uploads(site.workspace, LOCAL_CALLER, "tried")[0]
    at.text_input(key=f"withdraw_reason_{upload.id}").set_value("Wrong file")
    return at.button(key=f"withdraw_{upload.id}").click().run()


def facts(site: Any) -> object:
    """Everything that one of the acts could have changed."""
    view = view_checklist(site.workspace, LOCAL_CALLER, "tried")
    uploads = [(upload.id, upload.state) for upload in list_uploads(site.workspace, LOCAL_CALLER, "tried")]
    features = [line.slug for line in list_features(site.workspace, LOCAL_CALLER)]
    plan = view_plan(site.workspace, LOCAL_CALLER, "tried")
    return view.number, view.commitments, dict(view.answers), plan.number, uploads, features


@pytest.fixture
def tried(site: Any, files: dict[str, str]) -> Any:
    site.draft("tried")
    site.upload("tried", "labels.csv", files["labels"])
    return site


@pytest.mark.parametrize("act", ALLOWED)
def test_each_role_may_do_what_is_its_own_and_is_told_what_is_not(
    act: str, tried: Any, act_as: Callable[..., Any]
) -> None:
    for role in sorted(set(Role) - ALLOWED[act]):
        before = facts(tried)
        act_as(role)
        at = attempt(act, tried)
        assert not at.exception
        assert f"Vera may not {act}" in at.error[0].proto.title.replace("\\", "")
        assert "ask an administrator" in at.error[0].value
        assert facts(tried) == before, f"{role} changed something"
    act_as(sorted(ALLOWED[act])[0])
    before = facts(tried)
    at = attempt(act, tried)
    assert not at.exception
    assert not at.error
    assert facts(tried) != before


def test_what_was_typed_stays_after_a_refusal(tried: Any, act_as: Callable[..., Any]) -> None:
    act_as(Role.VIEWER)
    assert attempt("create a feature", tried).text_input(key="new_name").value == "Refund agent"
    assert attempt("edit the checklist", tried).text_input(key="item_bar").value == "70"
    assert (
        attempt("answer for an item", tried).text_area(key="why_tried/top_ten_handled").value
        == "The list of ten"
    )
