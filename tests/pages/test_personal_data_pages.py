"""Personal data on the pages: masked, shown as it was with a reason, kept back from some, erased."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.attached_files import attach_file
from core.actions.checklists import answer_item, view_checklist
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.traces import open_trace
from core.criteria.judge import AnswerGiven
from core.intake.answers import Answers
from core.web import wiring

SLUG = "helper"
MAIL = "anna@example.com"

Words = Callable[[AppTest], str]


@pytest.fixture
def helper(site: Any) -> Any:
    """A feature that keeps personal data as it is."""
    site.draft(SLUG)
    rows = [
        {"run_id": f"r{place}", "started_at": (site.now - timedelta(hours=place + 1)).isoformat(),
         "user_id": "u-anna-7", "query": f"Write to {MAIL}, please"}
        for place in range(3)
    ]  # fmt: skip
    content = BytesIO("".join(json.dumps(row) + "\n" for row in rows).encode())
    keep = Answers(personal_text="keep")
    upload = start_import(
        site.workspace, LOCAL_CALLER, site.now, SLUG, file_name="t.jsonl", content=content, answers=keep
    )
    run_import(site.workspace, upload, lambda: site.now)
    return site


def visit_as(monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    monkeypatch.setattr(wiring, "caller", lambda: Caller("Eve", frozenset({role})))


def button(at: AppTest, key: str) -> Any:
    return next(one for one in at.button if one.key == key)


def field(at: AppTest, key: str) -> Any:
    return next(one for one in at.text_input if one.key == key)


def test_a_trace_is_masked_and_shown_as_it_was_with_a_reason_only(helper: Any, words: Words) -> None:
    at = helper.open("traces", SLUG, trace="r1")
    assert MAIL not in words(at) and "1 piece of personal data is masked" in words(at)
    field(at, "trace_reveal_reason").set_value("short")
    at = button(at, "trace_reveal").click().run()
    assert MAIL not in words(at) and "takes a reason" in words(at)
    field(at, "trace_reveal_reason").set_value("Complaint number 17")
    at = button(at, "trace_reveal").click().run()
    assert MAIL in words(at)
    at = button(at, "trace_mask").click().run()
    assert MAIL not in words(at)


def test_what_was_revealed_goes_when_the_role_does(
    helper: Any, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = helper.open("traces", SLUG, trace="r1")
    field(at, "trace_reveal_reason").set_value("Complaint number 17")
    at = button(at, "trace_reveal").click().run()
    visit_as(monkeypatch, Role.SIGNER)
    at = at.run()
    assert MAIL not in words(at) and "Show as it was" not in words(at)


@pytest.mark.parametrize(("role", "may"), [(Role.PM, True), (Role.SIGNER, False), (Role.VIEWER, False)])
def test_the_failure_log_as_it_was_takes_a_reason(
    role: Role, may: bool, helper: Any, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper.upload(SLUG, "failures.csv", "run_id,failure_type\nr1,Wrong tool\n")
    visit_as(monkeypatch, role)
    at = helper.open("health", SLUG, show="failures")
    assert not at.exception
    assert ("failure_log_revealed_reason" in {one.key for one in at.text_input}) == may


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_who_sees_numbers_only_meets_no_error(
    role: Role, helper: Any, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit_as(monkeypatch, role)
    for at in (helper.open("traces", SLUG), helper.open("traces", SLUG, trace="r1")):
        assert not at.exception and not at.error
        assert "Texts are for reviewers" in words(at)
        assert "Write to" not in words(at) and "u-anna-7" not in words(at)


def test_a_person_is_looked_for_asked_for_and_erased(helper: Any, words: Words) -> None:
    at = helper.open("evidence", SLUG)
    field(at, "erasure_wanted").set_value("u-anna-7")
    at = button(at, "erasure_look").click().run()
    assert "u-anna-7**: 3 traces" in words(at)
    field(at, "erasure_reason").set_value("Request number 17")
    at = button(at, "erasure_ask").click().run()
    assert "Request 1" in words(at)
    at = button(at, "erase_1").click().run()
    at = button(at, "erase_confirm_1_confirm").click().run()
    at = helper.open("evidence", SLUG)
    frame = next(one.value for one in at.dataframe if "Became" in one.value)
    assert "that two people acted is not shown" in str(frame["Became"][0])
    view = open_trace(helper.workspace, LOCAL_CALLER, SLUG, "r1")
    assert view is not None and view.record.values["user_id"] == "[erased user 1]"
    assert "erased with its person" in words(helper.open("traces", SLUG, trace="r1"))


@pytest.mark.parametrize(
    ("role", "asks", "erases"),
    [(Role.PM, True, False), (Role.ADMIN, False, True), (Role.REVIEWER, False, False)],
)
def test_who_asks_and_who_erases(
    role: Role, asks: bool, erases: bool, helper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = helper.open("evidence", SLUG)
    field(at, "erasure_wanted").set_value("u-anna-7")
    at = button(at, "erasure_look").click().run()
    field(at, "erasure_reason").set_value("Request number 17")
    button(at, "erasure_ask").click().run()
    visit_as(monkeypatch, role)
    keys = {one.key for one in helper.open("evidence", SLUG).button}
    assert ("erasure_look" in keys, "erase_1" in keys) == (asks, erases)


def test_the_files_of_an_answer_stand_under_it(helper: Any, words: Words) -> None:
    items = view_checklist(helper.workspace, LOCAL_CALLER, SLUG).checklist.items
    item = next(one for one in items if one.kind == "attested")
    given = answer_item(
        helper.workspace, LOCAL_CALLER, helper.now, SLUG, item.id, answer=AnswerGiven.YES, why="Read them."
    )
    attach_file(
        helper.workspace, LOCAL_CALLER, helper.now, SLUG, given.id, file_name="a **b** c.txt", content=b"Yes."
    )
    at = helper.open("checklist", SLUG)
    assert "a **b** c.txt" in words(at)
