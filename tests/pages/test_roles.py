"""Pages by role: who may not act finds no button for it, and whoever lost a role on an open page is refused.

People with real grants open every page: of their own feature, and of one that they have no role in.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import view_checklist
from core.actions.features import list_features
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.people_views import view_people
from core.actions.plans import view_plan
from core.actions.roles import grant_role, revoke_role
from core.actions.sign_in import signed_in
from core.web import wiring
from core.web.registry import PAGES

WITHOUT_FEATURE = {"portfolio", "settings", "glossary"}

ALLOWED = {
    "create a feature": {Role.PM, Role.ADMIN},
    "edit the checklist": {Role.PM},
    "lock the checklist": {Role.PM},
    "edit the phase plan": {Role.PM},
    "answer for an item": {Role.PM, Role.REVIEWER},
    "upload evidence": {Role.PM},
    "withdraw an upload": {Role.PM},
}


def attempt(act: str, site: Any, meanwhile: Callable[[], object] = lambda: None) -> AppTest:
    """Do on the page what ``act`` says; ``meanwhile`` happens before the last click, on the open page."""
    if act == "create a feature":
        at = site.open("portfolio")
        at.text_input(key="new_name").set_value("Refund agent")
        at.text_input(key="new_owner").set_value("Ada")
        meanwhile()
        return at.button(key="create_feature").click().run()
    if act == "edit the checklist":
        at = site.open("checklist", "tried")
        at.button(key="edit_answer_correctness").click().run()
        at.text_input(key="item_bar").set_value("70").run()
        meanwhile()
        return at.button(key="save_item").click().run()
    if act == "edit the phase plan":
        at = site.open("phase_plan", "tried")
        meanwhile()
        return at.button(key="take_guardrail_escalation").click().run()
    if act == "lock the checklist":
        at = site.open("checklist", "tried").button(key="lock_begin").click().run()
        meanwhile()
        return at.button(key="lock").click().run()
    if act == "answer for an item":
        at = site.open("checklist", "tried")
        at.radio(key="given_tried/top_ten_handled").set_value("yes")
        at.text_area(key="why_tried/top_ten_handled").set_value("The list of ten")
        meanwhile()
        return at.button(key="save_answer_top_ten_handled").click().run()
    at = site.open("evidence", "tried")
    if act == "upload evidence":
        at.file_uploader(key="upload_0").upload("more.csv", b"run_id,answer_right\nr,yes\n", "text/csv").run()
        meanwhile()
        return at.button(key="import").click().run()
    upload = list_uploads(site.workspace, LOCAL_CALLER, "tried")[0]
    at.text_input(key=f"withdraw_reason_{upload.id}").set_value("Wrong file")
    meanwhile()
    return at.button(key=f"withdraw_{upload.id}").click().run()


def facts(site: Any) -> object:
    """Everything that one of the acts could have changed."""
    view = view_checklist(site.workspace, LOCAL_CALLER, "tried")
    uploads = [(upload.id, upload.state) for upload in list_uploads(site.workspace, LOCAL_CALLER, "tried")]
    features = [line.slug for line in list_features(site.workspace, LOCAL_CALLER)]
    plan = view_plan(site.workspace, LOCAL_CALLER, "tried")
    return view.number, view.commitments, dict(view.answers), plan.number, uploads, features


CONTROLS = {
    "create a feature": ("portfolio", ["create_feature"]),
    "edit the checklist": ("checklist", ["edit_answer_correctness", "add_measured", "take_production_gate"]),
    "lock the checklist": ("checklist", ["lock_begin"]),
    "edit the phase plan": ("phase_plan", ["take_guardrail_escalation", "add_phase"]),
    "answer for an item": ("checklist", ["save_answer_top_ten_handled"]),
    "upload evidence": ("evidence", ["upload_0"]),
    "withdraw an upload": ("evidence", ["withdraw_"]),
}
"""What of a page is for whoever may do an act: the beginnings of its widgets' keys."""


def pressable(at: AppTest) -> set[str]:
    """The keys of the buttons and uploaders that a visitor can use."""
    widgets = [*at.button, *at.get("file_uploader")]
    return {str(one.key) for one in widgets if not getattr(one, "disabled", False)}


@pytest.fixture
def tried(site: Any, files: dict[str, str]) -> Any:
    site.draft("tried")
    site.upload("tried", "labels.csv", files["labels"])
    return site


class Visitor:
    """Somebody who signed in as Vera; their one grant changes as the test says."""

    def __init__(self, site: Any) -> None:
        self.site = site
        self.caller = self._comes("Vera")
        # Somebody has to stay an administrator.
        root = self._comes("Root").person_id or 0
        grant_role(site.workspace, LOCAL_CALLER, site.now, None, root, Role.ADMIN)

    def _comes(self, name: str) -> Caller:
        return signed_in(
            self.site.workspace,
            self.site.now,
            issuer="https://login.example.com",
            subject=name,
            name=name,
            email=f"{name.lower()}@example.com",
            email_verified=True,
            signed_in_at=self.site.now.timestamp(),
        )

    def has(self, role: Role | None, slug: str | None = "tried") -> None:
        people = view_people(self.site.workspace, LOCAL_CALLER).people
        for grant in next(one for one in people if one.id == self.caller.person_id).grants:
            revoke_role(self.site.workspace, LOCAL_CALLER, self.site.now, grant.slug, grant.id)
        if role is not None:
            person = self.caller.person_id or 0
            grant_role(self.site.workspace, LOCAL_CALLER, self.site.now, slug, person, role)


@pytest.fixture
def vera(tried: Any, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    visitor = Visitor(tried)
    monkeypatch.setattr(wiring, "caller", lambda: visitor.caller)
    return visitor


@pytest.mark.parametrize("act", ALLOWED)
def test_a_role_finds_the_buttons_of_what_it_may_do_and_no_others(
    act: str, tried: Any, vera: Visitor
) -> None:
    page, keys = CONTROLS[act]
    for role in Role:
        vera.has(role, None)
        at = tried.open(page, None if page == "portfolio" else "tried")
        assert not at.exception
        found = pressable(at)
        for key in keys:
            is_there = any(one.startswith(key) for one in found)
            assert is_there == (role in ALLOWED[act]), f"{role} and {key}"


@pytest.mark.parametrize("act", ALLOWED)
def test_a_role_lost_on_an_open_page_is_missed_at_the_next_click(act: str, tried: Any, vera: Visitor) -> None:
    """The page still has the button; the action asks the database."""
    for role in sorted(set(Role) - ALLOWED[act]):
        before = facts(tried)
        vera.has(Role.PM, None)
        at = attempt(act, tried, partial(vera.has, role, None))
        assert not at.exception
        assert f"Vera may not {act}" in at.error[0].proto.title.replace("\\", "")
        assert "ask an administrator" in at.error[0].value
        assert facts(tried) == before, f"{role} changed something"
    before = facts(tried)
    vera.has(Role.PM, None)
    at = attempt(act, tried)
    assert not at.exception
    assert not at.error
    assert facts(tried) != before


def test_whoever_has_no_role_left_is_refused_on_an_open_page(tried: Any, vera: Visitor) -> None:
    vera.has(Role.PM)
    before = facts(tried)
    at = attempt("edit the phase plan", tried, partial(vera.has, None))
    assert not at.exception
    assert facts(tried) == before


@pytest.mark.parametrize("role", Role)
def test_every_page_opens_for_every_role_of_its_feature(role: Role, tried: Any, vera: Visitor) -> None:
    vera.has(role)
    for spec in PAGES:
        at = tried.open(spec.key, None if spec.key in WITHOUT_FEATURE else "tried")
        assert not at.exception, spec.key
        # A row that says NO-GO is red as well; a refusal has the words of the policy.
        assert "Vera may not" not in "".join(one.value + one.proto.title for one in at.error), spec.key


def test_a_feature_of_others_looks_like_one_that_is_not_there(tried: Any, vera: Visitor, words: Any) -> None:
    """Neither its name nor anything of it, and the same words as for a name that nobody has."""
    tried.feature("secret-thing", name="Secret thing")
    vera.has(Role.PM)
    for spec in PAGES:
        pages = [tried.open(spec.key, slug) for slug in ("secret-thing", "no-such-thing")]
        said = [
            # Each run gives a download an id of its own.
            re.sub(r"\b[0-9a-f]{32,64}\b", "…", words(at)).replace("no-such-thing", "secret-thing")
            for at in pages
        ]
        assert not any(at.exception for at in pages), spec.key
        assert said[0] == said[1], spec.key
        assert "Secret thing" not in said[0], spec.key


def test_whoever_has_no_role_sees_no_feature_on_any_page(tried: Any, vera: Visitor, words: Any) -> None:
    for spec in PAGES:
        at = tried.open(spec.key, None if spec.key in WITHOUT_FEATURE else "tried")
        assert "Tried" not in words(at), spec.key


def test_what_was_typed_stays_after_a_refusal(tried: Any, vera: Visitor) -> None:
    def typed(act: str) -> AppTest:
        vera.has(Role.PM, None)
        return attempt(act, tried, partial(vera.has, Role.VIEWER, None))

    assert typed("create a feature").text_input(key="new_name").value == "Refund agent"
    assert typed("edit the checklist").text_input(key="item_bar").value == "70"
    answer = typed("answer for an item").text_area(key="why_tried/top_ten_handled")
    assert answer.value == "The list of ten"
