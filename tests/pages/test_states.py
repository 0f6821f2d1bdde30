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
    ("scope", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("scope", "bare"): ["0 of 6 decided", "Nothing is written down yet", "One workflow", "Worst case"],
    ("scope", "draft"): ["0 of 6 decided", "Draft: would be NO DATA"],
    ("scope", "locked"): ["0 of 6 decided", "Checklist: locked"],
    ("scope", "failed-upload"): ["0 of 6 decided", "Evidence: no traces and labels yet"],
    ("scope", "open-question"): ["0 of 6 decided", "Questions on 1 upload"],
    ("checklist", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("evidence", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("traces", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("go_no_go", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("health", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("phase_plan", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("phase_plan", "bare"): ["Start from a template", "Nothing saved yet", "Guardrail escalation"],
    ("phase_plan", "draft"): ["Start from a template", "What only you know"],
    ("phase_plan", "locked"): ["Start from a template"],
    ("phase_plan", "failed-upload"): ["Start from a template"],
    ("phase_plan", "open-question"): ["Start from a template"],
    ("release", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("release", "bare"): ["Say what ships", "It takes five minutes", "Register a release"],
    ("release", "draft"): ["Say what ships"],
    ("release", "locked"): ["Your newest traces say", "2026-02", "Start from what the traces say"],
    ("release", "failed-upload"): ["Say what ships"],
    ("release", "open-question"): ["Say what ships"],
    ("audit", None): ["Nothing was done yet", "The log is empty."],
    ("audit", "bare"): ["created the feature “Bare”", "Verify now"],
    ("audit", "draft"): ["saved version 1 of the checklist"],
    ("audit", "locked"): ["locked version 1 of the checklist", "imported labels from “labels.csv”"],
    ("audit", "failed-upload"): ["handed in “broken.csv”, which could not be imported"],
    ("audit", "open-question"): ["handed in “scores.jsonl”, which could not be imported"],
    ("review", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("review", "bare"): ["No traces to review yet", "all of the first week"],
    ("review", "draft"): ["No traces to review yet"],
    ("review", "locked"): ["Start reviewing", "reviewed", "Reviews so far", "Do reviewers agree?"],
    ("review", "failed-upload"): ["No traces to review yet"],
    ("review", "open-question"): ["No traces to review yet"],
    ("failures", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("failures", "bare"): [
        "No failures noted yet",
        "follows up the ten most frequent",
        "No incident is written down",
    ],
    ("failures", "draft"): ["No failures noted yet", "Hand in the list of tools"],
    ("failures", "locked"): ["No failures noted yet", "follows up the ten most frequent"],
    ("failures", "failed-upload"): ["No failures noted yet"],
    ("failures", "open-question"): ["No failures noted yet"],
    ("evals", None): ["There is no AI feature yet", "Create one on the Portfolio page first"],
    ("evals", "bare"): ["No eval case yet", "No result yet", "Find a failed trace"],
    ("evals", "draft"): ["No eval case yet", "No result yet"],
    ("evals", "locked"): ["No eval case yet", "No result yet", "Write a case"],
    ("evals", "failed-upload"): ["No eval case yet"],
    ("evals", "open-question"): ["No eval case yet", "No result yet"],
    ("portfolio", "bare"): ["Waits for", "a checklist", "Not measured yet"],
    ("checklist", "bare"): ["Start from a template", "Nothing saved yet · no items"],
    ("evidence", "bare"): ["No evidence yet"],
    ("traces", "bare"): ["No traces yet"],
    ("go_no_go", "bare"): ["NO DATA", "There is no checklist", "The way to everyone", "Go to Scope"],
    ("health", "bare"): ["Nothing is measured yet", "What each one gives"],
    ("checklist", "draft"): ["Draft, version 1 · 6 items", "Version 1 is not locked yet", "Not answered yet"],
    ("evidence", "draft"): ["No evidence yet"],
    ("traces", "draft"): ["No traces yet"],
    ("go_no_go", "draft"): ["NO DATA", "Draft", "There are no traces yet", "lock it, then gather evidence"],
    ("health", "draft"): ["Nothing is measured yet", "those of the draft"],
    ("checklist", "locked"): ["Version 1 is locked", "evidence since then counts"],
    ("evidence", "locked"): ["Uploads", "What each column became", "What this file cannot tell"],
    ("traces", "locked"): ["30 traces, newest first."],
    ("go_no_go", "locked"): ["27 of 30", "30 of 30", "The checklist is locked."],
    ("health", "locked"): ["90 %", "n 30", "Retrieval recall", "those of the locked checklist"],
    ("checklist", "failed-upload"): ["Version 1 is locked"],
    ("evidence", "failed-upload"): ["Close it, or double it", "not imported"],
    ("traces", "failed-upload"): ["No traces yet"],
    ("go_no_go", "failed-upload"): ["NO DATA", "There are no traces dated after"],
    ("health", "failed-upload"): ["Nothing is measured yet"],
    ("checklist", "open-question"): ["Draft, version 1"],
    ("evidence", "open-question"): ["Nothing is saved yet", "has a question", "does not say what passed"],
    ("traces", "open-question"): ["No traces yet"],
    ("go_no_go", "open-question"): ["NO DATA", "Draft"],
    ("health", "open-question"): ["Nothing is measured yet"],
}
EXPECTED |= {
    (page, state): said
    for page, said in (("glossary", ["Glossary", "Look up"]), ("settings", ["Settings", "Single-user mode"]))
    for state in dict.fromkeys(state for _, state in EXPECTED)
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
    own = {"glossary": "Look up", "settings": "Single-user mode"}
    assert own.get(page.key, "Locked") in words(at)


# The glossary holds the product's own words, such as "Draft", and nothing of any feature.
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.key != "glossary"], ids=lambda page: page.key
)
def test_somebody_without_any_role_sees_nothing(page, furnished, act_as, words) -> None:
    act_as()
    at = furnished.open(page.key, "locked")
    said = words(at)
    assert not any(name in said for name in ("Bare", "Draft", "Locked", "version 1"))


def test_a_name_is_escaped_once(site, words) -> None:
    site.feature("qa", name="Q&A (beta)")
    at = site.open("portfolio")
    assert f"**{lit('Q&A (beta)')}**" in [link.proto.label for link in at.get("page_link")]


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
