"""People sign in through a provider: they land where the link led, and may do what the database says now."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from core.actions.checklists import lock_checklist, take_template, view_checklist
from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER, Role
from core.actions.people_views import view_people
from core.actions.roles import grant_role, invite_person, remove_person, revoke_role
from core.criteria.stakes import Stakes
from core.store import audit
from tests.browser.identity_provider import Account, IdentityProvider, sign_in, sign_in_settings

ADA = {"name": "Ada Admin", "email": "Ada@example.com", "email_verified": True}
VERA = {"name": "Vera", "email": "vera@example.com", "email_verified": True}
EVE = {"name": "Eve", "email": "signer@example.com", "email_verified": False}
LEA = {"name": "Lea", "email": "lea@example.com", "email_verified": True}
PETE = {"name": "Pete", "email": "pete@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    known = {"ada": ADA, "vera": VERA, "eve": EVE, "pete": PETE, "lea": LEA}
    accounts = tuple(Account(name, claims) for name, claims in known.items())
    with IdentityProvider(accounts) as running:
        yield running


@pytest.fixture(scope="module")
def team(another_server: Any, provider: IdentityProvider) -> Any:
    """A server on which people sign in; Ada is named as its first administrator."""
    another_server.settings = sign_in_settings(provider, another_server.base, "ada@example.com")
    another_server.start()
    return another_server


@pytest.fixture
def workspace(team: Any, records: Callable[..., Any], today: datetime) -> Any:
    """The records of the server, with two features in them."""
    opened = records(team)
    if not view_people(opened, LOCAL_CALLER).people:
        for name in ("Refund agent", "Shipment assistant"):
            create_feature(opened, LOCAL_CALLER, today, name=name, owner="Ada", stakes=Stakes.MEDIUM)
        for slug in ("refund-agent", "shipment-assistant"):
            take_template(opened, LOCAL_CALLER, today, slug, "ready_for_everyone", based_on=None)
        invite_person(opened, LOCAL_CALLER, today, email="VERA@example.com", role=Role.VIEWER)
        invite_person(opened, LOCAL_CALLER, today, "refund-agent", email="pete@example.com", role=Role.VIEWER)
        invite_person(opened, LOCAL_CALLER, today, email="signer@example.com", role=Role.SIGNER)
    return opened


def actions_by(workspace: Any, name: str) -> list[str]:
    with workspace.database.reading() as connection:
        events = audit.timeline(connection, None, 200)
    return [event.action for event in reversed(events) if event.actor == name]


def test_a_followed_link_leads_through_sign_in_to_its_page(
    team: Any, workspace: Any, new_window: Callable[..., Any], provider: IdentityProvider
) -> None:
    window = new_window(team)
    window.open("/checklist?feature=shipment-assistant")
    window.shows("Sign in with the company's account")
    assert "Shipment" not in window.page.content()
    assert window.page.get_by_role("link", name="Checklist").count() == 0

    sign_in(window, "ada")
    window.shows("Draft, version 1")
    assert window.page.url == f"{team.base}/checklist?feature=shipment-assistant"
    assert window.page.get_by_role("heading", name="Checklist").is_visible()
    window.shows("Ada Admin")
    assert provider.asked[-1]["prompt"] == "login"

    cookies = {cookie["name"]: cookie for cookie in window.page.context.cookies()}
    assert "readygate_next" not in cookies
    assert cookies["_streamlit_user"]["httpOnly"]
    assert actions_by(workspace, "Ada Admin") == ["signed in"]
    window.open("/go_no_go?feature=refund-agent")
    window.shows("Ada Admin")
    assert actions_by(workspace, "Ada Admin") == ["signed in"], "it is noted once"
    roles = {
        line.name: [grant.role for grant in line.grants]
        for line in view_people(workspace, LOCAL_CALLER).people
    }
    assert roles["Ada Admin"] == [Role.ADMIN]
    assert window.complaints == []


def test_signing_out_ends_every_tab(
    team: Any, workspace: Any, new_window: Callable[..., Any], today: datetime
) -> None:
    window = new_window(team)
    window.open("/scope?feature=refund-agent")
    sign_in(window, "ada")
    window.shows("Ada Admin")
    ada = next(line for line in view_people(workspace, LOCAL_CALLER).people if line.name == "Ada Admin")
    grant_role(workspace, LOCAL_CALLER, today, "refund-agent", ada.id, Role.PM)
    other = type(window)(window.page.context.new_page(), team.base)
    other.open("/checklist?feature=refund-agent")
    other.press("edit_answer_correctness")
    other.fill("item_bar", "85")
    number = view_checklist(workspace, LOCAL_CALLER, "refund-agent").number

    window.press("sign_out")
    window.shows("Sign in with the company's account")
    other.press("save_item")
    other.shows("Sign in with the company's account")
    other.shows("What you did last was not saved.")
    assert view_checklist(workspace, LOCAL_CALLER, "refund-agent").number == number
    assert actions_by(workspace, "Ada Admin")[-1] == "signed out"


def test_a_role_taken_back_while_the_page_is_open_is_felt_at_the_next_action(
    team: Any, workspace: Any, new_window: Callable[..., Any], today: datetime
) -> None:
    people = {line.email: line for line in view_people(workspace, LOCAL_CALLER).people}
    grant_role(workspace, LOCAL_CALLER, today, "refund-agent", people["pete@example.com"].id, Role.PM)
    window = new_window(team)
    window.open("/checklist?feature=refund-agent")
    sign_in(window, "pete")
    window.press("edit_answer_correctness")
    window.fill("item_bar", "85")

    pete = {line.email: line for line in view_people(workspace, LOCAL_CALLER).people}["pete@example.com"]
    held = {grant.role: grant for grant in pete.grants}
    revoke_role(workspace, LOCAL_CALLER, today, "refund-agent", held[Role.PM].id)
    number = view_checklist(workspace, LOCAL_CALLER, "refund-agent").number
    window.press("save_item")
    window.shows("may not edit the checklist")
    expect(window.keyed("item_bar").locator("input")).to_have_value("85")
    assert view_checklist(workspace, LOCAL_CALLER, "refund-agent").number == number

    window.open("/checklist?feature=shipment-assistant")
    window.shows("does not exist")

    remove_person(workspace, LOCAL_CALLER, today, pete.id, reason="Left the company")
    window.open("/checklist?feature=refund-agent")
    window.shows("was removed from Readygate")
    assert "Refund" not in window.page.content()
    window.press("sign_out")
    window.shows("Sign in with the company's account")


def test_an_invitation_goes_to_whom_the_provider_vouches_for(
    team: Any, workspace: Any, new_window: Callable[..., Any]
) -> None:
    vera = new_window(team)
    vera.open("/")
    sign_in(vera, "vera")
    vera.shows("Refund agent")
    assert actions_by(workspace, "Vera") == ["invitation taken up", "address changed", "signed in"]

    # Whoever the setting names is an administrator from the first sign-in on.
    ada = new_window(team)
    ada.open("/")
    sign_in(ada, "ada")
    ada.shows("Ada Admin")

    eve = new_window(team)
    eve.open("/go_no_go?feature=refund-agent")
    sign_in(eve, "eve")
    eve.shows("You have no role yet")
    eve.shows("Ask an administrator: Ada Admin")
    assert eve.page.get_by_role("link", name="Portfolio").count() == 0
    assert actions_by(workspace, "Eve") == ["invitation not used", "signed in"]


def test_a_signer_comes_by_a_link_reads_and_signs_on_a_condition(
    team: Any, workspace: Any, new_window: Callable[..., Any], today: datetime
) -> None:
    slug = "meeting-helper"
    create_feature(workspace, LOCAL_CALLER, today, name="Meeting helper", owner="Ada", stakes=Stakes.LOW)
    take_template(workspace, LOCAL_CALLER, today, slug, "ready_for_everyone", based_on=None)
    lock_checklist(workspace, LOCAL_CALLER, today, slug, based_on=1)
    invite_person(workspace, LOCAL_CALLER, today, slug, email="lea@example.com", role=Role.SIGNER)
    window = new_window(team, width=390, height=844)
    window.open(f"/go_no_go?feature={slug}")
    sign_in(window, "lea")
    window.shows("signed by: –")

    window.press("first_go")
    window.shows("1 of 2 things that wait for you")
    window.fill("sign_typed_commitment_1", "GO")
    window.press("sign_approve_commitment_1")
    window.shows("is not what has to be typed here")
    window.fill("sign_typed_commitment_1", "LOCK")
    window.press("sign_approve_commitment_1")
    expect(window.page.get_by_role("dialog")).to_have_count(0)

    window.press("first_go")
    window.keyed("sign_conditions_step").get_by_text("1", exact=True).click()
    window.settle()
    window.fill("sign_condition_step_0", "Legal has read ten answers")
    window.fill("sign_condition_step_0_owner", "Lena")
    window.fill("sign_typed_step", "no data")
    window.press("sign_approve_step")
    window.shows("The GO holds on 1 condition")
    assert actions_by(workspace, "Lea")[-3:] == ["commitment signed", "step signed", "condition set"]
    assert window.page.evaluate("document.documentElement.scrollWidth") == 390, "nothing moves sideways"
    assert window.complaints == []


def test_an_old_sign_in_is_not_enough(
    team: Any, workspace: Any, new_window: Callable[..., Any], provider: IdentityProvider
) -> None:
    window = new_window(team)
    window.open("/health?feature=refund-agent")
    provider.issued_ago = 13 * 3600
    try:
        sign_in(window, "ada")
    finally:
        provider.issued_ago = 0
    window.shows("Your sign-in is older than 12 hours.")
    sign_in(window, "ada")
    window.shows("Ada Admin")
    assert window.page.url == f"{team.base}/health?feature=refund-agent"
