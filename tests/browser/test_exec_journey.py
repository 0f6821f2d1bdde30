"""An executive follows a link, signs in, reads the verdict and signs; at a desk and on a phone.

READYGATE_JOURNEY_PICTURES names a folder for pictures of each step, to be looked at.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.actions.gates import view_gate
from core.actions.people import LOCAL_CALLER, Role
from core.actions.roles import invite_person
from core.store import audit
from tests.browser.axe import violations
from tests.browser.identity_provider import Account, IdentityProvider, sign_in, sign_in_settings

SLUG = "meeting-summaries"
LOOKS = "light dark phone"
EVA = {"name": "Eva Exec", "email": "eva@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider((Account("eva", EVA),)) as running:
        yield running


@pytest.fixture(scope="module")
def board(another_server: Any, provider: IdentityProvider, demo_home: Path) -> Any:
    """A server with the demo on which people sign in."""
    shutil.copytree(demo_home, another_server.home)
    another_server.settings = sign_in_settings(provider, another_server.base, "ada@example.com")
    another_server.start()
    return another_server


@pytest.mark.timeout(400)
def test_from_a_link_to_a_signature(
    board: Any, records: Callable[..., Any], new_window: Callable[..., Any], today: datetime
) -> None:
    workspace = records(board)
    invite_person(workspace, LOCAL_CALLER, today, SLUG, email="eva@example.com", role=Role.SIGNER)
    window = new_window(board, height=800)
    window.open(f"/go_no_go?feature={SLUG}")
    window.shows("Sign in with the company's account")
    assert violations(window.page)[0] == []
    window.picture("exec-1-sign-in", LOOKS)

    sign_in(window, "eva")
    expect(window.page.get_by_role("heading", level=1, name="GO")).to_be_visible()
    window.shows("Closest to its bar: ")
    assert violations(window.page)[0] == []
    window.picture("exec-2-verdict", LOOKS)

    window.press("first_go")
    window.shows("1 of 2 things that wait for you")
    assert violations(window.page)[0] == []
    window.picture("exec-3-commitment", LOOKS)
    window.fill("sign_typed_commitment_1", "LOCK")
    window.press("sign_approve_commitment_1")
    expect(window.page.get_by_role("dialog")).to_have_count(0)

    # On the way home, on a phone.
    window.look(width=390, height=844)
    window.press("first_go")
    window.shows("for Phase 1")
    assert violations(window.page)[0] == []
    window.picture("exec-4-step", LOOKS)
    window.look(width=390, height=844)
    window.fill("sign_typed_step", "GO")
    window.press("sign_approve_step")
    window.shows("Signed by everybody it takes.")
    assert window.moves_sideways() == []
    window.picture("exec-5-signed", LOOKS)

    decision = view_gate(workspace, LOCAL_CALLER, datetime.now(today.tzinfo), SLUG).decision
    assert decision.may_advance
    with workspace.database.reading() as connection:
        done = [one.action for one in audit.timeline(connection, None, 50) if one.actor == EVA["name"]]
    assert done[:2] == ["step signed", "commitment signed"]
    assert window.complaints == []
