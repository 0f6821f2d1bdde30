"""A high-stakes feature, from an empty home to a locked checklist with a plan in at most 25 clicks.

READYGATE_JOURNEY_PICTURES names a folder for a picture of each step, to be looked at.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from core.actions.checklists import view_checklist
from core.actions.people import LOCAL_CALLER
from core.actions.plans import view_plan
from core.actions.workspace import Workspace

MOST_CLICKS = 25
SLUG = "savings-adviser"
PICTURES = os.environ.get("READYGATE_JOURNEY_PICTURES")

# Every press of the mouse counts, also those on menus and options; typing does not.
COUNTS_CLICKS = """addEventListener("pointerdown", () => {
    localStorage.clicks = Number(localStorage.clicks || 0) + 1;
}, {capture: true});"""


def test_from_an_empty_home_to_a_locked_checklist(
    own_server: Any, new_window: Callable[..., Any], records: Callable[[Any], Workspace]
) -> None:
    window = new_window(own_server)
    window.page.add_init_script(COUNTS_CLICKS)
    window.open("/")
    window.fill("new_name", "Savings adviser")
    window.fill("new_owner", "Ada")
    window.keyed("new_stakes").get_by_text("High").click()
    picture(window, "1-new-feature")
    window.press("create_feature")
    window.shows("Savings adviser")
    picture(window, "2-portfolio")

    follow(window, "Scope")
    window.shows("Start from a scenario")
    picture(window, "3-scenarios")
    window.press("use_financial_advice")
    window.shows("Phase plan: ")
    picture(window, "4-scope-filled")

    follow(window, "Phase plan")
    window.shows("Add a phase")
    picture(window, "5-plan")

    follow(window, "Checklist")
    window.shows("Draft, version 1")
    picture(window, "6-checklist")
    window.press("lock_begin")
    window.shows("You commit to version 1")
    window.shows("High stakes. Wrong verdicts are held to 5 % each way.")
    expect(window.keyed(f"lock_needed_{SLUG}").locator("input")).to_have_value("2")
    picture(window, "7-what-the-lock-binds")
    window.press("lock")
    window.shows("Version 1 is locked")
    picture(window, "8-locked")

    follow(window, "Go / no-go")
    window.shows("Unsigned: identity not verified. Ready for sign-off at most.")
    picture(window, "9-go-no-go")

    clicks = int(window.page.evaluate("localStorage.clicks"))
    assert 0 < clicks <= MOST_CLICKS, f"{clicks} clicks from nothing to a locked checklist"
    view = view_checklist(records(own_server), LOCAL_CALLER, SLUG)
    assert view.commitment is not None
    assert view.commitment.terms is not None
    bound = view.commitment.terms["plan_number"]
    assert bound == view_plan(records(own_server), LOCAL_CALLER, SLUG).number == 1
    assert view.commitment.stakes == "high"
    assert window.complaints == []
    assert window.hosts == {f"127.0.0.1:{own_server.port}"}


def picture(window: Any, name: str) -> None:
    if PICTURES:
        window.page.wait_for_timeout(700)
        window.page.screenshot(path=Path(PICTURES) / f"{name}.png")


def follow(window: Any, link: str) -> None:
    window.page.get_by_role("link", name=link, exact=False).first.click()
    window.settle()
