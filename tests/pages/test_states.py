"""Every page through the router, in every state of a feature: no error, and the sentence that fits."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.importing import abandon_unfinished
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER, Role
from core.web.registry import PAGES
from core.web.safe import lit

EXPECTED = {
    ("portfolio", None): ["No AI feature yet"],
    ("checklist", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("evidence", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("go_no_go", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("portfolio", "bare"): ["Waits for", "a checklist", "Not measured yet"],
    ("checklist", "bare"): ["Start from a template", "Nothing saved yet · no items"],
    ("evidence", "bare"): ["No evidence yet"],
    ("go_no_go", "bare"): ["NO DATA", "There is no checklist", "Write down what ready means"],
    ("checklist", "draft"): ["Draft, version 1 · 6 items", "You commit to version 1", "Not answered yet"],
    ("evidence", "draft"): ["No evidence yet"],
    ("go_no_go", "draft"): ["NO DATA", "Draft", "There are no traces yet", "lock it, then gather evidence"],
    ("checklist", "locked"): ["Version 1 is locked", "evidence since then counts"],
    ("evidence", "locked"): ["Uploads", "What each column became", "What this file cannot tell"],
    ("go_no_go", "locked"): ["27 of 30", "30 of 30", "The checklist is locked."],
    ("checklist", "failed-upload"): ["Version 1 is locked"],
    ("evidence", "failed-upload"): ["Close it, or double it", "not imported"],
    ("go_no_go", "failed-upload"): ["NO DATA", "There are no traces yet"],
    ("checklist", "open-question"): ["Draft, version 1"],
    ("evidence", "open-question"): ["Nothing is saved yet", "has a question", "does not say what passed"],
    ("go_no_go", "open-question"): ["NO DATA", "Draft"],
}


@pytest.mark.parametrize(("page", "state"), EXPECTED, ids=lambda part: str(part))
def test_a_page_says_where_the_feature_stands(
    page: str, state: str | None, request: pytest.FixtureRequest, words: Callable[[AppTest], str]
) -> None:
    site = request.getfixturevalue("site" if state is None else "furnished")
    at = site.open(page, state)
    assert not at.exception
    said = words(at)
    assert [sentence for sentence in EXPECTED[page, state] if sentence not in said] == []


def test_every_page_is_tried_in_every_state() -> None:
    states = {state for _, state in EXPECTED}
    assert {(spec.key, state) for spec in PAGES for state in states} - set(EXPECTED) == {
        ("portfolio", state) for state in states - {None, "bare"}
    }, "the portfolio shows all features at once"


def test_the_portfolio_lists_every_feature(furnished, words) -> None:
    said = words(furnished.open("portfolio"))
    assert all(name in said for name in ("Bare", "Draft", "Locked", "Failed upload", "Open question"))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_every_role_may_look(page, role: Role, furnished, act_as, words) -> None:
    act_as(role)
    at = furnished.open(page.key, "locked")
    assert not at.exception
    assert "Locked" in words(at)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_somebody_without_any_role_sees_nothing(page, furnished, act_as, words) -> None:
    act_as()
    at = furnished.open(page.key, "locked")
    said = words(at)
    assert not any(name in said for name in ("Bare", "Draft", "Locked", "version 1"))


def test_a_name_is_escaped_once(site, words) -> None:
    site.feature("qa", name="Q&A (beta)")
    at = site.open("portfolio")
    assert f"**{lit('Q&A (beta)')}**" in [text.value for text in at.markdown]


def test_a_long_history_starts_with_the_newest_uploads(site, words) -> None:
    site.feature("busy")
    for number in range(21):
        asked = {"file_name": f"export-{number}.csv", "content": io.BytesIO(b""), "for_worker": False}
        start_import(site.workspace, LOCAL_CALLER, site.now, "busy", **asked)
    abandon_unfinished(site.workspace, site.now + timedelta(minutes=6))
    at = site.open("evidence", "busy")
    assert words(at).count("not imported") == 20
    at.toggle(key="all_uploads").set_value(True).run()
    assert words(at).count("not imported") == 21
