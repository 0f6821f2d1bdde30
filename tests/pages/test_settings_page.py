"""The Settings page: who one is, how sign-in is set, the people; and what a forged message can do there."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from core.actions.age_limits import view_limits
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.people_views import PersonLine, view_people
from core.actions.plans import view_plan
from core.actions.policy import ALLOWED, Act
from core.actions.roles import grant_role, invite_person, remove_person
from core.actions.scopes import view_scope
from core.actions.sign_in import signed_in
from core.actions.usual_limits import Kept
from core.criteria.registers import ACTION_WORDS
from core.web import wiring
from core.web.screens.glossary_words import words as glossary
from core.web.screens.role_words import ROLES, may_words
from core.web.screens.scope_tables import table_key

Words = Callable[[AppTest], str]


class Staff:
    """The people of a site, and who of them looks at its pages."""

    def __init__(self, site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site, self._patch = site, monkeypatch

    def come(self, name: str, *roles: tuple[Role, str | None]) -> Caller:
        """``name`` signs in, gets the roles, and is the visitor from now on."""
        caller = signed_in(
            self.site.workspace,
            self.site.now,
            issuer="https://login.example.com",
            subject=name,
            name=name,
            email=f"{name.lower()}@example.com",
            email_verified=True,
            signed_in_at=self.site.now.timestamp(),
        )
        for role, slug in roles:
            grant_role(self.site.workspace, LOCAL_CALLER, self.site.now, slug, caller.person_id or 0, role)
        self._patch.setattr(wiring, "caller", lambda: caller)
        return caller

    def line(self, name: str) -> PersonLine:
        return next(one for one in view_people(self.site.workspace, LOCAL_CALLER).people if one.name == name)

    def held(self, name: str) -> set[tuple[str, str | None]]:
        return {(one.role.value, one.slug) for one in self.line(name).grants}


@pytest.fixture
def staff(site: Any, monkeypatch: pytest.MonkeyPatch) -> Staff:
    site.feature("helper", name="Helper")
    site.feature("other", name="Other one")
    return Staff(site, monkeypatch)


def forge(at: AppTest, *states: WidgetState) -> AppTest:
    """A message that the page's own controls would never send."""
    message = at._tree.get_widget_states()
    kept = [one for one in message.widgets if one.id not in {state.id for state in states}]
    del message.widgets[:]
    message.widgets.extend([*kept, *states])
    return at._run(message)


def test_single_user_mode_explains_itself_and_can_prepare_people(site: Any, words: Words) -> None:
    at = site.open("settings")
    assert not at.exception
    said = words(at)
    for expected in (
        "Single-user mode: nobody signs in",
        "nothing here is ever “approved”",
        "READYGATE_SIGN_IN=oidc",
        "Nobody is in the list yet",
    ):
        assert expected in said
    at.text_input(key="settings_email").set_value("ada@example.com")
    at.selectbox(key="settings_role").set_value(Role.ADMIN)
    at.button(key="settings_invite_go").click().run()
    assert not at.error
    assert "1 person" in words(at)
    assert "The six roles" in words(at), "whoever gives roles reads what they are for where they give them"
    # Told to the browser, which keeps what was typed where a field is only forgotten here.
    emptied = at.text_input(key="settings_email").proto
    assert emptied.set_value and emptied.value == ""
    people = view_people(site.workspace, LOCAL_CALLER).people
    assert [(one.email, [g.role for g in one.grants]) for one in people] == [
        ("ada@example.com", [Role.ADMIN])
    ]


def test_somebody_who_gives_no_roles_sees_themselves_and_not_the_others(staff: Staff, words: Words) -> None:
    staff.come("Ada", (Role.ADMIN, None))
    staff.come("Vera", (Role.VIEWER, None), (Role.PM, "helper"))
    at = staff.site.open("settings")
    said = words(at)
    assert not at.exception
    assert "vera@example.com" in said
    assert "for all features" in said
    assert "for Helper" in said
    assert may_words([Role.PM]) in said
    assert "The six roles" in said
    assert "Ada" not in said
    # Not by asking for somebody in the address either.
    at = staff.site.open("settings", None, person=str(staff.line("Ada").id))
    assert "ada@example.com" not in words(at)


def test_without_a_role_one_is_told_whom_to_ask(staff: Staff, words: Words) -> None:
    staff.come("Ada", (Role.ADMIN, None))
    staff.come("Nia")
    said = words(staff.site.open("settings"))
    assert "You have no role yet" in said
    assert "Ask an administrator: Ada" in said


def test_an_admin_finds_somebody_gives_and_takes_back_a_role(staff: Staff, words: Words) -> None:
    staff.come("Pia", (Role.PM, "helper"))
    for place in range(40):
        invite_person(
            staff.site.workspace,
            LOCAL_CALLER,
            staff.site.now,
            email=f"p{place}@example.com",
            name=f"P {place:02}",
        )
    staff.come("Ada", (Role.ADMIN, None))
    at = staff.site.open("settings")
    assert "42 people; 1 to 25 are shown" in words(at)
    at.text_input(key="settings_look").set_value("pm helper").run()
    assert "1 of 42 people" in words(at)
    pia = staff.line("Pia").id
    at.button(key=f"settings_open_{pia}").click().run()
    assert at.query_params["person"] == str(pia)
    at.selectbox(key=f"settings_give_role_{pia}").set_value(Role.SIGNER)
    at.selectbox(key=f"settings_give_for_{pia}").set_value("other")
    at.button(key=f"settings_give_go_{pia}").click().run()
    assert not at.error
    assert staff.held("Pia") == {("pm", "helper"), ("signer", "other")}
    grant = next(one for one in staff.line("Pia").grants if one.role is Role.PM)
    at.button(key=f"settings_take_{grant.id}").click().run()
    assert staff.held("Pia") == {("signer", "other")}
    assert "1 role taken back" in words(at)


def test_an_admin_removes_somebody_with_a_reason_and_lets_them_in_again(staff: Staff, words: Words) -> None:
    staff.come("Pia", (Role.PM, None))
    staff.come("Ada", (Role.ADMIN, None))
    pia = staff.line("Pia").id
    at = staff.site.open("settings", None, person=str(pia))
    at.text_input(key=f"settings_why_{pia}").set_value("Left").run()
    at.button(key=f"settings_remove_{pia}").click().run()
    assert staff.line("Pia").state == "active"
    at.button(key=f"settings_remove_{pia}_confirm").click().run()
    assert staff.line("Pia").state == "removed"
    at = staff.site.open("settings", None, person=str(pia))
    at.button(key=f"settings_return_{pia}").click().run()
    assert "This needs a reason" in words(at)
    at.text_input(key=f"settings_why_{pia}").set_value("Came back")
    at.button(key=f"settings_return_{pia}").click().run()
    assert staff.line("Pia").state == "active"


def test_an_admin_of_one_feature_gives_roles_for_that_one(staff: Staff, words: Words) -> None:
    staff.come("Pia", (Role.PM, "other"), (Role.VIEWER, None))
    staff.come("Fay", (Role.ADMIN, "helper"))
    pia = staff.line("Pia").id
    at = staff.site.open("settings", None, person=str(pia))
    said = words(at)
    assert "Other one" not in said
    assert "only an admin for all features can change this" in said
    assert at.selectbox(key=f"settings_give_for_{pia}").options == ["Helper"]
    at.selectbox(key=f"settings_give_role_{pia}").set_value(Role.REVIEWER)
    at.button(key=f"settings_give_go_{pia}").click().run()
    assert staff.held("Pia") == {("pm", "other"), ("viewer", None), ("reviewer", "helper")}


def test_what_is_refused_is_said_on_the_page(staff: Staff, words: Words) -> None:
    ada = staff.come("Ada", (Role.ADMIN, None)).person_id
    at = staff.site.open("settings", None, person=str(ada))
    assert Role.SIGNER not in at.selectbox(key=f"settings_give_role_{ada}").options
    at.button(key=f"settings_take_{staff.line('Ada').grants[0].id}").click().run()
    assert "Ada is the last administrator" in words(at)


def test_hostile_names_stand_there_as_text(staff: Staff, words: Words) -> None:
    name = "<b>x</b> ![i](http://evil.example/i) :red[GO]"
    person = invite_person(
        staff.site.workspace, LOCAL_CALLER, staff.site.now, email="x@example.com", name=name
    )
    for address in ({}, {"person": str(person)}):
        at = staff.site.open("settings", None, **address)
        assert not at.exception
        assert name in words(at)
        assert not any("![i](http" in one.value for one in at.markdown)
    remove_person(staff.site.workspace, LOCAL_CALLER, staff.site.now, person, reason=name)
    assert not staff.site.open("settings", None, person=str(person)).exception


def test_a_forged_place_or_role_gives_nothing_that_the_rules_do_not(staff: Staff) -> None:
    """The lists of the form end at the browser; the rules do not."""
    staff.come("Pia", (Role.VIEWER, "helper"))
    fay = staff.come("Fay", (Role.ADMIN, "helper"))
    for name, role, place in (
        ("Pia", "pm", ""),
        ("Pia", "pm", "other"),
        ("Pia", "owner", "helper"),
        ("Fay", "signer", "helper"),
    ):
        person = staff.line(name).id
        at = staff.site.open("settings", None, person=str(person))
        before = staff.held(name)
        forge(
            at,
            WidgetState(id=at.selectbox(key=f"settings_give_role_{person}").proto.id, string_value=role),
            WidgetState(id=at.selectbox(key=f"settings_give_for_{person}").proto.id, string_value=place),
            WidgetState(id=at.button(key=f"settings_give_go_{person}").proto.id, trigger_value=True),
        )
        given = staff.held(name) - before
        # A value that the list does not have falls back to the list's own first one, or is refused.
        assert given <= {("viewer", "helper"), ("pm", "helper")}
    assert ("signer", "helper") not in staff.held("Fay")
    assert fay.person_id == staff.line("Fay").id


@pytest.mark.parametrize("days", [0, -5, 10**12])
def test_a_number_beyond_its_limits_is_not_kept(days: int, staff: Staff) -> None:
    staff.come("Ada", (Role.ADMIN, None))
    at = staff.site.open("evidence", "helper")
    number, save = at.number_input(key="text_days").proto.id, at.button(key="text_days_save").proto.id
    at = forge(at, WidgetState(id=number, double_value=days), WidgetState(id=save, trigger_value=True))
    assert not at.exception
    assert view_limits(staff.site.workspace, LOCAL_CALLER, staff.site.now, "helper").days[Kept.TEXTS] == 90


def test_a_button_that_is_hidden_or_grey_does_nothing_when_pressed_all_the_same(staff: Staff) -> None:
    staff.come("Pia", (Role.PM, "helper"))
    pressed = staff.site.open("phase_plan", "helper").button(key="take_guardrail_escalation").proto.id
    edit = staff.site.open("scope", "helper").button(key="edit_fragile").proto.id
    staff.come("Vera", (Role.VIEWER, "helper"))
    for page, widget in (("phase_plan", pressed), ("scope", edit), ("evidence", pressed)):
        at = staff.site.open(page, "helper")
        assert not forge(at, WidgetState(id=widget, trigger_value=True)).exception
    assert view_plan(staff.site.workspace, LOCAL_CALLER, "helper").number is None


def test_forged_cells_of_a_table_are_held_to_the_rules_of_the_document(staff: Staff) -> None:
    """A choice that is none, a column that there is not: nothing of it is kept."""
    staff.come("Pia", (Role.PM, "helper"))
    what, level = ACTION_WORDS["what"], ACTION_WORDS["level"]

    def with_line(line: dict[str, str]) -> AppTest:
        """A page whose table got this line without its editor."""
        at = staff.site.open("scope", "helper")
        at.button(key="edit_permitted").click().run()
        ids = [str(getattr(getattr(one, "proto", None), "id", "")) for one in at]
        table = next(one for one in ids if table_key("permitted") in one)
        body = {"edited_rows": {}, "added_rows": [line], "deleted_rows": []}
        return forge(at, WidgetState(id=table, string_value=json.dumps(body)))

    refused = with_line({what: "Delete", level: "without asking"})
    assert refused.error
    save = refused.button(key="save_scope").proto
    assert save.disabled
    forge(refused, WidgetState(id=save.id, trigger_value=True))
    assert view_scope(staff.site.workspace, LOCAL_CALLER, "helper").number is None
    # A column that there is not breaks the page of whoever forged it, and is kept nowhere.
    broken = with_line({what: "Look", level: "Read", "saved_by": "Eve"})
    assert "save_scope" not in {one.key for one in broken.button}
    assert view_scope(staff.site.workspace, LOCAL_CALLER, "helper").number is None


def test_the_glossary_names_every_role_with_what_the_policy_lets_it_do() -> None:
    entries = {entry.word: entry for entry in glossary()}
    assert set(ROLES) == set(Role)
    for role in Role:
        entry = entries[f"Role: {role}"]
        acts = [act.value for act in Act if role in ALLOWED[act]]
        assert entry.meaning == ROLES[role]
        assert entry.more == (f"May {', '.join(acts)}.",)
        assert entry.says(f"role {role}")
